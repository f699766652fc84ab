"""Orders as Poloniex tells them, placing and cancelling them, and looking one up.

The answer to an order tells its ids and nothing of what became of it; lists of orders and trades
stand in `account.py`. Orders that wait for their price are kept apart there and not carried out.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
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
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.exchanges.poloniex.codec import values
from drawbridge.wire.bare_orders import bare_order
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters

_FIRST_ORDER: Final = 24_993_088_082_500_000
_FIRST_TRADE: Final = 60_000_000
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ORDER_ID: Final = re.compile(r"[0-9]{1,19}")
# Before a client's own id where the exchange's id would stand.
_BY_CLIENT_ID: Final = "cid:"
SPOT: Final = "SPOT"
MAKER: Final = "LIMIT_MAKER"
_TYPES: Final = {kind.name: kind for kind in OrderType}
_TIMES: Final = {time.name: time for time in TimeInForce}
_DONE: Final = 200

_PARAMETERS: Final = frozenset(
    {
        *("symbol", "side", "type", "quantity", "amount", "price", "timeInForce"),
        *("clientOrderId", "accountType", "allowBorrow"),
    }
)
_WORDLESS: Final = (
    *("quantity", "quote_quantity", "price", "dry_run", "leverage", "trigger"),
    *("reduce_only", "post_only", "time_in_force"),
)
# Without meaning as long as nobody trades with an own order.
_IGNORED: Final = frozenset({"stpMode", "slippageTolerance"})

_STATES: Final[Mapping[str, OrderStatus]] = MappingProxyType(
    {
        "NEW": OrderStatus.OPEN,
        "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
        "FILLED": OrderStatus.FILLED,
        "PENDING_CANCEL": OrderStatus.CANCELLED,
        "PARTIALLY_CANCELED": OrderStatus.CANCELLED,
        "CANCELED": OrderStatus.CANCELLED,
        "FAILED": OrderStatus.REJECTED,
    }
)
_ENDED: Final = frozenset({OrderStatus.CANCELLED, OrderStatus.EXPIRED})


def order_id(number: int) -> str:
    """Give the n-th order's id."""
    return str(_FIRST_ORDER + number)


def trade_id(number: int) -> str:
    """Give the n-th trade's id."""
    return str(_FIRST_TRADE + number)


def checked_id(text: str) -> str:
    """Give an order's id as it may stand in a path. Raises: `BadInput("malformed")`."""
    if not _ORDER_ID.fullmatch(text):
        raise BadInput("malformed", field="order_id")
    return text


# -------------------------------------------------------------------------------------- place
def encode_place(operation: PlaceOrder, markets: Markets) -> WireRequest:
    """Write an order, its parameters in the order in which ccxt writes them.

    Raises: `BadInput("unsupported_order")`: a market order to buy is by its cost, one to sell by
    its quantity, and there is no dry run.
    """
    return values.sent("POST", "/orders", encode_order(operation, markets))


def encode_order(operation: PlaceOrder, markets: Markets) -> dict[str, object]:
    """Write the object that an order is. Raises: `BadInput("unsupported_order")`."""
    _refuse_wordless(operation)
    document: dict[str, object] = {
        "symbol": markets.get(operation.symbol).id,
        "side": operation.side.name,
        "type": MAKER if operation.post_only else operation.type.name,
    }
    if operation.quantity is not None:
        document["quantity"] = plain(operation.quantity)
    if operation.quote_quantity is not None:
        document["amount"] = plain(operation.quote_quantity)
    if operation.price is not None:
        document["price"] = plain(operation.price)
    if operation.client_id:
        document["clientOrderId"] = checked_client_id(operation.client_id)
    if operation.time_in_force is not TimeInForce.GTC:
        document["timeInForce"] = operation.time_in_force.name
    return document


def _refuse_wordless(operation: PlaceOrder) -> None:
    is_limit = operation.type is OrderType.LIMIT
    timed = operation.time_in_force is not TimeInForce.GTC
    by_cost = not is_limit and operation.side is Side.BUY
    wordless = (
        by_cost is (operation.quantity is not None),
        by_cost is (operation.quote_quantity is None),
        is_limit is (operation.price is None),
        operation.dry_run,
        operation.leverage is not None,
        operation.trigger is not None,
        operation.reduce_only or operation.close_position,
        operation.post_only and not is_limit,
        timed and (operation.post_only or not is_limit),
    )
    # Nothing is built for an order that there are words for: this is on every order's way.
    if True in wordless:
        raise BadInput("unsupported_order", field=_WORDLESS[wordless.index(True)])


def decode_place(view: ServerView) -> PlaceOrder:
    """Read an order. Raises: `BadInput` naming the parameter, `NotFound("unknown_symbol")`."""
    return decode_order(values.body_of(view), view.markets)


