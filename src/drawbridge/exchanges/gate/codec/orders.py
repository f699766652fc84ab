"""Orders as Gate tells them, and what is done with one: placed, cancelled, looked up.

A market order to buy names what it spends: `amount`, and what is left of it, are then in quote
currency. What would change an order's meaning and is not carried out here (icebergs, borrowing,
other accounts than spot) is refused.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import CancelOrder, GetOrder, Placed, PlaceOrder
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.exchanges.gate.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, object_of, text_of, write_document
from drawbridge.wire.http import JSON_TYPE, WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters, read_json, read_query

SIDES: Final = MappingProxyType({side.value: side for side in Side})
_TYPES: Final = MappingProxyType({kind.value: kind for kind in OrderType})
_POST_ONLY: Final = "poc"
# Word → how long it waits, and whether it may only rest.
_TIMES: Final[Mapping[str, tuple[TimeInForce, bool]]] = MappingProxyType(
    {**{time.value: (time, False) for time in TimeInForce}, _POST_ONLY: (TimeInForce.GTC, True)}
)
_ACCOUNT: Final = "spot"
# The client's own id stands behind this mark; without one, the exchange writes where it came from.
_OWN: Final = "t-"
_FROM_API: Final = "apiv4"
_OWN_ID: Final = re.compile(r"t-[0-9A-Za-z_.-]{1,28}")

_READ: Final = frozenset(
    {
        *("text", "currency_pair", "type", "account", "side", "amount", "price"),
        *("time_in_force", "iceberg", "auto_borrow", "auto_repay", "stp_act", "action_mode"),
        # A note of ccxt's to itself that it sends along over streams.
        "textIsRequired",
    }
)
_ORDERS: Final = (f"{values.ROOT}/spot/orders").encode("ascii")
# Order → its state and how it ended. What the exchange ends itself, clients know by `ioc`.
_ENDS: Final[Mapping[OrderStatus, tuple[str, str]]] = MappingProxyType(
    {
        OrderStatus.OPEN: ("open", "open"),
        OrderStatus.PARTIALLY_FILLED: ("open", "open"),
        OrderStatus.FILLED: ("closed", "filled"),
        OrderStatus.CANCELLED: ("cancelled", "cancelled"),
        OrderStatus.REJECTED: ("cancelled", "cancelled"),
        OrderStatus.EXPIRED: ("cancelled", "ioc"),
    }
)
_STATUSES: Final[Mapping[str, OrderStatus]] = MappingProxyType(
    {
        "open": OrderStatus.OPEN,
        "closed": OrderStatus.FILLED,
        "filled": OrderStatus.FILLED,
        "cancelled": OrderStatus.CANCELLED,
        "liquidate_cancelled": OrderStatus.EXPIRED,
        "depth_not_enough": OrderStatus.EXPIRED,
        "trader_not_enough": OrderStatus.EXPIRED,
        "small": OrderStatus.EXPIRED,
        "ioc": OrderStatus.EXPIRED,
        "poc": OrderStatus.EXPIRED,
        "fok": OrderStatus.EXPIRED,
        "stp": OrderStatus.EXPIRED,
    }
)


# -------------------------------------------------------------------------------------- place
def encode_place(operation: PlaceOrder, markets: Markets) -> WireRequest:
    """Write an order, its parameters in the order in which ccxt writes them.

    Raises: `BadInput("unsupported_order")` for what Gate has no words for.
    """
    market, is_limit = markets.get(operation.symbol), operation.type is OrderType.LIMIT
    if operation.dry_run or operation.leverage is not None or operation.trigger is not None:
        raise BadInput("unsupported_order", field="dry_run")
    body = {
        "currency_pair": market.id,
        "type": operation.type.value,
        "account": _ACCOUNT,
        "side": operation.side.value,
        "amount": plain(_amount_asked(operation)),
    }
    if is_limit:
        if operation.price is None:
            raise BadInput("unsupported_order", field="price")
        body["price"] = plain(operation.price)
    if time := _time_asked(operation):
        body["time_in_force"] = time
    if operation.client_id:
        body["text"] = _OWN + operation.client_id
    return WireRequest("POST", _ORDERS, b"", (JSON_TYPE,), write_document(body))


def is_by_cost(kind: OrderType, side: Side) -> bool:
    """Tell whether an order names what it spends."""
    return kind is OrderType.MARKET and side is Side.BUY


def _amount_asked(operation: PlaceOrder) -> Decimal:
    by_cost = is_by_cost(operation.type, operation.side)
    amount = operation.quote_quantity if by_cost else operation.quantity
    if amount is None:
        raise BadInput("unsupported_order", field="quote_quantity" if by_cost else "quantity")
    return amount


def _time_asked(operation: PlaceOrder) -> str:
    if operation.type is OrderType.MARKET:
        if operation.post_only:
            raise BadInput("unsupported_order", field="post_only")
        return TimeInForce.IOC.value if operation.time_in_force is TimeInForce.GTC else "fok"
    if operation.post_only:
        return _POST_ONLY
    return "" if operation.time_in_force is TimeInForce.GTC else operation.time_in_force.value


def decode_place(view: ServerView) -> PlaceOrder:
    """Read an order.

    Raises: `BadInput` for parameters that are missing, wrong, or mean what is not carried out;
    `NotFound("unknown_symbol")`.
    """
    return read_place(read_json(view.request.body), view.markets)


def read_place(found: Parameters, markets: Markets) -> PlaceOrder:
    """Read an order's parameters, from a request or a frame. Raises: as `decode_place`."""
    found.refuse_others(_READ)
    _check_plain(found)
    kind, side = found.choice("type", _TYPES, "limit"), found.choice("side", SIDES)
    time, post_only = found.choice("time_in_force", _TIMES, "gtc")
    by_cost, amount = is_by_cost(kind, side), found.need_amount("amount")
    is_limit = kind is OrderType.LIMIT
    if not is_limit and post_only:
        raise BadInput("malformed", field="time_in_force")
    # A market order is immediate whatever is said; only that it must fill whole is more.
    if not is_limit and time is not TimeInForce.FOK:
        time = TimeInForce.GTC
    return PlaceOrder(
        symbol=markets.get_by_id(found.need("currency_pair")).symbol,
        side=side,
        type=kind,
        quantity=None if by_cost else amount,
        price=found.need_amount("price") if is_limit else None,
        time_in_force=time,
        client_id=read_own_id(found.text("text")),
        quote_quantity=amount if by_cost else None,
        post_only=post_only,
    )


