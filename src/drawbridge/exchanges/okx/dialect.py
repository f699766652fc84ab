"""How OKX's requests are signed: four headers, HMAC-SHA256 in base64, the time in words.

The stamp travels as ISO time in UTC with milliseconds; for whoever judges its age it is given in
milliseconds. The passphrase travels as it is.

Covers: the stamp as it stands in its header, method, path with query and body, exactly as sent.
Not covered: the host, the key, all other headers.
Source: docs-v5, overview, 2026-11; ccxt 4.5.90 and python-okx 0.4.4 by running them.
"""

import base64
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import Hmac
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.http import WireRequest, without_headers

_KEY: Final = b"ok-access-key"
_SIGNATURE: Final = b"ok-access-sign"
_STAMP: Final = b"ok-access-timestamp"
_PASSPHRASE: Final = b"ok-access-passphrase"
_AUTHENTICATION: Final = frozenset({_KEY, _SIGNATURE, _STAMP, _PASSPHRASE})
_MISSING: Final = {
    _KEY: "missing_key",
    _PASSPHRASE: "missing_passphrase",
    _SIGNATURE: "missing_signature",
    _STAMP: "missing_stamp",
}
# Until when an order may be taken in, in milliseconds; read for these alone.
_UNTIL: Final = b"exptime"
_UNTIL_ALONE: Final = frozenset({_UNTIL})
_ENDING: Final = frozenset(
    b"/api/v5/trade/" + name
    for name in (b"order", b"batch-orders", b"amend-order", b"amend-batch-orders")
)
_MOST_DIGITS: Final = 14
# Demo keys are for this header; ours are none.
_SIMULATED: Final = b"x-simulated-trading"
_ISO: Final = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?Z")
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MOST_MS: Final = 10**14


def claim(request: WireRequest) -> Claim:
    """Read key, stamp, signature and passphrase off the headers.

    Raises: `NotProven` `missing_key`, `missing_passphrase`, `missing_signature`, `missing_stamp`,
    `wrong_environment`, `bad_key_format`; `BadInput` `bad_stamp`, `bad_window`.
    """
    found = {name: value for name, value in request.headers if name in _AUTHENTICATION}
    for name, code in _MISSING.items():
        if not found.get(name):
            raise NotProven(code)
    if request.header(_SIMULATED) == b"1":
        raise NotProven("wrong_environment")
    key = found[_KEY]
    if not key.isascii():
        raise NotProven("bad_key_format")
    return Claim(
        key=key.decode("ascii"),
        stamp=str(_read_iso(found[_STAMP])),
        signature=found[_SIGNATURE],
        passphrase=found[_PASSPHRASE].decode("utf-8", "replace"),
        until_ms=_until_ms(request),
    )


def prepare(request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
    """Write key, stamp and passphrase in place; every other header stays.

    Raises: `BadInput` `missing_field` for a credential without a passphrase, `bad_stamp`.
    """
    if credential.passphrase is None:
        raise BadInput("missing_field", field="passphrase")
    headers = (
        *without_headers(request.headers, _AUTHENTICATION),
        (_KEY, credential.key.encode("ascii")),
        (_PASSPHRASE, credential.passphrase.reveal().encode()),
        (_STAMP, write_iso(stamp).encode("ascii")),
    )
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def shorten(request: WireRequest, until_ms: int) -> WireRequest:
    """Let a prepared order end by then; everything else has no word for it."""
    if request.method != "POST" or request.path not in _ENDING:
        return request
    own_ms = _until_ms(request)
    ends_ms = until_ms if own_ms is None else min(own_ms, until_ms)
    headers = (*without_headers(request.headers, _UNTIL_ALONE), (_UNTIL, b"%d" % ends_ms))
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def payload(request: WireRequest) -> bytes:
    """Give stamp, method, path with query and body in a row, as they are signed."""
    stamp = request.header(_STAMP) or b""
    return b"".join((stamp, request.method.encode("ascii"), request.target, request.body))


def attach(request: WireRequest, signature: bytes) -> WireRequest:
    """Write the signature into its header; `prepare` has dropped any old one."""
    headers = (*request.headers, (_SIGNATURE, signature))
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def signer(secret: Secret) -> Hmac:
    """Prepare a secret, which is used as the text that it is. Raises: `BadInput`."""
    key = secret.reveal()
    if not key:
        raise BadInput("missing_field", field="api_secret")
    return Hmac(key.encode(), "sha256", base64.b64encode)


def verifier(material: Secret) -> Hmac:
    """Prepare a secret for verifying: the exchange keeps the same one."""
    return signer(material)


def write_iso(stamp: str) -> str:
    """Write milliseconds as the exchange's time in words. Raises: `BadInput("bad_stamp")`."""
    if not (stamp.isascii() and stamp.isdigit()) or int(stamp) >= _MOST_MS:
        raise BadInput("bad_stamp", field="stamp")
    seconds, rest_ms = divmod(int(stamp), 1_000)
    return f"{_to_the_second(seconds)}.{rest_ms:03d}Z"


@lru_cache(maxsize=16)
def _to_the_second(seconds: int) -> str:
    """Write a time without its fraction. Why: many requests are signed in the same second."""
    return (_BEGINNING + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def _until_ms(request: WireRequest) -> int | None:
    text = request.header(_UNTIL)
    if text is None or request.path not in _ENDING or request.method != "POST":
        return None
    if not text.isdigit() or len(text) > _MOST_DIGITS:
        raise BadInput("bad_window", field="expTime", highest_ms=_MOST_MS)
    return int(text)


def _read_iso(text: bytes) -> int:
    if not _ISO.fullmatch(text):
        raise BadInput("bad_stamp", field="OK-ACCESS-TIMESTAMP")
    try:
        moment = datetime.fromisoformat(text.decode("ascii"))
    except ValueError:
        raise BadInput("bad_stamp", field="OK-ACCESS-TIMESTAMP") from None
    return max(0, (moment - _BEGINNING) // _MILLISECOND)
