"""How Bitfinex's requests are signed: a nonce in a header, HMAC-SHA384 in hex in another.

Covers: the path and every byte of the body. Not covered: the method, the query (no private
endpoint reads one) and all other headers. The nonce alone protects from replays; no clock is
involved.

Source: docs.bitfinex.com authentication, 2026-11; ccxt 4.5.90 and bitfinex-api-py 4.0.0 by
running them.
"""

from typing import Final

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import Hmac, hexadecimal
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.http import JSON_TYPE, WireRequest, without_headers

_KEY: Final = b"bfx-apikey"
_NONCE: Final = b"bfx-nonce"
_SIGNATURE: Final = b"bfx-signature"
# The headers of what we wrote ourselves: there is nothing to drop.
_OURS: Final = (JSON_TYPE,)
_AUTHENTICATION: Final = frozenset({_KEY, _NONCE, _SIGNATURE})
# Signed is the path with this before it, although no address begins so.
_PREFIX: Final = b"/api"
# What a double holds exactly: the exchange reads nonces as such.
_HIGHEST_NONCE: Final = 2**53 - 1
_NONCE_DIGITS: Final = 16


def claim(request: WireRequest) -> Claim:
    """Read key, nonce and signature.

    Raises: `NotProven("bad_key")`, `NotProven("bad_signature")` where a header is missing,
    `BadInput("duplicate_parameter")` where one stands twice, `BadInput("bad_stamp")`.
    """
    found: dict[bytes, bytes] = {}
    for name, value in request.headers:
        if name in _AUTHENTICATION:
            # Two readers could believe two different ones.
            if name in found:
                raise BadInput("duplicate_parameter", field=name.decode("ascii"))
            found[name] = value
    key, signature = found.get(_KEY), found.get(_SIGNATURE)
    if not key or not key.isascii():
        raise NotProven("bad_key")
    if not signature:
        raise NotProven("bad_signature")
    return Claim(
        key=key.decode("ascii"), stamp=_read_nonce(found.get(_NONCE, b"")), signature=signature
    )


def prepare(request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
    """Write key and nonce in place; drop any old authentication."""
    headers = request.headers
    if headers != _OURS:
        headers = without_headers(headers, _AUTHENTICATION)
    headers = (
        *headers,
        (_NONCE, stamp.encode("ascii")),
        (_KEY, credential.key.encode("ascii")),
    )
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def payload(request: WireRequest) -> bytes:
    """Give path, nonce and body as they are signed."""
    return _PREFIX + request.path + (request.header(_NONCE) or b"") + request.body


def attach(request: WireRequest, signature: bytes) -> WireRequest:
    """Write the signature into its header; `prepare` has dropped any old one."""
    headers = (*request.headers, (_SIGNATURE, signature))
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def signer(secret: Secret) -> Hmac:
    """Prepare a secret for signing. Raises: `BadInput` naming the field."""
    text = secret.reveal()
    if not text:
        raise BadInput("missing_field", field="api_secret")
    return Hmac(text.encode(), "sha384", hexadecimal)


def verifier(material: Secret) -> Hmac:
    """Prepare a secret for verifying: the exchange keeps the same one."""
    return signer(material)


def _read_nonce(text: bytes) -> str:
    if not text:
        return ""
    if len(text) > _NONCE_DIGITS or not text.isdigit() or int(text) > _HIGHEST_NONCE:
        raise BadInput("bad_stamp", field="nonce")
    return text.decode("ascii")
