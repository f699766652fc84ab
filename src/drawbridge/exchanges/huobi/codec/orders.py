"""Orders as HTX tells them, and what is done with one: placed, cancelled, looked up.

The answer to an order is its id and nothing else. What would change an order's meaning and is not
carried out here (other accounts than spot, borrowing) is refused.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import CancelOrder, GetOrder, Placed, PlaceOrder
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce, Trigger
from drawbridge.exchanges.huobi.codec import values
from drawbridge.exchanges.huobi.codec.kinds import (
    is_by_cost,
    read_kind,
    read_operator,
    write_kind,
    write_operator,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.naming import ACCOUNT, mark
from drawbridge.wire.parameters import Parameters, read_json, read_query

_READ: Final = frozenset(
    {
        *("account-id", "symbol", "type", "amount", "price", "source", "client-order-id"),
        *("stop-price", "operator", "self-match-prevent"),
    }
)
_OWN_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_SOURCES: Final = frozenset({"", "api", "spot-api"})
# What a cancel by the client's own id is answered with: how the order stood.
_CANCELLED: Final = 7
_CANCELLING: Final = 10
_CANCELLED_ALL: Final = frozenset({5, _CANCELLED, _CANCELLING})

STATES: Final[Mapping[OrderStatus, str]] = MappingProxyType(
    {
        OrderStatus.OPEN: "submitted",
        OrderStatus.PARTIALLY_FILLED: "partial-filled",
        OrderStatus.FILLED: "filled",
        OrderStatus.CANCELLED: "canceled",
        OrderStatus.EXPIRED: "canceled",
        OrderStatus.REJECTED: "canceled",
    }
)
_STATUSES: Final[Mapping[str, OrderStatus]] = MappingProxyType(
    {
        "created": OrderStatus.OPEN,
        "pre-submitted": OrderStatus.OPEN,
        "submitted": OrderStatus.OPEN,
        "canceling": OrderStatus.OPEN,
        "partial-filled": OrderStatus.PARTIALLY_FILLED,
        "filled": OrderStatus.FILLED,
        "partial-canceled": OrderStatus.CANCELLED,
        "canceled": OrderStatus.CANCELLED,
    }
)


# -------------------------------------------------------------------------------------- place
def encode_place(operation: PlaceOrder, markets: Markets) -> WireRequest:
    """Write an order, its parameters in the order in which ccxt writes them.

    Raises: `BadInput("unsupported_order")` for what HTX has no words for.
    """
    market, is_limit = markets.get(operation.symbol), operation.type is OrderType.LIMIT
    if operation.dry_run or operation.leverage is not None:
        raise BadInput("unsupported_order", field="dry_run")
    if is_limit and operation.price is None:
        raise BadInput("unsupported_order", field="price")
    by_cost = is_by_cost(operation.type, operation.side)
    amount = operation.quote_quantity if by_cost else operation.quantity
    if amount is None:
        raise BadInput("unsupported_order", field="quote_quantity" if by_cost else "quantity")
    waits = operation.trigger
    operator = None if waits is None else write_operator(operation.side, waits.kind)
    return values.command(
        "/v1/order/orders/place",
        {
            "account-id": mark(ACCOUNT),
            "symbol": market.id,
            "stop-price": None if waits is None else plain(waits.price),
            "operator": operator,
            "type": write_kind(operation),
            "client-order-id": operation.client_id or None,
            "amount": plain(amount),
            "price": plain(operation.price) if is_limit and operation.price else None,
        },
    )


def decode_place(view: ServerView) -> PlaceOrder:
    """Read an order.

    Raises: `BadInput` for parameters that are missing, wrong, or mean what is not carried out;
    `NotFound("unknown_symbol")`.
    """
    found = read_json(view.request.body)
    found.refuse_others(_READ)
    check_account(found)
    if found.text("source") not in _SOURCES:
        raise BadInput("malformed", field="source")
    side, kind = read_kind(found.need("type"))
    by_cost, amount = is_by_cost(kind.type, side), found.need_amount("amount")
    return PlaceOrder(
        symbol=view.markets.get_by_id(found.need("symbol")).symbol,
        side=side,
        type=kind.type,
        quantity=None if by_cost else amount,
        price=found.need_amount("price") if kind.type is OrderType.LIMIT else None,
        time_in_force=kind.time_in_force,
        client_id=read_own_id(found.text("client-order-id")),
        quote_quantity=amount if by_cost else None,
        post_only=kind.post_only,
        trigger=_read_trigger(found, side, waits=kind.waits),
    )


def _read_trigger(found: Parameters, side: Side, *, waits: bool) -> Trigger | None:
    if waits:
        operator = read_operator(side, found.need("operator"))
        return Trigger(operator, found.need_amount("stop-price"))
    if "stop-price" in found:
        raise BadInput("malformed", field="stop-price")
    return None


def check_account(found: Parameters) -> None:
    """Refuse what cannot be the number of an account. Raises: `BadInput`."""
    told = found.need("account-id")
    # The mark stands where our own side has not put in the number yet.
    if not (told.isascii() and told.isdigit()) and told != mark(ACCOUNT):
        raise BadInput("malformed", field="account-id")


def read_own_id(text: str) -> str:
    """Read the client's own id, nothing where there is none. Raises: `BadInput("malformed")`."""
    if text and not _OWN_ID.fullmatch(text):
        raise BadInput("malformed", field="client-order-id")
    return text


