"""Orders on BitMEX's wire: placed, cancelled and looked for. Quantities are whole contracts."""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.markets import Market, Markets
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetClosedOrders,
    GetOpenOrders,
    GetOrder,
    Placed,
    PlaceOrder,
)
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.exchanges.bitmex.codec import values
from drawbridge.exchanges.bitmex.codec.values import ask, body_of, success, tell, told_in
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment, write_moment
from drawbridge.wire.parameters import Parameters

_SIDES: Final = {"Buy": Side.BUY, "Sell": Side.SELL}
_SIDE_NAMES: Final = {side: name for name, side in _SIDES.items()}
_TYPES: Final = {"Limit": OrderType.LIMIT, "Market": OrderType.MARKET}
_TYPE_NAMES: Final = {kind: name for name, kind in _TYPES.items()}
_TIMES: Final = {
    "GoodTillCancel": TimeInForce.GTC,
    "ImmediateOrCancel": TimeInForce.IOC,
    "FillOrKill": TimeInForce.FOK,
}
_TIME_NAMES: Final = {time: name for name, time in _TIMES.items()}
_STATUSES: Final = {
    "New": OrderStatus.OPEN,
    "PartiallyFilled": OrderStatus.PARTIALLY_FILLED,
    "Filled": OrderStatus.FILLED,
    "Canceled": OrderStatus.CANCELLED,
    "Expired": OrderStatus.EXPIRED,
    "Rejected": OrderStatus.REJECTED,
}
_STATUS_NAMES: Final = {status: name for name, status in _STATUSES.items()}
_POST_ONLY: Final = "ParticipateDoNotInitiate"
_REDUCE_ONLY: Final = "ReduceOnly"
_FLAGS: Final = frozenset({_POST_ONLY, _REDUCE_ONLY})
_READ: Final = frozenset(
    {
        *("symbol", "side", "orderQty", "ordType", "price", "timeInForce", "execInst"),
        *("clOrdID", "text"),
    }
)
_MOST_CLIENT_ID: Final = 36
_MOST: Final = 500
_TEXT: Final = "CCXT"


# ------------------------------------------------------------------------------------- client
def encode_place(operation: PlaceOrder, markets: Markets) -> WireRequest:
    """Write an order, as ccxt does. Raises: `BadInput("unsupported_order")`."""
    if operation.quantity is None or operation.dry_run or operation.trigger is not None:
        field = "quantity" if operation.quantity is None else "trigger"
        raise BadInput("unsupported_order", field=field)
    if operation.leverage is not None or operation.close_position:
        raise BadInput("unsupported_order", field="leverage")
    market = markets.get(operation.symbol)
    document: dict[str, object] = {
        "symbol": market.id,
        "side": _SIDE_NAMES[operation.side],
        "orderQty": values.contracts(operation.quantity, market),
        "ordType": _TYPE_NAMES[operation.type],
        "text": _TEXT,
    }
    if flags := _flags(operation):
        document["execInst"] = flags
    if operation.type is OrderType.LIMIT:
        if operation.price is None:
            raise BadInput("unsupported_order", field="price")
        document["price"] = operation.price
    if operation.client_id:
        document["clOrdID"] = operation.client_id
    if operation.time_in_force is not TimeInForce.GTC:
        document["timeInForce"] = _TIME_NAMES[operation.time_in_force]
    return tell("POST", "order", document)


def _flags(operation: PlaceOrder) -> str:
    flags = [_POST_ONLY] if operation.post_only else []
    return ",".join([*flags, _REDUCE_ONLY] if operation.reduce_only else flags)


def decode_placed(_operation: PlaceOrder, answer: WireAnswer, markets: Markets) -> Placed:
    """Read the order that was placed."""
    return Placed(_read_order(body_of(answer), markets))


def encode_cancel(operation: CancelOrder, _markets: Markets) -> WireRequest:
    """Cancel an order, by the exchange's id where there is one."""
    return tell("DELETE", "order", _id_of(operation))


