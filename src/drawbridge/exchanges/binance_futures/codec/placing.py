"""New orders: plain ones, and those that wait for a price, which have an endpoint of their own.

Parameters stand in the order in which ccxt writes them, so that an independent client's bytes
check ours. A parameter that would make an order another order than can be carried out is refused.

Source: developers.binance.com, USD-M futures, new order and new algo order, 2026-07-21.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import Placed, PlaceOrder
from drawbridge.core.orders import (
    OrderType,
    PositionSide,
    TimeInForce,
    Trigger,
    TriggerBy,
)
from drawbridge.exchanges.binance_futures.codec.documents import (
    conditional_document,
    order_document,
    read_conditional,
    read_order,
)
from drawbridge.exchanges.binance_futures.codec.names import (
    BY_WORDS,
    BYS,
    CONDITIONAL_WORDS,
    CONDITIONALS,
    MAKER_ONLY,
    POSITION_SIDE_WORDS,
    POSITION_SIDES,
    SELF_TRADE_MODE,
    SIDE_WORDS,
    SIDES,
    TIME_IN_FORCE_WORDS,
    TIMES_IN_FORCE,
    TRAILING,
    TYPE_WORDS,
    TYPES,
)
from drawbridge.exchanges.binance_futures.codec.parameters import (
    joined,
    market_id,
    order,
    read_amount,
    read_client_id,
    read_symbol,
    read_view,
    read_word,
    safe_client_id,
    told,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import object_of, parse_document
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters

_PLAIN: Final = b"/fapi/v1/order"
_TEST: Final = b"/fapi/v1/order/test"
_CONDITIONAL: Final = b"/fapi/v1/algoOrder"
_ALGO_TYPE: Final = "CONDITIONAL"

# Each makes an order another kind of order than there is here.
_PROOF: Final = frozenset({"apiKey", "recvWindow", "timestamp", "signature"})
_OF_ORDERS: Final = _PROOF | {
    *("symbol", "side", "type", "timeInForce", "quantity", "price", "newClientOrderId"),
    *("newOrderRespType", "reduceOnly", "positionSide", "selfTradePreventionMode"),
    *("priceMatch", "priceProtect"),
}
_OF_WAITING_ORDERS: Final = (_OF_ORDERS - {"newClientOrderId"}) | {
    *("algoType", "clientAlgoId", "triggerPrice", "workingType", "closePosition"),
}
_MEANINGFUL: Final = ("activatePrice", "activationPrice", "callbackRate", "goodTillDate")
_OF_CONDITIONALS: Final = ("stopPrice", "triggerPrice", "closePosition", "workingType")


# --------------------------------------------------------------------------------------- ours
def encode_place(operation: PlaceOrder, markets: Markets) -> WireRequest:
    """Write a new order. Raises: `BadInput` naming what does not go together."""
    if operation.leverage is not None:
        raise BadInput("unwanted_parameter", field="leverage")
    if operation.quote_quantity is not None:
        raise BadInput("unsupported_order", field="quote_quantity")
    if operation.trigger is not None:
        return _encode_conditional(operation, operation.trigger, markets)
    if operation.close_position:
        raise BadInput("unwanted_parameter", field="close_position")
    body = joined(
        _head(operation, markets, "newClientOrderId"),
        f"type={TYPE_WORDS[operation.type]}",
        f"quantity={plain(_need(operation.quantity, 'quantity'))}",
        _limit_terms(operation, usual=False),
        "reduceOnly=true" if operation.reduce_only else "",
        _position_side(operation),
    )
    return order(_TEST if operation.dry_run else _PLAIN, body)


def _encode_conditional(operation: PlaceOrder, trigger: Trigger, markets: Markets) -> WireRequest:
    if operation.dry_run:
        raise BadInput("unwanted_parameter", field="dry_run")
    if operation.post_only:
        raise BadInput("unwanted_parameter", field="post_only")
    if operation.close_position != (operation.quantity is None):
        raise BadInput("unwanted_parameter", field="close_position")
    quantity = operation.quantity
    body = joined(
        _head(operation, markets, "clientAlgoId"),
        f"type={CONDITIONAL_WORDS[trigger.kind, operation.type]}",
        "" if quantity is None else f"quantity={plain(quantity)}",
        _limit_terms(operation, usual=True),
        f"triggerPrice={plain(trigger.price)}",
        "closePosition=true" if operation.close_position else "",
        "" if trigger.by is TriggerBy.LAST else f"workingType={BY_WORDS[trigger.by]}",
        "reduceOnly=true" if operation.reduce_only else "",
        _position_side(operation),
        f"algoType={_ALGO_TYPE}",
    )
    return order(_CONDITIONAL, body)


def _head(operation: PlaceOrder, markets: Markets, id_name: str) -> str:
    client_id = operation.client_id
    return joined(
        f"symbol={market_id(operation.symbol, markets)}&side={SIDE_WORDS[operation.side]}",
        f"{id_name}={safe_client_id(client_id)}" if client_id else "",
        "newOrderRespType=RESULT",
    )


def _limit_terms(operation: PlaceOrder, *, usual: bool) -> str:
    """Write price and time in force; `usual` leaves out the time that is meant without one."""
    if operation.type is OrderType.MARKET:
        if operation.price is not None:
            raise BadInput("unwanted_parameter", field="price")
        # What a market order cannot fill at once ends by itself; it can promise nothing else.
        if operation.post_only or operation.time_in_force is TimeInForce.FOK:
            raise BadInput("unwanted_parameter", field="time_in_force")
        return ""
    price = f"price={plain(_need(operation.price, 'price'))}"
    if not operation.post_only:
        tif = TIME_IN_FORCE_WORDS[operation.time_in_force]
        spare = usual and operation.time_in_force is TimeInForce.GTC
        return price if spare else f"{price}&timeInForce={tif}"
    if operation.time_in_force is not TimeInForce.GTC:
        raise BadInput("unwanted_parameter", field="time_in_force")
    return f"{price}&timeInForce={MAKER_ONLY}"


def _position_side(operation: PlaceOrder) -> str:
    side = operation.position_side
    return "" if side is PositionSide.BOTH else f"positionSide={POSITION_SIDE_WORDS[side]}"


def _need(value: Decimal | None, field: str) -> Decimal:
    if value is None:
        raise BadInput("missing_parameter", field=field)
    return value


def decode_placed(operation: PlaceOrder, answer: WireAnswer, markets: Markets) -> Placed:
    """Read a new order. What it filled at once is told of its trades, not here."""
    row = object_of(parse_document(answer.body))
    if operation.dry_run:
        return Placed(operation.as_order(""))
    if operation.trigger is not None:
        return Placed(read_conditional(row, markets))
    return Placed(read_order(row, markets))


# ------------------------------------------------------------------------------------- theirs
def decode_place(view: ServerView) -> PlaceOrder:
    """Read a new plain order. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_view(view)
    symbol = read_symbol(found, view.markets)
    side = read_word(found, "side", SIDES, "bad_side")
    word = found.need("type")
    if word in CONDITIONALS or word == TRAILING:
        raise BadInput("conditional_elsewhere", field="type")
    kind = read_word(found, "type", TYPES, "bad_order_type")
    _refuse(found, (*_MEANINGFUL, *_OF_CONDITIONALS))
    found.refuse_others(_OF_ORDERS | {*_MEANINGFUL, *_OF_CONDITIONALS})
    _refuse_other_manners(found)
    quantity = read_amount(found, "quantity")
    price, tif = _read_limit_terms(found, kind)
    return PlaceOrder(
        symbol=symbol,
        side=side,
        type=kind,
        quantity=_need(quantity, "quantity"),
        price=price,
        time_in_force=tif,
        client_id=read_client_id(found, "newClientOrderId"),
        post_only=kind is OrderType.LIMIT and found.text("timeInForce") == MAKER_ONLY,
        dry_run=view.endpoint.name == "order_test",
        reduce_only=found.flag("reduceOnly"),
        position_side=found.choice("positionSide", POSITION_SIDES, "BOTH"),
    )


