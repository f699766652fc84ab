"""Placing an order: `AddOrder` with its flags, and the line of English that answers it.

An order's flags travel as a comma list (`oflags`): `post` rests or fails, `viqc` means that the
volume is in quote currency, `fciq` takes the fee in quote currency. What would change the order's
meaning and is not carried out here (trailing stops, conditional closes, icebergs) is refused.
Orders that wait for a price name it as `price`, and their limit as `price2`.
"""

from decimal import Decimal
from typing import Final

import orjson

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO, parse_positive, plain
from drawbridge.core.operations import Placed, PlaceOrder
from drawbridge.core.orders import OrderType, Side, TimeInForce, Trigger, TriggerBy
from drawbridge.exchanges.kraken.codec import names, values
from drawbridge.exchanges.kraken.codec.conditional import (
    CONDITIONAL,
    TRIGGERS_BY,
    trigger_word,
    type_word,
)
from drawbridge.exchanges.kraken.codec.orders import described, read_client_id
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.text import encoded

_SIDES: Final = {side.value: side for side in Side}
_TYPES: Final = {kind.value: kind for kind in OrderType} | {
    word: kind for word, (_, kind) in CONDITIONAL.items()
}
_TIMES: Final = {time.name: time for time in TimeInForce}
_NO_LEVERAGE: Final = frozenset({"", "none", "0", "1"})

_READ: Final = frozenset(
    {
        *("nonce", "pair", "type", "ordertype", "volume", "price", "oflags", "timeinforce"),
        *("cl_ord_id", "userref", "validate", "leverage", "price2", "trigger"),
    }
)
# Without meaning for an order of ours, whatever they hold.
_IGNORED: Final = frozenset({"otp", "broker", "trading_agreement", "asset_class", "deadline"})
# Without meaning as long as they hold nothing.
_NOTHING: Final = frozenset({"", "0", "false", "False", "none"})
_FLAGS: Final = frozenset({"post", "viqc", "fciq", "nompp"})


def encode_place(operation: PlaceOrder, markets: Markets) -> WireRequest:
    """Write an order, its parameters in the order in which ccxt writes them.

    Raises: `BadInput("unsupported_order")` for what Kraken has no words for.
    """
    market = markets.get(operation.symbol)
    by_cost = operation.quote_quantity is not None
    volume = operation.quote_quantity if by_cost else operation.quantity
    if volume is None or (by_cost and not _may_name_cost(operation)):
        raise BadInput("unsupported_order", field="quantity")
    body = (
        f"pair={market.id}&type={operation.side.value}&ordertype={type_word(operation)}"
        f"&volume={plain(volume)}"
    )
    if operation.client_id:
        body += f"&cl_ord_id={encoded(operation.client_id)}"
    if by_cost:
        body += "&oflags=viqc"
    body += _encoded_prices(operation) + _encoded_options(operation)
    return values.private(b"AddOrder", body)


def _encoded_prices(operation: PlaceOrder) -> str:
    if (operation.price is None) is (operation.type is OrderType.LIMIT):
        raise BadInput("unsupported_order", field="price")
    limit = "" if operation.price is None else plain(operation.price)
    if operation.trigger is None:
        return limit and f"&price={limit}"
    return f"&price={plain(operation.trigger.price)}" + (limit and f"&price2={limit}")


def _may_name_cost(operation: PlaceOrder) -> bool:
    return operation.type is OrderType.MARKET and operation.side is Side.BUY


def _encoded_options(operation: PlaceOrder) -> str:
    options = ""
    if operation.time_in_force is not TimeInForce.GTC:
        options += f"&timeinforce={operation.time_in_force.name}"
    if operation.post_only:
        if operation.type is OrderType.MARKET:
            raise BadInput("unsupported_order", field="post_only")
        options += "&oflags=post"
    if operation.leverage is not None:
        options += f"&leverage={plain(operation.leverage)}"
    if operation.trigger is not None and operation.trigger.by is not TriggerBy.LAST:
        options += f"&trigger={trigger_word(operation.trigger)}"
    return options + "&validate=True" if operation.dry_run else options


