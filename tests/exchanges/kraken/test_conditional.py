"""Orders that wait for a price, as Kraken tells them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest

from drawbridge.core.errors import BadInput
from drawbridge.core.operations import GetOpenOrders, GetOrder, Operation, Placed, PlaceOrder
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
from drawbridge.core.streams import OrderTold
from drawbridge.exchanges.kraken.stream import read_frame
from drawbridge.exchanges.kraken.stream.trading import read_order
from drawbridge.exchanges.kraken.stream.writing import order_row
from drawbridge.wire.http import WireAnswer
from tests.exchanges.kraken.asking import EXCHANGE, MARKETS, NOW_MS, asked, told

TRIGGER = Trigger(TriggerKind.STOP, Decimal(90_036))
WAITS = Order(
    order_id=EXCHANGE.codec.order_id(7),
    client_id="db-1",
    symbol="BTC/USD",
    side=Side.SELL,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.OPEN,
    quantity=Decimal("0.001"),
    price=Decimal("89135.7"),
    created_ms=NOW_MS - 1_877,
    updated_ms=NOW_MS - 1_877,
    fee_currency="USD",
    trigger=TRIGGER,
)
AT_MARKET = replace(WAITS, type=OrderType.MARKET, price=None)
PROFIT = replace(TRIGGER, kind=TriggerKind.TAKE_PROFIT, by=TriggerBy.MARK)
SELL = "pair=XBTUSD&type=sell&volume=0.001&price=90036"


def _read(operation: Operation[Any], result: object) -> Any:  # noqa: ANN401  the operation knows
    body = orjson.dumps({"error": [], "result": result})
    return EXCHANGE.codec.decode_answer(operation, WireAnswer(200, body), MARKETS)


@pytest.mark.parametrize(
    ("parameters", "trigger", "line"),
    [
        (
            "&ordertype=stop-loss-limit&price2=89135.7",
            TRIGGER,
            "sell 0.00100000 XBTUSD @ stop loss 90036.0 -> limit 89135.7",
        ),
        ("&ordertype=stop-loss", TRIGGER, "sell 0.00100000 XBTUSD @ stop loss 90036.0"),
        (
            "&ordertype=take-profit&trigger=index",
            PROFIT,
            "sell 0.00100000 XBTUSD @ take profit 90036.0",
        ),
    ],
)
def test_a_conditional_order_is_answered_in_a_line_that_clients_take_apart(
    parameters: str, trigger: Trigger, line: str
) -> None:
    operation = asked("AddOrder", SELL + parameters)
    assert isinstance(operation, PlaceOrder)
    assert operation.trigger == trigger
    answer = told("AddOrder", SELL + parameters, Placed(WAITS))
    assert answer["descr"]["order"] == line


@pytest.mark.parametrize(
    ("order", "word"),
    [
        (WAITS, "stop-loss-limit"),
        (AT_MARKET, "stop-loss"),
        (replace(WAITS, trigger=PROFIT), "take-profit-limit"),
        (replace(AT_MARKET, trigger=PROFIT), "take-profit"),
        (replace(WAITS, status=OrderStatus.CANCELLED, updated_ms=NOW_MS), "stop-loss-limit"),
        (
            replace(AT_MARKET, status=OrderStatus.EXPIRED, updated_ms=NOW_MS, triggered_ms=NOW_MS),
            "stop-loss",
        ),
    ],
)
def test_a_conditional_order_is_told_and_read(order: Order, word: str) -> None:
    number = order.order_id
    rows = told("QueryOrders", f"txid={number}", order)
    row = rows[number]
    assert row["descr"]["ordertype"] == word
    assert (row["descr"]["price"], row["stopprice"]) == ("90036.0", "90036.0")
    assert row["descr"]["price2"] == ("89135.7" if order.price else "0")
    assert _read(GetOrder(order_id=number), rows) == order
    assert _read(GetOpenOrders(), {"open": rows}) == (order,)


def test_that_its_price_came_is_told_in_passing() -> None:
    rests = replace(WAITS, triggered_ms=NOW_MS)
    (row,) = told("QueryOrders", f"txid={rests.order_id}", rests).values()
    assert (row["misc"], row["limitprice"]) == ("stopped", "89135.7")
    (row,) = told("QueryOrders", f"txid={WAITS.order_id}", WAITS).values()
    assert (row["misc"], row["limitprice"]) == ("", "0.00000")
    touched = replace(rests, trigger=PROFIT)
    (row,) = told("QueryOrders", f"txid={rests.order_id}", touched).values()
    assert (row["misc"], row["trigger"]) == ("touched", "index")
    assert _read(GetOrder(order_id=rests.order_id), {rests.order_id: row}).triggered_ms


def test_a_kind_of_order_that_waits_for_something_else_is_read_without_its_trigger() -> None:
    (row,) = told("QueryOrders", f"txid={AT_MARKET.order_id}", AT_MARKET).values()
    row["descr"]["ordertype"] = "trailing-stop"
    read = _read(GetOrder(order_id=AT_MARKET.order_id), {AT_MARKET.order_id: row})
    assert read == replace(AT_MARKET, trigger=None)


@pytest.mark.parametrize("order", [WAITS, AT_MARKET, replace(WAITS, triggered_ms=NOW_MS - 1_877)])
def test_on_the_stream_a_conditional_order_is_told_and_read(order: Order) -> None:
    frame = {
        "channel": "executions",
        "type": "update",
        "data": [order_row(replace(order, fee_currency=""))],
    }
    (event,) = read_frame(orjson.dumps(frame).decode(), MARKETS)
    told = OrderTold(replace(order, fee_currency=""), order.updated_ms)
    assert event == told


_STOP = {
    "order_type": "stop-loss-limit",
    "side": "sell",
    "order_qty": "0.001",
    "symbol": "BTC/USD",
    "limit_price": "89135.7",
    "triggers": {"reference": "last", "price": "90036", "price_type": "static"},
}


def test_on_the_stream_an_order_may_wait_for_a_price() -> None:
    order = read_order(_STOP, MARKETS, NOW_MS)
    assert (order.trigger, order.price) == (TRIGGER, Decimal("89135.7"))


@pytest.mark.parametrize(
    "change",
    [
        {"triggers": None},
        {"triggers": 5},
        {"triggers": {"reference": "last", "price": "1", "price_type": "pct"}},
        {"triggers": {"reference": "mark", "price": "1"}},
        {"triggers": {"reference": "last"}},
        {"order_type": "limit"},
        {"order_type": "stop-loss"},
    ],
)
def test_on_the_stream_what_an_order_waits_for_must_be_whole(change: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        read_order({**_STOP, **change}, MARKETS, NOW_MS)
