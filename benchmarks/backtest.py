"""Candles per second of the backtest, and its memory, against vectorbt and backtesting.py.

All walk through the same million one-minute candles and fill at the next open with a fee; their
trades are asserted equal first. vectorbt runs with its own indicators; what is quicker, TA-Lib
under vectorbt, is printed beside it. Compiling is done in the warm-up. Memory is the most that a
process of its own held, its libraries included.
"""

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.backtest_candles import make_candles
from benchmarks.backtest_references import (
    SIGNALS,
    WARM_UP,
    Signals,
    backtesting_strategy,
    frame_of,
    run_backtesting,
    run_ours,
    run_vectorbt,
    sizes_of,
    terms_of,
    vectorbt_signals,
)
from benchmarks.measure import Result, compare
from drawbridge.robots.backtest.run import run_backtest
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.own.loading import load_own

CANDLES = 1_000_000
OWN_CANDLES = 200_000
ROUNDS = 11
TARGETS = {"ema_cross": 20, "bollinger": 5}
TERMS = terms_of("100000", warm_up=WARM_UP)
_MIB = 1024


def reference(name: str, candles: CandleColumns) -> object:
    """Run vectorbt with its own indicators."""
    signals = vectorbt_signals(name, candles.close).later_than(WARM_UP)
    return run_vectorbt(candles, signals, 1.0)


def talib_reference(candles: CandleColumns) -> object:
    """Run vectorbt with TA-Lib's averages and a plain comparison."""
    import talib  # noqa: PLC0415  only here: the product loads it through its own layer

    fast, slow = talib.EMA(candles.close, 20), talib.EMA(candles.close, 60)
    return run_vectorbt(candles, Signals(fast > slow, fast < slow).later_than(WARM_UP), 1.0)


def assert_equal(name: str, candles: CandleColumns) -> int:
    """Assert that ours and vectorbt's fills are equal; give their number."""
    signals = vectorbt_signals(name, candles.close).later_than(WARM_UP)
    orders = run_vectorbt(candles, signals, sizes_of(candles.close, TERMS)).orders.records
    leg = run_ours(name, candles, TERMS).legs[0]
    sizes = np.abs(leg.lots) / round(1 / float(TERMS.quantity_step))
    pairs = ((leg.at, "idx"), (leg.lots < 0, "side"), (leg.price, "price"), (sizes, "size"))
    for ours, column in pairs:
        if not np.array_equal(ours, orders[column].to_numpy()):
            message = f"{name}: fills differ in {column}"
            raise AssertionError(message)
    return len(leg.at)


def against_vectorbt(name: str, candles: CandleColumns) -> list[Result]:
    """Compare a built-in strategy."""
    fills = assert_equal(name, candles)
    results = [
        _rate("T8", f"backtest, {name}, vectorbt", TARGETS[name], fills,
              lambda: run_ours(name, candles, TERMS), lambda: reference(name, candles)),
    ]  # fmt: skip
    if name == "ema_cross":
        results.append(
            _rate("T8", "the same, vectorbt with TA-Lib", None, fills,
                  lambda: run_ours(name, candles, TERMS), lambda: talib_reference(candles))
        )  # fmt: skip
    return results


OWN = """
def cross(view, fast=20, slow=60):
    \"\"\"In while the fast average is above the slow one.\"\"\"
    if view.ema(fast) > view.ema(slow):
        return "in"
    return "out" if view.ema(fast) < view.ema(slow) else None
"""


def against_backtesting(candles: CandleColumns) -> Result:
    """Compare a person's own strategy in Python, a function of a view, interpreted in both."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cross.py"
        path.write_text(OWN, encoding="utf-8")
        own = load_own(path).strategy
    settings, terms = own.read_settings({}), terms_of("100000")
    frame = frame_of(candles)
    strategy = backtesting_strategy(lambda: SIGNALS["ema_cross"](candles).later_than(0))
    table = run_backtesting(frame, strategy)["_trades"]
    leg = run_backtest(own, settings, candles, terms, compiled=False).legs[0]
    fills = sorted([*table.EntryBar.tolist(), *table.ExitBar.tolist()])
    if leg.at.tolist()[: len(fills)] != fills:
        message = "own strategy: fills differ from those of backtesting.py"
        raise AssertionError(message)
    return _rate(
        "T9",
        "a person's own strategy, backtesting.py",
        4,
        len(fills),
        lambda: run_backtest(own, settings, candles, terms, compiled=False),
        lambda: run_backtesting(frame, strategy),
    )


def _rate(
    name: str,
    what: str,
    target: float | None,
    fills: int,
    ours: Callable[[], object],
    theirs: Callable[[], object],
) -> Result:
    pair = compare(ours, theirs, rounds=ROUNDS)
    count = OWN_CANDLES if name == "T9" else CANDLES
    rates = [count / side.wall_s / 1e6 for side in (pair.ours, pair.reference)]
    details = (
        f"{rates[0]:.3g} : {rates[1]:.3g} M candles/s, {1 / pair.cpu_ratio:.3g}x by CPU time,"
        f" {fills:,} equal fills"
    )
    return Result(name, what, pair.times_faster, target, details)


def memory(side: str) -> int:
    """Give the most KiB that a process held which ran one side once."""
    command = [sys.executable, "-m", "benchmarks.backtest_memory", side]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(told.stdout.split()[-1])


def against_memory() -> Result:
    """Compare peak memory."""
    ours, theirs = memory("ours"), memory("vectorbt")
    return Result(
        "T8",
        "backtest, peak memory, vectorbt",
        ours / theirs,
        0.5,
        f"{ours / _MIB:.0f} : {theirs / _MIB:.0f} MiB",
        at_least=False,
    )


def run() -> list[Result]:
    """Compare speed and memory, and assert that trades are equal."""
    with warnings.catch_warnings():
        # vectorbt and backtesting.py warn while they are imported.
        warnings.simplefilter("ignore")
        candles = make_candles(CANDLES)
        results = [result for name in TARGETS for result in against_vectorbt(name, candles)]
        results.append(against_backtesting(candles.last(OWN_CANDLES)))
        results.append(against_memory())
    return results


__all__ = ["make_candles", "run"]
