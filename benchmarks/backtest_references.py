"""The same strategies for backtesting.py and vectorbt, each written as its users write them.

Signals are at closes and fills at the next open, as ours are; whoever gives a strategy's first
word no entry, as a robot that starts does, takes the same trades. `python -m
benchmarks.backtest_references MOST FILE …` compares all three over the newest candles of recordings
and prints what came of it as JSON: both libraries warn while they are imported, so tests run this
as a process.
"""

import json
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drawbridge.robots.backtest.candles import read_candles
from drawbridge.robots.backtest.run import BacktestResult, run_backtest
from drawbridge.robots.backtest.terms import BacktestTerms
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.strategies import get_strategy

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
FEE: Final = 0.001
CASH: Final = 1_000_000_000
SETTINGS: Final[Mapping[str, Mapping[str, object]]] = {
    "ema_cross": {"fast": 20, "slow": 60},
    "bollinger": {"span": 20, "width": 2},
    "donchian": {"span": 20, "leave_span": 10},
}
# Averages that began differently are alike to the last bit after so many candles.
WARM_UP: Final = 3_000


@dataclass(frozen=True, slots=True)
class Signals:
    """At which closes a strategy wants to be in, and out."""

    entries: Flags
    exits: Flags

    def later_than(self, first: int) -> "Signals":
        """Leave out entries before a candle, and before the first exit: they are no turns."""
        began = max(first, int(np.argmax(self.exits)))
        entries = self.entries.copy()
        entries[:began] = False
        return Signals(entries, self.exits)


def averages(closes: Floats, span: int) -> Floats:
    """Average exponentially with pandas, beginning with a plain average as TA-Lib does."""
    average = np.full(len(closes), np.nan)
    began = pd.Series(closes[span - 1 :].copy())
    began[0] = closes[:span].mean()
    average[span - 1 :] = began.ewm(span=span, adjust=False).mean().to_numpy()
    return average


def ema_cross(candles: CandleColumns) -> Signals:
    """Cross averages with pandas."""
    fast, slow = averages(candles.close, 20), averages(candles.close, 60)
    return Signals(fast > slow, fast < slow)


def bollinger(candles: CandleColumns) -> Signals:
    """Draw bands with pandas; in at the lower one, out at the middle."""
    window = pd.Series(candles.close).rolling(20)
    middle, width = window.mean().to_numpy(), 2 * window.std(ddof=0).to_numpy()
    return Signals(candles.close <= middle - width, candles.close >= middle)


def donchian(candles: CandleColumns) -> Signals:
    """Draw a channel with pandas."""
    upper = pd.Series(candles.high).rolling(20).max().shift(1).to_numpy()
    lower = pd.Series(candles.low).rolling(10).min().shift(1).to_numpy()
    return Signals(candles.close > upper, candles.close < lower)


SIGNALS: Final[Mapping[str, Callable[[CandleColumns], Signals]]] = {
    "ema_cross": ema_cross,
    "bollinger": bollinger,
    "donchian": donchian,
}


def run_ours(
    name: str, candles: CandleColumns, terms: BacktestTerms, *, compiled: bool = True
) -> BacktestResult:
    """Run ours."""
    strategy = get_strategy(name)
    settings = strategy.read_settings(SETTINGS[name])
    return run_backtest(strategy, settings, candles, terms, compiled=compiled)


def terms_of(amount: str, step: str = "0.00001", warm_up: int = 0) -> BacktestTerms:
    """Give the terms that all share: a fee, much cash, no other costs."""
    return BacktestTerms(
        "BTC/USD", Decimal(amount), Decimal(CASH), Decimal(str(FEE)), Decimal(step), warm_up=warm_up
    )


def sizes_of(closes: Floats, terms: BacktestTerms) -> Floats:
    """Size orders by the close before, as robots do, for the candle at whose open they fill."""
    step = float(terms.quantity_step)
    lots = np.floor(float(terms.amount) / closes / step + 1e-9)
    # Divided, because that gives the float that is nearest to the decimal number.
    return np.concatenate(([0.0], lots[:-1])) / round(1 / step)


# ------------------------------------------------------------------------------ backtesting.py
def frame_of(candles: CandleColumns) -> pd.DataFrame:
    """Give the candles as the frame that backtesting.py takes."""
    columns = {"Open": candles.open, "High": candles.high, "Low": candles.low}
    columns |= {"Close": candles.close, "Volume": candles.volume}
    return pd.DataFrame(columns, index=pd.to_datetime(candles.open_time_ms, unit="ms"))


def backtesting_strategy(signals: Callable[[], Signals]) -> type:
    """Write a strategy for backtesting.py: one unit for each trade."""
    from backtesting import Strategy  # noqa: PLC0415  it warns while it is imported

    class Reference(Strategy):  # type: ignore[misc]  # published without types
        """Enters and leaves at signals that are there from the beginning, as its users do."""

        def init(self) -> None:
            """Compute the signals at once."""
            it = signals()
            self.entries = self.I(lambda: it.entries.astype(float))
            self.exits = self.I(lambda: it.exits.astype(float))

        def next(self) -> None:
            """Enter or leave."""
            if self.position:
                if self.exits[-1]:
                    self.position.close()
            elif self.entries[-1]:
                self.buy(size=1)

    return Reference


