"""Orders: placed, ended, told; open ones and those that have ended are asked for apart.

Single executions are told nowhere. An order that traded stands for one of its own, with its
average price and its whole fee.

Source: trade.cex.io/docs, private calls, 2025-07; the fields that ccxt 4.5.90 reads.
"""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetClosedOrders,
    GetOpenOrders,
    GetOrder,
    GetOwnTrades,
)
from drawbridge.core.orders import (
    Fill,
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from drawbridge.exchanges.cex.codec.values import (
    CLIENT_ID,
    SIDE_WORDS,
    SIDES,
    STATUS_WORDS,
    STATUSES,
    STOP_LIMIT,
    SUB_ACCOUNT,
    TIME_WORDS,
    TIMES,
    TYPE_WORDS,
    TYPES,
    amount,
    asked_own,
    body_of,
    client_id_of,
    data_of,
    number_of,
    order_id_of,
    pair_of,
    symbol_of,
    time_of,
    told,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest

Row = Mapping[str, Any]

_ORDERS: Final = b"get_my_orders"
_DAY_MS: Final = 86_400_000
# Of what has ended, a year at most is told at once.
_SPAN_MS: Final = 364 * _DAY_MS
_MOST_ROWS: Final = 1_000


# ------------------------------------------------------------------------------------- writing
def order_document(order: Order, markets: Markets) -> dict[str, object]:
    """Write an order."""
    market = markets.get(order.symbol)
    by_cost = order.quote_quantity is not None
    average = order.average_price
    return {
        "messageType": "executionReport",
        "clientId": "up1",
        "orderId": order.order_id,
        "clientOrderId": order.client_id,
        "accountId": SUB_ACCOUNT,
        "status": STATUS_WORDS[order.status],
        "statusIsFinal": order.status.is_final,
        "currency1": market.base,
        "currency2": market.quote,
        "side": SIDE_WORDS[order.side],
        "orderType": STOP_LIMIT if order.trigger else TYPE_WORDS[order.type],
        "timeInForce": TIME_WORDS.get(order.time_in_force) if order.price is not None else None,
        "comment": None,
        "rejectCode": None,
        "rejectReason": None,
        "executedAmountCcy1": amount(order.filled),
        "executedAmountCcy2": amount(order.filled_quote),
        "requestedAmountCcy1": None if by_cost else amount(order.quantity),
        "requestedAmountCcy2": amount(order.quote_quantity or ZERO) if by_cost else None,
        "feeAmount": amount(order.fee) if order.filled else None,
        "feeCurrency": order.fee_currency or market.quote,
        "price": None if order.price is None else amount(order.price),
        "stopPrice": amount(order.trigger.price) if order.trigger else None,
        "averagePrice": None if average is None else amount(average),
        "clientCreateTimestamp": order.created_ms,
        "serverCreateTimestamp": order.created_ms,
        "lastUpdateTimestamp": order.updated_ms,
        "expireTime": None,
        "effectiveTime": None,
    }


def read_order(row: Row, markets: Markets) -> Order:
    """Read an order."""
    kind = text_of(row["orderType"])
    stop = row.get("stopPrice")
    filled, cost = _optional(row, "executedAmountCcy1"), _optional(row, "executedAmountCcy2")
    price, requested = row["price"], row["requestedAmountCcy2"]
    return Order(
        order_id=str(int_of(row["orderId"])),
        client_id=text_of(row["clientOrderId"]),
        symbol=markets.get_by_id(f"{row['currency1']}-{row['currency2']}").symbol,
        side=SIDES[row["side"]],
        type=OrderType.LIMIT if kind == STOP_LIMIT else TYPES[kind],
        time_in_force=TIMES.get(row["timeInForce"] or "", TimeInForce.GTC),
        status=STATUSES[row["status"]],
        quantity=_optional(row, "requestedAmountCcy1"),
        price=None if price is None else decimal_of(price),
        created_ms=int_of(row["serverCreateTimestamp"]),
        updated_ms=int_of(row["lastUpdateTimestamp"]),
        filled=filled,
        filled_quote=cost,
        fee=_optional(row, "feeAmount"),
        fee_currency=text_of(row["feeCurrency"]) if filled else "",
        quote_quantity=None if requested is None else decimal_of(requested),
        trigger=None if stop is None else Trigger(TriggerKind.STOP, decimal_of(stop)),
    )


def _optional(row: Row, name: str) -> Any:  # noqa: ANN401  an amount, and mypy knows no better of rows
    value = row[name]
    return ZERO if value is None else decimal_of(value)


# ------------------------------------------------------------------------------------- one order
def encode_cancel(operation: CancelOrder, _: Markets, now_ms: int) -> WireRequest:
    """Ask that an order ends. Raises: `BadInput`."""
    body: dict[str, object] = {"orderId": number_of(operation.order_id)}
    if not operation.order_id:
        if not CLIENT_ID.fullmatch(operation.client_id):
            raise BadInput("missing_parameter", field="order_id")
        body = {"clientOrderId": operation.client_id}
    named = {"cancelRequestId": f"c_{now_ms}", "timestamp": now_ms}
    return asked_own(b"do_cancel_my_order", body | named)


def decode_cancel(view: ServerView) -> CancelOrder:
    """Read that an order is to end. Raises: `BadInput`."""
    found = body_of(view)
    found.need("cancelRequestId")
    order_id, client_id = order_id_of(found), client_id_of(found)
    if not order_id and not client_id:
        raise BadInput("missing_parameter", field="orderId")
    return CancelOrder(order_id=order_id, client_id=client_id)


def encode_cancelled(_: CancelOrder, __: Order, ___: ServerView) -> WireAnswer:
    """Write that it has ended; nothing else is told."""
    return told({})


def decode_cancelled(operation: CancelOrder, answer: WireAnswer, _: Markets) -> Order:
    """Read that it has ended."""
    object_of(data_of(answer))
    return _ended(operation.order_id, operation.client_id, operation.symbol)


def _ended(order_id: str, client_id: str, symbol: str) -> Order:
    return Order(
        order_id=order_id,
        client_id=client_id,
        symbol=symbol,
        side=Side.BUY,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        status=OrderStatus.CANCELLED,
        quantity=ZERO,
        price=None,
        created_ms=0,
        updated_ms=0,
    )


def encode_get(operation: GetOrder, markets: Markets, now_ms: int) -> WireRequest:
    """Ask for one order: by its number, or for those among which our own id is looked for."""
    pair, number = pair_of(operation.symbol, markets), number_of(operation.order_id)
    if not operation.ended:
        return asked_own(_ORDERS, {"pair": pair, "orderId": number})
    since_ms = max(0, now_ms - _SPAN_MS)
    body = {"archived": True, "pair": pair, "serverCreateTimestampFrom": since_ms}
    return asked_own(_ORDERS, {**body, "orderId": number})


def decode_get_answer(operation: GetOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Pick the order. Raises: `NotFound("unknown_order")`, which says among which it looked."""
    for row in list_of(data_of(answer)):
        order = read_order(row, markets)
        ids = (operation.order_id, operation.client_id)
        if ids[0] == order.order_id or (not ids[0] and ids[1] == order.client_id):
            return order
    raise NotFound("unknown_order", among="ended" if operation.ended else "open")


# ----------------------------------------------------------------------------------------- lists
def encode_open(operation: GetOpenOrders, markets: Markets) -> WireRequest:
    """Ask for open orders."""
    return asked_own(_ORDERS, {"pair": pair_of(operation.symbol, markets)})


def encode_closed(operation: GetClosedOrders, markets: Markets, now_ms: int) -> WireRequest:
    """Ask for orders that have ended, newest first, by pages."""
    since_ms = operation.since_ms
    size, page = _page(operation.limit, operation.offset)
    body = {
        "archived": True,
        "pair": pair_of(operation.symbol, markets),
        "pageSize": size,
        "serverCreateTimestampFrom": max(0, now_ms - _SPAN_MS) if since_ms is None else since_ms,
        "serverCreateTimestampTo": operation.until_ms,
        "pageNumber": page,
    }
    return asked_own(_ORDERS, body)


def _page(limit: int | None, offset: int) -> tuple[int | None, int | None]:
    """Give size and number of the page that begins there. Raises: `BadInput` where none does."""
    if not offset:
        return limit and min(limit, _MOST_ROWS), None
    if offset <= _MOST_ROWS:
        return offset, 1
    if offset % _MOST_ROWS:
        raise BadInput("unwanted_parameter", field="offset")
    return _MOST_ROWS, offset // _MOST_ROWS


def decode_orders(view: ServerView) -> GetOpenOrders | GetClosedOrders | GetOrder:
    """Read the question for orders. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = body_of(view)
    symbol, order_id = symbol_of(found, view.markets), order_id_of(found)
    ended = found.flag("archived")
    if order_id:
        return GetOrder(symbol, order_id, ended=ended)
    if not ended:
        return GetOpenOrders(symbol)
    since_ms = time_of(found, "serverCreateTimestampFrom")
    if since_ms is None:
        raise BadInput("missing_parameter", field="serverCreateTimestampFrom")
    if found.whole("pageSize") == 0:
        raise BadInput("malformed", field="pageSize")
    found.whole("pageNumber")
    # Pages are counted off from the newest when the answer is written.
    return GetClosedOrders(symbol, since_ms, time_of(found, "serverCreateTimestampTo"))


def encode_orders_answer(
    operation: GetOpenOrders | GetClosedOrders | GetOrder,
    result: tuple[Order, ...] | Order,
    view: ServerView,
) -> WireAnswer:
    """Write orders, newest first unless the other way is asked for.

    One that is asked for by its number stands among the open ones or among the others.
    """
    if isinstance(result, Order):
        is_there = isinstance(operation, GetOrder) and result.status.is_final is operation.ended
        return told([order_document(result, view.markets)] if is_there else [])
    found = body_of(view)
    orders = list(result)
    if found.text("sortOrder").upper() != "ASC":
        orders.reverse()
    size = min(found.whole("pageSize") or _MOST_ROWS, _MOST_ROWS)
    first = (found.whole("pageNumber") or 0) * size
    return told([order_document(it, view.markets) for it in orders[first : first + size]])


def decode_orders_answer(
    _: GetOpenOrders | GetClosedOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read orders, oldest first."""
    orders = [read_order(row, markets) for row in list_of(data_of(answer))]
    return tuple(reversed(orders))


def encode_own_trades(operation: GetOwnTrades, markets: Markets, now_ms: int) -> WireRequest:
    """Ask for the orders that have ended, whose executions stand for single ones."""
    if operation.from_id or operation.offset:
        raise BadInput("unsupported_operation", field="from_id")
    since_ms = operation.since_ms
    body = {
        "archived": True,
        "pair": pair_of(operation.symbol, markets),
        "pageSize": operation.limit and min(operation.limit, _MOST_ROWS),
        "serverCreateTimestampFrom": max(0, now_ms - _SPAN_MS) if since_ms is None else since_ms,
        "serverCreateTimestampTo": operation.until_ms,
        "orderId": number_of(operation.order_id),
    }
    return asked_own(_ORDERS, body)


def decode_own_trades_answer(
    _: GetOwnTrades, answer: WireAnswer, markets: Markets
) -> tuple[Fill, ...]:
    """Read the executions of orders, each as one."""
    orders = (read_order(row, markets) for row in list_of(data_of(answer)))
    return tuple(reversed([_as_fill(order) for order in orders if order.filled]))


def _as_fill(order: Order) -> Fill:
    return Fill(
        trade_id=order.order_id,
        order_id=order.order_id,
        client_id=order.client_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        price=order.average_price or ZERO,
        quantity=order.filled,
        fee=order.fee,
        fee_currency=order.fee_currency,
        # What made and what took is not told.
        is_maker=False,
        time_ms=order.updated_ms,
    )


def encode_cancel_all(operation: CancelAllOrders, _: Markets) -> WireRequest:
    """Ask that all open orders end; those of one pair alone cannot be asked for."""
    if operation.symbol:
        raise BadInput("unsupported_operation", field="symbol")
    return asked_own(b"do_cancel_all_orders")


def decode_cancel_all(_: ServerView) -> CancelAllOrders:
    """Read that all open orders are to end."""
    return CancelAllOrders()


def encode_all_cancelled(
    _: CancelAllOrders, result: tuple[Order, ...], __: ServerView
) -> WireAnswer:
    """Write which have ended, by the client's ids."""
    return told({"clientOrderIds": [order.client_id for order in result]})


def decode_all_cancelled(_: CancelAllOrders, answer: WireAnswer, __: Markets) -> tuple[Order, ...]:
    """Read which have ended."""
    names = list_of(object_of(data_of(answer))["clientOrderIds"])
    return tuple(_ended("", text_of(name), "") for name in names)
