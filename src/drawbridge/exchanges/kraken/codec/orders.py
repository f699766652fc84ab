"""Orders as Kraken tells them, and what is done with one: cancelled, looked up.

Placing stands in `placing.py`, lists of orders in `account.py`.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.markets import Market, Markets
from drawbridge.core.money import ZERO, places_of
from drawbridge.core.operations import CancelAllOrders, CancelOrder, GetOrder, PlaceOrder
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.exchanges.kraken.codec import names, values
from drawbridge.exchanges.kraken.codec.conditional import (
    CONDITIONAL_WORDS,
    conditional_row,
    has_come,
    prices_of,
    read_limit,
    read_trigger,
    type_word,
)
from drawbridge.wire.bare_orders import bare_order
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.text import encoded

_SIDES: Final = {side.value: side for side in Side}
_TIMES: Final = {time.name: time for time in TimeInForce}

# Free text of up to 18 characters, or a UUID with or without its dashes.
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,18}|[0-9a-fA-F]{32}|[0-9a-fA-F-]{36}")
# The older number that a client may give instead; it stands behind this mark in our client id,
# which no client order id can contain.
_USERREF: Final = "userref:"
_REFERENCE: Final = re.compile(r"-?[0-9]{1,10}")

_STATUS_TEXTS: Final[Mapping[OrderStatus, str]] = MappingProxyType(
    {
        OrderStatus.OPEN: "open",
        OrderStatus.PARTIALLY_FILLED: "open",
        OrderStatus.FILLED: "closed",
        OrderStatus.CANCELLED: "canceled",
        OrderStatus.REJECTED: "canceled",
        OrderStatus.EXPIRED: "expired",
    }
)
_STATUSES: Final[Mapping[str, OrderStatus]] = MappingProxyType(
    {
        "pending": OrderStatus.OPEN,
        "open": OrderStatus.OPEN,
        "closed": OrderStatus.FILLED,
        "canceled": OrderStatus.CANCELLED,
        "expired": OrderStatus.EXPIRED,
    }
)


# ------------------------------------------------------------------------------------ shared
def described(order: Order | PlaceOrder, volume: Decimal, market: Market) -> str:
    """Say an order in one line, from which clients read its parts: they split it at blanks."""
    side, places = order.side.value, places_of(market.price_tick)
    told = f"{side} {values.padded(volume, values.LOT_PLACES)} {names.pair_altname(market)} @"
    limit = None if order.price is None else values.padded(order.price, places)
    if order.trigger is None:
        return f"{told} market" if limit is None else f"{told} limit {limit}"
    waits_for = CONDITIONAL_WORDS[order.trigger.kind, OrderType.MARKET].replace("-", " ")
    told = f"{told} {waits_for} {values.padded(order.trigger.price, places)}"
    return told if limit is None else f"{told} -> limit {limit}"


def read_client_id(found: values.Parameters) -> str:
    """Read the sender's own id of an order, nothing where it has none. Raises: `BadInput`."""
    client_id, reference = found.get("cl_ord_id", ""), found.get("userref", "")
    if client_id and not _CLIENT_ID.fullmatch(client_id):
        raise BadInput("malformed", field="cl_ord_id")
    if reference in {"", "0"}:
        return client_id
    if client_id or not _REFERENCE.fullmatch(reference):
        raise BadInput("malformed", field="userref")
    return _USERREF + reference


# ------------------------------------------------------------------------------------- cancel
def encode_cancel(operation: CancelOrder, _markets: Markets) -> WireRequest:
    """Write a cancel, by the exchange's id where we know it."""
    if operation.order_id:
        return values.private(b"CancelOrder", f"txid={encoded(operation.order_id)}")
    if operation.client_id:
        return values.private(b"CancelOrder", f"cl_ord_id={encoded(operation.client_id)}")
    raise BadInput("missing_parameter", field="order_id")


def decode_cancel(view: ServerView) -> CancelOrder:
    """Read a cancel. Raises: `BadInput`."""
    found = values.read_body(view)
    if client_id := read_client_id(found):
        return CancelOrder(client_id=client_id)
    text = found.get("txid", "")
    if not text:
        raise BadInput("missing_parameter", field="txid")
    if _REFERENCE.fullmatch(text):
        return CancelOrder(client_id=_USERREF + text)
    return CancelOrder(order_id=text)


