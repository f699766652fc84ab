"""What a key did: since when, what of it went through us, and what it looks like in the end."""

from dataclasses import replace
from decimal import Decimal

import pytest

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.rotation.leak import DeedKind, OurNames, foreign_deeds, read_since

NOW_MS = 1_763_700_000_000
ORDER = Order(
    order_id="x1",
    client_id="theirs",
    symbol="BTC/USD",
    side=Side.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.OPEN,
    quantity=Decimal("0.50"),
    price=Decimal(90),
    created_ms=NOW_MS,
    updated_ms=NOW_MS + 5,
)
FILL = Fill(
    trade_id="t1",
    order_id="x2",
    client_id="",
    symbol="BTC/USD",
    side=Side.SELL,
    type=OrderType.MARKET,
    price=Decimal(91),
    quantity=Decimal(1),
    fee=Decimal(0),
    fee_currency="USD",
    is_maker=False,
    time_ms=NOW_MS + 10,
)


@pytest.mark.parametrize(
    "text", ["", "7", "d", "-1d", "1w", "2d ago", "400d", "2025-13-01", "2027-01-01", "٣d"]
)
def test_what_is_no_time_before_now_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="bad_since"):
        read_since(text, NOW_MS)


@pytest.mark.parametrize(
    ("text", "since_ms"),
    [
        ("90m", NOW_MS - 90 * MINUTE_MS),
        (" 24h ", NOW_MS - 24 * HOUR_MS),
        ("7d", NOW_MS - 7 * DAY_MS),
        ("2025-11-20", 1_763_596_800_000),
        ("2025-11-20T12:30", 1_763_641_800_000),
    ],
)
def test_since_when_is_read_as_people_write_it(text: str, since_ms: int) -> None:
    assert read_since(text, NOW_MS) == since_ms


def test_an_order_of_ours_is_known_by_its_client_id_or_by_its_name_in_its_market() -> None:
    ours = OurNames(frozenset({"db1"}), frozenset({("BTC/USD", "x2"), ("ETH/USD", "x1")}))
    orders = [ORDER, replace(ORDER, order_id="x9", client_id="db1")]
    [foreign] = foreign_deeds(orders, [FILL], ours)
    assert (foreign.name, foreign.kind, foreign.what) == ("x1", DeedKind.ORDER, "open")
    assert (foreign.quantity, foreign.price, foreign.is_foreign) == ("0.5", "90", True)


def test_a_name_without_text_is_nobodys() -> None:
    ours = OurNames(frozenset({""}), frozenset())
    assert len(foreign_deeds([replace(ORDER, client_id="")], [FILL], ours)) == 2


def test_the_newest_deed_stands_first_and_an_order_at_market_has_no_price() -> None:
    at_market = replace(ORDER, price=None, quantity=Decimal(0), filled=Decimal(2), created_ms=0)
    first, second = foreign_deeds([at_market], [FILL], OurNames())
    assert (first.kind, first.name) == (DeedKind.TRADE, "x2")
    assert (second.quantity, second.price, second.at_ms) == ("2", "", NOW_MS + 5)
