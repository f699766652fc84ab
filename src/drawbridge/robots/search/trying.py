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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from drawbridge.robots.backtest.run import BacktestResult, run_backtest
from drawbridge.robots.backtest.terms import BacktestTerms
from drawbridge.robots.search.folds import Fold
from drawbridge.robots.search.scoring import Score, day_ends, day_returns, score_of
from drawbridge.robots.search.space import Chosen, Space

if TYPE_CHECKING:
    from drawbridge.robots.columns import CandleColumns, Floats, Times

_CHUNKS_A_WORKER: Final = 8
_LARGEST_CHUNK: Final = 64


@dataclass(frozen=True, slots=True)
class Ground:
    """What every try stands on: all but the settings."""

    space: Space
    candles: CandleColumns
    terms: BacktestTerms
    folds: tuple[Fold, ...]
    compiled: bool | None = None


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
        tuple(_score(ground, equity, entries, fold.first, fold.cut) for fold in ground.folds),
        tuple(_score(ground, equity, entries, fold.cut, fold.end) for fold in ground.folds),
        day_returns(equity, day_ends(ground.candles.open_time_ms)),
    )


def _score(ground: Ground, equity: Floats, entries: Times, first: int, end: int) -> Score:
    """Score a stretch; it begins with what the candle before it ended with."""
    began = max(0, first - 1)
    times_ms = ground.candles.open_time_ms[began:end]
    trades = int(np.searchsorted(entries, end) - np.searchsorted(entries, first))
    return score_of(equity[began:end], times_ms, day_ends(times_ms), trades)


def _backtested(ground: Ground, chosen: Chosen, candles: CandleColumns) -> BacktestResult:
    settings, guards = ground.space.read(chosen)
    return run_backtest(
        ground.space.strategy,
        settings,
        candles,
        ground.terms,
        guards=guards,
        compiled=ground.compiled,
    )


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


@contextmanager
def work_crew(ground: Ground, first: Chosen, workers: int) -> Iterator[Crew]:
    """Make a crew of so many processes; with one, everything is done in this process.

    Why a first run here: what the compiler makes of the strategy is then there before the
    processes branch off, and none of them compiles it again.
    """
    if workers <= 1:
        yield Crew(ground, None, 1)
        return
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    _backtested(ground, first, ground.candles.last(_LARGEST_CHUNK))
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
