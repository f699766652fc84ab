"""Orders as Coinbase tells them: one row each, its kind told by the name of its configuration.

Placing stands in `placing.py`, lists in `history.py`.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import CancelOrder, GetOrder
from drawbridge.core.orders import (
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from drawbridge.exchanges.coinbase.codec import values
from drawbridge.wire.bare_orders import bare_order
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, list_of, object_of, parse_object, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment
from drawbridge.wire.parameters import Parameters, read_json

GTC: Final = "limit_limit_gtc"
FOK: Final = "limit_limit_fok"
IOC: Final = "sor_limit_ioc"
STOP: Final = "stop_limit_stop_limit_gtc"
MARKET: Final = "market_market_ioc"

_TIMES: Final = MappingProxyType(
    {GTC: TimeInForce.GTC, STOP: TimeInForce.GTC, IOC: TimeInForce.IOC, FOK: TimeInForce.FOK}
)
_LIMITS: Final = MappingProxyType(
    {TimeInForce.GTC: GTC, TimeInForce.IOC: IOC, TimeInForce.FOK: FOK}
)
_TIME_TEXTS: Final = MappingProxyType(
    {
        TimeInForce.GTC: "GOOD_UNTIL_CANCELLED",
        TimeInForce.IOC: "IMMEDIATE_OR_CANCEL",
        TimeInForce.FOK: "FILL_OR_KILL",
    }
)
_TIMES_TOLD: Final = MappingProxyType({text: time for time, text in _TIME_TEXTS.items()})
_UP: Final = "STOP_DIRECTION_STOP_UP"
_DOWN: Final = "STOP_DIRECTION_STOP_DOWN"
# Which way the price must come, by what the order does and what it waits for.
_DIRECTIONS: Final = MappingProxyType(
    {
        (Side.BUY, TriggerKind.STOP): _UP,
        (Side.SELL, TriggerKind.STOP): _DOWN,
        (Side.BUY, TriggerKind.TAKE_PROFIT): _DOWN,
        (Side.SELL, TriggerKind.TAKE_PROFIT): _UP,
    }
)
_KINDS: Final = MappingProxyType(
    {(side, direction): kind for (side, kind), direction in _DIRECTIONS.items()}
)
SIDES: Final = MappingProxyType({side.name: side for side in Side})
STATUS_TEXTS: Final = MappingProxyType(
    {
        OrderStatus.OPEN: "OPEN",
        OrderStatus.PARTIALLY_FILLED: "OPEN",
        OrderStatus.FILLED: "FILLED",
        OrderStatus.CANCELLED: "CANCELLED",
        OrderStatus.EXPIRED: "EXPIRED",
        OrderStatus.REJECTED: "FAILED",
    }
)
_STATUSES: Final = MappingProxyType(
    {
        "PENDING": OrderStatus.OPEN,
        "QUEUED": OrderStatus.OPEN,
        "OPEN": OrderStatus.OPEN,
        "CANCEL_QUEUED": OrderStatus.OPEN,
        "EDIT_QUEUED": OrderStatus.OPEN,
        "FILLED": OrderStatus.FILLED,
        "CANCELLED": OrderStatus.CANCELLED,
        "EXPIRED": OrderStatus.EXPIRED,
        "FAILED": OrderStatus.REJECTED,
    }
)
_USER: Final = "00000000-0000-4000-8000-000000000001"
_PERCENT: Final = 100


# ------------------------------------------------------------------------------------ configuration
def configuration(order: Order) -> dict[str, dict[str, object]]:
    """Write what an order asks for."""
    if order.type is OrderType.MARKET:
        if order.quote_quantity is not None:
            return {MARKET: {"quote_size": plain(order.quote_quantity)}}
        return {MARKET: {"base_size": plain(order.quantity)}}
    limits: dict[str, object] = {
        "base_size": plain(order.quantity),
        "limit_price": plain(order.price or ZERO),
    }
    if order.trigger is not None:
        limits["stop_price"] = plain(order.trigger.price)
        limits["stop_direction"] = _DIRECTIONS[order.side, order.trigger.kind]
        return {STOP: limits}
    if order.time_in_force is TimeInForce.GTC:
        limits["post_only"] = order.post_only
    return {_LIMITS[order.time_in_force]: limits}


def read_trigger(side: Side, limits: Parameters) -> Trigger:
    """Read what a conditional order waits for. Raises: `BadInput`."""
    direction = limits.need("stop_direction")
    if (side, direction) not in _KINDS:
        raise BadInput("malformed", field="stop_direction")
    return Trigger(_KINDS[side, direction], limits.need_amount("stop_price"))


def read_time(name: str) -> TimeInForce:
    """Read how long an order of this configuration waits; a market order does not matter."""
    return _TIMES.get(name, TimeInForce.GTC)


def read_time_text(text: object) -> TimeInForce:
    """Read the same in an order's own words, of which unknown ones do not matter."""
    return _TIMES_TOLD.get(str(text), TimeInForce.GTC)


