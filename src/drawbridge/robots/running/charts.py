"""Closed candles of every market on which robots work, each series once for all its robots.

A series begins with past candles over REST, as many as the robot that looks back furthest needs;
then candle follows candle, told by a stream where there is one and asked for over REST where not,
or where the stream has left a gap. A candle is acted upon only when it is closed for certain.
"""

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.markets import Candle, Market
from drawbridge.core.operations import GetCandles
from drawbridge.core.streams import CandleTold
from drawbridge.robots.candle_store import CandleStore, SeriesId
from drawbridge.robots.columns import COLUMNS, CandleColumns, columns_from
from drawbridge.robots.strategy import Settings, Strategy
from drawbridge.trading.reading import Passage

# The fewest that an exchange gives in one answer lies a little above this.
PAGE: Final = 480
_MOST_PAGES: Final = 64
# So many are kept at least, for charts.
_LEAST: Final = 500
_MOST_TOLD: Final = 64
# Our clock and the exchange's differ a little: a candle that has just ended may still change
# there. One that is followed by the next one is closed for certain.
GRACE_MS: Final = 2_000


@dataclass(slots=True)
class Chart:
    """One series of closed candles as robots look at it.

    `reach` is how many are kept, `asked` how many were asked for so far. `told` are those that a
    stream has told to be closed and nobody has acted upon yet, `begun_ms` the newest one that it
    has told at all; `is_told` while it tells every candle. `unstored` are not on disk yet. `market`
    is as it was at the newest look.
    """

    series: SeriesId
    market: Market | None = None
    reach: int = _LEAST
    asked: int = 0
    columns: CandleColumns | None = None
    newest: Candle | None = None
    told: dict[int, Candle] = field(default_factory=dict)
    begun_ms: int = 0
    is_told: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    unstored: list[Candle] = field(default_factory=list)
    failures: int = 0
    not_before_ms: int = 0
    _seen: dict[Hashable, Any] = field(default_factory=dict)

    @property
    def last_ms(self) -> int:
        """Give the newest candle, 0 before there is any."""
        return self.newest.open_time_ms if self.newest else 0

    def is_due(self, now_ms: int) -> bool:
        """Tell whether a candle may have closed since the newest one."""
        if self.told or self.begun_ms > self.last_ms + self.series.interval_ms:
            return True
        # Who is told by a stream asks only when that stays silent for long.
        patience_ms = 2 * GRACE_MS if self.is_told else 0
        return now_ms >= self.last_ms + 2 * self.series.interval_ms + patience_ms

    def look(self, strategy: Strategy, settings: Settings) -> Any:  # noqa: ANN401  a strategy's own
        """Give a strategy's series over all candles, looked at once for all alike."""
        key = (strategy.id, settings)
        if key not in self._seen:
            self._seen[key] = strategy.look(self._columns(), settings)
        return self._seen[key]

    @property
    def count(self) -> int:
        """Give how many candles there are."""
        return len(self._columns())

    def number_of(self, time_ms: int) -> int:
        """Give the number of the first candle behind a moment."""
        if time_ms == self.last_ms - self.series.interval_ms:
            return self.count - 1  # which nearly everybody asks for
        return int(self._columns().open_time_ms.searchsorted(time_ms, side="right"))

    def time_of(self, at: int) -> int:
        """Give when a candle began, by its number."""
        return int(self._columns().open_time_ms[at])

    def float_close_of(self, at: int) -> float:
        """Give the price at which a candle closed, as strategies see it."""
        return float(self._columns().close[at])

    def close_of(self, at: int) -> Decimal:
        """Give the price at which a candle closed."""
        if self.newest is not None and at == self.count - 1:
            return self.newest.close
        return Decimal(repr(self.float_close_of(at)))

    def range_of(self, at: int) -> tuple[float, float]:
        """Give the lowest and the highest price of a candle."""
        columns = self._columns()
        return float(columns.low[at]), float(columns.high[at])

    def take(self, candles: Sequence[Candle]) -> None:
        """Take in closed candles, newer than all before."""
        more = columns_from(candles)
        columns = more if self.columns is None else joined(self.columns, more)
        self.columns = columns.last(self.reach)
        self.newest = candles[-1]
        self._seen.clear()
        for time_ms in [it for it in self.told if it <= self.last_ms]:
            del self.told[time_ms]

    def begin(self, candles: Sequence[Candle]) -> None:
        """Begin anew with these candles."""
        self.columns = None
        self.take(candles)

    def hear(self, told: CandleTold) -> bool:
        """Hear from a stream; tells whether a candle has closed by that.

        Why: how a running candle was told last may not be how it closed. When the next one has
        begun and nobody has said how the one before closed, it is asked for.
        """
        opened_ms = told.candle.open_time_ms
        if opened_ms <= self.last_ms:
            return False
        if told.is_closed and len(self.told) < _MOST_TOLD:
            self.told[opened_ms] = told.candle
            return True
        is_news = opened_ms > max(self.begun_ms, self.last_ms + self.series.interval_ms)
        self.begun_ms = max(self.begun_ms, opened_ms)
        return is_news

    def _columns(self) -> CandleColumns:
        if self.columns is None:
            raise ExchangeDown("robot_no_candles", symbol=self.series.symbol)
        return self.columns


