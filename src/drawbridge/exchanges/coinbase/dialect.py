"""How Coinbase's requests are signed: a JWT in a header, made anew for each request.

The token names the method, the host and the path that it is for, and lives for two minutes.
Keys are of two kinds, P-256 (ES256) and Ed25519 (EdDSA), whose tokens differ in a few claims.

Covers: method, host and path. Not covered: query and body; TLS alone protects those on their way.
Source: docs.cdp.coinbase.com, API key authentication, 2026-11; ccxt 4.5.90 and
coinbase-advanced-py 1.8.4 by running them.
"""

import base64
import binascii
from hashlib import sha256
from typing import Any, Final

import orjson

from drawbridge.core.errors import NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import Ed25519, Es256, jwt_key
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.http import WireRequest, without_headers

HOST: Final = "api.coinbase.com"
_AUTHORIZATION: Final = b"authorization"
_AUTHENTICATION: Final = frozenset({_AUTHORIZATION})
_BEARER: Final = b"Bearer "
_LIFE_S: Final = 120
_PARTS: Final = 3
_NONCE_BYTES: Final = 16
_MOST_TOKEN: Final = 8_192
_MOST_SECONDS: Final = 10**11

_ALGORITHMS: Final = frozenset({"ES256", "EdDSA"})
_ISSUERS: Final = frozenset({"cdp", "coinbase-cloud"})
_AUDIENCES: Final = frozenset({"cdp_service", "retail_rest_api_proxy"})
_SCHEMES: Final = ("https://", "http://")


def claim(request: WireRequest) -> Claim:
    """Read key, time and signature off the token, and see that it is for this request.

    Raises: `NotProven` `bad_key` without a token, `bad_key_format` for one that cannot be read,
    `bad_signature` for one that is for another request.
    """
    token = _token(request)
    if not token:
        raise NotProven("bad_key")
    found, target = claimed(token)
    if not any(_names(request, text) for text in target):
        raise NotProven("bad_signature")
    return found


def claimed(token: bytes) -> tuple[Claim, tuple[str, ...]]:
    """Read a token: what it claims, and the requests that it says it is for.

    Raises: `NotProven` `bad_key_format`, `bad_stamp`.
    """
    parts = token.split(b".")
    if len(parts) != _PARTS or len(token) > _MOST_TOKEN:
        raise NotProven("bad_key_format")
    header, told = _document(parts[0]), _document(parts[1])
    key = header.get("kid")
    if not isinstance(key, str) or told.get("sub") != key or header.get("alg") not in _ALGORITHMS:
        raise NotProven("bad_key_format")
    if told.get("iss") not in _ISSUERS or not _is_for_us(told.get("aud")):
        raise NotProven("bad_key_format")
    begins, ends = _second(told.get("nbf")), _second(told.get("exp"))
    found = Claim(key=key, stamp=str(begins), signature=parts[2], window_ms=(ends - begins) * 1_000)
    return found, _targets(told)


def prepare(request: WireRequest, credential: Credential, stamp: str) -> WireRequest:
    """Write a token without its signature in place of any older one."""
    target = f"{request.method} {HOST}{request.path.decode('ascii', 'replace')}"
    digest = sha256(b"\n".join((stamp.encode(), target.encode(), request.query, request.body)))
    token = unsigned(credential, int(stamp), digest.digest()[:_NONCE_BYTES], target)
    headers = without_headers(request.headers, _AUTHENTICATION)
    return _with_token(request, headers, token)


