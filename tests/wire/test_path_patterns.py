"""Paths with named parts: an id or a symbol fits, nothing that could name another endpoint does."""

import pytest

from drawbridge.core.errors import Forbidden
from drawbridge.wire.endpoints import Endpoint, Endpoints
from drawbridge.wire.http import WireRequest

ORDER = Endpoint("order", "GET", b"/orders/{order_id}", "read")
ALL = Endpoint("all", "GET", b"/orders/all", "read")
CANDLES = Endpoint("candles", "GET", b"/candles/trade:{span}:t{symbol}/hist", "public")
TABLE = Endpoints((ORDER, ALL, CANDLES))


@pytest.mark.parametrize(
    "path",
    [
        b"/orders/",
        b"/orders/1/cancel",
        b"/orders/../all",
        b"/orders/..",
        b"/orders/.x",
        b"/orders/a%2Fb",
        b"/orders/a b",
        b"/orders/" + b"1" * 200,
        b"/candles/trade:1m:BTCUSD/hist",
        b"/candles//hist",
    ],
)
def test_a_part_holds_no_slash_no_encoding_and_no_dots_alone(path: bytes) -> None:
    with pytest.raises(Forbidden, match="unknown_endpoint"):
        TABLE.classify(WireRequest("GET", path))


def test_an_exact_path_goes_first_and_parts_are_read_by_name() -> None:
    assert TABLE.classify(WireRequest("GET", b"/orders/all")) is ALL
    assert TABLE.classify(WireRequest("GET", b"/orders/a-1_2.3")) is ORDER
    assert ORDER.parameters(b"/orders/a-1_2.3") == {"order_id": "a-1_2.3"}
    path = b"/candles/trade:1m:tBTCUSD/hist"
    assert TABLE.classify(WireRequest("GET", path)) is CANDLES
    assert CANDLES.parameters(path) == {"span": "1m", "symbol": "BTCUSD"}


def test_a_pattern_is_not_a_path_of_its_own() -> None:
    with pytest.raises(Forbidden):
        TABLE.classify(WireRequest("GET", b"/orders/{order_id}"))
