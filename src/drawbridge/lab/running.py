"""Carrying out a trial: candles from the shelf, one backtest or a search, and the sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import BadInput
from drawbridge.lab.sheet import searched, sheet_of
from drawbridge.robots.backtest.engine import Pair, run_engine
from drawbridge.robots.backtest.run import run_backtest
from drawbridge.robots.columns import resampled
from drawbridge.robots.search.run import run_search

if TYPE_CHECKING:
    from drawbridge.lab.model import Trial
    from drawbridge.lab.shelf import Shelf
    from drawbridge.robots.backtest.result import BacktestResult
    from drawbridge.robots.columns import CandleColumns
    from drawbridge.robots.search.run import Found

Progress = Callable[[int, int], None]
"""Told how many of how many runs are done."""


def candles_for(trial: Trial, shelf: Shelf) -> tuple[CandleColumns, ...]:
    """Give the candles of a trial's markets. Raises: `NotFound("unknown_candles")`; as `cut`."""
    return tuple(cut(trial, shelf.read(name)) for name in trial.candles)


def cut(trial: Trial, candles: CandleColumns) -> CandleColumns:
    """Put candles together and cut them as the trial wants them.

    Raises: `BadInput("interval_not_there")` for candles that cannot be put together so,
    `BadInput("candles_empty")`.
    """
    own_ms = candles.interval_ms
    if trial.interval_ms and (not own_ms or trial.interval_ms % own_ms):
        raise BadInput("interval_not_there", field="interval", own_minutes=own_ms // MINUTE_MS)
    if trial.interval_ms:
        candles = resampled(candles, trial.interval_ms)
    if trial.last:
        candles = candles.last(trial.last)
    if not len(candles):
        raise BadInput("candles_empty", field="candles")
    return candles


def run_trial(trial: Trial, candles: Sequence[CandleColumns], progress: Progress) -> dict[str, Any]:
    """Run one backtest, or a search and then a backtest with the best settings it found.

    Raises: as `backtested` and `run_search`.
    """
    if trial.space is None:
        progress(0, 1)
        return sheet_of(trial, backtested(trial, candles))
    best, found = search(trial, candles, progress)
    return sheet_of(best, backtested(best, candles)) | {"search": searched(found, candles[0])}


def search(
    trial: Trial, candles: Sequence[CandleColumns], progress: Progress
) -> tuple[Trial, Found]:
    """Search, and give the trial with the best settings beside what was found.

    Raises: as `run_search`; `ValueError` for a trial that varies nothing.
    """
    if trial.space is None:
        message = "this trial varies nothing"
        raise ValueError(message)
    found = run_search(trial.space, candles[0], trial.terms[0], trial.manner, progress)
    return trial.with_settings(found.best.chosen), found


def backtested(
    trial: Trial, candles: Sequence[CandleColumns], *, compiled: bool | None = None
) -> BacktestResult:
    """Run one backtest, several markets paid out of one wallet.

    Raises: as `run_backtest` and `run_engine`.
    """
    strategy, settings, guards = trial.strategy, trial.settings, trial.guards
    markets = list(zip(candles, trial.terms, strict=True))
    if len(markets) > 1:
        return run_engine([Pair(strategy, settings, *market, guards) for market in markets])
    return run_backtest(strategy, settings, *markets[0], guards=guards, compiled=compiled)
