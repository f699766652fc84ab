"""Orders as Bybit tells them, and placing or checking one.

An order to buy at the market names what to spend, unless it says that it is in the base currency.
What would change an order's meaning and is not carried out here (borrowing, attached ends) is
refused. Cancelling stands in `cancelling.py`, lists in `history.py`.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import Placed, PlaceOrder
from drawbridge.core.orders import (
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from drawbridge.exchanges.bybit.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters, read_json

SIDES: Final = MappingProxyType({"Buy": Side.BUY, "Sell": Side.SELL})
SIDE_TEXTS: Final = MappingProxyType({side: text for text, side in SIDES.items()})
_TYPES: Final = MappingProxyType({"Limit": OrderType.LIMIT, "Market": OrderType.MARKET})
_TYPE_TEXTS: Final = MappingProxyType({kind: text for text, kind in _TYPES.items()})
_POST_ONLY: Final = "PostOnly"
_TIMES: Final = MappingProxyType(
    {**{time.name: time for time in TimeInForce}, _POST_ONLY: TimeInForce.GTC}
)
_RISES: Final = 1
_FALLS: Final = 2
_DIRECTIONS: Final = MappingProxyType(
    {
        (Side.BUY, TriggerKind.STOP): _RISES,
        (Side.SELL, TriggerKind.STOP): _FALLS,
        (Side.BUY, TriggerKind.TAKE_PROFIT): _FALLS,
        (Side.SELL, TriggerKind.TAKE_PROFIT): _RISES,
    }
)
_KINDS: Final = MappingProxyType({(side, to): kind for (side, kind), to in _DIRECTIONS.items()})
# Plain orders, those that wait for a price, and those that wait with their money held.
PLAIN: Final = "Order"
STOP: Final = "StopOrder"
_TPSL: Final = "tpslOrder"
_FILTERS: Final = MappingProxyType({"": None, PLAIN: False, STOP: True, _TPSL: True})
_BASE: Final = "baseCoin"
_QUOTE: Final = "quoteCoin"
_UNITS: Final = frozenset({"", _BASE, _QUOTE})
_STATUS_TEXTS: Final = MappingProxyType(
    {
        OrderStatus.OPEN: "New",
        OrderStatus.PARTIALLY_FILLED: "PartiallyFilled",
        OrderStatus.FILLED: "Filled",
        OrderStatus.CANCELLED: "Cancelled",
        OrderStatus.EXPIRED: "Cancelled",
        OrderStatus.REJECTED: "Rejected",
    }
)
_PARTLY: Final = "PartiallyFilledCanceled"
_STATUSES: Final = MappingProxyType(
    {
        "Created": OrderStatus.OPEN,
        "New": OrderStatus.OPEN,
        "Untriggered": OrderStatus.OPEN,
        "Triggered": OrderStatus.OPEN,
        "PartiallyFilled": OrderStatus.PARTIALLY_FILLED,
        "Filled": OrderStatus.FILLED,
        "Cancelled": OrderStatus.CANCELLED,
        "Deactivated": OrderStatus.CANCELLED,
        _PARTLY: OrderStatus.CANCELLED,
        "Rejected": OrderStatus.REJECTED,
    }
)
_READ: Final = frozenset(
    {
        *("category", "symbol", "side", "orderType", "qty", "price", "timeInForce", "orderLinkId"),
        *("marketUnit", "orderFilter", "triggerPrice", "triggerDirection"),
    }
)
# Without meaning for spot, whatever they hold.
_IGNORED: Final = frozenset({"reduceOnly", "positionIdx", "triggerBy", "smpType", "closeOnTrigger"})
_MOST_LINK: Final = 36


# ------------------------------------------------------------------------------------ placing
def encode_place(operation: PlaceOrder, markets: Markets) -> WireRequest:
    """Write an order, its parts in the order in which ccxt writes them.

    Raises: `BadInput("unsupported_order")` for what borrows.
    """
    if operation.leverage is not None or operation.reduce_only or operation.close_position:
        raise BadInput("unsupported_order", field="leverage")
    document: dict[str, object] = {
        "symbol": markets.get(operation.symbol).id,
        "side": SIDE_TEXTS[operation.side],
        "orderType": _TYPE_TEXTS[operation.type],
    }
    document |= _terms(operation)
    document["category"] = values.SPOT
    document |= _amount(operation)
    if operation.trigger is not None:
        document |= {
            "triggerDirection": _DIRECTIONS[operation.side, operation.trigger.kind],
            "triggerPrice": plain(operation.trigger.price),
            "reduceOnly": True,
        }
    return values.post("order/pre-check" if operation.dry_run else "order/create", document)


def _terms(operation: PlaceOrder) -> dict[str, object]:
    terms: dict[str, object] = {}
    if operation.post_only:
        terms["timeInForce"] = _POST_ONLY
    elif operation.time_in_force is not TimeInForce.GTC:
        terms["timeInForce"] = operation.time_in_force.name
    if operation.trigger is not None:
        terms["orderFilter"] = _TPSL
    if operation.client_id:
        terms["orderLinkId"] = operation.client_id
    if operation.price is not None:
        terms["price"] = plain(operation.price)
    return terms


def _amount(operation: PlaceOrder) -> dict[str, object]:
    if operation.quote_quantity is not None:
        spends: dict[str, object] = {"qty": plain(operation.quote_quantity)}
        # To buy, what to spend is what is meant where nothing is said.
        return spends if operation.side is Side.BUY else {"marketUnit": _QUOTE, **spends}
    amount: dict[str, object] = {"qty": plain(operation.quantity or ZERO)}
    return {"marketUnit": _BASE, **amount} if operation.type is OrderType.MARKET else amount


def decode_place(view: ServerView) -> PlaceOrder:
    """Read an order. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    return _decode(view, dry_run=False)