def read_status(text: str, filled: Decimal) -> OrderStatus:
    """Read where an order stands; a part that is filled is told by its amount only."""
    status = _STATUSES[text]
    return OrderStatus.PARTIALLY_FILLED if status is OrderStatus.OPEN and filled else status


# ---------------------------------------------------------------------------------------- rows
def order_row(order: Order, markets: Markets) -> dict[str, object]:
    """Write an order."""
    by_cost = order.quote_quantity is not None
    whole = order.quote_quantity if order.quote_quantity is not None else order.quantity
    done = order.filled_quote if by_cost else order.filled
    waits = order.trigger is not None
    total = order.filled_quote + (order.fee if order.side is Side.BUY else -order.fee)
    return {
        "order_id": order.order_id,
        "product_id": markets.get(order.symbol).id,
        "user_id": _USER,
        "order_configuration": configuration(order),
        "side": order.side.name,
        "client_order_id": order.client_id,
        "status": STATUS_TEXTS[order.status],
        "time_in_force": time_text(order),
        "created_time": values.told(order.created_ms),
        "completion_percentage": values.share(done * _PERCENT, whole, 2),
        "filled_size": plain(order.filled),
        "average_filled_price": values.share(order.filled_quote, order.filled, 16),
        "fee": "",
        "number_of_fills": str(len(order.trade_ids)),
        "filled_value": plain(order.filled_quote),
        "pending_cancel": False,
        "size_in_quote": by_cost,
        "total_fees": plain(order.fee),
        "size_inclusive_of_fees": by_cost,
        "total_value_after_fees": plain(total),
        "trigger_status": _trigger_status(order),
        "order_type": "STOP_LIMIT" if waits else order.type.name,
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "settled": order.status.is_final,
        "product_type": "SPOT",
        "reject_message": "",
        "cancel_message": "",
        "order_placement_source": "RETAIL_ADVANCED",
        "outstanding_hold_amount": plain(outstanding(order)),
        "is_liquidation": False,
        "last_fill_time": values.told(order.updated_ms) if order.filled else None,
        "edit_history": [],
        "leverage": "",
        "margin_type": "UNKNOWN_MARGIN_TYPE",
        "retail_portfolio_id": "",
    }