def encode_cancelled(_op: CancelOrder, _result: Order, _view: ServerView) -> WireAnswer:
    """Write that one order was cancelled."""
    return WireAnswer(200, b'{"error":[],"result":{"count":1}}')


def decode_cancelled(operation: CancelOrder, answer: WireAnswer, _markets: Markets) -> Order:
    """Read how many were cancelled; Kraken tells nothing else about the order.

    Raises: `NotFound("unknown_order_cancel")` where none was.
    """
    result = values.result_of(answer)
    if int(result["count"]) < 1:
        raise NotFound("unknown_order_cancel")
    # A cancel that is still pending may lose against a fill.
    pending = bool(result.get("pending"))
    return bare_order(
        operation.order_id,
        operation.client_id,
        operation.symbol,
        OrderStatus.OPEN if pending else OrderStatus.CANCELLED,
    )


def encode_cancel_all(operation: CancelAllOrders, _markets: Markets) -> WireRequest:
    """Write a cancel of everything. Raises: `BadInput("unsupported_operation")` for one pair."""
    if operation.symbol:
        raise BadInput("unsupported_operation", field="symbol")
    return values.private(b"CancelAll")


def decode_cancel_all(view: ServerView) -> CancelAllOrders:
    """Read it. Raises: `BadInput`."""
    values.read_body(view)
    return CancelAllOrders()


def encode_all_cancelled(
    _op: CancelAllOrders, result: tuple[Order, ...], _view: ServerView
) -> WireAnswer:
    """Write how many were cancelled."""
    return WireAnswer(200, b'{"error":[],"result":{"count":%d}}' % len(result))


def decode_all_cancelled(
    _op: CancelAllOrders, answer: WireAnswer, _markets: Markets
) -> tuple[Order, ...]:
    """Read that it is done: Kraken tells how many there were, and nothing about any of them."""
    int(values.result_of(answer)["count"])
    return ()


# ------------------------------------------------------------------------------- look one up
def encode_query(operation: GetOrder, _markets: Markets) -> WireRequest:
    """Write the request for one order.

    Raises: `BadInput("order_id_needed")`: Kraken finds an order by its own id only; by ours the
    lists of open and past orders are searched.
    """
    if not operation.order_id:
        raise BadInput("order_id_needed", field="order_id")
    return values.private(b"QueryOrders", f"trades=True&txid={encoded(operation.order_id)}")


def decode_query(view: ServerView) -> GetOrder:
    """Read it; one id at a time. Raises: `BadInput`."""
    text = values.read_body(view).get("txid", "")
    if not text:
        raise BadInput("missing_parameter", field="txid")
    if "," in text:
        raise BadInput("malformed", field="txid")
    return GetOrder(order_id=text)


