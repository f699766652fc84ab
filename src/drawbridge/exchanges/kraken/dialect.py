"""How Kraken's requests are signed: a nonce in the body, HMAC-SHA512 in base64 in a header.

Covers: the path, the query where somebody adds one, and every byte of the body; the nonce is
part of the body. Not covered: the method, and all other headers. The nonce alone protects from
replays; no clock is involved.

Source: docs.kraken.com spot REST authentication, 2026; ccxt 4.5.90, krakenex 2.2.2 and
python-kraken-sdk 3.5.1 by running them.
"""

import base64
import re
from typing import Final

import orjson

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import Hmac, base64_secret, sha256
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.http import FORM_TYPE, WireRequest, without_headers
from drawbridge.wire.moments import parse_moment, write_moment
from drawbridge.wire.text import decoded, drop_parameters, find_parameter, joined

_KEY: Final = b"api-key"
_SIGNATURE: Final = b"api-sign"
_AUTHENTICATION: Final = frozenset({_KEY, _SIGNATURE})
_FORM: Final = (FORM_TYPE,)
_NONCE: Final = b"nonce="
_OTP: Final = b"otp="
# Until when the engine may take an order in; read for these alone.
_DEADLINE: Final = b"deadline"
_DEADLINE_ALONE: Final = frozenset({_DEADLINE})
_JSON_DEADLINE: Final = re.compile(rb'("deadline"\s*:\s*)"[^"\\]*"')
_ENDING: Final = frozenset(
    b"/0/private/" + name for name in (b"AddOrder", b"AddOrderBatch", b"AmendOrder", b"EditOrder")
)
_NONCE_LENGTH: Final = len(_NONCE)
# The second factor of a key itself: it belongs to the sender's own key, not to ours.
_SECOND_FACTOR: Final = frozenset({b"otp"})
_JSON_NONCE: Final = re.compile(rb'("nonce"\s*:\s*)("?)[0-9]*\2')


def claim(request: WireRequest) -> Claim:
    """Read key, signature and nonce.

    Raises: `NotProven("bad_key")`, `NotProven("bad_signature")` where a header is missing,
    `BadInput("malformed")` for a body in which the nonce is not clear.
    """
    key = signature = None
    for name, value in request.headers:
        if name == _KEY:
            key = value
        elif name == _SIGNATURE:
            signature = value
    if not key or not key.isascii():
        raise NotProven("bad_key")
    if not signature:
        raise NotProven("bad_signature")
    nonce = _nonce(request.body)
    if not nonce.isascii():
        raise BadInput("malformed", field="nonce")
    return Claim(
        key=key.decode("ascii"),
        stamp=nonce.decode("ascii"),
        signature=signature,
        until_ms=_deadline_ms(request),
    )


