"""How Coinbase Exchange's requests are signed: four headers, HMAC-SHA256 in base64.

What is signed is stamp, method, path with query and body in a row; the secret is base64. The
passphrase travels as it is. Stamps are in seconds, with decimals from some clients.

Covers: method, path, query, body and the stamp. Not covered: the host, the key, the passphrase.
Source: docs.cdp.coinbase.com, Exchange, REST authentication, 2026-11; ccxt 4.5.90 and cbpro 1.1.4
by running them.
"""

import base64
import re
from typing import Final

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import Hmac, base64_secret
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.http import JSON_TYPE, WireRequest, without_headers

_KEY: Final = b"cb-access-key"
_SIGNATURE: Final = b"cb-access-sign"
_STAMP: Final = b"cb-access-timestamp"
_PASSPHRASE: Final = b"cb-access-passphrase"
# The headers of what we wrote ourselves: there is nothing to drop.
_OURS: Final = (JSON_TYPE,)
_AUTHENTICATION: Final = frozenset({_KEY, _SIGNATURE, _STAMP, _PASSPHRASE})
_SECONDS: Final = re.compile(rb"([0-9]{1,12})(?:\.[0-9]{1,9})?")


def claim(request: WireRequest) -> Claim:
    """Read key, stamp, signature and passphrase off the headers.

    Raises: `NotProven` `bad_key`, `bad_signature`, `bad_stamp`, `bad_passphrase` where one is
    missing or cannot be one.
    """
    found = {name: value for name, value in request.headers if name in _AUTHENTICATION}
    key, passphrase = found.get(_KEY, b""), found.get(_PASSPHRASE, b"")
    if not key or not key.isascii():
        raise NotProven("bad_key")
    if not found.get(_SIGNATURE):
        raise NotProven("bad_signature")
    seconds = _SECONDS.fullmatch(found.get(_STAMP, b""))
    if seconds is None:
        raise NotProven("bad_stamp")
    if not passphrase:
        raise NotProven("bad_passphrase")
    return Claim(
        key=key.decode("ascii"),
        stamp=seconds[1].decode("ascii"),
        signature=found[_SIGNATURE],
        passphrase=passphrase.decode("utf-8", "replace"),
    )


def prepare(request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
    """Write key, stamp and passphrase in place; every other header stays.

    Raises: `BadInput("missing_field")` for a credential without a passphrase.
    """
    if credential.passphrase is None:
        raise BadInput("missing_field", field="passphrase")
    headers = request.headers
    if headers != _OURS:
        headers = without_headers(headers, _AUTHENTICATION)
    headers = (
        *headers,
        (_KEY, credential.key.encode("ascii")),
        (_STAMP, stamp.encode("ascii")),
        (_PASSPHRASE, credential.passphrase.reveal().encode()),
    )
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def payload(request: WireRequest) -> bytes:
    """Give stamp, method, path, query and body in a row: the stamp as it was sent."""
    stamp = request.header(_STAMP) or b""
    return b"".join((stamp, request.method.encode("ascii"), request.target, request.body))


def attach(request: WireRequest, signature: bytes) -> WireRequest:
    """Write the signature into its header; `prepare` has dropped any old one."""
    headers = (*request.headers, (_SIGNATURE, signature))
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def signer(secret: Secret) -> Hmac:
    """Prepare a secret for signing. Raises: `BadInput` naming the field."""
    key = base64_secret(secret)
    if not key:
        raise BadInput("missing_field", field="api_secret")
    return Hmac(key, "sha256", base64.b64encode)


def verifier(material: Secret) -> Hmac:
    """Prepare a secret for verifying: the exchange keeps the same one."""
    return signer(material)
