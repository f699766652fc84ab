"""What makes settings good: a few figures of an equity curve, quickly, for comparing only.

Floats throughout: figures for people are made by statistics, exactly and with more care.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from drawbridge.core.clock import DAY_MS
from drawbridge.robots.search.manner import Objective

if TYPE_CHECKING:
    from drawbridge.robots.columns import Floats, Times

_DAYS_A_YEAR: Final = 365.0


@dataclass(frozen=True, slots=True)
class Score:
    """How settings did over a stretch of candles.

    Units: `profit` and `drawdown` as fractions of what it began with and of the height before;
    `sharpe` per year out of days; `calmar` is profit per year over drawdown.
    """

    profit: float
    drawdown: float
    sharpe: float
    calmar: float
    trades: int

    def of(self, objective: Objective) -> float:
        """Give the figure that is compared."""
        return float(getattr(self, objective.value))


def day_ends(times_ms: Times) -> NDInts:
    """Give the number of the last candle of each UTC day."""
    days = times_ms // DAY_MS
    return np.append(np.flatnonzero(days[1:] != days[:-1]), len(days) - 1)


def day_returns(equity: Floats, ends: NDInts) -> Floats:
    """Give the return of each day; the first day's begins with the first candle."""
    at_ends = equity[ends]
    before = np.concatenate(([equity[0]], at_ends[:-1]))
    returns: Floats = at_ends / before - 1.0
    return returns


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some candles that are scored: where they begin and end, and where their days do.

    `first` is the candle before them, whose equity they begin with. Units: `years` long.
    """

    first: int
    end: int
    ends: NDInts
    years: float


def stretch_of(times_ms: Times, first: int, end: int) -> Stretch:
    """Make a stretch of the candles from `first` up to, not including, `end`."""
    first = max(0, first - 1)
    times = times_ms[first:end]
    years = float(times[-1] - times[0]) / (_DAYS_A_YEAR * DAY_MS)
    return Stretch(first, end, day_ends(times), max(years, 1e-9))


def score_of(equity: Floats, stretch: Stretch, trades: int) -> Score:
    """Score a stretch of an equity curve that has one value per candle."""
    part = equity[stretch.first : stretch.end]
    profit = float(part[-1] / part[0] - 1.0)
    drawdown = float(1.0 - (part / np.maximum.accumulate(part)).min())
    return Score(
        profit=profit,
        drawdown=drawdown,
        sharpe=sharpe_of(day_returns(part, stretch.ends)),
        calmar=profit / stretch.years / drawdown if drawdown > 0 else 0.0,
        trades=trades,
    )


def sharpe_of(returns: Floats) -> float:
    """Give mean over deviation of daily returns, per year; 0 where it means nothing."""
    if len(returns) <= 1:
        return 0.0
    deviation = float(returns.std(ddof=1))
    return float(returns.mean()) / deviation * _DAYS_A_YEAR**0.5 if deviation > 0 else 0.0


if TYPE_CHECKING:
    from numpy.typing import NDArray

    NDInts = NDArray[np.intp]