def decode_conditional(view: ServerView) -> PlaceOrder:
    """Read a new conditional order. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_view(view)
    if found.need("algoType") != _ALGO_TYPE:
        raise BadInput("malformed", field="algoType")
    symbol = read_symbol(found, view.markets)
    side = read_word(found, "side", SIDES, "bad_side")
    kind, becomes = read_word(found, "type", CONDITIONALS, "bad_order_type")
    _refuse(found, _MEANINGFUL)
    found.refuse_others(_OF_WAITING_ORDERS | {*_MEANINGFUL})
    _refuse_other_manners(found)
    closes = found.flag("closePosition")
    quantity = read_amount(found, "quantity")
    if closes == (quantity is not None):
        code = "unwanted_parameter" if closes else "missing_parameter"
        raise BadInput(code, field="quantity")
    price, tif = _read_limit_terms(found, becomes, usual="GTC")
    trigger_price = _need(read_amount(found, "triggerPrice"), "triggerPrice")
    by = found.choice("workingType", BYS, BY_WORDS[TriggerBy.LAST])
    return PlaceOrder(
        symbol=symbol,
        side=side,
        type=becomes,
        quantity=quantity,
        price=price,
        time_in_force=tif,
        client_id=read_client_id(found, "clientAlgoId"),
        post_only=found.text("timeInForce") == MAKER_ONLY,
        trigger=Trigger(kind, trigger_price, by),
        reduce_only=found.flag("reduceOnly"),
        position_side=found.choice("positionSide", POSITION_SIDES, "BOTH"),
        close_position=closes,
    )


def _read_limit_terms(
    found: Parameters, kind: OrderType, usual: str = ""
) -> tuple[Decimal | None, TimeInForce]:
    """Read price and time in force, which a market order has not."""
    if kind is OrderType.MARKET:
        # A conditional market order is told a time in force by some, which means nothing.
        _refuse(found, ("price",) if usual else ("price", "timeInForce"))
        return None, TimeInForce.GTC
    price = _need(read_amount(found, "price"), "price")
    word = found.text("timeInForce") or usual
    if not word:
        raise BadInput("missing_parameter", field="timeInForce")
    if word not in TIMES_IN_FORCE:
        raise BadInput("bad_time_in_force", field="timeInForce")
    return price, TIMES_IN_FORCE[word]


def _refuse(found: Parameters, names: Iterable[str]) -> None:
    for name in names:
        if name in found and found.text(name).lower() != "false":
            raise BadInput("unwanted_parameter", field=name)


def _refuse_other_manners(found: Parameters) -> None:
    """Refuse what would match or guard the order in another way than is done here."""
    if found.text("selfTradePreventionMode") not in {"", SELF_TRADE_MODE}:
        raise BadInput("malformed", field="selfTradePreventionMode")
    if found.text("priceMatch") not in {"", "NONE"}:
        raise BadInput("unwanted_parameter", field="priceMatch")
    if found.flag("priceProtect"):
        raise BadInput("unwanted_parameter", field="priceProtect")


def encode_placed(operation: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Write a new plain order; a tried one has no number."""
    if operation.dry_run:
        return told({**order_document(result.order, view.markets), "orderId": 0})
    return told(order_document(result.order, view.markets))


def encode_conditional_placed(_: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Write a new conditional order."""
    return told(conditional_document(result.order, view.markets))
