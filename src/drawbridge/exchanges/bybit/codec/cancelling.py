"""Cancelling one order or all of them; only ids are told of what was cancelled."""

from collections.abc import Mapping
from typing import Any

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.operations import CancelAllOrders, CancelOrder
from drawbridge.core.orders import Order
from drawbridge.exchanges.bybit.codec import orders, values
from drawbridge.wire.bare_orders import bare_order
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import read_json


def encode_cancel(operation: CancelOrder, markets: Markets) -> WireRequest:
    """Write a cancel, by the exchange's id where we know it. Raises: `BadInput`."""
    document: dict[str, object] = {
        "symbol": markets.get(operation.symbol).id,
        "orderFilter": orders.STOP if operation.conditional else orders.PLAIN,
    }
    if operation.order_id:
        document["orderId"] = operation.order_id
    elif operation.client_id:
        document["orderLinkId"] = operation.client_id
    else:
        raise BadInput("missing_parameter", field="order_id")
    return values.post("order/cancel", {**document, "category": values.SPOT})


def decode_cancel(view: ServerView) -> CancelOrder:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_json(view.request.body)
    values.need_spot(found)
    order_id, client_id = found.text("orderId"), found.text("orderLinkId")
    if not order_id and not client_id:
        raise BadInput("missing_parameter", field="orderId")
    return CancelOrder(
        symbol=values.need_symbol(found, view),
        order_id=order_id,
        client_id="" if order_id else client_id,
        conditional=orders.is_conditional(found),
    )


def encode_cancelled(operation: CancelOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write the ids of the order that was cancelled."""
    order_id = result.order_id or operation.order_id
    return values.ok({"orderId": order_id, "orderLinkId": result.client_id}, view)


def decode_cancelled(operation: CancelOrder, answer: WireAnswer, _markets: Markets) -> Order:
    """Read the ids; nothing else is told."""
    return _ended(values.result_of(answer), operation.symbol)


def encode_cancel_all(operation: CancelAllOrders, markets: Markets) -> WireRequest:
    """Write a cancel of all open orders, or of those of one market."""
    symbol = operation.symbol
    named = {"symbol": markets.get(symbol).id} if symbol else {}
    kept = {"orderFilter": orders.STOP} if operation.conditional else {}
    return values.post("order/cancel-all", {**named, "category": values.SPOT, **kept})


def decode_cancel_all(view: ServerView) -> CancelAllOrders:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_json(view.request.body)
    values.need_spot(found)
    return CancelAllOrders(values.symbol(found, view), conditional=orders.is_conditional(found))


def encode_all_cancelled(
    _op: CancelAllOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write the ids of the orders that were cancelled."""
    rows = [{"orderId": row.order_id, "orderLinkId": row.client_id} for row in result]
    return values.ok({"list": rows, "success": "1"}, view)


def decode_all_cancelled(
    operation: CancelAllOrders, answer: WireAnswer, _markets: Markets
) -> tuple[Order, ...]:
    """Read the ids."""
    rows = map(object_of, list_of(values.result_of(answer)["list"]))
    return tuple(_ended(row, operation.symbol) for row in rows)


def _ended(row: Mapping[str, Any], symbol: str) -> Order:
    return bare_order(text_of(row["orderId"]), text_of(row.get("orderLinkId") or ""), symbol)
