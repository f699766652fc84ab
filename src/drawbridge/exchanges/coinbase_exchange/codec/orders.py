"""Orders as Coinbase Exchange tells them, placing one, and looking up or cancelling it.

What would change an order's meaning and is not carried out here (an end, margin, icebergs) is
refused. Lists stand in `account.py`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetOrder,
    Placed,
    PlaceOrder,
)
from drawbridge.core.orders import (
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from drawbridge.exchanges.coinbase_exchange.codec import values
from drawbridge.wire.bare_orders import bare_order
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, list_of, object_of, parse_document, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment
from drawbridge.wire.parameters import Parameters, read_json

SIDES: Final = MappingProxyType({side.value: side for side in Side})
_TYPES: Final = MappingProxyType({kind.value: kind for kind in OrderType})
_TIMES: Final = MappingProxyType({time.name: time for time in TimeInForce})
# `loss` waits for a price at or below, `entry` for one at or above.
_LOSS: Final = "loss"
_ENTRY: Final = "entry"
_STOPS: Final = MappingProxyType(
    {
        (Side.SELL, TriggerKind.STOP): _LOSS,
        (Side.BUY, TriggerKind.STOP): _ENTRY,
        (Side.BUY, TriggerKind.TAKE_PROFIT): _LOSS,
        (Side.SELL, TriggerKind.TAKE_PROFIT): _ENTRY,
    }
)
_KINDS: Final = MappingProxyType({(side, stop): kind for (side, kind), stop in _STOPS.items()})
_ENDS: Final = MappingProxyType(
    {
        OrderStatus.FILLED: "filled",
        OrderStatus.CANCELLED: "canceled",
        OrderStatus.EXPIRED: "canceled",
    }
)
_RUNNING: Final = frozenset({"received", "pending", "open", "active"})
_READ: Final = frozenset(
    {
        *("type", "side", "product_id", "client_oid", "price", "size", "funds", "stop"),
        *("stop_price", "time_in_force", "post_only", "profile_id", "stp"),
    }
)
_PROFILE: Final = "00000000-0000-4000-8000-00000000000b"
# For clients that name a product as ccxt's symbols do.
_SLASH: Final = "/"


# ------------------------------------------------------------------------------------ placing
def encode_place(operation: PlaceOrder, markets: Markets) -> WireRequest:
    """Write an order, its parts in the order in which ccxt writes them.

    Raises: `BadInput("unsupported_order")`: there is no check without an order.
    """
    if operation.dry_run or operation.leverage is not None or operation.reduce_only:
        raise BadInput("unsupported_order", field="dry_run")
    document: dict[str, object] = {
        "type": operation.type.value,
        "side": operation.side.value,
        "product_id": markets.get(operation.symbol).id,
    }
    if operation.client_id:
        document["client_oid"] = values.encode_client_id(operation.client_id)
    trigger = operation.trigger
    if trigger is not None:
        document["stop_price"] = plain(trigger.price)
    _write_terms(operation, document)
    if trigger is not None:
        document["stop"] = _STOPS[operation.side, trigger.kind]
    return values.post("/orders", document)


def _write_terms(operation: PlaceOrder, document: dict[str, object]) -> None:
    """Write how long an order waits, at which price, and for how much."""
    if operation.time_in_force is not TimeInForce.GTC:
        document["time_in_force"] = operation.time_in_force.name
    if operation.post_only:
        document["post_only"] = True
    if operation.price is not None:
        document["price"] = plain(operation.price)
    if operation.quote_quantity is not None:
        document["funds"] = plain(operation.quote_quantity)
    else:
        document["size"] = plain(operation.quantity or ZERO)


def decode_place(view: ServerView) -> PlaceOrder:
    """Read an order. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_json(view.request.body)
    found.refuse_others(_READ)
    kind = found.choice("type", _TYPES, OrderType.LIMIT.value)
    side, client_id = found.choice("side", SIDES), found.text("client_oid")
    symbol = view.markets.get_by_id(found.need("product_id")).symbol
    is_limit = kind is OrderType.LIMIT
    funds = None if is_limit else found.amount("funds")
    return PlaceOrder(
        symbol=symbol,
        side=side,
        type=kind,
        quantity=None if funds is not None else found.need_amount("size"),
        price=found.need_amount("price") if is_limit else None,
        time_in_force=found.choice("time_in_force", _TIMES, TimeInForce.GTC.name),
        client_id=values.read_client_id(client_id) if client_id else "",
        quote_quantity=funds,
        post_only=is_limit and found.flag("post_only"),
        trigger=_read_trigger(side, found),
    )


