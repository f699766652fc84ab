"""Trying settings on all cores: one backtest for each, scored on every fold.

A backtest looks into no future, so that one run over all candles is cut into the parts that
choose and the parts that judge. Each worker holds the candles once; only settings go in and
scores come out.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from drawbridge.core.errors import BadInput
from drawbridge.robots.backtest.run import BacktestResult, can_compile, run_backtest
from drawbridge.robots.backtest.terms import BacktestTerms
from drawbridge.robots.search.folds import Fold
from drawbridge.robots.search.scoring import (
    Score,
    Stretch,
    day_ends,
    day_returns,
    score_of,
    stretch_of,
)
from drawbridge.robots.search.space import Chosen, Space

if TYPE_CHECKING:
    from drawbridge.robots.columns import CandleColumns, Floats
    from drawbridge.robots.search.scoring import NDInts

# Compiling takes as long as interpreting so many candles.
_WORTH_COMPILING: Final = 4_000_000
_CHUNKS_A_WORKER: Final = 8
_LARGEST_CHUNK: Final = 64


@dataclass(frozen=True, slots=True)
class Ground:
    """What every try stands on: all but the settings.

    `stretches` are of each fold where is chosen and where is judged; `ends` are those of days.
    """

    space: Space
    candles: CandleColumns
    terms: BacktestTerms
    stretches: tuple[tuple[Stretch, Stretch], ...]
    ends: NDInts
    compiled: bool = False


def ground_of(
    space: Space, candles: CandleColumns, terms: BacktestTerms, folds: Sequence[Fold]
) -> Ground:
    """Prepare what every try would otherwise reckon anew."""
    times_ms = candles.open_time_ms
    stretches = tuple(
        (stretch_of(times_ms, it.first, it.cut), stretch_of(times_ms, it.cut, it.end))
        for it in folds
    )
    return Ground(space, candles, terms, stretches, day_ends(times_ms))


@dataclass(frozen=True, slots=True)
class Try:
    """How one combination did: for each fold where it is chosen and where it is judged.

    `returns` has one value for each UTC day of all candles.
    """

    chosen: Chosen
    chosen_on: tuple[Score, ...]
    judged_by: tuple[Score, ...]
    returns: Floats


def evaluate(ground: Ground, chosen: Chosen) -> Try:
    """Run one backtest and score it."""
    result = _backtested(ground, chosen, ground.candles)
    equity = np.asarray(result.equity)
    entries = np.asarray(result.entries())
    return Try(
        chosen,
        tuple(_score(equity, entries, chosen_on) for chosen_on, _ in ground.stretches),
        tuple(_score(equity, entries, judged_by) for _, judged_by in ground.stretches),
        day_returns(equity, ground.ends),
    )


def _score(equity: Floats, entries: NDInts, stretch: Stretch) -> Score:
    first, end = np.searchsorted(entries, (stretch.first, stretch.end))
    return score_of(equity, stretch, int(end - first))


def _backtested(ground: Ground, chosen: Chosen, candles: CandleColumns) -> BacktestResult:
    settings, guards = ground.space.read(chosen)
    strategy, terms = ground.space.strategy, ground.terms
    return run_backtest(strategy, settings, candles, terms, guards=guards, compiled=ground.compiled)


class Crew:
    """Tries combinations, on one core or several; the results come in the order of the asking."""

    def __init__(self, ground: Ground, pool: ProcessPoolExecutor | None, workers: int) -> None:
        """Use `work_crew` to make one."""
        self._ground = ground
        self._pool = pool
        self._workers = workers

    def run(self, combinations: Sequence[Chosen]) -> Iterator[Try]:
        """Try them all. Raises: as `run_backtest`."""
        if self._pool is None:
            return (evaluate(self._ground, chosen) for chosen in combinations)
        chunk = -(-len(combinations) // (self._workers * _CHUNKS_A_WORKER))
        return self._pool.map(
            _evaluate_here, combinations, chunksize=max(1, min(chunk, _LARGEST_CHUNK))
        )


def made_ready(ground: Ground, first: Chosen, tries: int) -> Ground:
    """Compile the strategy where so many tries are worth it and the compiler can.

    Why with a first run here: what the compiler makes of it is then there before processes branch
    off, and none of them compiles it again.
    """
    if ground.space.strategy.orders or not can_compile():
        return ground
    if tries * len(ground.candles) < _WORTH_COMPILING:
        return ground
    ready = replace(ground, compiled=True)
    try:
        _backtested(ready, first, ground.candles.last(_LARGEST_CHUNK))
    except BadInput as error:
        if error.code != "strategy_not_compilable":
            raise
        return ground
    return ready


@contextmanager
def work_crew(ground: Ground, workers: int) -> Iterator[Crew]:
    """Make a crew of so many processes; with one, everything is done in this process."""
    if workers <= 1:
        yield Crew(ground, None, 1)
        return
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(workers, context, _stand_on, (ground,)) as pool:
        try:
            yield Crew(ground, pool, workers)
        finally:
            # Who stops early waits for nothing that has not begun.
            pool.shutdown(wait=True, cancel_futures=True)


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_ground: list[Ground] = []


def _stand_on(ground: Ground) -> None:
    """Begin a worker's life."""
    _ground[:] = [ground]


def _evaluate_here(chosen: Chosen) -> Try:
    return evaluate(_ground[0], chosen)
