"""How KuCoin's requests are signed: five headers, HMAC-SHA256 in base64, a passphrase signed too.

What is signed is stamp, method, path with query and body in a row. Clients sign the query as
they mean it and send it percent-encoded, so what is encoded is decoded before it is signed.

Covers: method, path, query, body and the stamp. Not covered: the host, the key, all headers.
Source: authentication of the new documentation, 2026-11; ccxt 4.5.90, kucoin-universal-sdk 1.3.2,
kucoin-python 1.0.26 and python-kucoin 2.2.0 by running them.
"""

import base64
import re
from typing import Final

import orjson

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import Hmac
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.http import WireRequest, without_headers
from drawbridge.wire.text import decoded

_KEY: Final = b"kc-api-key"
_SIGNATURE: Final = b"kc-api-sign"
_STAMP: Final = b"kc-api-timestamp"
_PASSPHRASE: Final = b"kc-api-passphrase"
_VERSION: Final = b"kc-api-key-version"
_VERSION_SENT: Final = b"2"
# Keys of version 1 send their passphrase as it is; those of the others sign it.
_PLAIN_VERSIONS: Final = frozenset({b"", b"1"})
_SIGNED_VERSIONS: Final = frozenset({b"2", b"3"})
# The last four name and prove the maker of a client program. They hold the sender's own key and
# mean nothing beside another one.
_AUTHENTICATION: Final = frozenset(
    {
        *(_KEY, _SIGNATURE, _STAMP, _PASSPHRASE, _VERSION),
        *(b"kc-api-partner", b"kc-api-partner-sign", b"kc-api-partner-verify", b"kc-broker-name"),
    }
)
# Orders may say how long after their stamp they may be taken in; read for these alone.
_ENDING: Final = frozenset(b"/api/v1/hf/orders" + name for name in (b"", b"/sync", b"/test"))
_WINDOW: Final = b'"allowMaxTimeWindow"'
_WORDS: Final = rb'"(?:clientTimestamp|allowMaxTimeWindow)"\s*:\s*(?:"?[0-9]+"?|null)'
_OWN_WINDOW: Final = re.compile(rb",\s*" + _WORDS + rb"|" + _WORDS + rb"\s*,?")


def claim(request: WireRequest) -> Claim:
    """Read key, stamp, signature and passphrase off the headers.

    Raises: `NotProven` `missing_header`, `bad_key`; `BadInput("bad_key_version")`.
    """
    found = {name: value for name, value in request.headers if name in _AUTHENTICATION}
    for name in (_KEY, _SIGNATURE, _STAMP, _PASSPHRASE):
        if not found.get(name):
            raise NotProven("missing_header", field=name.decode("ascii").upper())
    key, stamp, passphrase = found[_KEY], found[_STAMP], found[_PASSPHRASE]
    if not key.isascii():
        raise NotProven("bad_key")
    version = found.get(_VERSION, b"")
    if version not in _PLAIN_VERSIONS | _SIGNED_VERSIONS:
        raise BadInput("bad_key_version", field="KC-API-KEY-VERSION")
    plain = version in _PLAIN_VERSIONS
    return Claim(
        key=key.decode("ascii"),
        stamp=stamp.decode("ascii", "replace"),
        signature=found[_SIGNATURE],
        passphrase=passphrase.decode("utf-8", "replace") if plain else None,
        passphrase_signature=None if plain else passphrase,
        until_ms=_until_ms(request),
    )


def prepare(request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
    """Write key, stamp and signed passphrase in place; every other header stays.

    Raises: `BadInput("missing_field")` for a credential without a passphrase.
    """
    if credential.passphrase is None:
        raise BadInput("missing_field", field="passphrase")
    passphrase = credential.passphrase.reveal().encode()
    headers = (
        *without_headers(request.headers, _AUTHENTICATION),
        (_VERSION, _VERSION_SENT),
        (_KEY, credential.key.encode("ascii")),
        (_STAMP, stamp.encode("ascii")),
        (_PASSPHRASE, credential.signer.sign(passphrase)),
    )
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def shorten(request: WireRequest, until_ms: int) -> WireRequest:
    """Let a prepared order end by then; everything else has no word for it.

    Raises: `BadInput("malformed")` for a body in which its own window is not clear.
    """
    body = request.body
    if request.method != "POST" or request.path not in _ENDING or body[:1] != b"{":
        return request
    own_ms = _until_ms(request)
    stamp = request.header(_STAMP) or b"0"
    ends_ms = until_ms if own_ms is None else min(own_ms, until_ms)
    window_ms = max(1, ends_ms - int(stamp))
    rest = _OWN_WINDOW.sub(b"", body)[1:].lstrip() if _WINDOW in body else body[1:].lstrip()
    comma = b"" if rest.startswith(b"}") else b","
    told = b'{"clientTimestamp":%b,"allowMaxTimeWindow":%d' % (stamp, window_ms)
    changed = WireRequest(
        request.method, request.path, request.query, request.headers, told + comma + rest
    )
    if _until_ms(changed) != int(stamp) + window_ms:
        raise BadInput("malformed", field="allowMaxTimeWindow")
    return changed


def payload(request: WireRequest) -> bytes:
    """Give stamp, method, path, query and body in a row, as they are signed.

    Why: what a client sends percent-encoded it has signed before encoding it; a query without a
    percent sign is signed as it stands, so that a plus sign stays one.
    """
    target = request.target
    if b"%" in target:
        target = decoded(target)
    stamp = request.header(_STAMP) or b""
    return b"".join((stamp, request.method.encode("ascii"), target, request.body))


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


def _until_ms(request: WireRequest) -> int | None:
    """Read until when an order may be taken in; what is no number is left to the exchange."""
    if _WINDOW not in request.body or request.path not in _ENDING:
        return None
    try:
        document = orjson.loads(request.body)
        return int(document["clientTimestamp"]) + int(document["allowMaxTimeWindow"])
    except (KeyError, TypeError, ValueError):
        return None