def decode_check(view: ServerView) -> PlaceOrder:
    """Read an order that is to be checked only. Raises: as `decode_place`."""
    return _decode(view, dry_run=True)


def _decode(view: ServerView, *, dry_run: bool) -> PlaceOrder:
    found = read_json(view.request.body)
    values.need_spot(found)
    found.refuse_others(_READ | _IGNORED)
    side, kind = found.choice("side", SIDES), found.choice("orderType", _TYPES)
    is_limit = kind is OrderType.LIMIT
    amount, in_quote = found.need_amount("qty"), not is_limit and _is_in_quote(found, side)
    return PlaceOrder(
        symbol=values.need_symbol(found, view),
        side=side,
        type=kind,
        quantity=None if in_quote else amount,
        price=found.need_amount("price") if is_limit else None,
        time_in_force=found.choice("timeInForce", _TIMES, TimeInForce.GTC.name)
        if is_limit
        else TimeInForce.GTC,
        client_id=_link(found),
        quote_quantity=amount if in_quote else None,
        post_only=is_limit and found.text("timeInForce") == _POST_ONLY,
        dry_run=dry_run,
        trigger=_read_trigger(side, found),
    )


def _is_in_quote(found: Parameters, side: Side) -> bool:
    unit = found.text("marketUnit")
    if unit not in _UNITS:
        raise BadInput("malformed", field="marketUnit")
    return unit == _QUOTE if unit else side is Side.BUY


def _link(found: Parameters) -> str:
    link = found.text("orderLinkId")
    if len(link) > _MOST_LINK or not link.isascii():
        raise BadInput("malformed", field="orderLinkId")
    return link


def _read_trigger(side: Side, found: Parameters) -> Trigger | None:
    """Read what a conditional order waits for.

    Why: one of spot tells no direction; the exchange takes the one from the last price to the
    trigger. Not knowing that price here, it is read as one against the order's side.
    """
    if not is_conditional(found):
        if "triggerPrice" in found:
            raise BadInput("malformed", field="orderFilter")
        return None
    price, direction = found.need_amount("triggerPrice"), found.whole("triggerDirection")
    if direction is None:
        return Trigger(TriggerKind.STOP, price)
    if (side, direction) not in _KINDS:
        raise BadInput("malformed", field="triggerDirection")
    return Trigger(_KINDS[side, direction], price)


def is_conditional(found: Parameters) -> bool:
    """Tell whether it is about orders that wait for a price. Raises: `BadInput`."""
    return bool(read_filter(found))


def read_filter(found: Parameters) -> bool | None:
    """Read whether it is about orders that wait for a price, None for all.

    Raises: `BadInput("malformed")`.
    """
    return found.choice("orderFilter", _FILTERS) if "orderFilter" in found else None


