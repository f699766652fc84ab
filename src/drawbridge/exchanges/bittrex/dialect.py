"""How Bittrex's requests are signed: HMAC-SHA512 in hex over time, whole address and body's hash.

Covers: the address with scheme, host, path and query, the method, and the body by its SHA-512.
Not covered: all other headers. A request of ours is for the exchange's own host; one that was
received may have been written for the address under which its client knows us.

Source: bittrex.github.io API v3 (2021-05-26), ccxt 4.1.86 by running it.
"""

import re
from typing import Final

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import Hmac, hexadecimal, sha512
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.http import WireRequest, without_headers

_KEY: Final = b"api-key"
_STAMP: Final = b"api-timestamp"
_HASH: Final = b"api-content-hash"
_SIGNATURE: Final = b"api-signature"
_SUBACCOUNT: Final = b"api-subaccount-id"
_AUTHENTICATION: Final = frozenset({_KEY, _STAMP, _HASH, _SIGNATURE, _SUBACCOUNT})

_OWN: Final = b"https://api.bittrex.com"
_FOREIGN: Final = b"http://"
# Where the paper exchange stands under its name, clients sign that name as well.
_PREFIX: Final = b"/bittrex"
_ADDRESS: Final = re.compile(rb"([0-9]{1,20})(https?://[^/?]{1,255})(/.*)", re.DOTALL)
_STAMP_DIGITS: Final = 20


def claim(request: WireRequest) -> Claim:
    """Read key, time and signature.

    Raises: `NotProven("bad_key")`, `NotProven("bad_signature")` where one is missing or the hash
    is not that of the body, `BadInput("malformed")` for a request in a subaccount's name.
    """
    key, signature = request.header(_KEY), request.header(_SIGNATURE)
    if not key or not key.isascii():
        raise NotProven("bad_key")
    if request.header(_SUBACCOUNT):
        # It would act for an account that the key's owner may not have meant.
        raise BadInput("malformed", field="Api-Subaccount-Id")
    if not signature or not signature.isascii():
        raise NotProven("bad_signature")
    if (request.header(_HASH) or b"").lower() != hexadecimal(sha512(request.body)):
        raise NotProven("bad_signature")
    stamp = request.header(_STAMP) or b""
    if stamp and not (stamp.isdigit() and len(stamp) <= _STAMP_DIGITS):
        raise BadInput("bad_stamp", field="Api-Timestamp")
    return Claim(key=key.decode("ascii"), stamp=stamp.decode("ascii"), signature=signature)


def prepare(request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
    """Write key, time and the body's hash into headers; no body is changed."""
    headers = (
        *without_headers(request.headers, _AUTHENTICATION),
        (_KEY, credential.key.encode("ascii")),
        (_STAMP, stamp.encode("ascii")),
        (_HASH, hexadecimal(sha512(request.body))),
    )
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def payload(request: WireRequest) -> bytes:
    """Give time, address, method and hash: the bytes that are signed."""
    host = request.header(b"host")
    address = _OWN if host is None else _FOREIGN + host
    return b"".join(
        (
            request.header(_STAMP) or b"",
            address,
            request.target,
            request.method.encode("ascii"),
            request.header(_HASH) or b"",
        )
    )


def attach(request: WireRequest, signature: bytes) -> WireRequest:
    """Write the signature into its header."""
    headers = (*request.headers, (_SIGNATURE, signature))
    return WireRequest(request.method, request.path, request.query, headers, request.body)


class AnyAddress:
    """Checks a signature for each address under which a client may have known the same place.

    Why: clients sign the address that they were given, with or without TLS, and a gateway signs
    the exchange's own. Which of them it was says nothing about what is asked for.
    """

    __slots__ = ("_hmac",)

    def __init__(self, hmac: Hmac) -> None:
        """Check with this key."""
        self._hmac = hmac

    def verify(self, payload: bytes, signature: bytes) -> None:
        """Raise `NotProven("bad_signature")` unless the signature fits one of the addresses."""
        for written in _spellings(payload):
            try:
                self._hmac.verify(written, signature)
            except NotProven:
                continue
            return
        raise NotProven("bad_signature")


def signer(secret: Secret) -> Hmac:
    """Prepare a secret for signing. Raises: `BadInput` naming the field."""
    text = secret.reveal()
    if not text or not text.isascii():
        raise BadInput("missing_field", field="api_secret")
    return Hmac(text.encode("ascii"), "sha512", hexadecimal)


def verifier(material: Secret) -> AnyAddress:
    """Prepare a secret for verifying: the exchange keeps the same one."""
    return AnyAddress(signer(material))


def _spellings(payload: bytes) -> tuple[bytes, ...]:
    found = _ADDRESS.fullmatch(payload)
    if found is None:
        return (payload,)
    stamp, told, rest = found.groups()
    secure = told.replace(b"http://", b"https://", 1)
    addresses = dict.fromkeys((told, secure, told + _PREFIX, secure + _PREFIX, _OWN))
    return tuple(stamp + address + rest for address in addresses)