def decode_order(found: Parameters, markets: Markets) -> PlaceOrder:
    """Read the object that an order is. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found.refuse_others(_PARAMETERS | _IGNORED)
    name, side = found.text("type") or "MARKET", found.choice("side", values.SIDES)
    kind = OrderType.LIMIT if name == MAKER else _TYPES.get(name)
    if kind is None:
        raise BadInput("malformed", field="type")
    if (found.text("accountType") or SPOT) != SPOT:
        raise BadInput("malformed", field="accountType")
    is_limit, quantity, cost = kind is OrderType.LIMIT, found.amount("quantity"), None
    if not is_limit and side is Side.BUY:
        cost, quantity = found.need_amount("amount"), None
    elif quantity is None:
        raise BadInput("missing_parameter", field="quantity")
    return PlaceOrder(
        symbol=markets.get_by_id(found.need("symbol")).symbol,
        side=side,
        type=kind,
        quantity=quantity,
        price=found.need_amount("price") if is_limit else None,
        time_in_force=_read_time(found, is_limit=is_limit),
        client_id=_read_client_id(found),
        quote_quantity=cost,
        post_only=name == MAKER,
        # What is borrowed makes it an order on margin.
        leverage=Decimal(1) if found.flag("allowBorrow") else None,
    )


def _read_time(found: Parameters, *, is_limit: bool) -> TimeInForce:
    # A market order ends by itself, whatever it says.
    return found.choice("timeInForce", _TIMES, "GTC") if is_limit else TimeInForce.GTC


def _read_client_id(found: Parameters) -> str:
    text = found.text("clientOrderId")
    return checked_client_id(text) if text else ""


def checked_client_id(text: str) -> str:
    """Give a client's id as it may stand in a path. Raises: `BadInput("malformed")`."""
    if not _CLIENT_ID.fullmatch(text):
        raise BadInput("malformed", field="clientOrderId")
    return text


def encode_placed(_op: PlaceOrder, result: Placed, _view: ServerView) -> WireAnswer:
    """Write an order's ids."""
    order = result.order
    return values.success({"id": order.order_id, "clientOrderId": order.client_id})


def decode_placed(operation: PlaceOrder, answer: WireAnswer, _markets: Markets) -> Placed:
    """Read an order's ids."""
    return Placed(operation.as_order(text_of(values.document_of(answer)["id"])))


# ------------------------------------------------------------------------------------- cancel
def encode_cancel(operation: CancelOrder, _markets: Markets) -> WireRequest:
    """Write a cancel. Raises: `BadInput("missing_parameter")`."""
    return values.sent("DELETE", f"/orders/{_name(operation.order_id, operation.client_id)}")


def decode_cancel(view: ServerView) -> CancelOrder:
    """Read a cancel. Raises: `BadInput`."""
    number, client_id = _read_name(view)
    return CancelOrder(order_id=number, client_id=client_id)


def encode_cancelled(_op: CancelOrder, result: Order, _view: ServerView) -> WireAnswer:
    """Write that an order is being cancelled."""
    return values.success(cancelled_row(result))


def cancelled_row(order: Order) -> dict[str, object]:
    """Write that an order is being cancelled; its code says so even inside a list."""
    return {
        "orderId": order.order_id,
        "clientOrderId": order.client_id,
        "state": "PENDING_CANCEL",
        "code": _DONE,
        "message": "",
    }


def decode_cancelled(operation: CancelOrder, answer: WireAnswer, _markets: Markets) -> Order:
    """Read that an order is being cancelled; nothing else is told of it."""
    return _read_cancelled(object_of(values.document_of(answer)), operation.symbol)


def encode_cancel_all(operation: CancelAllOrders, markets: Markets) -> WireRequest:
    """Write that all orders are to be cancelled, of one market or of all."""
    symbols = [markets.get(operation.symbol).id] if operation.symbol else []
    return values.sent("DELETE", "/orders", {"symbols": symbols})


def decode_cancel_all(view: ServerView) -> CancelAllOrders:
    """Read it. Raises: `BadInput` for several markets at once, `NotFound`."""
    return decode_cancelling_all(values.body_of(view), view.markets)


def decode_cancelling_all(found: Parameters, markets: Markets) -> CancelAllOrders:
    """Read the object that says of which markets. Raises: `BadInput`, `NotFound`."""
    found.refuse_others(frozenset({"symbols", "accountTypes"}))
    symbols = list_of(found.value("symbols") or [], "symbols")
    if len(symbols) > 1:
        raise BadInput("malformed", field="symbols")
    known = [markets.get_by_id(text_of(name, "symbols")).symbol for name in symbols]
    return CancelAllOrders(known[0] if known else "")


