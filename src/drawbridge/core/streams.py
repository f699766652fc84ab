"""What a stream tells, in our own words: topics to subscribe to, and the events that follow.

The paper exchange makes events and an exchange's `stream` module writes them as frames; our own
side reads frames back into the same events.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from drawbridge.core.derivatives import FundingRate, Position
from drawbridge.core.markets import Candle, Level, OrderBook, PublicTrade, Ticker
from drawbridge.core.operations import Balance
from drawbridge.core.orders import Fill, Order


class TopicKind(StrEnum):
    """What a topic is about."""

    TICKER = "ticker"
    CANDLES = "candles"
    BOOK = "book"
    TRADES = "trades"
    FUNDING = "funding"
    ORDERS = "orders"
    BALANCES = "balances"
    POSITIONS = "positions"

    @property
    def is_private(self) -> bool:
        """Tell whether it is about one account."""
        return self in {TopicKind.ORDERS, TopicKind.BALANCES, TopicKind.POSITIONS}


@dataclass(frozen=True, slots=True)
class Topic:
    """What is subscribed to.

    `symbol` is empty for private topics about all symbols; `interval_ms` is for candles. `depth`
    is for books: so many levels a side, 0 for as many as the exchange has.
    """

    kind: TopicKind
    symbol: str = ""
    interval_ms: int = 0
    depth: int = 0


@dataclass(frozen=True, slots=True)
class BookChange:
    """What changed in a book since the event before; a quantity of zero removes the level.

    `before` is the sequence number of the event before, `sequence` the one after this change.
    `book` is the whole book as it stands now, for exchanges that send checksums of it; it is
    empty where a change was read off a stream, which tells only the change.
    """

    symbol: str
    time_ms: int
    before: int
    sequence: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    book: OrderBook


@dataclass(frozen=True, slots=True)
class CandleTold:
    """A candle as it stands now; `is_closed` once nothing can change it any more."""

    symbol: str
    interval_ms: int
    time_ms: int
    candle: Candle
    is_closed: bool


@dataclass(frozen=True, slots=True)
class TradesTold:
    """Public trades, oldest first; `is_snapshot` for those before the subscription."""

    symbol: str
    trades: tuple[PublicTrade, ...]
    is_snapshot: bool = False


@dataclass(frozen=True, slots=True)
class OrderTold:
    """An order of the account after something happened to it, and the fill if that was it."""

    order: Order
    time_ms: int
    fill: Fill | None = None


@dataclass(frozen=True, slots=True)
class OrdersTold:
    """All open orders of the account, as they stand when somebody subscribes."""

    orders: tuple[Order, ...]
    time_ms: int


@dataclass(frozen=True, slots=True)
class BalancesTold:
    """Balances of the account: all of them as a snapshot, else those that changed.

    `changes` gives by how much each total changed, in the same order; empty in a snapshot.
    """

    balances: tuple[Balance, ...]
    time_ms: int
    is_snapshot: bool = False
    changes: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class PositionsTold:
    """Positions of the account: all of them as a snapshot, else those that changed."""

    positions: tuple[Position, ...]
    time_ms: int
    is_snapshot: bool = False


# An `OrderBook` is a book from its beginning: the first event of a book topic.
StreamEvent = (
    Ticker
    | FundingRate
    | CandleTold
    | OrderBook
    | BookChange
    | TradesTold
    | OrderTold
    | OrdersTold
    | BalancesTold
    | PositionsTold
)
