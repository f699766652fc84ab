"""A live market out of a series: what its price is at any time, past and present.

Pure in time: the same moment always gives the same price, however often and in whatever order
one asks, and a restart goes on where the market stood, because the anchor is kept. Times are
real ones; `Pace` says which position of the series they stand for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.core.clock import DAY_MS
from drawbridge.paper.rules import atoms_of
from drawbridge.paper.series import SERIES_PLACES, Bar, Series

# How long before its anchor a market was listed; nobody can ask for more of its past.
_PAST_DAYS: Final = 180


@dataclass(frozen=True, slots=True)
class Pace:
    """How real time runs through a series: at `anchor_ms` it stood `offset_ms` after the middle.

    An anchor on a full minute lets recorded candles come out as they were recorded.

    `speed` 60 lets an hour of the recording pass in a minute.
    """

    anchor_ms: int
    offset_ms: int = 0
    speed: int = 1

    def elapsed_ms(self, now_ms: int) -> int:
        """Give how far the series has run at a time, from its middle."""
        return self.offset_ms + (now_ms - self.anchor_ms) * self.speed

    def changed(self, now_ms: int, speed: int) -> "Pace":
        """Go on from here at another speed, without a jump."""
        return Pace(now_ms, self.elapsed_ms(now_ms), speed)


class Feed:
    """One market's price over time, in units of 10^-8 of the quote currency."""

    __slots__ = ("_begins_at", "_pace", "_series", "depth", "listed_ms")

    def __init__(
        self,
        series: Callable[[], Series],
        pace: Pace,
        depth: int,
        *,
        begins_at: int | None = None,
        listed_ms: int | None = None,
    ) -> None:
        """Run through the series at that pace; `depth` in units of 10^-8 of the base currency.

        At the anchor the series stands at `begins_at`, or in its middle: half is history then,
        and half to come. It is asked for at the first price: reading all of them would take
        longer than all else of a start, and most are never looked at.
        """
        self._series = series
        self._pace = pace
        self._begins_at = begins_at
        self.depth = depth
        past_ms = (pace.anchor_ms // DAY_MS - _PAST_DAYS) * DAY_MS
        self.listed_ms = past_ms if listed_ms is None else listed_ms

    def price(self, now_ms: int) -> int:
        """Give the price at a time."""
        series = self._series()
        return series.price(self._begin(series) + self._pace.elapsed_ms(now_ms))

    def bar(self, start_ms: int, end_ms: int) -> Bar:
        """Sum up the time from `start_ms` up to `end_ms` as one candle."""
        elapsed, series = self._pace.elapsed_ms, self._series()
        begin = self._begin(series)
        return series.bar(begin + elapsed(start_ms), begin + elapsed(end_ms))

    def _begin(self, series: Series) -> int:
        if self._begins_at is None:
            return series.length_ms // 2 // series.bar_ms * series.bar_ms
        return self._begins_at

    def units_of(self, amount: Decimal) -> int:
        """Turn a tick or a step into the feed's units.

        Raises: `ValueError` for one finer than a unit: our own card is wrong.
        """
        units = atoms_of(amount, SERIES_PLACES)
        if units <= 0:
            message = f"{amount} is finer than the feed tells prices"
            raise ValueError(message)
        return units
