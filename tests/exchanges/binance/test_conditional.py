"""Orders that wait for a price, and cancelling all at once, as Binance tells them."""

from dataclasses import replace
from decimal import Decimal

import pytest

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.operations import CancelAllOrders, GetOpenOrders, GetOrder, Placed, PlaceOrder
from drawbridge.core.orders import (
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    Trigger,
    TriggerBy,
    TriggerKind,
)
from tests.exchanges.binance.answering import (
    EXCHANGE,
    MARKETS,
    NOW_MS,
    ORDER,
    PLACE,
    SYMBOL,
    read,
    told_to,
)

ONE = "symbol=BTCUSDT&orderId=28"
TRIGGER = Trigger(TriggerKind.STOP, Decimal(18_000))
WAITS = replace(ORDER, side=Side.SELL, trigger=TRIGGER)
TRIGGERED = replace(WAITS, triggered_ms=NOW_MS, status=OrderStatus.FILLED)


@pytest.mark.parametrize(
    ("order", "word", "is_working"),
    [
        (WAITS, "STOP_LOSS_LIMIT", False),
        (TRIGGERED, "STOP_LOSS_LIMIT", True),
        (replace(WAITS, status=OrderStatus.CANCELLED), "STOP_LOSS_LIMIT", False),
        (replace(WAITS, type=OrderType.MARKET, price=None), "STOP_LOSS", False),
        (
            replace(TRIGGERED, trigger=replace(TRIGGER, kind=TriggerKind.TAKE_PROFIT)),
            "TAKE_PROFIT_LIMIT",
            True,
        ),
    ],
)
def test_a_conditional_order_is_told_and_read(order: Order, word: str, *, is_working: bool) -> None:
    told = told_to("GET", "/api/v3/order", order, ONE)
    assert (told["type"], told["isWorking"]) == (word, is_working)
    assert told["stopPrice"] == "18000.00000000"
    assert read(GetOrder(SYMBOL, order_id="28"), told) == order
    assert read(GetOpenOrders(SYMBOL), [told]) == (order,)


def test_a_new_conditional_order_is_told_without_a_time_of_work() -> None:
    body = (
        "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=0.001&stopPrice=18000"
        "&newOrderRespType=FULL"
    )
    waits = replace(WAITS, type=OrderType.MARKET, price=None)
    told = told_to("POST", "/api/v3/order", Placed(waits), "", body)
    assert "workingTime" not in told
    asked = replace(PLACE, side=Side.SELL, type=OrderType.MARKET, price=None, trigger=TRIGGER)
    assert read(asked, told) == Placed(waits)


def test_all_that_was_cancelled_is_told_and_read() -> None:
    ended = replace(ORDER, status=OrderStatus.CANCELLED)
    stopped = replace(WAITS, status=OrderStatus.CANCELLED, order_id="29")
    told = told_to("DELETE", "/api/v3/openOrders", (ended, stopped), "symbol=BTCUSDT")
    assert [row["orderId"] for row in told] == [28, 29]
    assert read(CancelAllOrders(SYMBOL), told) == (ended, stopped)
    lists = [{"orderListId": 7, "orders": [], "orderReports": told}]
    assert read(CancelAllOrders(SYMBOL), lists) == (ended, stopped)


def test_where_nothing_is_open_nothing_can_be_cancelled() -> None:
    with pytest.raises(NotFound, match="unknown_order_cancel"):
        told_to("DELETE", "/api/v3/openOrders", (), "symbol=BTCUSDT")


STOP = replace(PLACE, trigger=TRIGGER)
AT_MARKET = replace(STOP, type=OrderType.MARKET, price=None)


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (replace(STOP, trigger=replace(TRIGGER, by=TriggerBy.MARK)), "trigger"),
        (replace(STOP, post_only=True), "post_only"),
        (replace(AT_MARKET, quote_quantity=Decimal(9)), "quote_quantity"),
        (replace(AT_MARKET, time_in_force=TimeInForce.FOK), "time_in_force"),
    ],
)
def test_what_binance_has_no_words_for_is_refused(order: PlaceOrder, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        EXCHANGE.codec.encode_request(order, MARKETS)
    assert caught.value.facts["field"] == field


def test_cancelling_all_needs_a_pair() -> None:
    with pytest.raises(BadInput, match="missing_parameter"):
        EXCHANGE.codec.encode_request(CancelAllOrders(), MARKETS)