def run_backtesting(frame: pd.DataFrame, strategy: type) -> pd.Series:
    """Run backtesting.py and give its statistics, among them its table of trades."""
    from backtesting import Backtest  # noqa: PLC0415  it warns while it is imported

    with warnings.catch_warnings():
        # It warns of trades left open at the end, which are compared apart.
        warnings.simplefilter("ignore")
        return Backtest(frame, strategy, cash=CASH, commission=FEE).run()


# ------------------------------------------------------------------------------------ vectorbt
def shifted(flags: Flags) -> Flags:
    """Give signals to the candle at whose open they are carried out."""
    return np.concatenate((np.zeros(1, bool), flags[:-1]))


def vectorbt_signals(name: str, closes: Floats) -> Signals:
    """Find the signals with vectorbt's own indicators."""
    import vectorbt as vbt  # noqa: PLC0415  it warns while it is imported

    if name == "ema_cross":
        fast, slow = (vbt.MA.run(closes, span, ewm=True) for span in (20, 60))
        crossed = fast.ma_crossed_above(slow), fast.ma_crossed_below(slow)
        return Signals(*(it.to_numpy() for it in crossed))
    bands = vbt.BBANDS.run(closes, window=20, alpha=2)
    return Signals(
        bands.close_below(bands.lower).to_numpy(), bands.close_above(bands.middle).to_numpy()
    )


def run_vectorbt(candles: CandleColumns, signals: Signals, sizes: Floats | float) -> Any:  # noqa: ANN401  published without types
    """Run vectorbt and give its portfolio."""
    import vectorbt as vbt  # noqa: PLC0415  it warns while it is imported

    return vbt.Portfolio.from_signals(
        candles.close,
        shifted(signals.entries),
        shifted(signals.exits),
        price=candles.open,
        size=sizes,
        fees=FEE,
        init_cash=CASH,
    )


# ----------------------------------------------------------------------------------- comparing
def compared(name: str, candles: CandleColumns) -> dict[str, object]:
    """Run one strategy on all three and tell what was equal."""
    signals = SIGNALS[name](candles).later_than(0)
    return {
        "strategy": name,
        "backtesting": against_backtesting(name, candles, signals),
        "vectorbt": against_vectorbt(name, candles, signals),
    }


def against_vectorbt(name: str, candles: CandleColumns, signals: Signals) -> dict[str, object]:
    """Compare every order: candle, side, size, price to the last bit, fee and worth nearly so."""
    terms = terms_of("100000")
    ours = run_ours(name, candles, terms, compiled=False)
    theirs = run_vectorbt(candles, signals, sizes_of(candles.close, terms))
    orders = theirs.orders.records
    fills = ours.fills()
    fees = np.array([float(fill.fee) for fill in fills])
    return {
        "fills": len(fills),
        "times": ours.legs[0].at.tolist() == orders["idx"].tolist(),
        "sides": [fill.side == "sell" for fill in fills] == (orders["side"] == 1).tolist(),
        "prices": [float(fill.price) for fill in fills] == orders["price"].tolist(),
        "sizes": [float(fill.quantity) for fill in fills] == orders["size"].tolist(),
        "fees": bool(np.allclose(fees, orders["fees"].to_numpy(), rtol=1e-14, atol=0.0)),
        "worth": bool(np.isclose(ours.equity[-1], theirs.final_value(), rtol=1e-14)),
    }


def against_backtesting(name: str, candles: CandleColumns, signals: Signals) -> dict[str, object]:
    """Compare every trade of one unit: candles and prices to the last bit, worth nearly so."""
    highest = float(candles.close.max())
    terms = terms_of(repr(round(highest * 1.01, 8)), "1")
    if highest * 1.01 >= 2 * float(candles.close.min()):
        message = "prices move too far for one unit each time"
        raise AssertionError(message)
    ours = run_ours(name, candles, terms, compiled=False)
    strategy = backtesting_strategy(lambda: signals)
    told = run_backtesting(frame_of(candles), strategy)
    table = told["_trades"]
    closed = [it for it in ours.trades() if it.closed_ms is not None]
    opens, closes = candles.open_time_ms[table.EntryBar], candles.open_time_ms[table.ExitBar]
    return {
        "trades": len(closed),
        "times": [it.opened_ms for it in closed] == opens.tolist()
        and [it.closed_ms for it in closed] == closes.tolist(),
        "prices": [float(it.open_price) for it in closed] == table.EntryPrice.tolist()
        and [float(it.close_price or 0) for it in closed] == table.ExitPrice.tolist(),
        "sizes": all(it.quantity == 1 for it in closed),
        "worth": bool(np.isclose(ours.equity[-1], told["Equity Final [$]"], rtol=1e-12)),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    recordings = [read_candles(Path(path)).last(int(sys.argv[1])) for path in sys.argv[2:]]
    print(json.dumps([compared(name, it) for it in recordings for name in SIGNALS]))