def encode_placed(_op: PlaceOrder, result: Placed, _view: ServerView) -> WireAnswer:
    """Write the answer to an order: its id."""
    return values.success(result.order.order_id)


def decode_placed(operation: PlaceOrder, answer: WireAnswer, _markets: Markets) -> Placed:
    """Read it; how the order stands is not told."""
    return Placed(operation.as_order(str(int_of(values.data_of(answer), "data"))))


# ------------------------------------------------------------------------------------- cancel
def encode_cancel(operation: CancelOrder, _markets: Markets) -> WireRequest:
    """Write a cancel, by the exchange's id where we know it. Raises: `BadInput`."""
    if operation.order_id:
        return values.command(f"/v1/order/orders/{operation.order_id}/submitcancel", {})
    if operation.client_id:
        told = {"client-order-id": operation.client_id}
        return values.command("/v1/order/orders/submitCancelClientOrder", told)
    raise BadInput("missing_parameter", field="order-id")


def decode_cancel(view: ServerView) -> CancelOrder:
    """Read a cancel by the exchange's id. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    symbol = values.symbol_in(view.markets, read_json(view.request.body).text("symbol"))
    return CancelOrder(symbol, order_id=view.path_parameters.get("order_id", ""))


def decode_cancel_own(view: ServerView) -> CancelOrder:
    """Read a cancel by the client's own id. Raises: `BadInput`."""
    return CancelOrder(client_id=read_own_id(read_json(view.request.body).need("client-order-id")))


def encode_cancelled(_op: CancelOrder, result: Order, _view: ServerView) -> WireAnswer:
    """Write which order was cancelled."""
    return values.success(result.order_id)


def encode_cancelled_own(_op: CancelOrder, _result: Order, _view: ServerView) -> WireAnswer:
    """Write how the order stands now."""
    return values.success(_CANCELLED)


def decode_cancelled(operation: CancelOrder, answer: WireAnswer, _markets: Markets) -> Order:
    """Read that an order was cancelled; HTX tells nothing else about it.

    Raises: `NotFound("unknown_order_cancel")` where there was nothing to cancel.
    """
    told = int_of(values.data_of(answer), "data")
    is_own = not operation.order_id
    if is_own and told not in _CANCELLED_ALL:
        raise NotFound("unknown_order_cancel")
    # A cancel that is still under way may lose against a fill.
    pending = is_own and told == _CANCELLING
    return Order(
        order_id=operation.order_id,
        client_id=operation.client_id,
        symbol=operation.symbol,
        side=Side.BUY,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        status=OrderStatus.OPEN if pending else OrderStatus.CANCELLED,
        quantity=ZERO,
        price=None,
        created_ms=0,
        updated_ms=0,
    )


# -------------------------------------------------------------------------------- look one up
def encode_get(operation: GetOrder, _markets: Markets) -> WireRequest:
    """Write the request for one order. Raises: `BadInput`."""
    if operation.order_id:
        return values.ask_signed(f"/v1/order/orders/{operation.order_id}", {})
    if operation.client_id:
        told = {"clientOrderId": operation.client_id}
        return values.ask_signed("/v1/order/orders/getClientOrder", told)
    raise BadInput("missing_parameter", field="order-id")