def encode_queried(_op: GetOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write one order under its id."""
    return values.success({result.order_id: order_row(result, view.markets)})


def decode_queried(operation: GetOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read it. Raises: `NotFound("unknown_order")` where the answer leaves it out."""
    row = values.result_of(answer).get(operation.order_id)
    if row is None:
        raise NotFound("unknown_order", order_id=operation.order_id)
    return read_order(operation.order_id, row, markets)


# -------------------------------------------------------------------------------- order rows
def order_row(order: Order, markets: Markets) -> dict[str, object]:
    """Write an order as Kraken's lists hold it."""
    market = markets.get(order.symbol)
    places = places_of(market.price_tick)
    by_cost = order.quote_quantity is not None and not order.status.is_final
    volume = order.quote_quantity if by_cost else order.quantity
    vol = volume or order.filled
    userref = order.client_id.removeprefix(_USERREF)
    is_reference = userref != order.client_id
    average = order.average_price or ZERO
    row: dict[str, object] = {
        "refid": None,
        "userref": int(userref) if is_reference else None,
        "cl_ord_id": None if is_reference else order.client_id or None,
        "status": _STATUS_TEXTS[order.status],
        "opentm": values.seconds(order.created_ms),
        "starttm": 0,
        "expiretm": 0,
        "descr": {
            "pair": names.pair_altname(market),
            "aclass": "forex",
            "type": order.side.value,
            "ordertype": type_word(order),
            **prices_of(order, places),
            "leverage": "none",
            "order": described(order, vol, market),
            "close": "",
        },
        "vol": values.padded(vol, values.LOT_PLACES),
        "vol_exec": values.padded(order.filled, values.LOT_PLACES),
        "cost": values.padded(order.filled_quote, values.COST_PLACES),
        "fee": values.padded(order.fee, values.COST_PLACES),
        "price": values.padded(average, places),
        "stopprice": "0.00000",
        "limitprice": "0.00000",
        "misc": "",
        **conditional_row(order, places),
        "oflags": _flags_of(order, market, by_cost=by_cost),
        "trades": list(order.trade_ids),
    }
    if order.status.is_final:
        row["closetm"] = values.seconds(order.updated_ms)
        row["reason"] = "User requested" if order.status is OrderStatus.CANCELLED else None
    return row


def _flags_of(order: Order, market: Market, *, by_cost: bool) -> str:
    flags = "fcib" if order.fee_currency == market.base else "fciq"
    if order.post_only:
        flags += ",post"
    return flags + ",viqc" if by_cost else flags


def read_order(order_id: str, row: Mapping[str, object], markets: Markets) -> Order:
    """Read an order out of Kraken's lists. Raises: whatever strange rows make it raise."""
    descr = row["descr"]
    if not isinstance(descr, dict):
        message = "an order without description"
        raise TypeError(message)
    market = markets.get_by_id(descr["pair"])
    flags = values.text_of(row["oflags"]).split(",")
    filled, kind = values.amount(row["vol_exec"]), _read_type(descr["ordertype"])
    trigger = read_trigger(row, descr)
    by_cost, volume = "viqc" in flags, values.amount(row["vol"])
    created_ms = values.milliseconds(row["opentm"])
    updated_ms = values.milliseconds(row["closetm"]) if row.get("closetm") else created_ms
    trades = row.get("trades") or []
    if not isinstance(trades, list):
        message = "trades are no list"
        raise TypeError(message)
    return Order(
        order_id=order_id,
        client_id=_client_id_of(row),
        symbol=market.symbol,
        side=_SIDES[descr["type"]],
        type=kind,
        time_in_force=_TIMES.get(str(row.get("timeinforce")), TimeInForce.GTC),
        status=_read_status(row, filled),
        quantity=ZERO if by_cost else volume,
        price=read_limit(descr, kind, trigger),
        created_ms=created_ms,
        updated_ms=updated_ms,
        filled=filled,
        filled_quote=values.amount(row["cost"]),
        fee=values.amount(row["fee"]),
        fee_currency=market.base if "fcib" in flags else market.quote,
        quote_quantity=volume if by_cost else None,
        post_only="post" in flags,
        trade_ids=tuple(values.text_of(trade) for trade in trades),
        trigger=trigger,
        # When the price came is not told, only that it did.
        triggered_ms=updated_ms if trigger is not None and has_come(row, trigger) else 0,
    )


def matches(order: Order, found: values.Parameters) -> bool:
    """Tell whether an order is among those that a list's parameters ask for."""
    client_id, reference = found.get("cl_ord_id", ""), found.get("userref", "")
    if client_id and order.client_id != client_id:
        return False
    return reference in {"", "0"} or order.client_id == _USERREF + reference


def _read_type(text: object) -> OrderType:
    # Stops and the like, which a person may have placed by hand: what they become is in the name.
    kind = values.text_of(text)
    return OrderType.LIMIT if kind.endswith("limit") else OrderType.MARKET


def _read_status(row: Mapping[str, object], filled: Decimal) -> OrderStatus:
    status = _STATUSES[values.text_of(row["status"])]
    return OrderStatus.PARTIALLY_FILLED if status is OrderStatus.OPEN and filled else status


def _client_id_of(row: Mapping[str, object]) -> str:
    client_id, reference = row.get("cl_ord_id"), row.get("userref")
    if client_id:
        return values.text_of(client_id)
    return f"{_USERREF}{reference}" if reference else ""
