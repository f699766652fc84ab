"""Cancelling orders of KuCoin: one by either of its ids, or all.

Each family of paths answers in its own way, and some tell what had become of the order by then.
"""

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import CancelAllOrders, CancelOrder
from drawbridge.core.orders import Order
from drawbridge.exchanges.kucoin.codec import values
from drawbridge.exchanges.kucoin.codec.orders import HF, ids_of, path_of
from drawbridge.wire.bare_orders import bare_order
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import read_query


def encode_cancel(operation: CancelOrder, markets: Markets) -> WireRequest:
    """Write a cancel, by the exchange's id where we know it. Raises: `BadInput`."""
    return values.delete(path_of(operation), f"symbol={markets.get(operation.symbol).id}")


def decode_cancel(view: ServerView) -> CancelOrder:
    """Read a cancel; the id stands in the path. Raises: `BadInput`, `NotFound`."""
    return CancelOrder(values.any_symbol_of(read_query(view.request.query), view), *ids_of(view))


def encode_cancelled(_op: CancelOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write that an order was cancelled: the id by which it was named."""
    if "client_id" in view.path_parameters:
        return values.success({"clientOid": result.client_id})
    return values.success({"orderId": result.order_id})


def encode_cancelled_old(_op: CancelOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write the same as older clients read it."""
    if "client_id" in view.path_parameters:
        told = {"cancelledOrderId": result.order_id, "clientOid": result.client_id}
        return values.success({**told, "cancelledOcoOrderIds": None})
    return values.success({"cancelledOrderIds": [result.order_id]})


def encode_cancelled_sync(_op: CancelOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write that an order was cancelled, and what had become of it by then."""
    own = "client_id" in view.path_parameters
    named = {"clientOid": result.client_id} if own else {"orderId": result.order_id}
    return values.success(
        {
            **named,
            "originSize": plain(result.quantity),
            "dealSize": plain(result.filled),
            "remainSize": "0",
            "canceledSize": plain(result.remaining),
            "status": "done",
        }
    )


def decode_cancelled(operation: CancelOrder, answer: WireAnswer, _markets: Markets) -> Order:
    """Read that the cancel was taken in; the exchange tells nothing else about the order."""
    told = values.data_of(answer)
    if operation.order_id:
        text_of(told["orderId"])
    else:
        text_of(told["clientOid"])
    return bare_order(operation.order_id, operation.client_id, operation.symbol)


def encode_cancel_all(operation: CancelAllOrders, markets: Markets) -> WireRequest:
    """Write a cancel of everything, of one symbol or of all."""
    if operation.symbol:
        return values.delete(HF, f"symbol={markets.get(operation.symbol).id}")
    return values.delete(HF + b"/cancelAll")


def decode_cancel_all(view: ServerView) -> CancelAllOrders:
    """Read it; one path wants a symbol, the others may go without. Raises: `BadInput`."""
    found = read_query(view.request.query)
    if view.endpoint.name == "hf_cancel_symbol":
        return CancelAllOrders(values.symbol_of(found, view))
    return CancelAllOrders(values.any_symbol_of(found, view))


def encode_ended(_op: CancelAllOrders, result: tuple[Order, ...], view: ServerView) -> WireAnswer:
    """Write that all were cancelled, each path in its own way."""
    if view.endpoint.name == "hf_cancel_symbol":
        return values.success("success")
    if view.endpoint.name == "hf_cancel_all":
        names = sorted({view.markets.get(order.symbol).id for order in result})
        return values.success({"succeedSymbols": names, "failedSymbols": []})
    return values.success({"cancelledOrderIds": [order.order_id for order in result]})


def decode_ended(_op: CancelAllOrders, answer: WireAnswer, _markets: Markets) -> tuple[Order, ...]:
    """Read that it is done; which orders it ended is not told."""
    told = values.data_of(answer)
    if told != "success" and not isinstance(told["succeedSymbols"], list):
        raise BadInput("malformed", field="data")
    return ()
