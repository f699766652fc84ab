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


def score_of(equity: Floats, times_ms: Times, ends: NDInts, trades: int) -> Score:
    """Score an equity curve, one value per candle; its first value is what it began with."""
    profit = float(equity[-1] / equity[0] - 1.0)
    heights = np.maximum.accumulate(equity)
    drawdown = float((1.0 - equity / heights).max())
    years = max(float(times_ms[-1] - times_ms[0]) / (_DAYS_A_YEAR * DAY_MS), 1e-9)
    return Score(
        profit=profit,
        drawdown=drawdown,
        sharpe=sharpe_of(day_returns(equity, ends)),
        calmar=profit / years / drawdown if drawdown > 0 else 0.0,
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
