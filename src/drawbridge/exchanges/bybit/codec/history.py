"""Single orders, lists of orders and executions: newest first, in pages.

A cursor is the number of rows before it. Clients hand it back as they got it.
"""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import GetClosedOrders, GetOpenOrders, GetOrder, GetOwnTrades
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType, Side
from drawbridge.exchanges.bybit.codec import orders, values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, flag_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters

_MOST_ORDERS: Final = 50
_USUAL_ORDERS: Final = 20
_MOST_FILLS: Final = 100
_USUAL_FILLS: Final = 50
_MOST_OFFSET: Final = 1_000_000
_CATEGORY: Final = ("category", values.SPOT)
_CURSOR: Final = "nextPageCursor"
_TRADE: Final = "Trade"


# ------------------------------------------------------------------------------------- orders
def encode_get(operation: GetOrder, markets: Markets) -> WireRequest:
    """Write the question for one order; those of late are told where open ones are."""
    pairs = _named(operation.symbol, markets)
    if operation.order_id:
        pairs.append(("orderId", operation.order_id))
    elif operation.client_id:
        pairs.append(("orderLinkId", operation.client_id))
    else:
        raise BadInput("missing_parameter", field="order_id")
    return values.get("order/realtime", [*pairs, _CATEGORY, *_filter(operation.conditional)])


def encode_open(operation: GetOpenOrders, markets: Markets) -> WireRequest:
    """Write the question for open orders, as many as there can be on a page."""
    pairs = [*_named(operation.symbol, markets), _CATEGORY, *_filter(operation.conditional)]
    return values.get("order/realtime", [*pairs, ("limit", str(_MOST_ORDERS))])


def decode_realtime(view: ServerView) -> GetOrder | GetOpenOrders:
    """Read either. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.parameters(view)
    values.need_spot(found)
    symbol, conditional = values.symbol(found, view), orders.read_filter(found)
    order_id, client_id = found.text("orderId"), found.text("orderLinkId")
    if order_id or client_id:
        return GetOrder(symbol, order_id, "" if order_id else client_id, conditional)
    _page(found, _USUAL_ORDERS, _MOST_ORDERS)
    return GetOpenOrders(symbol, conditional)


def encode_realtime(
    operation: GetOrder | GetOpenOrders, result: Order | tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write one order or a page of open ones, those placed last first."""
    if isinstance(operation, GetOrder) or isinstance(result, Order):
        rows = [result] if isinstance(result, Order) else []
        return _orders_answer(rows, "", view)
    return _page_of_orders(list(reversed(result)), view)


