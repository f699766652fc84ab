"""How CEX.IO's requests are signed: the name of what is asked for, the time, and the body.

Covers: the last part of the path, the time, every byte of the body. Not covered: the rest of the
path, the method, and a query, so none is let in.

Source: trade.cex.io/docs, authentication, 2025-07; the official Node SDK; ccxt 4.5.90, run.
"""

import base64
from typing import Final

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import Hmac
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.http import WireRequest, without_headers

_KEY: Final = b"x-aggr-key"
_STAMP: Final = b"x-aggr-timestamp"
_SIGNATURE: Final = b"x-aggr-signature"
_AUTHENTICATION: Final = frozenset({_KEY, _STAMP, _SIGNATURE})


def claim(request: WireRequest) -> Claim:
    """Read key, time and signature.

    Raises: `NotProven("bad_key")`, `NotProven("bad_signature")` where a header is missing,
    `BadInput` for a header that stands twice and for a query, which no signature covers.
    """
    found: dict[bytes, bytes] = {}
    for name, value in request.headers:
        if name in _AUTHENTICATION:
            # Two readers could believe two different ones.
            if name in found:
                raise BadInput("duplicate_parameter", field=name.decode("ascii"))
            found[name] = value
    key, signature, stamp = found.get(_KEY), found.get(_SIGNATURE), found.get(_STAMP, b"")
    if not key or not key.isascii():
        raise NotProven("bad_key")
    if not signature:
        raise NotProven("bad_signature")
    if request.query:
        raise BadInput("malformed", field="query")
    if not stamp.isascii():
        raise BadInput("bad_stamp", field="X-AGGR-TIMESTAMP")
    return Claim(key.decode("ascii"), stamp.decode("ascii"), signature)


def prepare(request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
    """Write key and time in place; drop any old authentication."""
    headers = (
        *without_headers(request.headers, _AUTHENTICATION),
        (_KEY, credential.key.encode("ascii")),
        (_STAMP, stamp.encode("ascii")),
    )
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def payload(request: WireRequest) -> bytes:
    """Give the text that is signed: what is asked for, when, and with which words."""
    action = request.path.rpartition(b"/")[2]
    return action + (request.header(_STAMP) or b"") + request.body


def attach(request: WireRequest, signature: bytes) -> WireRequest:
    """Write the signature into its header; `prepare` has dropped any old one."""
    headers = (*request.headers, (_SIGNATURE, signature))
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def signer(secret: Secret) -> Hmac:
    """Prepare a secret for signing, as it stands. Raises: `BadInput("missing_field")`."""
    text = secret.reveal()
    if not text:
        raise BadInput("missing_field", field="api_secret")
    return Hmac(text.encode(), "sha256", base64.b64encode)


def verifier(material: Secret) -> Hmac:
    """Prepare a secret for verifying: the exchange keeps the same one."""
    return signer(material)
