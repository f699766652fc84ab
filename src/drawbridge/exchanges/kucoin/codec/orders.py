"""Orders as KuCoin tells them, one at a time and in lists.

Two families of paths lead to the same orders: `hf/orders`, which today's accounts have, and
`orders`, which older clients still ask. Ours asks the first. Placing stands in `placing.py`,
cancelling in `cancelling.py`.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, Markets
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import (
    CancelOrder,
    GetClosedOrders,
    GetOpenOrders,
    GetOrder,
)
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.exchanges.kucoin.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, flag_of, int_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters, read_query

HF: Final = b"/api/v1/hf/orders"
_SIDES: Final = {side.value: side for side in Side}
_TYPES: Final = {kind.value: kind for kind in OrderType}
_TIMES: Final = {time.name: time for time in TimeInForce}
_USUAL_ROWS: Final = 20
_MOST_ROWS: Final = 100
_USUAL_PAGE: Final = 50
_MOST_PAGE: Final = 500
_RECENT_ROWS: Final = 1_000


# ------------------------------------------------------------------------------------ look up
def encode_query(operation: GetOrder, markets: Markets) -> WireRequest:
    """Write the request for one order. Raises: `BadInput`."""
    return values.get(path_of(operation), f"symbol={markets.get(operation.symbol).id}")


def decode_query(view: ServerView) -> GetOrder:
    """Read it. Raises: `BadInput`, `NotFound`."""
    return GetOrder(values.any_symbol_of(read_query(view.request.query), view), *ids_of(view))


def encode_queried(_op: GetOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write one order."""
    return values.success(order_row(result, view))