def prepare(request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
    """Write key and nonce in place; every other byte of the body stays as it was.

    A body without a nonce gets it first, as ccxt does.
    """
    body, headers, nonce = request.body, request.headers, stamp.encode("ascii")
    if _NONCE not in body and _OTP not in body and body[:1] != b"{":
        # What we wrote ourselves: nothing to look for, nothing to replace.
        body = _NONCE + nonce + b"&" + body if body else _NONCE + nonce
    else:
        body = _json_with(body, nonce) if body[:1] == b"{" else _form_with(body, nonce)
    if headers != _FORM:
        headers = without_headers(headers, _AUTHENTICATION)
    key = (_KEY, credential.key.encode("ascii"))
    return WireRequest(request.method, request.path, request.query, (*headers, key), body)


def shorten(request: WireRequest, until_ms: int) -> WireRequest:
    """Let a prepared order end by then; everything else has no word for it.

    Raises: `BadInput("malformed")` for a body in which its own deadline is not clear.
    """
    body = request.body
    own_ms = _deadline_ms(request)
    if request.path not in _ENDING or (own_ms is not None and own_ms <= until_ms):
        return request
    told = write_moment(until_ms).encode("ascii")
    if body[:1] != b"{":
        kept = drop_parameters(body, _DEADLINE_ALONE) if _DEADLINE in body else body
        changed = kept + b"&deadline=" + told.replace(b":", b"%3A")
    elif _JSON_DEADLINE.search(body):
        changed = _JSON_DEADLINE.sub(rb'\g<1>"' + told + b'"', body, count=1)
    else:
        changed = b'{"deadline":"' + told + b'",' + body[1:]
    ending = WireRequest(request.method, request.path, request.query, request.headers, changed)
    if _DEADLINE in body and _deadline_ms(ending) != until_ms:
        raise BadInput("malformed", field="deadline")
    return ending


def payload(request: WireRequest) -> bytes:
    """Give path, query and the SHA-256 of nonce and body: the bytes that are signed."""
    body = request.body
    # Ours comes first; whether it stands there once more was looked at when it was claimed.
    first = body.startswith(_NONCE)
    nonce = body[_NONCE_LENGTH:].partition(b"&")[0] if first else _nonce(body)
    return request.path + request.query + sha256(nonce + body)


def attach(request: WireRequest, signature: bytes) -> WireRequest:
    """Write the signature into its header; `prepare` has dropped any old one."""
    headers = (*request.headers, (_SIGNATURE, signature))
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def signer(secret: Secret) -> Hmac:
    """Prepare a private key for signing. Raises: `BadInput` naming the field."""
    key = base64_secret(secret)
    if not key:
        raise BadInput("missing_field", field="api_secret")
    return Hmac(key, "sha512", base64.b64encode)


def verifier(material: Secret) -> Hmac:
    """Prepare a private key for verifying: the exchange keeps the same secret."""
    return signer(material)


def _deadline_ms(request: WireRequest) -> int | None:
    """Read until when an order may be taken in; what is no time is left to the exchange."""
    body = request.body
    if _DEADLINE not in body or request.path not in _ENDING:
        return None
    if body[:1] == b"{":
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        told = document.get("deadline") if isinstance(document, dict) else None
    else:
        told = decoded(find_parameter(body, _DEADLINE) or b"").decode("ascii", "replace")
    try:
        return parse_moment(told, "deadline") if isinstance(told, str) else None
    except BadInput:
        return None


def _nonce(body: bytes) -> bytes:
    """Give the nonce as it stands in the body, or nothing.

    Why: a body that names it twice is refused, because what we check and what the exchange
    reads could be two different numbers.
    """
    if body[:1] == b"{":
        return _json_nonce(body)
    if body.startswith(_NONCE):
        start = len(_NONCE)
    else:
        start = body.find(b"&" + _NONCE) + 1
        if not start:
            return b""
        start += len(_NONCE)
    end = body.find(b"&", start)
    if end < 0:
        return body[start:]
    if body.find(b"&" + _NONCE, end) >= 0:
        raise BadInput("duplicate_parameter", field="nonce")
    return body[start:end]


def _json_nonce(body: bytes) -> bytes:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadInput("malformed", field="body") from None
    nonce = document.get("nonce", "") if isinstance(document, dict) else ""
    if isinstance(nonce, bool) or not isinstance(nonce, str | int):
        raise BadInput("malformed", field="nonce")
    if len(_JSON_NONCE.findall(body)) > 1:
        raise BadInput("duplicate_parameter", field="nonce")
    return str(nonce).encode()


def _form_with(body: bytes, nonce: bytes) -> bytes:
    if _OTP in body:
        body = drop_parameters(body, _SECOND_FACTOR)
    old = _nonce(body)
    if body.startswith(_NONCE):
        return _NONCE + nonce + body[len(_NONCE) + len(old) :]
    named = b"&" + _NONCE
    if named in body:
        return body.replace(named + old, named + nonce, 1)
    return joined(_NONCE + nonce, body)


def _json_with(body: bytes, nonce: bytes) -> bytes:
    if _json_nonce(body):
        body = _JSON_NONCE.sub(rb"\g<1>\g<2>" + nonce + rb"\g<2>", body, count=1)
    else:
        rest = body[1:].lstrip()
        comma = b"" if rest.startswith(b"}") else b","
        body = b'{"nonce":"' + nonce + b'"' + comma + rest
    if _json_nonce(body) != nonce:
        # The name stands somewhere else than at the top; guessing could change the order.
        raise BadInput("malformed", field="nonce")
    return body
