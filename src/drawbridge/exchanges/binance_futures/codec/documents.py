"""An order as the exchange tells it: a plain one, and one that waits for a price.

A conditional order stands in lists of its own, under a number of its own kind. Once its price has
come, it stands in the other lists as well, here under the same number.

Source: developers.binance.com, USD-M futures, trade, 2026-07-21; what ccxt 4.5.90 reads.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO, plain
from drawbridge.core.orders import (
    Order,
    OrderType,
    Trigger,
    TriggerBy,
)
from drawbridge.exchanges.binance_futures.codec.names import (
    ALGO_STATUSES,
    BY_WORDS,
    BYS,
    CONDITIONAL_WORDS,
    CONDITIONALS,
    FINISHED,
    MAKER_ONLY,
    POSITION_SIDE_WORDS,
    POSITION_SIDES,
    SELF_TRADE_MODE,
    SIDE_WORDS,
    SIDES,
    STATUS_WORDS,
    STATUSES,
    TIME_IN_FORCE_WORDS,
    TIMES_IN_FORCE,
    TRIGGERED,
    TYPE_WORDS,
    TYPES,
    amount,
)
from drawbridge.wire.documents import (
    decimal_of,
    flag_of,
    int_of,
    text_of,
)

Row = Mapping[str, Any]
Document = dict[str, object]


def order_document(order: Order, markets: Markets) -> Document:
    """Write an order."""
    average = order.average_price
    return {
        "orderId": number_of(order.order_id),
        "symbol": markets.get(order.symbol).id,
        "status": STATUS_WORDS[order.status],
        "clientOrderId": order.client_id,
        "price": amount(order.price or ZERO),
        "avgPrice": amount(average or ZERO),
        "origQty": plain(order.quantity),
        "executedQty": plain(order.filled),
        "cumQty": plain(order.filled),
        "cumQuote": amount(order.filled_quote),
        "timeInForce": _time_word(order),
        "type": TYPE_WORDS[order.type],
        "reduceOnly": order.reduce_only,
        "closePosition": False,
        "side": SIDE_WORDS[order.side],
        "positionSide": POSITION_SIDE_WORDS[order.position_side],
        "stopPrice": "0",
        "workingType": BY_WORDS[TriggerBy.LAST],
        "priceProtect": False,
        "origType": TYPE_WORDS[order.type],
        "priceMatch": "NONE",
        "selfTradePreventionMode": SELF_TRADE_MODE,
        "goodTillDate": 0,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
    }


def conditional_document(order: Order, markets: Markets) -> Document:
    """Write a conditional order."""
    trigger = order.trigger
    if trigger is None:
        raise BadInput("malformed", field="trigger")
    return {
        "algoId": number_of(order.order_id),
        "clientAlgoId": order.client_id,
        "algoType": "CONDITIONAL",
        "orderType": CONDITIONAL_WORDS[trigger.kind, order.type],
        "symbol": markets.get(order.symbol).id,
        "side": SIDE_WORDS[order.side],
        "positionSide": POSITION_SIDE_WORDS[order.position_side],
        "timeInForce": _time_word(order),
        "quantity": plain(order.quantity),
        "algoStatus": _algo_status(order),
        "actualOrderId": order.order_id if order.triggered_ms else "",
        "actualPrice": amount(order.average_price or ZERO),
        "triggerPrice": amount(trigger.price),
        "price": amount(order.price or ZERO),
        "icebergQuantity": None,
        "selfTradePreventionMode": SELF_TRADE_MODE,
        "workingType": BY_WORDS[trigger.by],
        "priceMatch": "NONE",
        "closePosition": order.close_position,
        "priceProtect": False,
        "reduceOnly": order.reduce_only,
        "createTime": order.created_ms,
        "updateTime": order.updated_ms,
        "triggerTime": order.triggered_ms,
        "goodTillDate": 0,
    }


def number_of(order_id: str) -> int:
    """Give an order's id as the number that it is; one that was only tried has none."""
    return int(order_id) if order_id else 0


def _time_word(order: Order) -> str:
    return MAKER_ONLY if order.post_only else TIME_IN_FORCE_WORDS[order.time_in_force]


def _algo_status(order: Order) -> str:
    if not order.triggered_ms:
        return STATUS_WORDS[order.status]
    return FINISHED if order.status.is_final else TRIGGERED


def read_order(row: Row, markets: Markets) -> Order:
    """Read an order. Answers to new ones do not tell when it was created: it was just now."""
    kind, updated_ms = TYPES[row["type"]], int_of(row["updateTime"])
    return Order(
        order_id=str(int_of(row["orderId"])),
        client_id=text_of(row["clientOrderId"]),
        symbol=markets.get_by_id(text_of(row["symbol"])).symbol,
        side=SIDES[row["side"]],
        type=kind,
        time_in_force=TIMES_IN_FORCE[row["timeInForce"]],
        status=STATUSES[row["status"]],
        quantity=decimal_of(row["origQty"]),
        price=None if kind is OrderType.MARKET else decimal_of(row["price"]),
        created_ms=int_of(row.get("time", updated_ms)),
        updated_ms=updated_ms,
        filled=decimal_of(row["executedQty"]),
        filled_quote=decimal_of(row["cumQuote"]),
        post_only=row["timeInForce"] == MAKER_ONLY,
        reduce_only=flag_of(row["reduceOnly"]),
        position_side=POSITION_SIDES[row["positionSide"]],
    )


def read_conditional(row: Row, markets: Markets) -> Order:
    """Read a conditional order. What it filled is told of the order that it sent."""
    waits_for, kind = CONDITIONALS[row["orderType"]]
    price = decimal_of(row["triggerPrice"])
    return Order(
        order_id=str(int_of(row["algoId"])),
        client_id=text_of(row["clientAlgoId"]),
        symbol=markets.get_by_id(text_of(row["symbol"])).symbol,
        side=SIDES[row["side"]],
        type=kind,
        time_in_force=TIMES_IN_FORCE[row["timeInForce"]],
        status=ALGO_STATUSES[row["algoStatus"]],
        quantity=decimal_of(row["quantity"]),
        price=None if kind is OrderType.MARKET else decimal_of(row["price"]),
        created_ms=int_of(row["createTime"]),
        updated_ms=int_of(row["updateTime"]),
        post_only=row["timeInForce"] == MAKER_ONLY,
        trigger=Trigger(waits_for, price, BYS[row["workingType"]]),
        triggered_ms=int_of(row["triggerTime"]),
        close_position=flag_of(row["closePosition"]),
        reduce_only=flag_of(row["reduceOnly"]),
        position_side=POSITION_SIDES[row["positionSide"]],
    )


class Asked(Protocol):
    """A question that may be about conditional orders."""

    @property
    def conditional(self) -> bool | None:
        """Tell whether it is."""


def reader_of(operation: Asked) -> Callable[[Row, Markets], Order]:
    """Give what reads the orders that were asked for."""
    return read_conditional if operation.conditional else read_order


def writer_of(operation: Asked) -> Callable[[Order, Markets], Document]:
    """Give what writes the orders that were asked for."""
    return conditional_document if operation.conditional else order_document
