"""Candles per second of the backtest, against backtesting.py on the same strategy.

Both walk through the same million candles with crossing averages, fills at the next open and a
fee, and keep trades and equity. The number, times and prices of their trades are asserted equal.
The compiler's one-time work is done in the warm-up and printed apart.
"""

import random
import time
import warnings
from array import array
from decimal import Decimal

import numpy as np
import pandas as pd
from backtesting import Backtest
from backtesting import Strategy as ReferenceStrategy
from backtesting.lib import crossover
from numpy.typing import NDArray

from benchmarks.measure import Result, compare
from drawbridge.robots.backtest.run import BacktestResult, BacktestTerms, run_backtest
from drawbridge.robots.columns import CandleColumns, columns_of
from drawbridge.robots.strategies import get_strategy

CANDLES = 1_000_000
FAST, SLOW = 20, 60
FEE = 0.001
CASH = 1_000_000_000
ROUNDS = 5
MINUTE_MS = 60_000
START_MS = 1_600_000_000_000

TERMS = BacktestTerms(
    symbol="BTC/USD",
    amount=Decimal(100_000),
    cash=Decimal(CASH),
    fee=Decimal(str(FEE)),
    quantity_step=Decimal("0.00001"),
)
TradeRow = tuple[int, int, float, float]


def make_candles(count: int) -> CandleColumns:
    """Draw a seeded walk of prices with two decimals, as exchanges write them."""
    draw = random.Random(20)
    table = array("d")
    close = 30_000.0
    for number in range(count):
        opened = round(close + draw.gauss(0, 2), 2)
        close = round(max(1_000.0, opened + draw.gauss(0, 25)), 2)
        high = round(max(opened, close) + abs(draw.gauss(0, 8)), 2)
        low = round(min(opened, close) - abs(draw.gauss(0, 8)), 2)
        volume = round(draw.expovariate(0.1), 5)
        table.extend((START_MS + number * MINUTE_MS, opened, high, low, close, volume))
    return columns_of(table)


def averages(closes: NDArray[np.float64], span: int) -> NDArray[np.float64]:
    """Average exponentially with pandas, beginning with a plain average."""
    average = np.full(len(closes), np.nan)
    began = pd.Series(closes[span - 1 :].copy())
    began[0] = closes[:span].mean()
    average[span - 1 :] = began.ewm(span=span, adjust=False).mean().to_numpy()
    return average


class Reference(ReferenceStrategy):  # type: ignore[misc]  # published without types
    """The same strategy for backtesting.py: one unit per trade, which prices do not depend on."""

    def init(self) -> None:
        """Compute both averages at once, as its users do."""
        self.fast = self.I(averages, self.data.Close, FAST)
        self.slow = self.I(averages, self.data.Close, SLOW)

    def next(self) -> None:
        """Enter and leave where the averages cross."""
        if crossover(self.fast, self.slow):
            self.buy(size=1)
        elif crossover(self.slow, self.fast):
            self.position.close()


def reference_frame(candles: CandleColumns) -> pd.DataFrame:
    """Give the candles as the frame that backtesting.py takes."""
    index = pd.to_datetime(np.asarray(candles.open_time_ms), unit="ms")
    columns = {"Open": candles.open, "High": candles.high, "Low": candles.low}
    columns |= {"Close": candles.close, "Volume": candles.volume}
    return pd.DataFrame({name: np.asarray(it) for name, it in columns.items()}, index=index)


def run_reference(frame: pd.DataFrame) -> pd.DataFrame:
    """Run backtesting.py and give its table of trades."""
    with warnings.catch_warnings():
        # It warns of trades left open at the end, which are compared apart.
        warnings.simplefilter("ignore")
        return Backtest(frame, Reference, cash=CASH, commission=FEE).run()["_trades"]


def run_ours(candles: CandleColumns) -> BacktestResult:
    """Run ours, compiled."""
    strategy = get_strategy("ema_cross")
    settings = strategy.read_settings({"fast": FAST, "slow": SLOW})
    return run_backtest(strategy, settings, candles, TERMS, compiled=True)


def closed_trades(result: BacktestResult) -> list[TradeRow]:
    """Give times and prices of our closed trades."""
    return [
        (trade.opened_ms, trade.closed_ms, float(trade.open_price), float(trade.close_price))
        for trade in result.trades()
        if trade.closed_ms is not None and trade.close_price is not None
    ]


def reference_trades(table: pd.DataFrame, candles: CandleColumns) -> list[TradeRow]:
    """Give times and prices of the reference's trades."""
    return [
        (candles.open_time_ms[row.EntryBar], candles.open_time_ms[row.ExitBar],
         float(row.EntryPrice), float(row.ExitPrice))
        for row in table.itertuples()
    ]  # fmt: skip


def run() -> list[Result]:
    """Compare both, and assert that their trades are equal."""
    candles = make_candles(CANDLES)
    frame = reference_frame(candles)
    began = time.perf_counter()
    ours = closed_trades(run_ours(candles))
    first_s = time.perf_counter() - began
    theirs = reference_trades(run_reference(frame), candles)
    if ours != theirs:
        message = f"trades differ: {len(ours)} of ours, {len(theirs)} of the reference"
        raise AssertionError(message)
    pair = compare(lambda: run_ours(candles), lambda: run_reference(frame), rounds=ROUNDS)
    rates = [CANDLES / side.wall_s / 1e6 for side in (pair.ours, pair.reference)]
    return [
        Result(
            "BT",
            "backtest candles/s, backtesting.py",
            pair.times_faster,
            100,
            f"{rates[0]:.0f} M/s : {rates[1]:.2f} M/s, {len(ours):,} equal trades,"
            f" first run with compiling {first_s:.1f} s",
        )
    ]
