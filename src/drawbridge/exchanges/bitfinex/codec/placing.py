"""Placing and cancelling: what is asked travels as an object, what comes back as a notification.

A notification holds the time, what it is about, the order or orders, a verdict and a sentence.
What would change an order's meaning and is not carried out here (hidden and trailing orders,
one that cancels the other, an end by date) is refused.
"""

from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput, OutcomeUnknown
from drawbridge.core.markets import Markets
from drawbridge.core.money import ONE, ZERO, plain
from drawbridge.core.operations import CancelAllOrders, CancelOrder, Placed, PlaceOrder
from drawbridge.core.orders import Order, OrderType, Side, TimeInForce, Trigger, TriggerKind
from drawbridge.exchanges.bitfinex.codec import ids, values
from drawbridge.exchanges.bitfinex.codec.orders import (
    EXCHANGE,
    POST_ONLY,
    REDUCE_ONLY,
    STOP,
    STOP_LIMIT,
    order_row,
    read_order,
    type_name,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import list_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters

_SUBMIT: Final = "w/order/submit"
_CANCEL: Final = "w/order/cancel"
_CANCEL_ALL: Final = "w/order/cancel/multi"
_SUCCESS: Final = "SUCCESS"

_READ: Final = frozenset({"symbol", "amount", "price", "type", "flags", "cid", "gid"})
_WORDLESS: Final = (
    *("quantity", "price", "dry_run", "leverage", "close_position"),
    *("post_only", "time_in_force", "trigger"),
)
# Without meaning for an order of the exchange wallet, whatever they hold.
_IGNORED: Final = frozenset({"meta", "lev", "price_aux_limit"})
# Excludes variable rates of borrowed money, of which there is none.
_NO_VARIABLE_RATES: Final = 524_288
_FLAGS: Final = POST_ONLY | REDUCE_ONLY | _NO_VARIABLE_RATES
_TYPES: Final = {
    "LIMIT": (OrderType.LIMIT, TimeInForce.GTC),
    "MARKET": (OrderType.MARKET, TimeInForce.GTC),
    "IOC": (OrderType.LIMIT, TimeInForce.IOC),
    "FOK": (OrderType.LIMIT, TimeInForce.FOK),
    STOP: (OrderType.MARKET, TimeInForce.GTC),
    STOP_LIMIT: (OrderType.LIMIT, TimeInForce.GTC),
}


# -------------------------------------------------------------------------------------- place
def encode_place(operation: PlaceOrder, markets: Markets) -> WireRequest:
    """Write an order, its parameters in the order in which ccxt writes them.

    Raises: `BadInput("unsupported_order")` for what Bitfinex has no words for: an order by its
    cost, a dry run, a price at which profit is taken.
    """
    return values.private(_SUBMIT, encode_order(operation, markets))


def encode_order(operation: PlaceOrder, markets: Markets) -> dict[str, object]:
    """Write the object that an order is. Raises: `BadInput("unsupported_order")`."""
    _refuse_wordless(operation)
    trigger, price = operation.trigger, operation.price
    quantity = operation.quantity or ZERO
    document: dict[str, object] = {
        "symbol": markets.get(operation.symbol).id,
        "amount": plain(quantity if operation.side is Side.BUY else -quantity),
    }
    if trigger is not None:
        document["price"] = plain(trigger.price)
    if price is not None:
        document["price" if trigger is None else "price_aux_limit"] = plain(price)
    document["type"] = EXCHANGE + type_name(operation.type, operation.time_in_force, trigger)
    flags = POST_ONLY if operation.post_only else 0
    flags |= REDUCE_ONLY if operation.reduce_only else 0
    if flags:
        document["flags"] = flags
    if operation.client_id:
        document |= ids.encode_client_id(operation.client_id)
    return document


def _refuse_wordless(operation: PlaceOrder) -> None:
    is_limit, trigger = operation.type is OrderType.LIMIT, operation.trigger
    timed = operation.time_in_force is not TimeInForce.GTC
    wordless = (
        operation.quantity is None or operation.quote_quantity is not None,
        is_limit is (operation.price is None),
        operation.dry_run,
        operation.leverage is not None,
        operation.close_position,
        operation.post_only and not is_limit,
        timed and (not is_limit or trigger is not None),
        trigger is not None and trigger.kind is not TriggerKind.STOP,
    )
    # Nothing is built for an order that there are words for: this is on every order's way.
    if True in wordless:
        raise BadInput("unsupported_order", field=_WORDLESS[wordless.index(True)])


def decode_place(view: ServerView) -> PlaceOrder:
    """Read an order. Raises: `BadInput` naming the parameter, `NotFound("unknown_symbol")`."""
    return decode_order(values.body_of(view), view.markets)


def decode_order(found: Parameters, markets: Markets) -> PlaceOrder:
    """Read the object that an order is. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found.refuse_others(_READ | _IGNORED)
    name = found.need("type").upper()
    kind, time = _read_type(name.removeprefix(EXCHANGE))
    side, quantity = values.signed_amount(found)
    flags = found.whole("flags") or 0
    if flags & ~_FLAGS:
        raise BadInput("malformed", field="flags")
    trigger, price = _read_prices(found, name.removeprefix(EXCHANGE), kind)
    return PlaceOrder(
        symbol=markets.get_by_id(found.need("symbol")).symbol,
        side=side,
        type=kind,
        quantity=quantity,
        price=price,
        time_in_force=time,
        client_id=ids.client_id_of(found.whole("cid"), found.whole("gid")),
        post_only=bool(flags & POST_ONLY),
        # Without the word, the order would be one of the margin wallet.
        leverage=None if name.startswith(EXCHANGE) else ONE,
        trigger=trigger,
        reduce_only=bool(flags & REDUCE_ONLY),
    )


def _read_type(name: str) -> tuple[OrderType, TimeInForce]:
    if name not in _TYPES:
        raise BadInput("malformed", field="type")
    return _TYPES[name]


def _read_prices(
    found: Parameters, name: str, kind: OrderType
) -> tuple[Trigger | None, Decimal | None]:
    if name in {STOP, STOP_LIMIT}:
        trigger = Trigger(TriggerKind.STOP, found.need_amount("price"))
        limit = found.need_amount("price_aux_limit") if name == STOP_LIMIT else None
        return trigger, limit
    return None, found.need_amount("price") if kind is OrderType.LIMIT else None


def encode_placed(_op: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Write that an order was taken in."""
    orders = [order_row(result.order, view.markets)]
    return _notify(view, "on-req", orders, "Submitting 1 orders.")


def decode_placed(_op: PlaceOrder, answer: WireAnswer, markets: Markets) -> Placed:
    """Read how the order stands as it was taken in."""
    return Placed(read_order(list_of(_told(answer))[0], markets))


# ------------------------------------------------------------------------------------- cancel
def encode_cancel(operation: CancelOrder, _markets: Markets) -> WireRequest:
    """Write a cancel.

    Raises: `BadInput("order_id_needed")`: by a client's id Bitfinex finds an order only together
    with the day on which it was placed.
    """
    if not operation.order_id:
        raise BadInput("order_id_needed", field="order_id")
    return values.private(_CANCEL, {"id": ids.order_number(operation.order_id)})


def decode_cancel(view: ServerView) -> CancelOrder:
    """Read a cancel. Raises: `BadInput`."""
    return decode_cancelling(values.body_of(view))


def decode_cancelling(found: Parameters) -> CancelOrder:
    """Read the object that says which order. Raises: `BadInput`."""
    number = found.whole("id")
    if number is not None:
        return CancelOrder(order_id=str(number))
    cid = found.whole("cid")
    if cid is None:
        raise BadInput("missing_parameter", field="id")
    found.need("cid_date")
    return CancelOrder(client_id=ids.client_id_of(cid, found.whole("gid")))


def encode_cancelled(_op: CancelOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write that an order was cancelled."""
    told = f"Submitted for cancellation; waiting for confirmation (ID: {result.order_id})."
    return _notify(view, "oc-req", order_row(result, view.markets), told)


def decode_cancelled(_op: CancelOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read how the order stands; a real one is told before it has ended."""
    return read_order(_told(answer), markets)


# --------------------------------------------------------------------------------- cancel all
def encode_cancel_all(operation: CancelAllOrders, _markets: Markets) -> WireRequest:
    """Write that all orders are to be cancelled.

    Raises: `BadInput("unsupported_operation")` for those of one market.
    """
    if operation.symbol:
        raise BadInput("unsupported_operation", field="symbol")
    return values.private(_CANCEL_ALL, {"all": 1})


def decode_cancel_all(view: ServerView) -> CancelAllOrders:
    """Read it. Raises: `BadInput` for a choice of some orders."""
    return decode_cancelling_all(values.body_of(view))


def decode_cancelling_all(found: Parameters) -> CancelAllOrders:
    """Read the object that says to cancel all. Raises: `BadInput` for a choice of some."""
    found.refuse_others(frozenset({"all"}))
    if not found.flag("all"):
        raise BadInput("missing_parameter", field="all")
    return CancelAllOrders()


def encode_all_cancelled(
    _op: CancelAllOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write which orders were cancelled."""
    rows = [order_row(order, view.markets) for order in result]
    return _notify(view, "oc_multi-req", rows, f"Submitting {len(rows)} order cancellations.")


def decode_all_cancelled(
    _op: CancelAllOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read which orders were cancelled."""
    return tuple(read_order(row, markets) for row in list_of(_told(answer)))


# ------------------------------------------------------------------------------- notification
def notification(now_ms: int, about: str, told: object, text: str) -> list[object]:
    """Write a notification of something that went well."""
    return [now_ms, about, None, None, told, None, _SUCCESS, text]


def _notify(view: ServerView, about: str, told: object, text: str) -> WireAnswer:
    return values.success(notification(view.now_ms, about, told, text))


def _told(answer: WireAnswer) -> Any:  # noqa: ANN401  an order, or a list of orders
    row = values.rows_of(answer)
    if row[6] != _SUCCESS:
        # A refusal is read before; of anything else nobody knows what it means.
        raise OutcomeUnknown("unreadable_answer")
    return row[4]
