"""Measure two sides fairly: paired, interleaved in shuffled order, medians of several rounds.

Whoever measures hands in two functions that do the same amount of work. What is measured, and
against what, stands in the benchmark's own file.
"""

import gc
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

ROUNDS: Final = 7


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a side took, in seconds."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table: a ratio, what it should be, and the figures behind it.

    `at_least` says which side of the target is good: True for "times faster" (higher is
    better), False for "share of the reference's time" (lower is better). A target of None is
    for figures that are only reported.
    """

    name: str
    what: str
    ratio: float
    target: float | None
    details: str = ""
    at_least: bool = True

    @property
    def is_met(self) -> bool:
        """Tell whether the ratio is on the good side of the target."""
        if self.target is None:
            return True
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target

    def __str__(self) -> str:
        """Write as one line: `T10 journal rows/s … ratio 6.70x (target ≥ 4)`."""
        line = f"{self.name} {self.what}  ratio {self.ratio:.3g}x"
        if self.target is not None:
            line += f" (target {'≥' if self.at_least else '≤'} {self.target:g})"
        return f"{line}  {self.details}".rstrip()


@dataclass(frozen=True, slots=True)
class Pair:
    """Medians of both sides, and the median of the ratios of each round."""

    ours: Cost
    reference: Cost
    wall_ratio: float
    cpu_ratio: float

    @property
    def times_faster(self) -> float:
        """Give how many times faster we are by the wall clock."""
        return 1 / self.wall_ratio


def measured(work: Callable[[], object]) -> Cost:
    """Run once and tell wall and process CPU time; garbage of before is collected first."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def compare(
    ours: Callable[[], object],
    reference: Callable[[], object],
    *,
    rounds: int = ROUNDS,
    measure: Callable[[Callable[[], object]], Cost] = measured,
) -> Pair:
    """Run both sides `rounds` times, in shuffled order within each round, after a warm-up.

    Ratios are ours / reference: 0.25 means a quarter of the reference's time.
    """
    order = random.Random(0)
    sides = [ours, reference]
    for side in sides:
        side()
    costs: dict[Callable[[], object], list[Cost]] = {ours: [], reference: []}
    for _ in range(rounds):
        order.shuffle(sides)
        for side in sides:
            costs[side].append(measure(side))
    pairs = list(zip(costs[ours], costs[reference], strict=True))
    return Pair(
        ours=_median(costs[ours]),
        reference=_median(costs[reference]),
        wall_ratio=statistics.median(a.wall_s / b.wall_s for a, b in pairs),
        cpu_ratio=statistics.median(_ratio(a.cpu_s, b.cpu_s) for a, b in pairs),
    )


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.wall_s for cost in costs),
        statistics.median(cost.cpu_s for cost in costs),
    )


def _ratio(ours: float, reference: float) -> float:
    return ours / reference if reference else float("nan")