def decode_place(view: ServerView) -> PlaceOrder:
    """Read an order.

    Raises: `BadInput` for parameters that are missing, wrong, or mean what is not carried out;
    `NotFound("unknown_symbol")`.
    """
    found = values.read_body(view)
    for name in found.keys() - _READ:
        if name not in _IGNORED and found[name] not in _NOTHING:
            raise BadInput("malformed", field=name[:32])
    kind, side = _TYPES.get(found.get("ordertype", "")), _SIDES.get(found.get("type", ""))
    if kind is None or side is None:
        raise BadInput("malformed", field="ordertype" if kind is None else "type")
    flags = _read_flags(found.get("oflags", ""))
    volume = parse_positive(found.get("volume", ""), "volume")
    if by_cost := "viqc" in flags:
        _check_cost(kind, side)
    leverage = found.get("leverage", "")
    trigger = _read_trigger(found)
    return PlaceOrder(
        symbol=names.symbol_asked(view, found.get("pair", "")),
        side=side,
        type=kind,
        quantity=None if by_cost else volume,
        price=_read_limit(kind, found, "price" if trigger is None else "price2"),
        time_in_force=_read_time_in_force(found.get("timeinforce", "")),
        client_id=read_client_id(found),
        quote_quantity=volume if by_cost else None,
        post_only=_read_post_only(kind, flags),
        dry_run=values.flag(found, "validate"),
        leverage=None if leverage in _NO_LEVERAGE else parse_positive(leverage, "leverage"),
        trigger=trigger,
    )


def _read_flags(text: str) -> frozenset[str]:
    flags = frozenset(text.split(",")) if text else frozenset()
    # A flag that we do not carry out would change whose money pays the fee, or worse.
    if not flags <= _FLAGS:
        raise BadInput("malformed", field="oflags")
    return flags


def _check_cost(kind: OrderType, side: Side) -> None:
    if kind is not OrderType.MARKET or side is not Side.BUY:
        raise BadInput("malformed", field="oflags")


def _read_post_only(kind: OrderType, flags: frozenset[str]) -> bool:
    if "post" in flags and kind is OrderType.MARKET:
        raise BadInput("malformed", field="oflags")
    return "post" in flags


def _read_trigger(found: values.Parameters) -> Trigger | None:
    conditional = CONDITIONAL.get(found.get("ordertype", ""))
    if conditional is None:
        for name in ("price2", "trigger"):
            if found.get(name, "") not in _NOTHING:
                raise BadInput("malformed", field=name)
        return None
    by = TRIGGERS_BY.get(found.get("trigger") or "last")
    if by is None:
        raise BadInput("malformed", field="trigger")
    return Trigger(conditional[0], _absolute(found.get("price", ""), "price"), by)


def _read_limit(kind: OrderType, found: values.Parameters, name: str) -> Decimal | None:
    text = found.get(name, "")
    if kind is OrderType.LIMIT:
        return _absolute(text, name)
    if text not in _NOTHING:
        raise BadInput("malformed", field=name)
    return None


def _absolute(text: str, name: str) -> Decimal:
    # With a sign before it or a percent after it, Kraken takes a price for a distance.
    if text and not text[0].isdigit():
        raise BadInput("malformed", field=name)
    return parse_positive(text, name)


def _read_time_in_force(text: str) -> TimeInForce:
    time = _TIMES.get(text.upper() or "GTC")
    if time is None:
        raise BadInput("malformed", field="timeinforce")
    return time


def encode_placed(operation: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Write the answer to an order: its id and itself in one line of English."""
    market = view.markets.get(operation.symbol)
    volume = operation.quantity if operation.quote_quantity is None else operation.quote_quantity
    told = described(operation, volume or ZERO, market)
    if operation.dry_run:
        body = f'{{"error":[],"result":{{"descr":{{"order":"{told}"}}}}}}'
    else:
        body = (
            f'{{"error":[],"result":{{"txid":["{result.order.order_id}"],'
            f'"descr":{{"order":"{told}"}}}}}}'
        )
    return WireAnswer(200, body.encode("ascii"))


def decode_placed(operation: PlaceOrder, answer: WireAnswer, _markets: Markets) -> Placed:
    """Read the answer to an order: Kraken tells its id and nothing of what became of it."""
    result = orjson.loads(answer.body)["result"]
    values.text_of(result["descr"]["order"])
    order_id = "" if operation.dry_run else values.text_of(result["txid"][0])
    return Placed(operation.as_order(order_id))