def decode_get(view: ServerView) -> GetOrder:
    """Read it."""
    return GetOrder(order_id=view.path_parameters.get("order_id", ""))


def decode_get_own(view: ServerView) -> GetOrder:
    """Read the request for one order by the client's own id. Raises: `BadInput`."""
    return GetOrder(client_id=read_own_id(read_query(view.request.query).need("clientOrderId")))


def encode_order(_op: GetOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write one order."""
    return values.success(order_row(result, view.markets, "field"))


def decode_order(_op: GetOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read one order."""
    return read_order(object_of(values.data_of(answer)), markets)


# --------------------------------------------------------------------------------- order rows
def order_row(order: Order, markets: Markets, filled: str) -> dict[str, object]:
    """Write an order; what was filled is called `field-…` (sic) or, where open, `filled-…`."""
    row: dict[str, object] = {
        "id": int(order.order_id),
        "symbol": markets.get(order.symbol).id,
        "client-order-id": order.client_id,
        "amount": plain(_amount(order)),
        "market-amount": "0",
        "ice-amount": "0",
        "is-ice": False,
        "price": plain(order.price or ZERO),
        "created-at": order.created_ms,
        "type": write_kind(order),
        f"{filled}-amount": plain(order.filled),
        f"{filled}-cash-amount": plain(order.filled_quote),
        f"{filled}-fees": plain(order.fee),
        "finished-at": order.updated_ms if order.status.is_final else 0,
        "updated-at": order.updated_ms,
        "canceled-at": order.updated_ms if STATES[order.status] == "canceled" else 0,
        "source": "spot-api",
        "state": state_of(order),
    }
    if order.trigger is not None:
        operator = write_operator(order.side, order.trigger.kind)
        row |= {"stop-price": plain(order.trigger.price), "operator": operator}
    return row


def state_of(order: Order) -> str:
    """Give the word for how an order stands."""
    if order.waits:
        return "created"
    state = STATES[order.status]
    return f"partial-{state}" if state == "canceled" and order.filled else state


def read_state(word: str) -> OrderStatus:
    """Read how an order stands. Raises: `KeyError` for a word that is not known."""
    return _STATUSES[word]


def _amount(order: Order) -> Decimal:
    if not is_by_cost(order.type, order.side):
        return order.quantity
    return order.filled_quote if order.quote_quantity is None else order.quote_quantity


def read_order(row: Mapping[str, Any], markets: Markets) -> Order:
    """Read an order. Raises: `BadInput`, `KeyError`, `NotFound("unknown_symbol")`."""
    market = markets.get_by_id(text_of(row["symbol"]))
    side, kind = read_kind(text_of(row["type"]))
    by_cost, amount = is_by_cost(kind.type, side), decimal_of(row["amount"])
    filled = _filled(row, "amount")
    trigger = None
    if kind.waits:
        operator = read_operator(side, text_of(row["operator"]))
        trigger = Trigger(operator, decimal_of(row["stop-price"]))
    created_ms = int_of(row["created-at"], "created-at")
    updated_ms = row.get("finished-at") or row.get("updated-at") or created_ms
    status = _STATUSES[row["state"]]
    was_triggered = trigger is not None and row["state"] != "created" and not status.is_final
    return Order(
        order_id=str(int_of(row["id"], "id")),
        client_id=text_of(row.get("client-order-id") or ""),
        symbol=market.symbol,
        side=side,
        type=kind.type,
        time_in_force=kind.time_in_force,
        status=status,
        quantity=filled if by_cost else amount,
        price=decimal_of(row["price"]) if kind.type is OrderType.LIMIT else None,
        created_ms=created_ms,
        updated_ms=int_of(updated_ms, "updated-at"),
        filled=filled,
        filled_quote=_filled(row, "cash-amount"),
        fee=_filled(row, "fees"),
        fee_currency=market.base if side is Side.BUY else market.quote,
        quote_quantity=amount if by_cost else None,
        post_only=kind.post_only,
        trigger=trigger,
        triggered_ms=created_ms if was_triggered else 0,
    )


def _filled(row: Mapping[str, Any], name: str) -> Decimal:
    told = row.get(f"field-{name}")
    return decimal_of(row[f"filled-{name}"] if told is None else told)
