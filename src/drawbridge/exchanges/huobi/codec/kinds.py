"""The one word in which HTX says side, type, time in force and trigger: `buy-limit-maker`.

A limit order that waits for a price names that price beside, and whether it must be reached from
below (`gte`) or from above (`lte`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import Order, OrderType, Side, TimeInForce, TriggerKind

_FROM_BELOW: Final = "gte"
_FROM_ABOVE: Final = "lte"


@dataclass(frozen=True, slots=True)
class Kind:
    """What an order's word says of it, beside its side."""

    type: OrderType
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    waits: bool = False


_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "market": Kind(OrderType.MARKET),
        "limit": Kind(OrderType.LIMIT),
        "ioc": Kind(OrderType.LIMIT, TimeInForce.IOC),
        "limit-maker": Kind(OrderType.LIMIT, post_only=True),
        "limit-fok": Kind(OrderType.LIMIT, TimeInForce.FOK),
        "stop-limit": Kind(OrderType.LIMIT, waits=True),
        "stop-limit-fok": Kind(OrderType.LIMIT, TimeInForce.FOK, waits=True),
    }
)
_WORDS: Final = MappingProxyType({kind: word for word, kind in _KINDS.items()})
_SIDES: Final = MappingProxyType({side.value: side for side in Side})
# How the price is reached that an order of that side waits for.
_OPERATORS: Final = MappingProxyType(
    {
        (Side.BUY, TriggerKind.STOP): _FROM_BELOW,
        (Side.BUY, TriggerKind.TAKE_PROFIT): _FROM_ABOVE,
        (Side.SELL, TriggerKind.STOP): _FROM_ABOVE,
        (Side.SELL, TriggerKind.TAKE_PROFIT): _FROM_BELOW,
    }
)
_TRIGGERS: Final = MappingProxyType(
    {(side, operator): kind for (side, kind), operator in _OPERATORS.items()}
)


def read_kind(text: str) -> tuple[Side, Kind]:
    """Read an order's word. Raises: `BadInput("malformed")`."""
    side, _, rest = text.partition("-")
    if side not in _SIDES or rest not in _KINDS:
        raise BadInput("malformed", field="type")
    return _SIDES[side], _KINDS[rest]


def write_kind(order: PlaceOrder | Order) -> str:
    """Write an order's word. Raises: `BadInput("unsupported_order")`."""
    waits = order.trigger is not None
    word = _WORDS.get(Kind(order.type, order.time_in_force, order.post_only, waits))
    if word is None:
        raise BadInput("unsupported_order", field="type")
    return f"{order.side.value}-{word}"


def write_operator(side: Side, kind: TriggerKind) -> str:
    """Write how the price is reached that an order waits for."""
    return _OPERATORS[side, kind]


def read_operator(side: Side, text: str) -> TriggerKind:
    """Read it. Raises: `BadInput("malformed")`."""
    kind = _TRIGGERS.get((side, text))
    if kind is None:
        raise BadInput("malformed", field="operator")
    return kind


def is_by_cost(kind: OrderType, side: Side) -> bool:
    """Tell whether an order names what it spends: market orders to buy do."""
    return kind is OrderType.MARKET and side is Side.BUY
