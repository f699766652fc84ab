"""The state of an order only moves forward."""

from dataclasses import replace
from decimal import Decimal

from drawbridge.core.ids import client_order_id, id_from
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce, newer_of

OPEN = Order(
    order_id="1",
    client_id="db1",
    symbol="BTC/USDT",
    side=Side.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.OPEN,
    quantity=Decimal(2),
    price=Decimal(10),
    created_ms=1,
    updated_ms=1,
)


def test_a_final_order_never_opens_again() -> None:
    cancelled = replace(OPEN, status=OrderStatus.CANCELLED)
    assert newer_of(cancelled, OPEN) == cancelled


def test_an_order_never_becomes_less_filled() -> None:
    partly = replace(OPEN, status=OrderStatus.PARTIALLY_FILLED, filled=Decimal(1))
    assert newer_of(partly, OPEN) == partly
    assert newer_of(OPEN, partly) == partly


def test_the_average_price_is_unknown_before_the_first_fill() -> None:
    assert OPEN.average_price is None
    filled = replace(OPEN, filled=Decimal(2), filled_quote=Decimal(19))
    assert filled.average_price == Decimal("9.5")
    assert filled.remaining == 0


def test_the_same_intention_has_the_same_client_order_id_and_another_has_another() -> None:
    assert client_order_id("robot", "1") == client_order_id("robot", "1")
    assert client_order_id("robot", "1") != client_order_id("robot1", "")
    assert len(client_order_id("x")) == 17


def test_an_id_begins_with_letters_and_never_looks_numeric() -> None:
    assert id_from("key", b"\x00" * 10).startswith("key_")
