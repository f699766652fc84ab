"""Orders that wait for a price: KuCoin lists, finds and cancels them on paths of their own.

Once its price has come, such an order stands among the others.
"""

from drawbridge.core.money import plain
from drawbridge.core.operations import CancelOrder, GetOpenOrders, GetOrder
from drawbridge.core.orders import Order
from drawbridge.exchanges.kucoin.codec import values
from drawbridge.exchanges.kucoin.codec.orders import newest_first, order_row, page
from drawbridge.exchanges.kucoin.codec.placing import STOPS
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer
from drawbridge.wire.parameters import read_query


def decode_one(view: ServerView) -> GetOrder:
    """Read the question for one. Raises: `BadInput`, `NotFound`."""
    return GetOrder(*_named(view))


def decode_cancel(view: ServerView) -> CancelOrder:
    """Read a cancel. Raises: `BadInput`, `NotFound`."""
    return CancelOrder(*_named(view))


def _named(view: ServerView) -> tuple[str, str, str]:
    """Read symbol and ids; the client's own id stands in the query here."""
    found = read_query(view.request.query)
    symbol = values.any_symbol_of(found, view)
    order_id = view.path_parameters.get("order_id", "")
    return symbol, order_id, "" if order_id else found.need("clientOid")


def decode_list(view: ServerView) -> GetOpenOrders:
    """Read the question for all that wait. Raises: `BadInput`, `NotFound`."""
    return GetOpenOrders(values.any_symbol_of(read_query(view.request.query), view))


def encode_list(_op: GetOpenOrders, result: tuple[Order, ...], view: ServerView) -> WireAnswer:
    """Write those that wait, as a page."""
    found = read_query(view.request.query)
    waiting = newest_first(order for order in result if order.waits)
    return values.success(page([stop_row(order, view) for order in waiting], found))


def encode_one(_op: GetOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write one; by the client's own id it comes as a list."""
    row = stop_row(result, view)
    return values.success([row] if view.endpoint.name == "stop_one_own" else row)


def encode_cancelled(_op: CancelOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write that one was cancelled."""
    if view.endpoint.name == "stop_cancel_own":
        told = {"cancelledOrderId": result.order_id, "clientOid": result.client_id}
        return values.success(told)
    return values.success({"cancelledOrderIds": [result.order_id]})


def stop_row(order: Order, view: ServerView) -> dict[str, object]:
    """Write an order that waits, or waited."""
    row = order_row(order, view)
    if order.trigger is None:
        return row
    market = view.markets.get(order.symbol)
    for name in ("active", "isActive"):
        del row[name]
    return {
        **row,
        "status": "NEW" if order.waits else "TRIGGERED",
        "stop": STOPS[order.trigger.kind, order.side],
        "stopPrice": plain(order.trigger.price),
        "stopTriggerTime": order.triggered_ms or None,
        "orderTime": order.created_ms * 1_000_000,
        "domainId": "kucoin",
        "tradeSource": "USER",
        "takerFeeRate": plain(market.fee_taker),
        "makerFeeRate": plain(market.fee_maker),
    }
