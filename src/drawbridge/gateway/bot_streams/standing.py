"""How a public topic stands: what a newcomer is told first, put together from what was told before.

A book is kept whole, because some exchanges' frames carry all of it or a checksum over it.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final, Protocol

from drawbridge.core.derivatives import FundingRate
from drawbridge.core.markets import Level, OrderBook, PublicTrade, Ticker
from drawbridge.core.streams import (
    BookChange,
    CandleTold,
    StreamEvent,
    Topic,
    TopicKind,
    TradesTold,
)

_TRADES_BEFORE: Final = 50
# A few seconds of a lively market; a book over REST is never so old.
_CHANGES_BEFORE: Final = 32
# Beyond it, no exchange that we know tells a book over a stream.
_MOST_LEVELS: Final = 5_000


class Standing(Protocol):
    """How one topic stands."""

    def take(self, event: StreamEvent) -> StreamEvent | None:
        """Take what is told; give it as it goes on, None where nobody is to be told."""

    def events(self) -> Sequence[StreamEvent]:
        """Give what a newcomer is told first; nothing while nothing was told."""


class _Last:
    """Whatever was told last: tickers, candles, funding rates."""

    def __init__(self) -> None:
        self._last: Ticker | CandleTold | FundingRate | None = None

    def take(self, event: StreamEvent) -> StreamEvent | None:
        if isinstance(event, Ticker | CandleTold | FundingRate):
            self._last = event
        return event

    def events(self) -> Sequence[StreamEvent]:
        return () if self._last is None else (self._last,)


class _Trades:
    """The last trades."""

    def __init__(self) -> None:
        self._before: tuple[PublicTrade, ...] = ()

    def take(self, event: StreamEvent) -> StreamEvent | None:
        if isinstance(event, TradesTold):
            before = () if event.is_snapshot else self._before
            self._before = (*before, *event.trades)[-_TRADES_BEFORE:]
        return event

    def events(self) -> Sequence[StreamEvent]:
        if not self._before:
            return ()
        return (TradesTold(self._before[0].symbol, self._before, is_snapshot=True),)


class KeptBook:
    """A book, from its beginning on; before that, changes of it are told to nobody.

    Where a stream tells changes alone, its clients ask for a book over REST as well, which may be a
    moment old. So the last changes are told to newcomers, and those that were part of the book
    already go on, too: a client drops what it has, and is lost where one is missing.
    """

    def __init__(self, depth: int = 0) -> None:
        """Keep so many levels a side, 0 for as many as there are."""
        self._most = depth or _MOST_LEVELS
        self._bids = _Levels(from_highest=True)
        self._asks = _Levels(from_highest=False)
        self._book: OrderBook | None = None
        self._recent: deque[BookChange] = deque(maxlen=_CHANGES_BEFORE)
        self._was_asked_for = False

    @property
    def has_begun(self) -> bool:
        """Tell whether the book is known."""
        return self._book is not None

    def begin(self, book: OrderBook) -> None:
        """Begin with a book that was asked for, because the stream tells only changes."""
        self._was_asked_for = True
        self.take(book)

    def take(self, event: StreamEvent) -> StreamEvent | None:
        """Take a book or a change; a change goes on with the whole book as it stands after it."""
        if isinstance(event, OrderBook):
            self._bids.begin(event.bids, self._most)
            self._asks.begin(event.asks, self._most)
            self._recent.clear()
            self._book = event
            return event
        if not isinstance(event, BookChange) or self._book is None:
            return None
        if not event.sequence or event.sequence > self._book.sequence:
            self._book = self._changed(event)
        told = replace(event, book=self._book)
        self._recent.append(told)
        return told

    def events(self) -> Sequence[StreamEvent]:
        """Give the book, and the last changes where it was asked for."""
        if self._book is None:
            return ()
        return (self._book, *self._recent) if self._was_asked_for else (self._book,)

    def _changed(self, event: BookChange) -> OrderBook:
        self._bids.change(event.bids, self._most)
        self._asks.change(event.asks, self._most)
        bids, asks = self._bids.levels(), self._asks.levels()
        return OrderBook(event.symbol, event.time_ms, event.sequence, bids, asks)


class _Levels:
    """One side of a book, best price first."""

    __slots__ = ("_kept", "_places", "_sign")

    def __init__(self, *, from_highest: bool) -> None:
        self._sign = -1 if from_highest else 1
        self._places: list[Decimal] = []
        self._kept: list[Level] = []

    def begin(self, levels: Sequence[Level], most: int) -> None:
        self._kept = sorted(levels, key=lambda it: self._sign * it.price)[:most]
        self._places = [self._sign * it.price for it in self._kept]

    def change(self, levels: Sequence[Level], most: int) -> None:
        for level in levels:
            place = self._sign * level.price
            at = bisect_left(self._places, place)
            is_there = at < len(self._places) and self._places[at] == place
            if not level.quantity:
                if is_there:
                    del self._places[at], self._kept[at]
            elif is_there:
                self._kept[at] = level
            else:
                self._places.insert(at, place)
                self._kept.insert(at, level)
        del self._places[most:], self._kept[most:]

    def levels(self) -> tuple[Level, ...]:
        return tuple(self._kept)


_KINDS: Final[Mapping[TopicKind, Callable[[], Standing]]] = {
    TopicKind.TICKER: _Last,
    TopicKind.CANDLES: _Last,
    TopicKind.FUNDING: _Last,
    TopicKind.TRADES: _Trades,
}


def standing_of(topic: Topic) -> Standing:
    """Begin to keep how a public topic stands."""
    return KeptBook(topic.depth) if topic.kind is TopicKind.BOOK else _KINDS[topic.kind]()
