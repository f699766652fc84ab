"""One backtest of a million candles in a process of its own, and the most memory that it held.

`python -m benchmarks.backtest_memory ours|vectorbt` prints KiB. No benchmark by itself:
benchmarks/backtest.py starts both sides.
"""

import sys
import warnings
from decimal import Decimal
from pathlib import Path

from benchmarks.backtest_candles import make_candles
from drawbridge.robots.backtest.run import BacktestTerms, run_backtest
from drawbridge.robots.strategies import get_strategy


def main(side: str) -> int:
    """Run one side once and give the most KiB that this process held."""
    candles = make_candles(1_000_000)
    if side == "ours":
        # TA-Lib loads these where they are installed; here they are for vectorbt's sake only.
        sys.modules.update(dict.fromkeys(("pandas", "polars")))  # type: ignore[arg-type]  # None forbids it
        strategy = get_strategy("ema_cross")
        settings = strategy.read_settings({"fast": 20, "slow": 60})
        one = Decimal(1)
        terms = BacktestTerms("BTC/USD", 1000 * one, 10_000 * one, one / 1000, one / 100_000)
        run_backtest(strategy, settings, candles, terms, compiled=True)
    else:
        from benchmarks import backtest_references  # noqa: PLC0415  heavy, and for one side only

        signals = backtest_references.vectorbt_signals("ema_cross", candles.close)
        backtest_references.run_vectorbt(candles, signals, 1.0)
    # Not from getrusage, which a new program inherits from the process that started it.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(main(sys.argv[1]))
