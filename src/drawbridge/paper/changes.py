"""How a market's public data change: what anyone can see now, compared with what was told last.

One follower for each topic, whoever listens. `standing` is how things stood when `go_on` last
looked; `go_on` gives what has changed since. Nothing here knows who is told, or in which words.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, Protocol

from drawbridge.core.derivatives import FundingRate, GetFundingRates
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Candle, Level, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO
from drawbridge.core.operations import GetCandles, GetOrderBook, GetTicker, GetTrades, Operation
from drawbridge.core.orders import Side
from drawbridge.core.streams import (
    BookChange,
    CandleTold,
    StreamEvent,
    Topic,
    TopicKind,
    TradesTold,
)

Look = Callable[[Operation[Any], int], Any]
"""Carries out a public operation at a moment."""

_WHOLE_BOOK: Final = 5_000
_TRADES_BEFORE: Final = 50
_MOST_AT_ONCE: Final = 100


class Follower(Protocol):
    """Follows one topic."""

    def standing(self) -> Sequence[StreamEvent]:
        """Give how things stand, for who begins to listen."""

    def go_on(self, now_ms: int) -> Sequence[StreamEvent]:
        """Look again, and give what has changed."""


def follow(topic: Topic, look: Look, now_ms: int) -> Follower:
    """Begin to follow a public topic.

    Raises: `NotFound("unknown_symbol")`, `BadInput("bad_interval")`; `BadInput("malformed")` for a
    topic that is not public.
    """
    match topic.kind:
        case TopicKind.TICKER:
            return _TickerFollower(topic, look, now_ms)
        case TopicKind.FUNDING:
            return _FundingFollower(topic, look, now_ms)
        case TopicKind.CANDLES:
            return _CandleFollower(topic, look, now_ms)
        case TopicKind.BOOK:
            return BookFollower(topic, look, now_ms)
        case TopicKind.TRADES:
            return _TradeFollower(topic, look, now_ms)
    raise BadInput("malformed", field="topic")


class _TickerFollower:
    """The ticker, told whenever anything but its time has changed."""

    def __init__(self, topic: Topic, look: Look, now_ms: int) -> None:
        self._wanted = GetTicker(topic.symbol)
        self._look = look
        self._told: Ticker = look(self._wanted, now_ms)

    def standing(self) -> Sequence[StreamEvent]:
        return (self._told,)

    def go_on(self, now_ms: int) -> Sequence[StreamEvent]:
        ticker: Ticker = self._look(self._wanted, now_ms)
        if replace(ticker, time_ms=self._told.time_ms) == self._told:
            return ()
        self._told = ticker
        return (ticker,)


class _FundingFollower:
    """The mark price and the next funding's rate, told whenever anything but the time changed."""

    def __init__(self, topic: Topic, look: Look, now_ms: int) -> None:
        self._wanted = GetFundingRates((topic.symbol,))
        self._look = look
        self._told: Sequence[FundingRate] = look(self._wanted, now_ms)

    def standing(self) -> Sequence[StreamEvent]:
        return tuple(self._told)

    def go_on(self, now_ms: int) -> Sequence[StreamEvent]:
        told: Sequence[FundingRate] = self._look(self._wanted, now_ms)
        known = {rate.symbol: rate for rate in self._told}
        self._told = told
        return tuple(it for it in told if not _is_alike(it, known.get(it.symbol)))


def _is_alike(rate: FundingRate, known: FundingRate | None) -> bool:
    return known is not None and replace(rate, time_ms=known.time_ms) == known