def read_order(row: Mapping[str, Any], markets: Markets) -> Order:
    """Read an order. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    market = markets.get_by_id(text_of(row["product_id"]))
    ((name, limits),) = object_of(row["order_configuration"]).items()
    side, found = SIDES[text_of(row["side"])], Parameters(object_of(limits))
    created_ms = parse_moment(text_of(row["created_time"]))
    last_fill, filled = row.get("last_fill_time"), decimal_of(row["filled_size"])
    fee = decimal_of(row.get("total_fees") or "0")
    triggered = row.get("trigger_status") == "STOP_TRIGGERED"
    return Order(
        order_id=text_of(row["order_id"]),
        client_id=text_of(row.get("client_order_id") or ""),
        symbol=market.symbol,
        side=side,
        type=OrderType.MARKET if name == MARKET else OrderType.LIMIT,
        time_in_force=read_time(name),
        status=read_status(text_of(row["status"]), filled),
        quantity=found.amount("base_size") or ZERO,
        price=found.amount("limit_price"),
        created_ms=created_ms,
        updated_ms=parse_moment(text_of(last_fill)) if last_fill else created_ms,
        filled=filled,
        filled_quote=decimal_of(row["filled_value"]),
        fee=fee,
        fee_currency=market.quote if fee else "",
        quote_quantity=found.amount("quote_size"),
        post_only=found.flag("post_only"),
        trigger=read_trigger(side, found) if "stop_price" in found else None,
        triggered_ms=created_ms if triggered else 0,
    )


def time_text(order: Order) -> str:
    """Write how long an order waits."""
    if order.type is OrderType.MARKET:
        return _TIME_TEXTS[TimeInForce.IOC]
    return _TIME_TEXTS[order.time_in_force]


def _trigger_status(order: Order) -> str:
    if order.trigger is None:
        return "INVALID_ORDER_TYPE"
    return "STOP_TRIGGERED" if order.triggered_ms else "STOP_PENDING"


def outstanding(order: Order) -> Decimal:
    """Give what an open order still holds, without its fee."""
    if order.status.is_final or order.price is None:
        return ZERO
    return order.remaining * order.price if order.side is Side.BUY else order.remaining


# ------------------------------------------------------------------------------------- one order
def encode_get(operation: GetOrder, _markets: Markets) -> WireRequest:
    """Write the question for one order.

    Raises: `BadInput("order_id_needed")`: Coinbase finds an order by its own id only; by ours the
    lists are searched.
    """
    if not operation.order_id:
        raise BadInput("order_id_needed", field="order_id")
    return values.get(values.V3 + b"orders/historical/" + operation.order_id.encode("ascii"))


def decode_get(view: ServerView) -> GetOrder:
    """Read it."""
    return GetOrder(order_id=view.path_parameters["order_id"])


def encode_get_answer(_op: GetOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write the order."""
    return values.ok({"order": order_row(result, view.markets)})


def decode_get_answer(_op: GetOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read the order."""
    return read_order(object_of(parse_object(answer.body)["order"]), markets)


def encode_cancel(operation: CancelOrder, _markets: Markets) -> WireRequest:
    """Write a cancel. Raises: `BadInput("order_id_needed")`, as when asking for one."""
    if not operation.order_id:
        raise BadInput("order_id_needed", field="order_id")
    return values.post(values.V3 + b"orders/batch_cancel", {"order_ids": [operation.order_id]})


def decode_cancel(view: ServerView) -> CancelOrder:
    """Read a cancel of one order; several at once are not carried out here. Raises: `BadInput`."""
    ids = read_json(view.request.body).value("order_ids")
    if not ids:
        raise BadInput("missing_parameter", field="order_ids")
    if len(list_of(ids, "order_ids")) > 1:
        raise BadInput("malformed", field="order_ids")
    return CancelOrder(order_id=text_of(ids[0], "order_ids"))


def encode_cancelled(operation: CancelOrder, result: Order, _view: ServerView) -> WireAnswer:
    """Write that an order was cancelled."""
    row = {
        "success": True,
        "failure_reason": "UNKNOWN_CANCEL_FAILURE_REASON",
        "order_id": result.order_id or operation.order_id,
    }
    return values.ok({"results": [row]})


def decode_cancelled(operation: CancelOrder, answer: WireAnswer, _markets: Markets) -> Order:
    """Read that it was cancelled; nothing else is told about the order."""
    (row,) = list_of(parse_object(answer.body)["results"])
    if object_of(row)["success"] is not True:
        raise BadInput("malformed", field="success")
    return bare_order(
        operation.order_id or text_of(row["order_id"]), operation.client_id, operation.symbol
    )
