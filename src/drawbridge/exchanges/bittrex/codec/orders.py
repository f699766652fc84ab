"""Orders on Bittrex's wire.

An order is `OPEN` or `CLOSED` and nothing else: whether a closed one was filled or ended is read
off what it filled. Fees are in quote currency.
"""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import plain
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
from drawbridge.exchanges.bittrex.codec.ids import encode_client_id, parse_client_id
from drawbridge.exchanges.bittrex.codec.values import (
    body_of,
    get,
    market_query,
    moment,
    page_query,
    page_size,
    path_id,
    query_of,
    success,
    symbol_of,
    written,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, list_of, text_of, write_document
from drawbridge.wire.http import JSON_TYPE, WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment, write_moment
from drawbridge.wire.parameters import read_json

_SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}
_TYPES: Final = {"LIMIT": OrderType.LIMIT, "MARKET": OrderType.MARKET}
_POST_ONLY: Final = "POST_ONLY_GOOD_TIL_CANCELLED"
_TIMES: Final = {
    "GOOD_TIL_CANCELLED": TimeInForce.GTC,
    "IMMEDIATE_OR_CANCEL": TimeInForce.IOC,
    "FILL_OR_KILL": TimeInForce.FOK,
    _POST_ONLY: TimeInForce.GTC,
}
_NAMES: Final = {
    TimeInForce.GTC: "GOOD_TIL_CANCELLED",
    TimeInForce.IOC: "IMMEDIATE_OR_CANCEL",
    TimeInForce.FOK: "FILL_OR_KILL",
}
_READ: Final = frozenset(
    {
        *("marketSymbol", "direction", "type", "quantity", "limit", "timeInForce"),
        *("clientOrderId", "useAwards", "postOnly"),
    }
)
_CREATED: Final = 201
_CLOSED: Final = "CLOSED"
_OPEN: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})


# ------------------------------------------------------------------------------------- client
def encode_place(operation: PlaceOrder, markets: Markets) -> WireRequest:
    """Write an order. Raises: `BadInput("unsupported_order")` for what there are no words for."""
    if operation.quantity is None or operation.dry_run or operation.leverage is not None:
        field = "quantity" if operation.quantity is None else "dry_run"
        raise BadInput("unsupported_order", field=field)
    if operation.trigger is not None:
        raise BadInput("unsupported_order", field="trigger")
    document = {
        "marketSymbol": markets.get(operation.symbol).id,
        "direction": operation.side.name,
        "type": operation.type.name,
        "quantity": plain(operation.quantity),
    }
    if operation.type is OrderType.LIMIT:
        if operation.price is None:
            raise BadInput("unsupported_order", field="price")
        document["limit"] = plain(operation.price)
    document["timeInForce"] = _written_time(operation)
    if operation.client_id:
        document["clientOrderId"] = encode_client_id(operation.client_id)
    return WireRequest("POST", b"/v3/orders", b"", (JSON_TYPE,), write_document(document))


def _written_time(operation: PlaceOrder) -> str:
    if operation.post_only:
        if operation.time_in_force is not TimeInForce.GTC or operation.type is OrderType.MARKET:
            raise BadInput("unsupported_order", field="post_only")
        return _POST_ONLY
    if operation.type is OrderType.MARKET and operation.time_in_force is TimeInForce.GTC:
        # A market order never rests there; this is what it was called.
        return _NAMES[TimeInForce.IOC]
    return _NAMES[operation.time_in_force]


def decode_placed(_operation: PlaceOrder, answer: WireAnswer, markets: Markets) -> Placed:
    """Read the order that was placed."""
    return Placed(_read_order(body_of(answer), markets))


def encode_cancel(operation: CancelOrder, _markets: Markets) -> WireRequest:
    """Cancel an order. Raises: `BadInput("order_id_needed")`: there is no other way to name it."""
    return WireRequest("DELETE", b"/v3/orders/" + path_id(operation.order_id))


def encode_cancel_all(operation: CancelAllOrders, markets: Markets) -> WireRequest:
    """Cancel all orders, of one market or of all."""
    return WireRequest(
        "DELETE", b"/v3/orders/open", market_query(operation.symbol, markets).encode()
    )


def encode_query(operation: GetOrder, _markets: Markets) -> WireRequest:
    """Ask for an order. Raises: `BadInput("order_id_needed")`."""
    return WireRequest("GET", b"/v3/orders/" + path_id(operation.order_id))