class _CandleFollower:
    """The running candle, and each candle once more when it has closed."""

    def __init__(self, topic: Topic, look: Look, now_ms: int) -> None:
        self._topic = topic
        self._look = look
        found = look(GetCandles(topic.symbol, topic.interval_ms, limit=1), now_ms)
        self._told: Candle = found[-1]
        self._told_ms = now_ms

    def standing(self) -> Sequence[StreamEvent]:
        return (self._event(self._told, self._told_ms, is_closed=False),)

    def go_on(self, now_ms: int) -> Sequence[StreamEvent]:
        last = self._told
        wanted = GetCandles(
            self._topic.symbol,
            self._topic.interval_ms,
            since_ms=last.open_time_ms,
            limit=_MOST_AT_ONCE,
        )
        *closed, running = self._look(wanted, now_ms)
        if not closed and running == last:
            return ()
        self._told, self._told_ms = running, now_ms
        return (
            *(self._event(candle, now_ms, is_closed=True) for candle in closed),
            self._event(running, now_ms, is_closed=False),
        )

    def _event(self, candle: Candle, now_ms: int, *, is_closed: bool) -> CandleTold:
        topic = self._topic
        return CandleTold(topic.symbol, topic.interval_ms, now_ms, candle, is_closed)


class BookFollower:
    """A book to some depth, and by which levels it has changed."""

    def __init__(self, topic: Topic, look: Look, now_ms: int) -> None:
        """Begin with the book as it is now."""
        self._is_whole = not topic.depth
        self._wanted = GetOrderBook(topic.symbol, topic.depth or _WHOLE_BOOK)
        self._look = look
        self._told: OrderBook = look(self._wanted, now_ms)
        self._touched: dict[Side, set[Decimal]] = {side: set() for side in Side}

    def touch(self, side: Side, price: Decimal) -> None:
        """Note that something happened at a price, even if it should end as it began.

        Why: who asks for the book over REST may see it in between. Clients put that answer and
        these changes together, so what changed and changed back must be told as well.
        """
        if self._is_whole:
            self._touched[side].add(price)

    def standing(self) -> Sequence[StreamEvent]:
        """Give the whole book as it was last told."""
        return (self._told,)

    def go_on(self, now_ms: int) -> Sequence[StreamEvent]:
        """Give the levels that have changed; nothing where none has."""
        book, told = self._look(self._wanted, now_ms), self._told
        if book.sequence == told.sequence:
            return ()
        bids = tuple(_changes(told.bids, book.bids, self._touched[Side.BUY]))
        asks = tuple(_changes(told.asks, book.asks, self._touched[Side.SELL]))
        if not bids and not asks:
            return ()
        for touched in self._touched.values():
            touched.clear()
        self._told = book
        return (
            BookChange(
                symbol=book.symbol,
                time_ms=book.time_ms,
                before=told.sequence,
                sequence=book.sequence,
                bids=bids,
                asks=asks,
                book=book,
            ),
        )


class _TradeFollower:
    """Public trades, each told once."""

    def __init__(self, topic: Topic, look: Look, now_ms: int) -> None:
        self._symbol = topic.symbol
        self._look = look
        self._before: tuple[PublicTrade, ...] = look(
            GetTrades(topic.symbol, limit=_TRADES_BEFORE), now_ms
        )

    def standing(self) -> Sequence[StreamEvent]:
        return (TradesTold(self._symbol, self._before, is_snapshot=True),)

    def go_on(self, now_ms: int) -> Sequence[StreamEvent]:
        last = self._before[-1]
        wanted = GetTrades(self._symbol, since_ms=last.time_ms)
        found: tuple[PublicTrade, ...] = self._look(wanted, now_ms)
        new = tuple(trade for trade in found if trade.trade_id > last.trade_id)
        if not new:
            return ()
        self._before = (*self._before, *new)[-_TRADES_BEFORE:]
        return (TradesTold(self._symbol, new),)


def _changes(told: Sequence[Level], now: Sequence[Level], touched: set[Decimal]) -> Iterator[Level]:
    """Give the levels that differ; one that is gone has no quantity."""
    before = {level.price: level.quantity for level in told}
    after = {level.price: level.quantity for level in now}
    for level in now:
        if before.get(level.price) != level.quantity or level.price in touched:
            yield level
    for price in (*before, *(touched - before.keys())):
        if price not in after:
            yield Level(price, ZERO)