def decode_get_answer(_op: GetOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read the order. Raises: `NotFound("unknown_order")` for an empty list."""
    rows = list_of(values.result_of(answer)["list"])
    if not rows:
        raise NotFound("unknown_order")
    (row,) = rows
    return orders.read_order(object_of(row), markets)


def decode_open_answer(
    _op: GetOpenOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read open orders, oldest first. Raises: `BadInput` where not all are on the page."""
    result = values.result_of(answer)
    if result.get(_CURSOR):
        raise BadInput("malformed", field=_CURSOR)
    return tuple(reversed(_read_orders(result, markets)))


def encode_closed(operation: GetClosedOrders, markets: Markets) -> WireRequest:
    """Write the question for past orders.

    Why: pages are asked for from their beginning, because only the exchange can make a cursor.
    Raises: `BadInput("unsupported_operation")` for what lies beyond the longest page.
    """
    limit = _reach(operation.offset, operation.limit, _MOST_ORDERS)
    pairs = [*_named(operation.symbol, markets), _CATEGORY, *_filter(operation.conditional)]
    pairs.append(("limit", str(limit)))
    return values.get("order/history", [*pairs, *_span(operation.since_ms, operation.until_ms)])


def decode_history(view: ServerView) -> GetClosedOrders:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.parameters(view)
    values.need_spot(found)
    _page(found, _USUAL_ORDERS, _MOST_ORDERS)
    return GetClosedOrders(
        symbol=values.symbol(found, view),
        since_ms=found.whole("startTime"),
        until_ms=found.whole("endTime"),
        conditional=orders.read_filter(found),
    )


def encode_history(_op: GetClosedOrders, result: tuple[Order, ...], view: ServerView) -> WireAnswer:
    """Write a page of past orders, those placed last first, narrowed as they were asked for."""
    found = values.parameters(view)
    status, order_id = found.text("orderStatus"), found.text("orderId")
    link = found.text("orderLinkId")
    rows = [
        row
        for row in reversed(result)
        if (not status or _is_in(row, status))
        and order_id in {"", row.order_id}
        and link in {"", row.client_id}
    ]
    return _page_of_orders(rows, view)


def decode_closed_answer(
    operation: GetClosedOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read past orders, oldest first, without the newest that an earlier page had."""
    found = _read_orders(values.result_of(answer), markets)
    end = None if operation.limit is None else operation.offset + operation.limit
    return tuple(reversed(found[operation.offset : end]))


def _is_in(order: Order, status: str) -> bool:
    if status == "Filled":
        return order.status is OrderStatus.FILLED
    if status == "Cancelled":
        return order.status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}
    return status == "Rejected" and order.status is OrderStatus.REJECTED


def _read_orders(result: Mapping[str, Any], markets: Markets) -> list[Order]:
    return [orders.read_order(object_of(row), markets) for row in list_of(result["list"])]


def _page_of_orders(rows: list[Order], view: ServerView) -> WireAnswer:
    offset, limit = _page(values.parameters(view), _USUAL_ORDERS, _MOST_ORDERS)
    end = offset + limit
    return _orders_answer(rows[offset:end], str(end) if len(rows) > end else "", view)


def _orders_answer(rows: list[Order], cursor: str, view: ServerView) -> WireAnswer:
    told = [orders.order_row(row, view.markets) for row in rows]
    return values.ok({"category": values.SPOT, "list": told, _CURSOR: cursor}, view)


# --------------------------------------------------------------------------------- executions
def encode_fills(operation: GetOwnTrades, markets: Markets) -> WireRequest:
    """Write the question for executions. Raises: `BadInput("unsupported_operation")`."""
    if operation.from_id:
        raise BadInput("unsupported_operation", field="from_id")
    limit = _reach(operation.offset, operation.limit, _MOST_FILLS)
    pairs = [("execType", _TRADE), *_named(operation.symbol, markets), _CATEGORY]
    if operation.order_id:
        pairs.append(("orderId", operation.order_id))
    pairs.append(("limit", str(limit)))
    return values.get("execution/list", [*pairs, *_span(operation.since_ms, operation.until_ms)])


def decode_fills(view: ServerView) -> GetOwnTrades:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.parameters(view)
    values.need_spot(found)
    _page(found, _USUAL_FILLS, _MOST_FILLS)
    return GetOwnTrades(
        symbol=values.symbol(found, view),
        order_id=found.text("orderId"),
        since_ms=found.whole("startTime"),
        until_ms=found.whole("endTime"),
    )


def encode_fills_answer(
    _op: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write a page of executions, the latest first; there are none but trades."""
    found = values.parameters(view)
    rows = list(reversed(result)) if found.text("execType") in {"", _TRADE} else []
    offset, limit = _page(found, _USUAL_FILLS, _MOST_FILLS)
    end = offset + limit
    return values.ok(
        {
            "category": values.SPOT,
            "list": [_fill_row(row, view.markets) for row in rows[offset:end]],
            _CURSOR: str(end) if len(rows) > end else "",
        },
        view,
    )


def decode_fills_answer(
    operation: GetOwnTrades, answer: WireAnswer, markets: Markets
) -> tuple[Fill, ...]:
    """Read executions, oldest first, without the newest that an earlier page had."""
    rows = list_of(values.result_of(answer)["list"])
    found = [_read_fill(object_of(row), markets) for row in rows]
    end = None if operation.limit is None else operation.offset + operation.limit
    return tuple(reversed(found[operation.offset : end]))


def _fill_row(fill: Fill, markets: Markets) -> dict[str, object]:
    return {
        "symbol": markets.get(fill.symbol).id,
        "orderId": fill.order_id,
        "orderLinkId": fill.client_id,
        "side": orders.SIDE_TEXTS[fill.side],
        "orderPrice": plain(fill.price),
        "orderQty": plain(fill.quantity),
        "leavesQty": "0",
        "orderType": "Limit" if fill.type is OrderType.LIMIT else "Market",
        "stopOrderType": "",
        "execFee": plain(fill.fee),
        "feeCurrency": fill.fee_currency,
        "execId": fill.trade_id,
        "execPrice": plain(fill.price),
        "execQty": plain(fill.quantity),
        "execType": _TRADE,
        "execValue": plain(fill.quote_quantity),
        "execTime": str(fill.time_ms),
        "isMaker": fill.is_maker,
        "feeRate": "0.001",
        "isLeverage": "0",
        "marketUnit": "",
        "seq": int(fill.trade_id),
    }


def _read_fill(row: Mapping[str, Any], markets: Markets) -> Fill:
    market = markets.get_by_id(text_of(row["symbol"]))
    side, fee = orders.SIDES[text_of(row["side"])], decimal_of(row["execFee"] or "0")
    usual = market.base if side is Side.BUY else market.quote
    return Fill(
        trade_id=text_of(row["execId"]),
        order_id=text_of(row["orderId"]),
        client_id=text_of(row.get("orderLinkId") or ""),
        symbol=market.symbol,
        side=side,
        type=OrderType.MARKET if row["orderType"] == "Market" else OrderType.LIMIT,
        price=decimal_of(row["execPrice"]),
        quantity=decimal_of(row["execQty"]),
        fee=fee,
        fee_currency=text_of(row.get("feeCurrency") or "") or (usual if fee != ZERO else ""),
        is_maker=flag_of(row["isMaker"]),
        time_ms=int_of(row["execTime"]),
    )


# ------------------------------------------------------------------------------------- shared
def _named(symbol: str, markets: Markets) -> list[tuple[str, str]]:
    return [("symbol", markets.get(symbol).id)] if symbol else []


def _filter(conditional: bool | None) -> list[tuple[str, str]]:  # noqa: FBT001  one of three answers
    return (
        []
        if conditional is None
        else [("orderFilter", orders.STOP if conditional else orders.PLAIN)]
    )


def _span(since_ms: int | None, until_ms: int | None) -> list[tuple[str, str]]:
    named = (("startTime", since_ms), ("endTime", until_ms))
    return [(name, str(time_ms)) for name, time_ms in named if time_ms is not None]


def _reach(offset: int, limit: int | None, most: int) -> int:
    """Give how many rows to ask for, so that those behind `offset` are among them.

    Raises: `BadInput("unsupported_operation")` beyond one page: an empty answer would look like
    the end of the list.
    """
    if offset >= most:
        raise BadInput("unsupported_operation", field="offset")
    return min((limit or most) + offset, most)


def _page(found: Parameters, usual: int, most: int) -> tuple[int, int]:
    """Read from which row on how many are wanted. Raises: `BadInput`."""
    limit, offset = found.whole("limit"), found.whole("cursor") or 0
    return min(offset, _MOST_OFFSET), min(max(limit or usual, 1), most)