def encode_placed(_op: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Write the ids of an order that was taken."""
    order = result.order
    return values.ok({"orderId": order.order_id, "orderLinkId": order.client_id}, view)


def encode_checked(_op: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Write that an order would be taken; spot has no margin that it could change."""
    none = ("preImrE4", "preMmrE4", "postImrE4", "postMmrE4")
    ids = {"orderId": "", "orderLinkId": result.order.client_id}
    return values.ok({**ids, **dict.fromkeys(none, 0)}, view)


def decode_placed(operation: PlaceOrder, answer: WireAnswer, _markets: Markets) -> Placed:
    """Read the ids; nothing else is told of the order. A check gives none."""
    result = values.result_of(answer)
    order_id = "" if operation.dry_run else text_of(result["orderId"])
    if not order_id and not operation.dry_run:
        raise BadInput("malformed", field="orderId")
    return Placed(operation.as_order(order_id))


# ---------------------------------------------------------------------------------------- rows
def order_row(order: Order, markets: Markets) -> dict[str, object]:
    """Write an order."""
    by_cost = order.quote_quantity is not None
    trigger = order.trigger
    left = order.remaining
    return {
        "orderId": order.order_id,
        "orderLinkId": order.client_id,
        "blockTradeId": "",
        "symbol": markets.get(order.symbol).id,
        "price": plain(order.price or ZERO),
        "qty": plain(order.quote_quantity if order.quote_quantity is not None else order.quantity),
        "side": SIDE_TEXTS[order.side],
        "isLeverage": "0",
        "positionIdx": 0,
        "orderStatus": _status(order),
        "createType": "CreateByUser",
        "cancelType": "UNKNOWN",
        "rejectReason": "EC_NoError",
        "avgPrice": plain(round(order.average_price or ZERO, 16)),
        "leavesQty": plain(left),
        "leavesValue": plain(left * (order.price or ZERO)),
        "cumExecQty": plain(order.filled),
        "cumExecValue": plain(order.filled_quote),
        "cumExecFee": plain(order.fee),
        "cumFeeDetail": {order.fee_currency: plain(order.fee)} if order.fee_currency else {},
        "timeInForce": _POST_ONLY if order.post_only else order.time_in_force.name,
        "orderType": _TYPE_TEXTS[order.type],
        "stopOrderType": _TPSL if trigger is not None else "",
        "marketUnit": (_QUOTE if by_cost else _BASE) if order.type is OrderType.MARKET else "",
        "triggerPrice": plain(trigger.price) if trigger is not None else "0",
        "triggerDirection": _DIRECTIONS[order.side, trigger.kind] if trigger is not None else 0,
        "takeProfit": "",
        "stopLoss": "",
        "reduceOnly": False,
        "closeOnTrigger": False,
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "createdTime": str(order.created_ms),
        "updatedTime": str(order.updated_ms),
    }


def read_order(row: Mapping[str, Any], markets: Markets) -> Order:
    """Read an order. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    market, found = markets.get_by_id(text_of(row["symbol"])), Parameters(row)
    side, kind = SIDES[text_of(row["side"])], _TYPES[text_of(row["orderType"])]
    is_limit = kind is OrderType.LIMIT
    in_quote = not is_limit and _is_in_quote(found, side)
    asked = decimal_of(row["qty"])
    fee_currency, fee = _fee(row, market.quote)
    waits = row.get("triggerDirection") in {_RISES, _FALLS}
    return Order(
        order_id=text_of(row["orderId"]),
        client_id=text_of(row.get("orderLinkId") or ""),
        symbol=market.symbol,
        side=side,
        type=kind,
        time_in_force=_TIMES.get(str(row.get("timeInForce")), TimeInForce.GTC),
        status=_STATUSES[text_of(row["orderStatus"])],
        quantity=ZERO if in_quote else asked,
        price=decimal_of(row["price"]) if is_limit else None,
        created_ms=int_of(row["createdTime"]),
        updated_ms=int_of(row["updatedTime"]),
        filled=decimal_of(row["cumExecQty"] or "0"),
        filled_quote=decimal_of(row["cumExecValue"] or "0"),
        fee=fee,
        fee_currency=fee_currency,
        quote_quantity=asked if in_quote else None,
        post_only=row.get("timeInForce") == _POST_ONLY,
        trigger=Trigger(
            _KINDS[side, int_of(row["triggerDirection"])], decimal_of(row["triggerPrice"])
        )
        if waits
        else None,
    )


def _fee(row: Mapping[str, Any], usual: str) -> tuple[str, Decimal]:
    """Read in which currency how much was taken; of several the first."""
    detail = row.get("cumFeeDetail")
    if isinstance(detail, dict) and detail:
        currency, amount = next(iter(detail.items()))
        return text_of(currency), decimal_of(amount)
    fee = decimal_of(row.get("cumExecFee") or "0")
    return usual if fee else "", fee


def _status(order: Order) -> str:
    if order.waits:
        return "Untriggered"
    if order.filled and order.status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}:
        return _PARTLY
    return _STATUS_TEXTS[order.status]