def decode_order(_operation: CancelOrder | GetOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read one order."""
    return _read_order(body_of(answer), markets)


def encode_open(operation: GetOpenOrders, markets: Markets) -> WireRequest:
    """Ask for open orders."""
    return get("orders/open", market_query(operation.symbol, markets))


def decode_orders(
    _operation: GetOpenOrders | GetClosedOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read orders."""
    return tuple(_read_order(row, markets) for row in list_of(body_of(answer)))


def decode_cancelled_all(
    _operation: CancelAllOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read the orders that were cancelled."""
    return tuple(_read_order(row["result"], markets) for row in list_of(body_of(answer)))


def encode_closed(operation: GetClosedOrders, markets: Markets) -> WireRequest:
    """Ask for past orders."""
    return get("orders/closed", page_query(market_query(operation.symbol, markets), operation))


# ------------------------------------------------------------------------------------- server
def read_place(view: ServerView) -> PlaceOrder:
    """Read an order. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_json(view.request.body)
    found.refuse_others(_READ)
    kind = found.choice("type", _TYPES)
    time = found.choice("timeInForce", _TIMES, "GOOD_TIL_CANCELLED")
    post_only = found.text("timeInForce") == _POST_ONLY
    if kind is OrderType.MARKET:
        if "limit" in found or time is TimeInForce.GTC:
            raise BadInput("malformed", field="limit" if "limit" in found else "timeInForce")
        # Immediate is what a market order is by itself.
        time = TimeInForce.GTC if time is TimeInForce.IOC else time
    return PlaceOrder(
        symbol=view.markets.get_by_id(found.need("marketSymbol")).symbol,
        side=found.choice("direction", _SIDES),
        type=kind,
        quantity=found.need_amount("quantity"),
        price=found.need_amount("limit") if kind is OrderType.LIMIT else None,
        time_in_force=time,
        client_id=parse_client_id(found.text("clientOrderId")),
        post_only=post_only,
    )


def write_placed(_operation: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Tell the order that was placed."""
    return success(_order(result.order, view.markets), _CREATED)


def read_cancel(view: ServerView) -> CancelOrder:
    """Read which order to cancel."""
    return CancelOrder(order_id=view.path_parameters["order_id"])


def read_cancel_all(view: ServerView) -> CancelAllOrders:
    """Read of which market all orders are to be cancelled."""
    return CancelAllOrders(symbol_of(view, query_of(view)))


def write_cancelled_all(
    _operation: CancelAllOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Tell the orders that were cancelled."""
    rows = [_order(row, view.markets) for row in result]
    return success([{"id": row["id"], "statusCode": "SUCCESS", "result": row} for row in rows])


def read_query(view: ServerView) -> GetOrder:
    """Read which order is asked for."""
    return GetOrder(order_id=view.path_parameters["order_id"])


def write_order(_operation: CancelOrder | GetOrder, result: Order, view: ServerView) -> WireAnswer:
    """Tell one order."""
    return success(_order(result, view.markets))


def read_open(view: ServerView) -> GetOpenOrders:
    """Read the question for open orders."""
    return GetOpenOrders(symbol_of(view, query_of(view)))


def write_orders(
    _operation: GetOpenOrders | GetClosedOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Tell orders."""
    return success([_order(row, view.markets) for row in result])


def read_closed(view: ServerView) -> GetClosedOrders:
    """Read the question for past orders."""
    found = query_of(view)
    since, until = moment(found, "startDate"), moment(found, "endDate")
    return GetClosedOrders(symbol_of(view, found), since, until, page_size(found))


# --------------------------------------------------------------------------------------- rows
def _order(row: Order, markets: Markets) -> dict[str, object]:
    open_now = row.status in _OPEN
    time = _POST_ONLY if row.post_only else _NAMES[row.time_in_force]
    if row.type is OrderType.MARKET and row.time_in_force is TimeInForce.GTC:
        time = _NAMES[TimeInForce.IOC]
    document: dict[str, object] = {
        "id": row.order_id,
        "marketSymbol": markets.get(row.symbol).id,
        "direction": row.side.name,
        "type": row.type.name,
        "quantity": written(row.quantity),
    }
    if row.price is not None:
        document["limit"] = written(row.price)
    document["timeInForce"] = time
    if row.client_id:
        document["clientOrderId"] = encode_client_id(row.client_id)
    document |= {
        "fillQuantity": written(row.filled),
        "commission": written(row.fee),
        "proceeds": written(row.filled_quote),
        "status": "OPEN" if open_now else _CLOSED,
        "createdAt": write_moment(row.created_ms),
        "updatedAt": write_moment(row.updated_ms),
    }
    return document if open_now else {**document, "closedAt": write_moment(row.updated_ms)}


def _read_order(row: Mapping[str, Any], markets: Markets) -> Order:
    market = markets.get_by_id(text_of(row["marketSymbol"]))
    quantity, filled = decimal_of(row["quantity"]), decimal_of(row["fillQuantity"])
    time, commission = text_of(row["timeInForce"]), decimal_of(row["commission"])
    kind = _TYPES[row["type"]]
    return Order(
        order_id=text_of(row["id"]),
        client_id=parse_client_id(text_of(row.get("clientOrderId", ""))),
        symbol=market.symbol,
        side=_SIDES[row["direction"]],
        type=kind,
        time_in_force=TimeInForce.GTC if kind is OrderType.MARKET else _TIMES[time],
        status=_status(closed=row["status"] == _CLOSED, full=filled >= quantity, some=filled > 0),
        quantity=quantity,
        price=decimal_of(row["limit"]) if row.get("limit") else None,
        created_ms=parse_moment(text_of(row["createdAt"])),
        updated_ms=parse_moment(text_of(row["updatedAt"])),
        filled=filled,
        filled_quote=decimal_of(row["proceeds"]),
        fee=commission,
        fee_currency=market.quote if commission else "",
        post_only=time == _POST_ONLY,
    )


def _status(*, closed: bool, full: bool, some: bool) -> OrderStatus:
    if closed:
        return OrderStatus.FILLED if full else OrderStatus.CANCELLED
    return OrderStatus.PARTIALLY_FILLED if some else OrderStatus.OPEN
