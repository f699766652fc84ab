"""Test vectors of the exchanges' dialects: files with one scenario each, under `<id>/vectors`.

Shape: `expect` (`ok` or the code of the refusal), `origin` (who made it), `secret` (what the
exchange verifies with), and where the request can be read: `key`, `stamp`. A nonce may come
after `last_nonce`; a stamp of time is judged at `now_ms`. `[request]` holds `method`, `path`,
`query`, `body` and `[request.headers]`.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.errors import DrawbridgeError, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.dialect import verify
from drawbridge.wire.http import WireRequest
from drawbridge.wire.stamps import StampKind, check_nonce, check_time, read_stamp

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Vector:
    """One scenario."""

    name: str
    expect: str
    origin: str
    secret: Secret
    request: WireRequest
    key: str | None
    stamp: str | None
    last_nonce: int
    now_ms: int | None


def vectors_of(exchange_id: str) -> Iterator[Vector]:
    """Read an exchange's vectors, in the order of their names."""
    for path in sorted((HERE / exchange_id / "vectors").glob("*.toml")):
        yield read_vector(path)


def read_vector(path: Path) -> Vector:
    """Read one file."""
    document = tomllib.loads(path.read_text("utf-8"))
    request = document["request"]
    headers = request.get("headers", {})
    return Vector(
        name=path.stem,
        expect=document["expect"],
        origin=document["origin"],
        secret=Secret(document["secret"]),
        request=WireRequest(
            method=request["method"],
            path=request["path"].encode(),
            query=request.get("query", "").encode(),
            headers=tuple((name.encode(), value.encode()) for name, value in headers.items()),
            body=request.get("body", "").encode(),
        ),
        key=document.get("key"),
        stamp=document.get("stamp"),
        last_nonce=document.get("last_nonce", 0),
        now_ms=document.get("now_ms"),
    )


def judge(exchange: Exchange, vector: Vector) -> str:
    """Give `ok` or the code of the refusal, checking in the order in which an exchange does."""
    try:
        claim = exchange.dialect.claim(vector.request)
        assert vector.key in {None, claim.key}
        assert vector.stamp in {None, claim.stamp}
        if not claim.stamp:
            raise NotProven("missing_stamp")
        stamp, rule = read_stamp(claim.stamp), exchange.card.stamp
        if rule.kind is StampKind.TIME and vector.now_ms is not None:
            check_time(rule, stamp, claim.window_ms, vector.now_ms)
        verify(exchange.dialect, vector.request, claim, exchange.keys.verifier(vector.secret))
        if rule.kind is StampKind.NONCE:
            check_nonce(stamp, vector.last_nonce)
    except DrawbridgeError as error:
        return error.code
    return "ok"
