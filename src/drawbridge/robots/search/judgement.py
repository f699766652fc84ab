"""Does a result look fitted to its past? Warnings, each with the figures it rests on.

Source: Bailey, Borwein, López de Prado and Zhu, "The Probability of Backtest Overfitting" (2015):
the days are cut into blocks; for every way of choosing on half of them, it is seen how the
choice does on the other half. Settings that are good for a reason stay in the upper half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from drawbridge.robots.columns import Floats

_BLOCKS: Final = 10
_FEWEST_DAYS: Final = 2 * _BLOCKS
_FEWEST_TRIES: Final = 4
_FEWEST_TRADES: Final = 30
_EVEN_CHANCE: Final = 0.5
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Warned:
    """A doubt: the code of its sentence and the figures it rests on."""

    code: str
    facts: dict[str, object] = field(default_factory=dict)


def chance_of_overfitting(returns: Floats) -> float | None:
    """Give the share of ways of choosing whose choice then does worse than half of all tries.

    Shape: `returns` has a row for each day and a column for each try.
    None where there are too few days or tries to tell.
    """
    days, tries = returns.shape
    if days < _FEWEST_DAYS or tries < _FEWEST_TRIES:
        return None
    blocks = np.array_split(np.arange(days), _BLOCKS)
    # Sums and sums of squares of each block are enough for every way of putting blocks together.
    sums = np.array([returns[block].sum(axis=0) for block in blocks])
    squares = np.array([(returns[block] ** 2).sum(axis=0) for block in blocks])
    counts = np.array([len(block) for block in blocks], dtype=np.float64)
    worse, ways = 0, 0
    for chosen in combinations(range(_BLOCKS), _BLOCKS // 2):
        on = np.zeros(_BLOCKS, dtype=bool)
        on[list(chosen)] = True
        best = int(_ratio(sums[on], squares[on], counts[on]).argmax())
        judged = _ratio(sums[~on], squares[~on], counts[~on])
        rank = float((judged < judged[best]).sum() + _HALF * (judged == judged[best]).sum())
        worse += rank / tries <= _EVEN_CHANCE
        ways += 1
    return worse / ways


def warnings_of(
    chance: float | None, chosen_on: float, judged_by: float, trades: Sequence[int]
) -> tuple[Warned, ...]:
    """Say every doubt there is about the best settings.

    `chosen_on` and `judged_by` are its scores where it was chosen and where it was judged;
    `trades` how many it made in each of the two.
    """
    doubts = []
    if chosen_on <= 0:
        doubts.append(Warned("search_lost", {"chosen_on": round(chosen_on, 4)}))
    if chance is not None and chance > _EVEN_CHANCE:
        doubts.append(Warned("search_overfitted", {"percent": round(100 * chance)}))
    if chosen_on > 0 and judged_by < _HALF * chosen_on:
        facts = {"chosen_on": round(chosen_on, 4), "judged_by": round(judged_by, 4)}
        doubts.append(Warned("search_fell_off", dict(facts)))
    if min(trades, default=0) < _FEWEST_TRADES:
        doubts.append(
            Warned("search_few_trades", {"trades": min(trades, default=0), "least": _FEWEST_TRADES})
        )
    return tuple(doubts)


def _ratio(sums: Floats, squares: Floats, counts: Floats) -> Floats:
    """Give mean over deviation of each try over some blocks; 0 where nothing moved."""
    count = counts.sum()
    mean = sums.sum(axis=0) / count
    deviation = np.sqrt(np.maximum(squares.sum(axis=0) / count - mean**2, 0.0))
    ratio: Floats = np.divide(mean, deviation, out=np.zeros_like(mean), where=deviation > 0)
    return ratio