def decode_cancelled(_operation: CancelOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read what became of the order. Raises: `NotFound` for one that had ended before."""
    row = list_of(body_of(answer))[0]
    if "Unable to cancel" in str(row.get("error") or ""):
        raise NotFound("unknown_order_cancel", order_id=str(row.get("orderID", "")))
    return _read_order(row, markets)


def encode_cancel_all(operation: CancelAllOrders, markets: Markets) -> WireRequest:
    """Cancel all orders, of one instrument or of all."""
    symbol = operation.symbol
    return tell("DELETE", "order/all", {"symbol": markets.get(symbol).id} if symbol else {})


def encode_query(operation: GetOrder, markets: Markets) -> WireRequest:
    """Ask for an order: a list of one."""
    (name, value) = next(iter(_id_of(operation).items()))
    wanted = values.filtered(f'{{"{name}":"{value}"}}')
    return ask("order", values.symbol_query(operation.symbol, markets), wanted)


def decode_queried(operation: GetOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read one order. Raises: `NotFound("unknown_order")` where the list is empty."""
    rows = list_of(body_of(answer))
    if not rows:
        raise NotFound("unknown_order", order_id=operation.order_id or operation.client_id)
    return _read_order(rows[0], markets)


def encode_open(operation: GetOpenOrders, markets: Markets) -> WireRequest:
    """Ask for open orders."""
    wanted = values.filtered('{"open":true}')
    return ask("order", values.symbol_query(operation.symbol, markets), wanted)


def encode_closed(operation: GetClosedOrders, markets: Markets) -> WireRequest:
    """Ask for orders; open ones are told as well."""
    return ask(
        "order",
        values.symbol_query(operation.symbol, markets),
        values.moment_query("startTime", operation.since_ms),
        values.count_query(operation.limit),
    )


def decode_orders(
    operation: GetOpenOrders | GetClosedOrders | CancelAllOrders,
    answer: WireAnswer,
    markets: Markets,
) -> tuple[Order, ...]:
    """Read orders; those that are open are left out of past ones unless they were asked for."""
    read = tuple(_read_order(row, markets) for row in list_of(body_of(answer)))
    if isinstance(operation, GetClosedOrders) and not operation.include_open:
        return tuple(row for row in read if row.status.is_final)
    return read


# ------------------------------------------------------------------------------------- server
def read_place(view: ServerView) -> PlaceOrder:
    """Read an order. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = told_in(view)
    found.refuse_others(_READ)
    market = values.market_of(view, found)
    kind = found.choice("ordType", _TYPES, "Limit" if "price" in found else "Market")
    flags = frozenset(filter(None, (it.strip() for it in found.text("execInst").split(","))))
    if not flags <= _FLAGS:
        raise BadInput("malformed", field="execInst")
    if kind is OrderType.MARKET and "price" in found:
        raise BadInput("malformed", field="price")
    if kind is OrderType.MARKET and _POST_ONLY in flags:
        raise BadInput("malformed", field="execInst")
    return PlaceOrder(
        symbol=market.symbol,
        side=found.choice("side", _SIDES, "Buy"),
        type=kind,
        quantity=found.need_amount("orderQty") * market.contract_size,
        price=found.need_amount("price") if kind is OrderType.LIMIT else None,
        time_in_force=found.choice("timeInForce", _TIMES, "GoodTillCancel"),
        client_id=_client_id(found),
        post_only=_POST_ONLY in flags,
        reduce_only=_REDUCE_ONLY in flags,
    )


def write_placed(_operation: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Tell the order that was placed."""
    return success(_order(result.order, view.markets))


def read_cancel(view: ServerView) -> CancelOrder:
    """Read which order to cancel. Raises: `BadInput("missing_parameter")`."""
    found = told_in(view)
    own = _client_id(found)
    return CancelOrder(order_id="" if own else found.need("orderID"), client_id=own)


def write_cancelled(_operation: CancelOrder, result: Order, view: ServerView) -> WireAnswer:
    """Tell the order that was cancelled: a list of one."""
    return success([_order(result, view.markets)])


def read_cancel_all(view: ServerView) -> CancelAllOrders:
    """Read of which instrument all orders are to be cancelled."""
    return CancelAllOrders(values.symbol_of(view, told_in(view)))


def write_orders(
    _operation: GetOpenOrders | GetClosedOrders | CancelAllOrders,
    result: tuple[Order, ...],
    view: ServerView,
) -> WireAnswer:
    """Tell orders."""
    return success([_order(row, view.markets) for row in result])


def read_orders(view: ServerView) -> GetOpenOrders | GetClosedOrders | GetOrder:
    """Read a question for orders: the filter says which."""
    found = values.query_of(view)
    symbol, wanted = values.symbol_of(view, found), values.filter_of(found)
    if wanted.text("orderID") or wanted.text("clOrdID"):
        return GetOrder(symbol, wanted.text("orderID"), _client_id(wanted))
    if wanted.flag("open"):
        return GetOpenOrders(symbol)
    since, count = values.since_of(found), values.count_of(found, _MOST)
    limit = count if "count" in found else None
    return GetClosedOrders(symbol, since, limit=limit, include_open=True)


def write_found(
    operation: GetOpenOrders | GetClosedOrders | GetOrder,
    result: Order | tuple[Order, ...],
    view: ServerView,
) -> WireAnswer:
    """Tell the orders that were found."""
    del operation
    rows = result if isinstance(result, tuple) else (result,)
    return success([_order(row, view.markets) for row in rows])


# --------------------------------------------------------------------------------------- rows
def _order(row: Order, markets: Markets) -> dict[str, object]:
    market: Market = markets.get(row.symbol)
    flags = [_POST_ONLY] if row.post_only else []
    quantity = values.contracts(row.quantity, market)
    filled = values.contracts(row.filled, market)
    open_now = not row.status.is_final
    return {
        "orderID": row.order_id,
        "clOrdID": row.client_id,
        "clOrdLinkID": "",
        "account": values.ACCOUNT,
        "symbol": market.id,
        "side": _SIDE_NAMES[row.side],
        "orderQty": quantity,
        "price": row.price,
        "displayQty": None,
        "stopPx": None,
        "pegOffsetValue": None,
        "pegPriceType": "",
        "currency": market.quote,
        "settlCurrency": values.currency_id(market.settle),
        "ordType": _TYPE_NAMES[row.type],
        "timeInForce": _TIME_NAMES[row.time_in_force],
        "execInst": ",".join([*flags, _REDUCE_ONLY] if row.reduce_only else flags),
        "contingencyType": "",
        "ordStatus": _STATUS_NAMES[row.status],
        "triggered": "",
        "workingIndicator": open_now,
        "ordRejReason": "",
        "leavesQty": quantity - filled if open_now else 0,
        "cumQty": filled,
        "avgPx": row.average_price,
        "text": _TEXT,
        "transactTime": write_moment(row.created_ms),
        "timestamp": write_moment(row.created_ms),
    }


def _read_order(row: Mapping[str, Any], markets: Markets) -> Order:
    market = markets.get_by_id(text_of(row["symbol"]))
    filled = values.quantity_of(row["cumQty"], market)
    average = decimal_of(row["avgPx"]) if row["avgPx"] is not None else ZERO
    flags = text_of(row["execInst"]).split(",")
    return Order(
        order_id=text_of(row["orderID"]),
        client_id=text_of(row.get("clOrdID") or ""),
        symbol=market.symbol,
        side=_SIDES[row["side"]],
        type=_TYPES[row["ordType"]],
        time_in_force=_TIMES[row["timeInForce"]],
        status=_STATUSES[row["ordStatus"]],
        quantity=decimal_of(int_of(row["orderQty"])) * market.contract_size,
        price=decimal_of(row["price"]) if row["price"] is not None else None,
        created_ms=parse_moment(text_of(row["transactTime"])),
        updated_ms=parse_moment(text_of(row["timestamp"])),
        filled=filled,
        filled_quote=filled * average,
        post_only=_POST_ONLY in flags,
        reduce_only=_REDUCE_ONLY in flags,
    )


def _client_id(found: Parameters) -> str:
    text = found.text("clOrdID")
    if len(text) > _MOST_CLIENT_ID or not text.isascii() or not text.isprintable():
        raise BadInput("malformed", field="clOrdID")
    return text


def _id_of(operation: CancelOrder | GetOrder) -> dict[str, str]:
    """Name an order by the exchange's id, else by ours. Raises: `BadInput("order_id_needed")`."""
    if operation.order_id:
        return {"orderID": operation.order_id}
    if operation.client_id:
        return {"clOrdID": operation.client_id}
    raise BadInput("order_id_needed", field="order_id")