def joined(before: CandleColumns, more: CandleColumns) -> CandleColumns:
    """Put newer candles behind older ones."""
    import numpy as np  # noqa: PLC0415  heavy: loaded by who looks at prices

    return CandleColumns(
        *(np.concatenate((getattr(before, name), getattr(more, name))) for name in COLUMNS)
    )


class Charts:
    """Where charts get their candles from."""

    def __init__(self, roads: Passage, store: CandleStore, clock: Clock) -> None:
        """Ask exchanges by these roads; what was stored before a restart is taken up again."""
        self._roads = roads
        self._store = store
        self._clock = clock

    async def learn_market(self, chart: Chart) -> Market:
        """Give a chart's market as it is now; who comes to the chart later meets it too.

        Raises: what asking raises, also when there is none any more.
        """
        series = chart.series
        markets = await self._roads.markets(series.exchange, series.venue)
        market = chart.market = markets.get(series.symbol)
        return market

    async def warm_up(self, chart: Chart, reach: int) -> None:
        """Make sure that a chart has as many candles as there are, up to `reach`.

        Raises: `ExchangeDown("robot_no_candles")` when there are none, and what asking raises.
        """
        chart.reach = max(chart.reach, reach + 1)
        if chart.columns is None:
            await self._restore(chart)
        if chart.asked >= chart.reach:
            return
        until_ms = chart.last_ms or self._clock.now_ms()
        since_ms = until_ms - chart.reach * chart.series.interval_ms
        candles = await self._closed_since(chart.series, since_ms)
        if chart.last_ms:
            # Newer ones are news, and acted upon as such.
            candles = tuple(it for it in candles if it.open_time_ms <= chart.last_ms)
        if len(candles) <= 1:
            raise ExchangeDown("robot_no_candles", symbol=chart.series.symbol)
        chart.begin(candles)
        chart.unstored = [*candles]
        chart.asked = chart.reach

    async def news(self, chart: Chart) -> tuple[Candle, ...]:
        """Give the closed candles behind the newest one, oldest first; none while none closed.

        Raises: what asking raises.
        """
        if (told := _unbroken(chart)) or not chart.is_due(self._clock.now_ms()):
            return told
        since_ms = chart.last_ms + chart.series.interval_ms
        return await self._closed_since(chart.series, since_ms)

    async def _restore(self, chart: Chart) -> None:
        """Go on where the process before this one stopped, unless that is too long ago."""
        stored = await self._store.list_newest(chart.series, chart.reach)
        if not stored:
            return
        behind_ms = self._clock.now_ms() - stored[-1].open_time_ms
        if behind_ms <= chart.reach * chart.series.interval_ms:
            chart.begin(stored)
            chart.asked = len(stored)

    async def _closed_since(self, series: SeriesId, since_ms: int) -> tuple[Candle, ...]:
        """Ask page after page for the candles from a moment on that are closed for certain."""
        now_ms = self._clock.now_ms()
        found: dict[int, Candle] = {}
        for _ in range(_MOST_PAGES):
            asked = GetCandles(series.symbol, series.interval_ms, since_ms=since_ms, limit=PAGE)
            page = await self._roads.call_public(series.exchange, series.venue, asked)
            news = {it.open_time_ms: it for it in page if it.open_time_ms >= since_ms}
            found |= news
            # A market in which nobody trades has no candles for a while.
            newest_ms = max(news, default=since_ms + (PAGE - 1) * series.interval_ms)
            since_ms = newest_ms + series.interval_ms
            if since_ms > now_ms:
                break
        return closed(tuple(found[it] for it in sorted(found)), series.interval_ms, now_ms)


def closed(candles: Sequence[Candle], interval_ms: int, now_ms: int) -> tuple[Candle, ...]:
    """Give those candles that nothing can change any more."""
    newest_ms = max((candle.open_time_ms for candle in candles), default=0)
    return tuple(
        candle
        for candle in candles
        if candle.open_time_ms < newest_ms or candle.open_time_ms + interval_ms + GRACE_MS <= now_ms
    )


def _unbroken(chart: Chart) -> tuple[Candle, ...]:
    """Give what a stream has told right behind the newest candle, without a gap."""
    found = []
    next_ms = chart.last_ms + chart.series.interval_ms
    while chart.last_ms and next_ms in chart.told:
        found.append(chart.told[next_ms])
        next_ms += chart.series.interval_ms
    return tuple(found)