def _check_plain(found: Parameters) -> None:
    """Refuse what would make another order of it. Raises: `BadInput("malformed")`."""
    if found.text("account") not in {"", _ACCOUNT}:
        raise BadInput("malformed", field="account")
    if found.text("iceberg") not in {"", "0"}:
        raise BadInput("malformed", field="iceberg")
    for name in ("auto_borrow", "auto_repay"):
        if found.flag(name):
            raise BadInput("malformed", field=name)


def read_own_id(text: str) -> str:
    """Read the client's own id without its mark. Raises: `BadInput("malformed")`."""
    if text in {"", "-", _FROM_API}:
        return ""
    if not _OWN_ID.fullmatch(text):
        raise BadInput("malformed", field="text")
    return text.removeprefix(_OWN)


def encode_placed(_op: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Write the answer to an order: the order, with the status for what is new."""
    return values.success(order_row(result.order, view.markets), 201)


def decode_placed(_op: PlaceOrder, answer: WireAnswer, markets: Markets) -> Placed:
    """Read it."""
    return Placed(read_order(object_of(values.document_of(answer)), markets))


# -------------------------------------------------------------------------- cancel and look up
def encode_cancel(operation: CancelOrder, markets: Markets) -> WireRequest:
    """Write a cancel, by the exchange's id where we know it. Raises: `BadInput`."""
    return _about(operation, "DELETE", markets)


def encode_get(operation: GetOrder, markets: Markets) -> WireRequest:
    """Write the request for one order. Raises: `BadInput`."""
    return _about(operation, "GET", markets)


def _about(operation: CancelOrder | GetOrder, method: str, markets: Markets) -> WireRequest:
    name = operation.order_id or (operation.client_id and _OWN + operation.client_id)
    if not name:
        raise BadInput("missing_parameter", field="order_id")
    pair = values.id_of(operation.symbol, markets)
    return values.ask_signed(
        f"/spot/orders/{name}", {"account": _ACCOUNT, "currency_pair": pair}, method
    )


def decode_cancel(view: ServerView) -> CancelOrder:
    """Read a cancel. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    symbol, order_id, client_id = _named(view)
    return CancelOrder(symbol, order_id, client_id)


def decode_get(view: ServerView) -> GetOrder:
    """Read the request for one order. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    symbol, order_id, client_id = _named(view)
    return GetOrder(symbol, order_id, client_id)


def _named(view: ServerView) -> tuple[str, str, str]:
    found = read_query(view.request.query)
    return named_order(found, view.path_parameters.get("order_id", ""), view.markets)


def named_order(found: Parameters, name: str, markets: Markets) -> tuple[str, str, str]:
    """Read an order's pair, its id and the client's own id, of which one is empty.

    Raises: `BadInput`, `NotFound("unknown_symbol")`.
    """
    if found.text("account") not in {"", _ACCOUNT}:
        raise BadInput("malformed", field="account")
    symbol = markets.get_by_id(found.need("currency_pair")).symbol
    own = name.startswith(_OWN)
    return symbol, "" if own else name, read_own_id(name) if own else ""


def encode_order(_op: CancelOrder | GetOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write one order."""
    return values.success(order_row(result, view.markets))


def decode_order(_op: CancelOrder | GetOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read one order."""
    return read_order(object_of(values.document_of(answer)), markets)


# --------------------------------------------------------------------------------- order rows
def order_row(order: Order, markets: Markets) -> dict[str, object]:
    """Write an order."""
    market = markets.get(order.symbol)
    status, ended = _ENDS[order.status]
    amount, left = _amounts(order)
    fees = (market.base, market.quote) if order.side is Side.BUY else (market.quote, market.base)
    return {
        "id": order.order_id,
        "text": _OWN + order.client_id if order.client_id else _FROM_API,
        "amend_text": "-",
        "create_time": str(order.created_ms // 1_000),
        "update_time": str(order.updated_ms // 1_000),
        "create_time_ms": order.created_ms,
        "update_time_ms": order.updated_ms,
        "status": status,
        "currency_pair": market.id,
        "type": order.type.value,
        "account": _ACCOUNT,
        "side": order.side.value,
        "amount": plain(amount),
        "price": plain(order.price or ZERO),
        "time_in_force": _time_of(order),
        "iceberg": "0",
        "left": plain(left),
        "filled_amount": plain(order.filled),
        "fill_price": plain(order.filled_quote),
        "filled_total": plain(order.filled_quote),
        "avg_deal_price": values.average(order.filled_quote, order.filled),
        "fee": plain(order.fee),
        "fee_currency": order.fee_currency or fees[0],
        "point_fee": "0",
        "gt_fee": "0",
        "gt_maker_fee": "0",
        "gt_taker_fee": "0",
        "gt_discount": False,
        "rebated_fee": "0",
        "rebated_fee_currency": fees[1],
        "finish_as": ended,
        "stp_act": "-",
        "stp_id": 0,
    }


def _amounts(order: Order) -> tuple[Decimal, Decimal]:
    """Give what an order is about and how much of it is left, in the currency that it names."""
    if not is_by_cost(order.type, order.side):
        return order.quantity, order.remaining
    spend = order.filled_quote if order.quote_quantity is None else order.quote_quantity
    return spend, max(ZERO, spend - order.filled_quote)


def _time_of(order: Order) -> str:
    if order.type is OrderType.MARKET and order.time_in_force is TimeInForce.GTC:
        return TimeInForce.IOC.value
    return _POST_ONLY if order.post_only else order.time_in_force.value


def read_order(row: Mapping[str, Any], markets: Markets) -> Order:
    """Read an order. Raises: `BadInput`, `KeyError`, `NotFound("unknown_symbol")`."""
    market = markets.get_by_id(text_of(row["currency_pair"]))
    kind, side = _TYPES[row["type"]], SIDES[row["side"]]
    by_cost, amount = is_by_cost(kind, side), decimal_of(row["amount"])
    filled = _filled(row, by_cost=by_cost)
    time, post_only = _TIMES[row.get("time_in_force") or "gtc"]
    if kind is OrderType.MARKET and time is TimeInForce.IOC:
        time = TimeInForce.GTC
    created_ms = values.milliseconds(row["create_time_ms"])
    return Order(
        order_id=str(int_of(row["id"], "id")),
        client_id=_own_id_told(row.get("text")),
        symbol=market.symbol,
        side=side,
        type=kind,
        time_in_force=time,
        status=_read_status(row, filled),
        quantity=filled if by_cost else amount,
        price=decimal_of(row["price"]) if kind is OrderType.LIMIT else None,
        created_ms=created_ms,
        updated_ms=values.milliseconds(row.get("update_time_ms") or created_ms),
        filled=filled,
        filled_quote=decimal_of(row.get("filled_total") or "0"),
        fee=decimal_of(row.get("fee") or "0"),
        fee_currency=text_of(row.get("fee_currency") or ""),
        quote_quantity=amount if by_cost else None,
        post_only=post_only,
    )


def _filled(row: Mapping[str, Any], *, by_cost: bool) -> Decimal:
    told = row.get("filled_amount")
    if told is not None:
        return decimal_of(told)
    if not by_cost:
        return decimal_of(row["amount"]) - decimal_of(row["left"])
    average = decimal_of(row.get("avg_deal_price") or "0")
    return decimal_of(row["filled_total"]) / average if average else ZERO


def _own_id_told(text: object) -> str:
    # Orders made by hand or by the exchange have other words there; they are nobody's id.
    told = text if isinstance(text, str) else ""
    return told.removeprefix(_OWN) if told.startswith(_OWN) else ""


def _read_status(row: Mapping[str, Any], filled: Decimal) -> OrderStatus:
    status = _STATUSES[row.get("finish_as") or row["status"]]
    return OrderStatus.PARTIALLY_FILLED if status is OrderStatus.OPEN and filled else status
