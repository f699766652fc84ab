"""How Bybit's requests are signed: HMAC-SHA256 in hex, or RSA, over headers and payload.

What is signed is stamp, key, window and payload in a row; the payload is the query of a GET as it
is sent, and the body of anything else. Stamps are in milliseconds.

Covers: query or body, the stamp, the key and the window. Not covered: method and path; a signature
over the same payload is right for any of them.
Source: bybit-exchange.github.io/docs/v5, integration guidance, 2026-11; ccxt 4.5.90 and
pybit 5.17.0 by running them.
"""

import re
from typing import Final

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.http import WireRequest, without_headers
from drawbridge.wire.signed_parameters import signer, verifier

__all__ = ["attach", "claim", "payload", "prepare", "shorten", "signer", "verifier"]

_KEY: Final = b"x-bapi-api-key"
_SIGNATURE: Final = b"x-bapi-sign"
_STAMP: Final = b"x-bapi-timestamp"
_WINDOW: Final = b"x-bapi-recv-window"
_KIND: Final = b"x-bapi-sign-type"
_AUTHENTICATION: Final = frozenset({_KEY, _SIGNATURE, _STAMP, _WINDOW, _KIND})
_USUAL_WINDOW: Final = b"5000"
_WHOLE: Final = re.compile(rb"[0-9]{1,9}")
_MOST_WINDOW_MS: Final = 60_000


def claim(request: WireRequest) -> Claim:
    """Read key, stamp, window and signature off the headers.

    Raises: `BadInput` `missing_header`, `bad_window`; `NotProven("bad_key")`.
    """
    found = {name: value for name, value in request.headers if name in _AUTHENTICATION}
    for name in (_KEY, _STAMP, _SIGNATURE):
        if not found.get(name):
            raise BadInput("missing_header", field=name.decode("ascii").upper())
    key, window = found[_KEY], found.get(_WINDOW, _USUAL_WINDOW)
    if not key.isascii():
        raise NotProven("bad_key")
    if not _WHOLE.fullmatch(window):
        raise BadInput("bad_window", field="recv_window", highest_ms=_MOST_WINDOW_MS)
    return Claim(
        key=key.decode("ascii"),
        stamp=found[_STAMP].decode("ascii", "replace"),
        signature=found[_SIGNATURE],
        window_ms=int(window),
    )


def prepare(request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
    """Write key, stamp and window in place; every other header stays."""
    headers = (
        *without_headers(request.headers, _AUTHENTICATION),
        (_KEY, credential.key.encode("ascii")),
        (_STAMP, stamp.encode("ascii")),
        (_WINDOW, request.header(_WINDOW) or _USUAL_WINDOW),
    )
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def shorten(request: WireRequest, until_ms: int) -> WireRequest:
    """Let a prepared request's window end by then; one that ends sooner stays as it is."""
    window_ms = max(1, until_ms - int(request.header(_STAMP) or b"0"))
    if int(request.header(_WINDOW) or _USUAL_WINDOW) <= window_ms:
        return request
    headers = tuple(
        (name, b"%d" % window_ms if name == _WINDOW else value) for name, value in request.headers
    )
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def payload(request: WireRequest) -> bytes:
    """Give stamp, key, window and what is asked, in a row."""
    asked = request.query if request.method == "GET" else request.body
    named = (request.header(name) or b"" for name in (_STAMP, _KEY, _WINDOW))
    return b"".join((*named, asked))


def attach(request: WireRequest, signature: bytes) -> WireRequest:
    """Write the signature into its header; `prepare` has dropped any old one."""
    headers = (*request.headers, (_SIGNATURE, signature))
    return WireRequest(request.method, request.path, request.query, headers, request.body)
