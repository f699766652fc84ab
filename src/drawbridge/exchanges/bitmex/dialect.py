"""How BitMEX's requests are signed: HMAC-SHA256 in hex over method, path, expiry and body.

Covers: the method, the path with its query, the moment at which the request ends, and every byte
of the body. Not covered: all other headers. A request says until when it is good instead of when
it was made; the stamp here is that moment less the five seconds that clients give themselves.

Source: BitMEX's swagger (2024-05-29), ccxt 4.5.83 by running it.
"""

from typing import Final

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import Hmac, hexadecimal
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.http import WireRequest, without_headers

_KEY: Final = b"api-key"
_EXPIRES: Final = b"api-expires"
_SIGNATURE: Final = b"api-signature"
_NONCE: Final = b"api-nonce"
_AUTHENTICATION: Final = frozenset({_KEY, _EXPIRES, _SIGNATURE, _NONCE})
_LASTS_S: Final = 5
_MOST_DIGITS: Final = 14
_MILLISECOND_DIGITS: Final = 13


def claim(request: WireRequest) -> Claim:
    """Read key, signature and expiry.

    Raises: `NotProven("bad_key")`, `NotProven("bad_signature")` where one is missing,
    `BadInput("bad_stamp")` for an expiry that is no number of seconds.
    """
    key, signature = request.header(_KEY), request.header(_SIGNATURE)
    if not key or not key.isascii():
        raise NotProven("bad_key")
    if not signature or not signature.isascii():
        raise NotProven("bad_signature")
    return Claim(key.decode("ascii"), _stamp(request.header(_EXPIRES) or b""), signature)


def prepare(request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
    """Write key and expiry into headers; neither query nor body is changed."""
    headers = (
        *without_headers(request.headers, _AUTHENTICATION),
        (_KEY, credential.key.encode("ascii")),
        (_EXPIRES, str(int(stamp) + _LASTS_S).encode("ascii")),
    )
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def shorten(request: WireRequest, until_ms: int) -> WireRequest:
    """Let a prepared request end by then, in whole seconds; one that ends sooner stays."""
    ends = min(int(request.header(_EXPIRES) or b"0"), until_ms // 1_000)
    headers = tuple(
        (name, b"%d" % ends if name == _EXPIRES else value) for name, value in request.headers
    )
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def payload(request: WireRequest) -> bytes:
    """Give method, path with query, expiry and body: the bytes that are signed."""
    expires = request.header(_EXPIRES) or b""
    return request.method.encode("ascii") + request.target + expires + request.body


def attach(request: WireRequest, signature: bytes) -> WireRequest:
    """Write the signature into its header."""
    headers = (*request.headers, (_SIGNATURE, signature))
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def signer(secret: Secret) -> Hmac:
    """Prepare a secret for signing. Raises: `BadInput` naming the field."""
    text = secret.reveal()
    if not text or not text.isascii():
        raise BadInput("missing_field", field="api_secret")
    return Hmac(text.encode("ascii"), "sha256", hexadecimal)


def verifier(material: Secret) -> Hmac:
    """Prepare a secret for verifying: the exchange keeps the same one."""
    return signer(material)


def _stamp(expires: bytes) -> str:
    """Turn an expiry into a stamp; empty where there is none."""
    if not expires:
        return ""
    if not expires.isdigit() or len(expires) > _MOST_DIGITS:
        raise BadInput("bad_stamp", field="api-expires")
    seconds = int(expires)
    if len(expires) >= _MILLISECOND_DIGITS:
        # Some clients gave milliseconds, which only means that their requests never end.
        seconds //= 1_000
    return str(max(0, seconds - _LASTS_S))
