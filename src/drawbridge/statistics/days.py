"""What a worth was at the end of each day, in UTC, and the returns of days.

A point at midnight is the last one of the day that ends there. A day without a point ends as
the day before did.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from drawbridge.core.clock import DAY_MS
from drawbridge.statistics.drawdown import exact
from drawbridge.statistics.equity import Amount, Curve

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Days:
    """The worth at the end of each day, `first` being the number of the first day since 1970."""

    start: Decimal
    first: int
    closes: tuple[Decimal, ...]

    def returns(self) -> list[float] | None:
        """Give each day's return; None where one began with nothing or less."""
        values = [float(self.start), *map(float, self.closes)]
        if any(value <= 0 for value in values[:-1]):
            return None
        return [after / before - 1.0 for before, after in pairwise(values)]


def days_of(curve: Curve[Amount]) -> Days:
    """Find the last value of every day, from day to day."""
    times = curve.times_ms
    if not len(times):
        return Days(exact(curve.start), 0, ())
    first, last, end = day_of(times[0]), day_of(times[-1]), 0
    closes: list[Decimal] = []
    for day in range(first, last + 1):
        end = bisect_right(times, (day + 1) * DAY_MS, lo=end)
        closes.append(exact(curve.values[end - 1]))
    return Days(exact(curve.start), first, tuple(closes))


def day_of(at_ms: int) -> int:
    """Give the number of the day that a moment counts towards."""
    return (at_ms - 1) // DAY_MS


def date_of(day: int) -> date:
    """Give the date of a day by its number."""
    return _EPOCH + timedelta(days=day)


def begin_ms(of: date) -> int:
    """Give the moment at which a date begins."""
    return int(datetime(of.year, of.month, of.day, tzinfo=UTC).timestamp()) * 1_000


def sampled(curve: Curve[Amount], most: int) -> list[tuple[int, Decimal]]:
    """Give at most `most` points for a chart, the last one always among them."""
    last: int = len(curve.times_ms) - 1
    stride = max(1, -(-len(curve.times_ms) // max(1, most)))
    indexes: Sequence[int] = range(last, -1, -stride)
    return [(curve.times_ms[at], exact(curve.values[at])) for at in reversed(indexes)]