def unsigned(credential: Credential, second: int, nonce: bytes, target: str = "") -> bytes:
    """Write header and claims of a token; without a target it is for a stream.

    Why: the nonce is drawn from the request itself. Two requests that differ in anything have
    different ones, and signing needs no randomness.
    """
    is_ec = isinstance(credential.signer, Es256)
    header = {
        "alg": "ES256" if is_ec else "EdDSA",
        "typ": "JWT",
        "kid": credential.key,
        "nonce": nonce.hex(),
    }
    claims: dict[str, object] = {
        "aud": ["retail_rest_api_proxy" if is_ec else "cdp_service"],
        "iss": "coinbase-cloud" if is_ec else "cdp",
        "nbf": second,
        "exp": second + _LIFE_S,
        "sub": credential.key,
        "iat": second,
    }
    if target:
        claims |= {"uri": target} if is_ec else {"uris": [target]}
    return b".".join(_encoded(orjson.dumps(part)) for part in (header, claims))


def shorten(request: WireRequest, until_ms: int) -> WireRequest:
    """Let a prepared request's token end by then, in whole seconds, and not begin after that."""
    header, told = _token(request).split(b".")
    claims = _document(told)
    claims["exp"] = max(claims["nbf"], min(claims["exp"], until_ms // 1_000))
    token = header + b"." + _encoded(orjson.dumps(claims))
    return _with_token(request, request.headers[:-1], token)


def payload(request: WireRequest) -> bytes:
    """Give header and claims of the token: the bytes that are signed."""
    return signed_part(_token(request))


def signed_part(token: bytes) -> bytes:
    """Give of a token what its signature is over."""
    return b".".join(token.split(b".")[: _PARTS - 1])


def attach(request: WireRequest, signature: bytes) -> WireRequest:
    """Write the signature behind the token, which stands last among the headers."""
    return _with_token(request, request.headers[:-1], _token(request) + b"." + signature)


def signer(secret: Secret) -> Es256 | Ed25519:
    """Prepare a key of either kind. Raises: `BadInput` naming the field."""
    return jwt_key(secret)


def verifier(material: Secret) -> Es256 | Ed25519:
    """Prepare the key that the exchange keeps, a public one or the pair that it drew."""
    return jwt_key(material)


def _with_token(
    request: WireRequest, headers: tuple[tuple[bytes, bytes], ...], token: bytes
) -> WireRequest:
    headers = (*headers, (_AUTHORIZATION, _BEARER + token))
    return WireRequest(request.method, request.path, request.query, headers, request.body)


def _token(request: WireRequest) -> bytes:
    header = request.header(_AUTHORIZATION) or b""
    return header[len(_BEARER) :] if header.startswith(_BEARER) else b""


def _names(request: WireRequest, target: str) -> bool:
    """Tell whether a token's target is this request.

    Why: another host than the exchange's own is let pass, and may have a path of its own before
    the exchange's. Clients write there whatever address they were given, and a key is known to
    one exchange alone: a token for another host proves nothing more here.
    """
    method, _, address = target.partition(" ")
    for scheme in _SCHEMES:
        address = address.removeprefix(scheme)
    host, slash, rest = address.partition("/")
    if not host or method != request.method:
        return False
    path = (slash + rest).encode()
    if host.partition(":")[0] == HOST:
        return path == request.path
    return path.endswith(request.path)


def _targets(told: dict[str, Any]) -> tuple[str, ...]:
    uris = told.get("uris", [told.get("uri")])
    if not isinstance(uris, list):
        return ()
    return tuple(text for text in uris if isinstance(text, str) and text.isascii())


def _is_for_us(audience: object) -> bool:
    if audience is None:
        return True
    told = audience if isinstance(audience, list) else [audience]
    return any(isinstance(text, str) and text in _AUDIENCES for text in told)


def _second(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MOST_SECONDS:
        raise NotProven("bad_stamp")
    return value


def _document(text: bytes) -> dict[str, Any]:
    try:
        raw = base64.b64decode(text + b"=" * (-len(text) % 4), b"-_", validate=True)
        document = orjson.loads(raw)
    except (binascii.Error, orjson.JSONDecodeError):
        raise NotProven("bad_key_format") from None
    if not isinstance(document, dict):
        raise NotProven("bad_key_format")
    return document


def _encoded(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