def encode_all_cancelled(
    _op: CancelAllOrders, result: tuple[Order, ...], _view: ServerView
) -> WireAnswer:
    """Write which orders are being cancelled."""
    return values.success([cancelled_row(order) for order in result])


def decode_all_cancelled(
    operation: CancelAllOrders, answer: WireAnswer, _markets: Markets
) -> tuple[Order, ...]:
    """Read which orders are being cancelled."""
    rows = [object_of(row) for row in list_of(values.document_of(answer))]
    return tuple(_read_cancelled(row, operation.symbol) for row in rows)


def _read_cancelled(row: Mapping[str, Any], symbol: str) -> Order:
    state = _STATES[text_of(row["state"])]
    return bare_order(text_of(row["orderId"]), text_of(row["clientOrderId"]), symbol, state)


# -------------------------------------------------------------------------------- look one up
def encode_query(operation: GetOrder, markets: Markets) -> WireRequest:
    """Write the request for one order. Raises: `BadInput("missing_parameter")`."""
    symbol = markets.get(operation.symbol).id if operation.symbol else None
    name = _name(operation.order_id, operation.client_id)
    return values.asked(f"/orders/{name}", {"symbol": symbol})


def decode_query(view: ServerView) -> GetOrder:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    number, client_id = _read_name(view)
    symbol = values.symbol_of(values.query_of(view), view)
    return GetOrder(symbol, order_id=number, client_id=client_id)


def encode_queried(_op: GetOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write one order."""
    return values.success(order_row(result, view.markets))


def decode_queried(_op: GetOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read one order."""
    return read_order(object_of(values.document_of(answer)), markets)


def _name(number: str, client_id: str) -> str:
    if number:
        return checked_id(number)
    if not client_id:
        raise BadInput("missing_parameter", field="order_id")
    return _BY_CLIENT_ID + checked_client_id(client_id)


def _read_name(view: ServerView) -> tuple[str, str]:
    text = view.path_parameters["order_id"]
    if text.startswith(_BY_CLIENT_ID):
        return "", checked_client_id(text.removeprefix(_BY_CLIENT_ID))
    return checked_id(text), ""


# -------------------------------------------------------------------------------- order rows
def order_row(order: Order, markets: Markets) -> dict[str, object]:
    """Write an order."""
    average = order.average_price or ZERO
    return {
        "id": order.order_id,
        "clientOrderId": order.client_id,
        "symbol": markets.get(order.symbol).id,
        "state": state_of(order),
        "accountType": SPOT,
        "side": order.side.name,
        "type": MAKER if order.post_only else order.type.name,
        "timeInForce": order.time_in_force.name,
        "quantity": values.amount(ZERO if order.quote_quantity is not None else order.quantity),
        "price": values.amount(order.price or ZERO),
        "avgPrice": values.amount(average),
        "amount": values.amount(order.quote_quantity or ZERO),
        "filledQuantity": values.amount(order.filled),
        "filledAmount": values.amount(order.filled_quote),
        "createTime": order.created_ms,
        "updateTime": order.updated_ms,
        "orderSource": "API",
        "loan": False,
        "cancelReason": 0,
    }


def state_of(order: Order) -> str:
    """Give the word for how an order stands."""
    if order.status in _ENDED:
        return "PARTIALLY_CANCELED" if order.filled else "CANCELED"
    return next(word for word, status in _STATES.items() if status is order.status)


def read_order(row: Mapping[str, Any], markets: Markets) -> Order:
    """Read an order. Raises: whatever strange rows make it raise."""
    name, cost = text_of(row["type"]), decimal_of(row["amount"])
    kind = OrderType.LIMIT if name == MAKER else _TYPES[name]
    return Order(
        order_id=text_of(row["id"]),
        client_id=text_of(row["clientOrderId"]),
        symbol=markets.get_by_id(text_of(row["symbol"])).symbol,
        side=values.SIDES[text_of(row["side"])],
        type=kind,
        time_in_force=_TIMES[text_of(row["timeInForce"])],
        status=read_state(row["state"]),
        quantity=decimal_of(row["quantity"]),
        price=decimal_of(row["price"]) if kind is OrderType.LIMIT else None,
        created_ms=int_of(row["createTime"]),
        updated_ms=int_of(row["updateTime"]),
        filled=decimal_of(row["filledQuantity"]),
        filled_quote=decimal_of(row["filledAmount"]),
        quote_quantity=cost or None,
        post_only=name == MAKER,
    )


def read_state(value: object) -> OrderStatus:
    """Read how an order stands. Raises: `KeyError`."""
    return _STATES[text_of(value)]