def decode_queried(_op: GetOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read one order."""
    return read_order(values.data_of(answer), markets)


def encode_open(operation: GetOpenOrders, markets: Markets) -> WireRequest:
    """Write the request for open orders; the exchange wants a symbol.

    Raises: `BadInput("unsupported_operation")` without one.
    """
    if not operation.symbol:
        raise BadInput("unsupported_operation", field="symbol")
    symbol = markets.get(operation.symbol).id
    return values.get(HF + b"/active", f"symbol={symbol}&tradeType=TRADE&status=active")


def decode_open(view: ServerView) -> GetOpenOrders:
    """Read it. Raises: `BadInput`, `NotFound`."""
    return GetOpenOrders(values.symbol_of(read_query(view.request.query), view))


def encode_open_answer(
    _op: GetOpenOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write open orders as a plain list, the newest first; those that wait stand elsewhere."""
    found = (order for order in result if not order.waits)
    return values.success([order_row(order, view) for order in newest_first(found)])


def decode_open_symbols(_view: ServerView) -> GetOpenOrders:
    """Read the question which symbols have open orders."""
    return GetOpenOrders()


def encode_open_symbols(
    _op: GetOpenOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write the symbols that have open orders."""
    names = {view.markets.get(order.symbol).id for order in result if not order.waits}
    return values.success({"symbols": sorted(names)})


def encode_closed(operation: GetClosedOrders, markets: Markets) -> WireRequest:
    """Write the request for past orders. Raises: `BadInput`."""
    values.refuse_offset(operation.offset)
    symbol = markets.get(operation.symbol).id
    return values.get(
        HF + b"/done",
        f"symbol={symbol}&tradeType=TRADE&status=done"
        f"{values.number('startAt', operation.since_ms)}"
        f"{values.number('endAt', operation.until_ms)}{values.number('limit', operation.limit)}",
    )


def decode_closed(view: ServerView) -> GetClosedOrders:
    """Read it; how many of them is decided when the answer is written. Raises: `BadInput`."""
    found = read_query(view.request.query)
    return GetClosedOrders(
        values.symbol_of(found, view), found.whole("startAt"), found.whole("endAt")
    )


def decode_list(view: ServerView) -> GetClosedOrders | GetOpenOrders:
    """Read what older clients ask of one path: open orders or past ones. Raises: `BadInput`."""
    found = read_query(view.request.query)
    symbol = values.any_symbol_of(found, view)
    if found.choice("status", {"active": True, "done": False}, usual="done"):
        return GetOpenOrders(symbol)
    return GetClosedOrders(symbol, found.whole("startAt"), found.whole("endAt"))


def decode_recent(view: ServerView) -> GetClosedOrders:
    """Read the question for the orders of the last 24 hours."""
    return GetClosedOrders(since_ms=view.now_ms - 86_400_000, include_open=True)


def encode_closed_answer(
    _op: GetClosedOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write past orders, the newest first, going on after the row that the sender named last."""
    found = read_query(view.request.query)
    last, limit = found.whole("lastId"), values.limited(found, "limit", _USUAL_ROWS, _MOST_ROWS)
    rows = [
        order
        for order in newest_first(_asked_for(result, found))
        if not last or values.number_of(order.order_id) < last
    ][:limit]
    goes_on = values.number_of(rows[-1].order_id) if rows else 0
    return values.success({"lastId": goes_on, "items": [order_row(order, view) for order in rows]})


def encode_page(
    _op: GetClosedOrders | GetOpenOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write orders as a page, the newest first."""
    found = read_query(view.request.query)
    orders = newest_first(it for it in _asked_for(result, found) if not it.waits)
    return values.success(page([order_row(it, view) for it in orders], found))


def encode_recent(_op: GetClosedOrders, result: tuple[Order, ...], view: ServerView) -> WireAnswer:
    """Write the latest orders as a plain list."""
    rows = newest_first(result)[:_RECENT_ROWS]
    return values.success([order_row(order, view) for order in rows])


def decode_orders_answer(
    operation: GetOpenOrders | GetClosedOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read a list of orders in any of its forms, oldest first."""
    rows = values.rows_of(values.data_of(answer))
    orders = tuple(read_order(row, markets) for row in reversed(rows))
    limit = operation.limit if isinstance(operation, GetClosedOrders) else None
    return orders if limit is None else orders[-limit:]


def page(rows: list[dict[str, object]], found: Parameters) -> dict[str, object]:
    """Cut the page out of a list that its parameters ask for. Raises: `BadInput`."""
    size = values.limited(found, "pageSize", _USUAL_PAGE, _MOST_PAGE)
    number = max(1, found.whole("currentPage") or 1)
    return {
        "currentPage": number,
        "pageSize": size,
        "totalNum": len(rows),
        "totalPage": -(-len(rows) // size),
        "items": rows[(number - 1) * size : number * size],
    }


def newest_first(orders: Iterable[Order]) -> list[Order]:
    """Put orders into the order in which the exchange lists them."""
    return sorted(orders, key=lambda it: (it.created_ms, it.order_id), reverse=True)


def _asked_for(orders: Iterable[Order], found: Parameters) -> Iterable[Order]:
    side, kind = found.text("side"), found.text("type")
    return (
        order
        for order in orders
        if side in {"", order.side.value} and kind in {"", order.type.value}
    )


# -------------------------------------------------------------------------------- order rows
def order_row(order: Order, view: ServerView) -> dict[str, object]:
    """Write an order; older clients look at `isActive`, today's at `active`."""
    market = view.markets.get(order.symbol)
    active = not order.status.is_final
    ended_early = order.status in {
        OrderStatus.CANCELLED,
        OrderStatus.EXPIRED,
        OrderStatus.REJECTED,
    }
    price, open_size = order.price or ZERO, order.remaining if active else ZERO
    cancelled = order.remaining if ended_early else ZERO
    return {
        "id": order.order_id,
        "clientOid": order.client_id,
        "symbol": market.id,
        "opType": "DEAL",
        "type": order.type.value,
        "side": order.side.value,
        "price": plain(price),
        "size": plain(order.quantity),
        "funds": plain(_funds(order)),
        "dealSize": plain(order.filled),
        "dealFunds": plain(order.filled_quote),
        "fee": plain(order.fee),
        "feeCurrency": order.fee_currency or market.quote,
        "stp": None,
        "timeInForce": order.time_in_force.name,
        "postOnly": order.post_only,
        "hidden": False,
        "iceberg": False,
        "visibleSize": "0",
        "cancelAfter": 0,
        "channel": "API",
        "remark": None,
        "tags": None,
        "cancelExist": ended_early,
        "tradeType": "TRADE",
        "inOrderBook": active and order.type is OrderType.LIMIT,
        "cancelledSize": plain(cancelled),
        "cancelledFunds": plain(cancelled * price),
        "remainSize": plain(open_size),
        "remainFunds": plain(open_size * price),
        "tax": "0",
        "active": active,
        "isActive": active,
        "createdAt": order.created_ms,
        "lastUpdatedAt": order.updated_ms,
    }


def _funds(order: Order) -> Decimal:
    if order.quote_quantity is not None:
        return order.quote_quantity
    return order.quantity * order.price if order.price is not None else ZERO


def read_order(row: Mapping[str, Any], markets: Markets) -> Order:
    """Read an order out of any list. Raises: whatever strange rows make it raise."""
    kind, market = _TYPES[row["type"]], values.market_of(row, markets)
    filled, created_ms = decimal_of(row["dealSize"]), int_of(row["createdAt"])
    funds = decimal_of(row["funds"] or "0")
    by_cost = kind is OrderType.MARKET and bool(funds)
    fee = decimal_of(row["fee"])
    return Order(
        order_id=text_of(row["id"]),
        client_id=text_of(row["clientOid"] or ""),
        symbol=market.symbol,
        side=_SIDES[row["side"]],
        type=kind,
        time_in_force=_TIMES.get(row["timeInForce"], TimeInForce.GTC),
        status=_read_status(row, filled),
        quantity=decimal_of(row["size"] or "0"),
        price=decimal_of(row["price"]) if kind is OrderType.LIMIT else None,
        created_ms=created_ms,
        updated_ms=int_of(row.get("lastUpdatedAt") or created_ms),
        filled=filled,
        filled_quote=decimal_of(row["dealFunds"]),
        fee=fee,
        fee_currency=_fee_currency(row, market) if fee else "",
        quote_quantity=funds if by_cost else None,
        post_only=flag_of(row["postOnly"]),
    )


def _fee_currency(row: Mapping[str, Any], market: Market) -> str:
    return text_of(row["feeCurrency"]) or market.quote


def _read_status(row: Mapping[str, Any], filled: Decimal) -> OrderStatus:
    active = row["active"] if "active" in row else row["isActive"]
    if flag_of(active):
        return OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.OPEN
    return OrderStatus.CANCELLED if flag_of(row["cancelExist"]) else OrderStatus.FILLED


# --------------------------------------------------------------------------------- which one
def path_of(operation: CancelOrder | GetOrder) -> bytes:
    """Give the path of an order, by the exchange's id where we know it. Raises: `BadInput`."""
    if operation.order_id:
        return b"%b/%b" % (HF, values.check_order_id(operation.order_id).encode("ascii"))
    if operation.client_id:
        own = values.check_client_id(operation.client_id).encode("ascii")
        return b"%b/client-order/%b" % (HF, own)
    raise BadInput("missing_parameter", field="orderId")


def ids_of(view: ServerView) -> tuple[str, str]:
    """Read the ids in the path: the exchange's and the client's, one of them empty."""
    found = view.path_parameters
    order_id, client_id = found.get("order_id", ""), found.get("client_id", "")
    if not order_id and not client_id:
        raise BadInput("missing_parameter", field="orderId")
    return order_id, client_id
