"""Orders, fills, and the one way in which an order's state may move.

The state machine is the same for our own orders, for a foreign bot's and on the paper
exchange. How an exchange words these states is its codec's business.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from drawbridge.core.money import ZERO
from drawbridge.core.values import light_value


class Side(StrEnum):
    """Which way an order trades."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        """Give the other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """How an order finds its price."""

    MARKET = "market"
    LIMIT = "limit"


class TriggerKind(StrEnum):
    """Which way the price must come: `STOP` against the order's side, `TAKE_PROFIT` with it.

    A stop to sell waits for the price to fall, a stop to buy for it to rise.
    """

    STOP = "stop"
    TAKE_PROFIT = "take_profit"


class TriggerBy(StrEnum):
    """Which price is watched."""

    LAST = "last"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Trigger:
    """What a conditional order waits for before it is sent to the book."""

    kind: TriggerKind
    price: Decimal
    by: TriggerBy = TriggerBy.LAST


class PositionSide(StrEnum):
    """Which position of a contract an order belongs to; `BOTH` where there is only one."""

    BOTH = "both"
    LONG = "long"
    SHORT = "short"


class TimeInForce(StrEnum):
    """How long an order waits: good till cancelled, immediate or cancel, fill or kill."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class OrderStatus(StrEnum):
    """Where an order stands. `EXPIRED`: the exchange ended it, not the person."""

    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing can happen to the order any more."""
        return self not in _GOING_ON


_GOING_ON: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})


@light_value
class Order:
    """An order as the exchange tells it.

    `quantity` is in base currency; a market order by cost has `quote_quantity` instead and a
    quantity of zero until it is filled. `filled_quote` is what was paid or received, without
    fees; `price` is the limit (None for market orders). A conditional order has a `trigger`, and
    `triggered_ms` once its price has come. One that closes a position has a quantity of zero while
    it waits, because only then is it known how much there is to close.
    """

    order_id: str
    client_id: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    status: OrderStatus
    quantity: Decimal
    price: Decimal | None
    created_ms: int
    updated_ms: int
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    fee: Decimal = ZERO
    fee_currency: str = ""
    quote_quantity: Decimal | None = None
    post_only: bool = False
    trade_ids: tuple[str, ...] = ()
    trigger: Trigger | None = None
    triggered_ms: int = 0
    reduce_only: bool = False
    position_side: PositionSide = PositionSide.BOTH
    close_position: bool = False

    @property
    def waits(self) -> bool:
        """Tell whether the order still waits for its trigger."""
        return self.trigger is not None and not self.triggered_ms and not self.status.is_final

    @property
    def remaining(self) -> Decimal:
        """Give what is still to be filled, in base currency."""
        return max(ZERO, self.quantity - self.filled)

    @property
    def average_price(self) -> Decimal | None:
        """Give the average price of what was filled, None before the first fill."""
        return self.filled_quote / self.filled if self.filled else None


@light_value
class Fill:
    """One execution of an order of ours; `fee` is taken in `fee_currency`.

    `realised` is the profit (below zero: the loss) that it closed of a position, without the fee.
    """

    trade_id: str
    order_id: str
    client_id: str
    symbol: str
    side: Side
    type: OrderType
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_currency: str
    is_maker: bool
    time_ms: int
    realised: Decimal = ZERO
    position_side: PositionSide = PositionSide.BOTH

    @property
    def quote_quantity(self) -> Decimal:
        """Give price times quantity, in quote currency, without the fee."""
        return self.price * self.quantity


def newer_of(known: Order, told: Order) -> Order:
    """Choose between what we know of an order and what we are told now.

    Answers can overtake each other on the network, so an order never becomes less filled and a
    final order never opens again.
    """
    if known.status.is_final and not told.status.is_final:
        return known
    if told.filled < known.filled:
        return known
    return told
