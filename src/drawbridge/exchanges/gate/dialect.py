"""How Gate's requests are signed: five lines, HMAC-SHA512 in hex, the body as its SHA-512.

The lines are method, path, query, digest of the body and stamp. Clients sign the query as they
mean it and send it percent-encoded, so what is encoded is decoded before it is signed.

Covers: method, path, query, body and the stamp. Not covered: the host, the key, all headers.
Source: gate.com API v4 documentation, authentication, 2026-11; ccxt 4.5.90 and gate-api 7.2.161
by running them.
"""

import hashlib
import re
from typing import Final

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import Hmac, hexadecimal
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.http import WireRequest, without_headers
from drawbridge.wire.text import decoded

_KEY: Final = b"key"
_SIGNATURE: Final = b"sign"
_STAMP: Final = b"timestamp"
_AUTHENTICATION: Final = frozenset({_KEY, _SIGNATURE, _STAMP})
# Until when a request about orders may be taken in, in milliseconds; no signature covers it.
_UNTIL: Final = b"x-gate-exptime"
_UNTIL_ALONE: Final = frozenset({_UNTIL})
_ENDING: Final = re.compile(
    rb"/api/v4/(?:spot|futures/[a-z]+)/(?:(?:amend_|cancel_)?batch_)?orders(?:/[^/]+)?"
)
_MOST_DIGITS: Final = 14
_MOST_MS: Final = 10**14
_EMPTY: Final = hashlib.sha512().hexdigest().encode("ascii")


def claim(request: WireRequest) -> Claim:
    """Read key, stamp and signature off the headers.

    Why: some clients stamp with a fraction of a second. It is signed as it stands, and judged by
    its whole seconds.

    Raises: `BadInput` `missing_header` naming it, `bad_window`; `NotProven("bad_key")`.
    """
    found = {name: value for name, value in request.headers if name in _AUTHENTICATION}
    for name in (_KEY, _STAMP, _SIGNATURE):
        if not found.get(name):
            raise BadInput("missing_header", field=name.decode("ascii"))
    key = found[_KEY]
    if not key.isascii():
        raise NotProven("bad_key")
    whole, dot, fraction = found[_STAMP].partition(b".")
    if dot and not fraction.isdigit():
        raise BadInput("bad_stamp", field="timestamp")
    return Claim(
        key=key.decode("ascii"),
        stamp=whole.decode("ascii", "replace"),
        signature=found[_SIGNATURE],
        until_ms=_until_ms(request),
    )


def prepare(request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
    """Write key and stamp in place; every other header stays."""
    headers = request.headers
    if any(name in _AUTHENTICATION for name, _ in headers):
        headers = without_headers(headers, _AUTHENTICATION)
    headers = (
        *headers,
        (_KEY, credential.key.encode("ascii")),
        (_STAMP, stamp.encode("ascii")),
    )
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def shorten(request: WireRequest, until_ms: int) -> WireRequest:
    """Let a prepared request about orders end by then; everything else has no word for it."""
    if request.method == "GET" or not _ENDING.fullmatch(request.path):
        return request
    own_ms = _until_ms(request)
    ends_ms = until_ms if own_ms is None else min(own_ms, until_ms)
    headers = (*without_headers(request.headers, _UNTIL_ALONE), (_UNTIL, b"%d" % ends_ms))
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def payload(request: WireRequest) -> bytes:
    """Give the five lines that are signed."""
    body, query = request.body, request.query
    digest = hashlib.sha512(body).hexdigest().encode("ascii") if body else _EMPTY
    if b"%" in query or b"+" in query:
        query = decoded(query)
    stamp = request.header(_STAMP) or b""
    return b"\n".join((request.method.encode("ascii"), request.path, query, digest, stamp))


def attach(request: WireRequest, signature: bytes) -> WireRequest:
    """Write the signature into its header; `prepare` has dropped any old one."""
    headers = (*request.headers, (_SIGNATURE, signature))
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def signer(secret: Secret) -> Hmac:
    """Prepare a secret, which is used as the text that it is. Raises: `BadInput`."""
    key = secret.reveal()
    if not key:
        raise BadInput("missing_field", field="api_secret")
    return Hmac(key.encode(), "sha512", hexadecimal)


def verifier(material: Secret) -> Hmac:
    """Prepare a secret for verifying: the exchange keeps the same one."""
    return signer(material)


def _until_ms(request: WireRequest) -> int | None:
    text = request.header(_UNTIL)
    if text is None or request.method == "GET" or not _ENDING.fullmatch(request.path):
        return None
    if not text.isdigit() or len(text) > _MOST_DIGITS:
        raise BadInput("bad_window", field="x-gate-exptime", highest_ms=_MOST_MS)
    return int(text)
