"""How Poloniex's requests are signed: one text of verb, path, parameters and time, in base64.

Covers: the method, the path; the query of a GET, sorted by name, and the body of everything else;
the time. Not covered: a body with a GET and a query with anything else, so neither is let in; and
all headers but the time.

Source: api-docs.poloniex.com, authentication, 2026-11; ccxt 4.5.90 by running it.
"""

import base64
from typing import Final

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import Hmac
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.http import JSON_TYPE, WireRequest, without_headers
from drawbridge.wire.text import find_parameter

_KEY: Final = b"key"
_STAMP: Final = b"signtimestamp"
_SIGNATURE: Final = b"signature"
_WINDOW: Final = b"recvwindow"
_METHOD: Final = b"signaturemethod"
_VERSION: Final = b"signatureversion"
# All belong to the sender's own signature.
_AUTHENTICATION: Final = frozenset({_KEY, _STAMP, _SIGNATURE, _WINDOW, _METHOD, _VERSION})
_WINDOW_ALONE: Final = frozenset({_WINDOW})
# The headers of what we wrote ourselves: there is nothing to drop.
_OURS: Final = (JSON_TYPE,)
_ONLY_METHOD: Final = b"hmacsha256"
_STAMP_NAME: Final = b"signTimestamp"
_MOST_DIGITS: Final = 10
_GET: Final = "GET"


def claim(request: WireRequest) -> Claim:
    """Read key, time, window and signature.

    Raises: `NotProven("bad_key")`, `NotProven("bad_signature")` where a header is missing;
    `BadInput` for what stands twice, and for parameters that no signature covers.
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
    if not signature or found.get(_METHOD, _ONLY_METHOD).lower() != _ONLY_METHOD:
        raise NotProven("bad_signature")
    _refuse_uncovered(request)
    stamp = found.get(_STAMP, b"")
    if not stamp.isascii():
        raise BadInput("bad_stamp", field="signTimestamp")
    return Claim(
        key=key.decode("ascii"),
        stamp=stamp.decode("ascii"),
        signature=signature,
        window_ms=_read_window(found.get(_WINDOW)),
    )


def prepare(request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
    """Write key and time in place; drop any old authentication."""
    headers = request.headers
    if headers != _OURS:
        headers = without_headers(headers, _AUTHENTICATION)
    headers = (
        *headers,
        (_KEY, credential.key.encode("ascii")),
        (_STAMP, stamp.encode("ascii")),
    )
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def shorten(request: WireRequest, until_ms: int) -> WireRequest:
    """Let a prepared request's window end by then. Not covered by the signature, like the key."""
    window_ms = max(1, until_ms - int(request.header(_STAMP) or b"0"))
    own_ms = _read_window(request.header(_WINDOW))
    if own_ms is not None and own_ms <= window_ms:
        return request
    headers = (*without_headers(request.headers, _WINDOW_ALONE), (_WINDOW, b"%d" % window_ms))
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def payload(request: WireRequest) -> bytes:
    """Give the text that is signed; parameters stand in it as they were sent."""
    stamp = _STAMP_NAME + b"=" + (request.header(_STAMP) or b"")
    if request.method == _GET:
        pieces: list[bytes] = [piece for piece in request.query.split(b"&") if piece]
        pieces.append(stamp)
        pieces.sort(key=_name_of)
        told = b"&".join(pieces)
    else:
        told = b"requestBody=" + request.body + b"&" + stamp if request.body else stamp
    return b"\n".join((request.method.encode("ascii"), request.path, told))


def attach(request: WireRequest, signature: bytes) -> WireRequest:
    """Write the signature into its header; `prepare` has dropped any old one."""
    headers = (*request.headers, (_SIGNATURE, signature))
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def signer(secret: Secret) -> Hmac:
    """Prepare a secret for signing: its letters are the key, though they look like a number.

    Raises: `BadInput` naming the field.
    """
    text = secret.reveal()
    if not text:
        raise BadInput("missing_field", field="api_secret")
    return Hmac(text.encode(), "sha256", base64.b64encode)


def verifier(material: Secret) -> Hmac:
    """Prepare a secret for verifying: the exchange keeps the same one."""
    return signer(material)


def _name_of(piece: bytes) -> bytes:
    return piece.partition(b"=")[0]


def _refuse_uncovered(request: WireRequest) -> None:
    if request.method == _GET:
        if request.body:
            raise BadInput("malformed", field="body")
        if find_parameter(request.query, _STAMP_NAME) is not None:
            raise BadInput("duplicate_parameter", field="signTimestamp")
    elif request.query:
        raise BadInput("malformed", field="query")


def _read_window(text: bytes | None) -> int | None:
    if text is None:
        return None
    if not text.isdigit() or len(text) > _MOST_DIGITS:
        raise BadInput("bad_window", field="recvWindow")
    return int(text)