def _read_trigger(side: Side, found: Parameters) -> Trigger | None:
    price = found.amount("stop_price")
    if price is None:
        return None
    usual = _STOPS[side, TriggerKind.STOP]
    stop = found.text("stop") or usual
    if (side, stop) not in _KINDS:
        raise BadInput("malformed", field="stop")
    return Trigger(_KINDS[side, stop], price)


def encode_placed(_op: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Write the order as it stands."""
    return values.ok(order_row(result.order, view.markets))


def decode_placed(_op: PlaceOrder, answer: WireAnswer, markets: Markets) -> Placed:
    """Read the order as it stands."""
    return Placed(read_order(object_of(parse_document(answer.body)), markets))


# ---------------------------------------------------------------------------------------- rows
def order_row(order: Order, markets: Markets) -> dict[str, object]:
    """Write an order; what it has not is left out."""
    row: dict[str, object] = {"id": order.order_id}
    if order.price is not None:
        row["price"] = plain(order.price)
    if order.quote_quantity is not None:
        row |= {
            "funds": plain(order.quote_quantity),
            "specified_funds": plain(order.quote_quantity),
        }
    else:
        row["size"] = plain(order.quantity)
    row |= {
        "product_id": markets.get(order.symbol).id,
        "profile_id": _PROFILE,
        "side": order.side.value,
        "type": order.type.value,
        "time_in_force": order.time_in_force.name,
        "post_only": order.post_only,
        "created_at": values.told(order.created_ms),
        "fill_fees": plain(order.fee),
        "filled_size": plain(order.filled),
        "executed_value": plain(order.filled_quote),
        "market_type": "spot",
        "status": _status(order),
        "settled": order.status.is_final,
        "funding_currency": None,
    }
    if order.client_id:
        row["client_oid"] = values.encode_client_id(order.client_id)
    if order.trigger is not None:
        row |= {
            "stop": _STOPS[order.side, order.trigger.kind],
            "stop_price": plain(order.trigger.price),
        }
    if order.status in _ENDS:
        row |= {"done_at": values.told(order.updated_ms), "done_reason": _ENDS[order.status]}
    return row


def read_order(row: Mapping[str, Any], markets: Markets) -> Order:
    """Read an order. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    market = markets.get_by_id(text_of(row["product_id"]))
    found, client_id = Parameters(row), row.get("client_oid")
    side, created_ms = SIDES[text_of(row["side"])], parse_moment(text_of(row["created_at"]))
    filled, fee = decimal_of(row["filled_size"]), decimal_of(row["fill_fees"])
    done = row.get("done_at")
    return Order(
        order_id=text_of(row["id"]),
        client_id=values.read_client_id(text_of(client_id)) if client_id else "",
        symbol=market.symbol,
        side=side,
        type=_TYPES[text_of(row["type"])],
        time_in_force=_TIMES.get(str(row.get("time_in_force")), TimeInForce.GTC),
        status=_read_status(row, is_begun=bool(filled)),
        quantity=found.amount("size") or ZERO,
        price=found.amount("price"),
        created_ms=created_ms,
        updated_ms=parse_moment(text_of(done)) if done else created_ms,
        filled=filled,
        filled_quote=decimal_of(row["executed_value"]),
        fee=fee,
        fee_currency=market.quote if fee else "",
        quote_quantity=found.amount("specified_funds") or found.amount("funds"),
        post_only=found.flag("post_only"),
        trigger=_read_trigger(side, found),
    )


def _status(order: Order) -> str:
    if order.status is OrderStatus.REJECTED:
        return "rejected"
    if order.status.is_final:
        return "done"
    return "active" if order.waits else "open"


def _read_status(row: Mapping[str, Any], *, is_begun: bool) -> OrderStatus:
    status = text_of(row["status"])
    if status in _RUNNING:
        return OrderStatus.PARTIALLY_FILLED if is_begun else OrderStatus.OPEN
    if status == "rejected":
        return OrderStatus.REJECTED
    if status != "done":
        raise BadInput("malformed", field="status")
    return OrderStatus.FILLED if row.get("done_reason") == "filled" else OrderStatus.CANCELLED


# ------------------------------------------------------------------------------- look one up
def encode_get(operation: GetOrder, _markets: Markets) -> WireRequest:
    """Write the question for one order, by the exchange's id where we know it."""
    return values.get(_path(operation.order_id, operation.client_id))


def decode_get(view: ServerView) -> GetOrder:
    """Read it."""
    return GetOrder(order_id=view.path_parameters["order_id"])


def decode_get_by_client_id(view: ServerView) -> GetOrder:
    """Read it by the client's own id. Raises: `BadInput("malformed")`."""
    return GetOrder(client_id=values.read_client_id(view.path_parameters["client_oid"]))


def encode_get_answer(_op: GetOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write the order."""
    return values.ok(order_row(result, view.markets))


def decode_get_answer(_op: GetOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read the order."""
    return read_order(object_of(parse_document(answer.body)), markets)


# ------------------------------------------------------------------------------------- cancel
def encode_cancel(operation: CancelOrder, _markets: Markets) -> WireRequest:
    """Write a cancel, by the exchange's id where we know it."""
    return values.delete(_path(operation.order_id, operation.client_id))


def decode_cancel(view: ServerView) -> CancelOrder:
    """Read it."""
    return CancelOrder(order_id=view.path_parameters["order_id"])


def decode_cancel_by_client_id(view: ServerView) -> CancelOrder:
    """Read it by the client's own id. Raises: `BadInput("malformed")`."""
    return CancelOrder(client_id=values.read_client_id(view.path_parameters["client_oid"]))


def encode_cancelled(_op: CancelOrder, result: Order, _view: ServerView) -> WireAnswer:
    """Write the cancelled order's id, and nothing else."""
    return values.ok(result.order_id)


def decode_cancelled(operation: CancelOrder, answer: WireAnswer, _markets: Markets) -> Order:
    """Read the id."""
    order_id = text_of(parse_document(answer.body))
    return _ended(order_id, operation.symbol, operation.client_id)


def encode_cancel_all(operation: CancelAllOrders, markets: Markets) -> WireRequest:
    """Write a cancel of all open orders, or of those of one product."""
    symbol = operation.symbol
    return values.delete("/orders", [("product_id", markets.get(symbol).id)] if symbol else ())


def decode_cancel_all(view: ServerView) -> CancelAllOrders:
    """Read it; the product stands in the query or, from ccxt, as a symbol in the body.

    Raises: `BadInput`, `NotFound("unknown_symbol")`.
    """
    name = values.single(view).text("product_id") or read_json(view.request.body).text("product_id")
    if not name:
        return CancelAllOrders()
    return CancelAllOrders(view.markets.get_by_id(name.replace(_SLASH, "-")).symbol)


def encode_all_cancelled(
    _op: CancelAllOrders, result: tuple[Order, ...], _view: ServerView
) -> WireAnswer:
    """Write the ids of the orders that were cancelled."""
    return values.ok([order.order_id for order in result])


def decode_all_cancelled(
    operation: CancelAllOrders, answer: WireAnswer, _markets: Markets
) -> tuple[Order, ...]:
    """Read the ids."""
    ids = map(text_of, list_of(parse_document(answer.body)))
    return tuple(_ended(order_id, operation.symbol, "") for order_id in ids)


def _ended(order_id: str, symbol: str, client_id: str) -> Order:
    if not order_id:
        raise BadInput("malformed", field="order_id")
    return bare_order(order_id, client_id, symbol)


def _path(order_id: str, client_id: str) -> str:
    if order_id:
        return f"/orders/{order_id}"
    if not client_id:
        raise BadInput("missing_parameter", field="order_id")
    return f"/orders/client:{values.encode_client_id(client_id)}"
