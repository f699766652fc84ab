"""Orders as Bitfinex tells them: lists of 32 places, with their state as a text.

What is asked about an order stands in `account.py`, placing and cancelling in `placing.py`.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO, plain
from drawbridge.core.orders import (
    Order,
    OrderStatus,
    OrderType,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from drawbridge.exchanges.bitfinex.codec import ids, values
from drawbridge.wire.documents import decimal_of, int_of, list_of, text_of

POST_ONLY: Final = 4096
REDUCE_ONLY: Final = 1024

EXCHANGE: Final = "EXCHANGE "
STOP: Final = "STOP"
STOP_LIMIT: Final = "STOP LIMIT"
_PLACES: Final = 32
# Average prices are rounded where they have no end; what they stand for has fewer places.
_COST_PLACES: Final = 16

_TIMED: Final = {TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}
_TIMES: Final = {name: time for time, name in _TIMED.items()}
_ENDED: Final = {
    TimeInForce.IOC: "IOC CANCELED",
    TimeInForce.FOK: "FILLORKILL CANCELED",
}
_POST_ONLY_ENDED: Final = "POSTONLY CANCELED"
# Also said of orders that the exchange ended for no reason that has a word of its own.
_CANCELED: Final = "CANCELED"
_PARTLY: Final = "PARTIALLY FILLED"

# The beginning of a state's text → what it means; the first that fits counts.
_STATES: Final = (
    ("ACTIVE", OrderStatus.OPEN),
    (_PARTLY, OrderStatus.PARTIALLY_FILLED),
    ("EXECUTED", OrderStatus.FILLED),
    (_CANCELED, OrderStatus.CANCELLED),
    ("INSUFFICIENT", OrderStatus.EXPIRED),
    (_POST_ONLY_ENDED, OrderStatus.EXPIRED),
    ("IOC CANCELED", OrderStatus.EXPIRED),
    ("FILLORKILL CANCELED", OrderStatus.EXPIRED),
    ("RSN_", OrderStatus.REJECTED),
)


def type_name(kind: OrderType, time: TimeInForce, trigger: Trigger | None) -> str:
    """Give the name of an order type, without what says that it is for the exchange wallet."""
    if trigger is not None:
        return STOP if kind is OrderType.MARKET else STOP_LIMIT
    return _TIMED.get(time, kind.name)


def order_row(order: Order, markets: Markets) -> list[object]:
    """Write an order."""
    market, waits = markets.get(order.symbol), order.waits
    trigger = order.trigger if waits else None
    row: list[object] = [None] * _PLACES
    group = ids.encode_client_id(order.client_id)
    row[0:4] = [int(order.order_id or 0), group.get("gid"), group.get("cid"), market.id]
    row[4:6] = [order.created_ms, order.updated_ms or order.created_ms]
    row[6:8] = [values.signed(order.side, order.remaining), _original(order)]
    row[8] = EXCHANGE + type_name(order.type, order.time_in_force, trigger)
    if order.trigger is not None and not waits:
        row[9] = EXCHANGE + type_name(order.type, order.time_in_force, order.trigger)
    row[12:14] = [_flags(order), status_text(order)]
    price = order.price or ZERO
    row[16:20] = [price, order.average_price or 0, 0, 0]
    if trigger is not None:
        row[16], row[19] = trigger.price, price
    row[23:25] = [0, 0]
    row[28] = "API>BFX"
    row[31] = {"source": "api"}
    return row


def _original(order: Order) -> Decimal:
    return values.signed(order.side, order.quantity or order.filled)


def _flags(order: Order) -> int:
    return (POST_ONLY if order.post_only else 0) | (REDUCE_ONLY if order.reduce_only else 0)


def status_text(order: Order) -> str:
    """Write an order's state, with price and amount of what was filled."""
    status, average = order.status, order.average_price
    if average is None:
        filled = ""
    else:
        amount = plain(values.signed(order.side, order.filled))
        filled = f" @ {plain(average)}({amount})"
    if status is OrderStatus.OPEN:
        return "ACTIVE"
    if status is OrderStatus.FILLED:
        return "EXECUTED" + filled
    if status is OrderStatus.PARTIALLY_FILLED:
        return _PARTLY + filled
    was = f" was: {_PARTLY}{filled}" if filled else ""
    return _end_text(order) + was


def _end_text(order: Order) -> str:
    if order.status is OrderStatus.REJECTED:
        return "RSN_PAUSE"
    if order.status is OrderStatus.CANCELLED:
        return _CANCELED
    if order.post_only:
        return _POST_ONLY_ENDED
    return _ENDED.get(order.time_in_force, _CANCELED)


def read_order(told: object, markets: Markets) -> Order:
    """Read an order. Raises: `BadInput`, `LookupError` for strange lists."""
    row = list_of(told)
    market = markets.get_by_id(text_of(row[3]))
    original, remaining = decimal_of(row[7]), abs(decimal_of(row[6]))
    quantity = abs(original)
    filled = quantity - remaining
    average = ZERO if row[17] is None else decimal_of(row[17])
    name = text_of(row[8]).removeprefix(EXCHANGE)
    kind, flags = _read_type(name), _read_flags(row[12])
    return Order(
        order_id=str(int_of(row[0])),
        client_id=ids.client_id_of(_optional(row[2]), _optional(row[1])),
        symbol=market.symbol,
        side=values.side_of(original),
        type=kind,
        time_in_force=_TIMES.get(name, TimeInForce.GTC),
        status=read_status(text_of(row[13])),
        quantity=quantity,
        price=_read_price(kind, name, row),
        created_ms=int_of(row[4]),
        updated_ms=int_of(row[5]),
        filled=filled,
        filled_quote=round(average * filled, _COST_PLACES),
        post_only=bool(flags & POST_ONLY),
        reduce_only=bool(flags & REDUCE_ONLY),
        trigger=_read_trigger(name, row),
    )


def read_status(text: str) -> OrderStatus:
    """Read an order's state. Raises: `LookupError` for one that nobody knows."""
    for beginning, status in _STATES:
        if text.startswith(beginning):
            return status
    raise LookupError


def _read_type(name: str) -> OrderType:
    # Types that a person may have used by hand (trailing stops) end in what they become.
    limited = name in _TIMES or name.endswith(OrderType.LIMIT.name)
    return OrderType.LIMIT if limited else OrderType.MARKET


def _read_price(kind: OrderType, name: str, row: Sequence[Any]) -> Decimal | None:
    if kind is OrderType.MARKET:
        return None
    return decimal_of(row[19] if name == STOP_LIMIT else row[16])


def _read_trigger(name: str, row: Sequence[Any]) -> Trigger | None:
    if name not in {STOP, STOP_LIMIT}:
        return None
    return Trigger(TriggerKind.STOP, decimal_of(row[16]))


def _read_flags(value: object) -> int:
    return 0 if value is None else int_of(value)


def _optional(value: object) -> int | None:
    return None if value is None else int_of(value)
