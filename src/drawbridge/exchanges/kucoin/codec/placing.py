"""Placing an order: a JSON body in the order in which ccxt writes it.

What would change an order's meaning and is not carried out here (hidden and iceberg orders,
orders with an end, other modes of self-trade) is refused; what clients send along with nothing in
it is let be. Orders that wait for a price go to a path of their own.
"""

from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import Placed, PlaceOrder
from drawbridge.core.orders import OrderType, Side, TimeInForce, Trigger, TriggerKind
from drawbridge.exchanges.kucoin.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters, read_json

_SIDES: Final = {side.value: side for side in Side}
_TYPES: Final = {kind.value: kind for kind in OrderType}
_TIMES: Final = {time.name: time for time in TimeInForce}
_READ: Final = frozenset(
    {
        *("clientOid", "side", "symbol", "type", "size", "price", "funds", "timeInForce"),
        *("postOnly", "stop", "stopPrice"),
    }
)
# Without meaning for an order, whatever they hold.
_IGNORED: Final = frozenset({"remark", "tags", "clientTimestamp", "allowMaxTimeWindow"})
# Without meaning as long as they hold nothing.
_NOTHING: Final = frozenset({"", "0", "-1", "false", "TRADE"})
# Whichever side the order is on: `loss` waits for the price to fall, `entry` for it to rise.
_FALLS: Final = "loss"
_RISES: Final = "entry"
_KINDS: Final = {
    (_FALLS, Side.SELL): TriggerKind.STOP,
    (_RISES, Side.BUY): TriggerKind.STOP,
    (_RISES, Side.SELL): TriggerKind.TAKE_PROFIT,
    (_FALLS, Side.BUY): TriggerKind.TAKE_PROFIT,
}
STOPS: Final = {(kind, side): word for (word, side), kind in _KINDS.items()}
_MOST_CLIENT_ID: Final = 40


def encode_place(operation: PlaceOrder, markets: Markets) -> WireRequest:
    """Write an order. Raises: `BadInput("unsupported_order")` for what there are no words for."""
    if operation.leverage is not None or operation.reduce_only or operation.close_position:
        raise BadInput("unsupported_order", field="leverage")
    document: dict[str, object] = {}
    if operation.client_id:
        document["clientOid"] = operation.client_id
    document["side"] = operation.side.value
    document["symbol"] = markets.get(operation.symbol).id
    document["type"] = operation.type.value
    document |= _amounts(operation)
    if (trigger := operation.trigger) is not None:
        if operation.dry_run:
            raise BadInput("unsupported_order", field="trigger")
        document["stop"] = STOPS[trigger.kind, operation.side]
        document["stopPrice"] = plain(trigger.price)
    document |= _terms(operation)
    return values.post(_path(operation), document)


def _path(operation: PlaceOrder) -> bytes:
    if operation.trigger is not None:
        return b"/api/v1/stop-order"
    return b"/api/v1/hf/orders/test" if operation.dry_run else b"/api/v1/hf/orders"


def _amounts(operation: PlaceOrder) -> dict[str, object]:
    if operation.type is OrderType.MARKET:
        if operation.quote_quantity is not None:
            return {"funds": plain(operation.quote_quantity)}
        if operation.quantity is None:
            raise BadInput("unsupported_order", field="quantity")
        return {"size": plain(operation.quantity)}
    if operation.quantity is None or operation.price is None:
        raise BadInput("unsupported_order", field="quantity")
    return {"size": plain(operation.quantity), "price": plain(operation.price)}


def _terms(operation: PlaceOrder) -> dict[str, object]:
    plain_time = operation.time_in_force is TimeInForce.GTC
    if operation.type is OrderType.MARKET or operation.post_only:
        # A market order promises nothing, and what may not take cannot be in a hurry.
        if not plain_time or (operation.type is OrderType.MARKET and operation.post_only):
            raise BadInput("unsupported_order", field="time_in_force")
        return {"postOnly": True} if operation.post_only else {}
    return {} if plain_time else {"timeInForce": operation.time_in_force.name}


def decode_place(view: ServerView) -> PlaceOrder:
    """Read an order.

    Raises: `BadInput` for what is missing, wrong, or means what is not carried out;
    `NotFound("unknown_symbol")`.
    """
    found = read_json(view.request.body)
    _refuse_meaning(found)
    kind = found.choice("type", _TYPES, usual="limit")
    side = found.choice("side", _SIDES)
    limit = kind is OrderType.LIMIT
    size, funds = found.amount("size"), None if limit else found.amount("funds")
    if (size is None) == (funds is None):
        raise BadInput("missing_parameter", field="size")
    time = found.choice("timeInForce", _TIMES, usual="GTC") if limit else TimeInForce.GTC
    post_only = limit and found.flag("postOnly")
    if post_only and time is not TimeInForce.GTC:
        raise BadInput("malformed", field="postOnly")
    return PlaceOrder(
        symbol=values.symbol_of(found, view),
        side=side,
        type=kind,
        quantity=size,
        price=found.need_amount("price") if limit else None,
        time_in_force=time,
        client_id=_client_id(found),
        quote_quantity=funds,
        post_only=post_only,
        dry_run=view.endpoint.name in {"hf_order_test", "order_test"},
        trigger=_read_trigger(found, side, view),
    )


def _refuse_meaning(found: Parameters) -> None:
    for name in sorted(found.names() - _READ - _IGNORED):
        if found.text(name) not in _NOTHING:
            raise BadInput("malformed", field=name[:40])


def _read_trigger(found: Parameters, side: Side, view: ServerView) -> Trigger | None:
    if view.endpoint.name == "stop":
        word = found.choice("stop", {_FALLS: _FALLS, _RISES: _RISES}, usual=_FALLS)
        return Trigger(_KINDS[word, side], found.need_amount("stopPrice"))
    for name in ("stop", "stopPrice"):
        if found.text(name) not in _NOTHING:
            # Placed at once, it would not be the order that the sender meant.
            raise BadInput("malformed", field=name)
    return None


def _client_id(found: Parameters) -> str:
    text = found.text("clientOid")
    if len(text) > _MOST_CLIENT_ID or (text and not text.isprintable()):
        raise BadInput("malformed", field="clientOid")
    return text


def encode_placed(operation: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Write the answer to an order: its ids. What became of it is asked for afterwards."""
    # What was only checked gets an id as well; no order has it.
    order_id = result.order.order_id or values.order_id(0)
    if view.endpoint.name in {"order", "order_test", "stop"}:
        return values.success({"orderId": order_id})
    return values.success({"orderId": order_id, "clientOid": operation.client_id})


def encode_placed_sync(operation: PlaceOrder, result: Placed, _view: ServerView) -> WireAnswer:
    """Write the answer to an order together with what became of it at once."""
    order = result.order
    ended = order.status.is_final
    return values.success(
        {
            "orderId": order.order_id,
            "clientOid": operation.client_id,
            "orderTime": order.created_ms,
            "originSize": plain(order.quantity),
            "dealSize": plain(order.filled),
            "remainSize": "0" if ended else plain(order.remaining),
            "canceledSize": plain(order.remaining) if ended else "0",
            "status": "done" if ended else "open",
            "matchTime": order.updated_ms,
        }
    )


def decode_placed(operation: PlaceOrder, answer: WireAnswer, _markets: Markets) -> Placed:
    """Read the answer to an order: its id and nothing of what became of it."""
    order_id = text_of(values.data_of(answer)["orderId"])
    return Placed(operation.as_order("" if operation.dry_run else order_id))
