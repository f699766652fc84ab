"""Candles per second of a person's own Python file, against backtesting.py.

Both run the same crossing averages over the same candles and take the same trades, which is
asserted first. Ours is a file in the form that people write, loaded as theirs is and run without
the compiler; backtesting.py gets its signals ready-made. A file that asks at each candle what is
held, and so must be asked candle by candle, is printed beside it.
"""

import tempfile
import warnings
from pathlib import Path

from benchmarks.backtest import make_candles
from benchmarks.backtest_references import (
    SIGNALS,
    backtesting_strategy,
    frame_of,
    run_backtesting,
    terms_of,
)
from benchmarks.measure import Result, compare
from drawbridge.robots.backtest.run import BacktestResult, run_backtest
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.own.loading import load_own
from drawbridge.robots.strategy import Strategy

CANDLES = 200_000
ROUNDS = 5
TARGET = 4
TERMS = terms_of("100000")
FUNCTION = '''
def decide(view, *, fast=20, slow=60):
    """Buys when the fast average rises above the slow one."""
    if view.ema(fast) > view.ema(slow):
        return "in"
    return "out" if view.ema(fast) < view.ema(slow) else None
'''
HOLDING = '''
def decide(view, *, fast=20, slow=60):
    """The same, looking at what is held."""
    if view.held.quantity:
        return "out" if view.ema(fast) < view.ema(slow) else None
    if view.ema(fast) > view.ema(slow):
        return "in"
    return "out" if view.ema(fast) < view.ema(slow) else None
'''


def own(text: str) -> Strategy:
    """Load a file of this text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.py"
        path.write_text(text, encoding="utf-8")
        return load_own(path).strategy


def run_own(strategy: Strategy, candles: CandleColumns) -> BacktestResult:
    """Run an own strategy without the compiler."""
    return run_backtest(strategy, strategy.read_settings({}), candles, TERMS, compiled=False)


def run() -> list[Result]:
    """Compare speed, and assert that trades are equal."""
    with warnings.catch_warnings():
        # backtesting.py warns while it is imported.
        warnings.simplefilter("ignore")
        candles = make_candles(CANDLES)
        return [
            _against(own(FUNCTION), candles, "a person's own file, backtesting.py", TARGET),
            _against(own(HOLDING), candles, "the same, asked candle by candle", None),
        ]


def _against(strategy: Strategy, candles: CandleColumns, what: str, target: float | None) -> Result:
    frame = frame_of(candles)
    theirs = backtesting_strategy(lambda: SIGNALS["ema_cross"](candles).later_than(0))
    table = run_backtesting(frame, theirs)["_trades"]
    fills = sorted([*table.EntryBar.tolist(), *table.ExitBar.tolist()])
    ours = run_own(strategy, candles).legs[0].at.tolist()
    if ours[: len(fills)] != fills:
        message = f"{what}: fills differ from those of backtesting.py"
        raise AssertionError(message)
    pair = compare(
        lambda: run_own(strategy, candles), lambda: run_backtesting(frame, theirs), rounds=ROUNDS
    )
    rates = [CANDLES / side.wall_s / 1e6 for side in (pair.ours, pair.reference)]
    details = f"{rates[0]:.3g} : {rates[1]:.3g} M candles/s, {len(fills):,} equal fills"
    return Result("T9", what, pair.times_faster, target, details)
