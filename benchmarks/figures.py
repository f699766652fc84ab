"""All figures of a backtest of 1,000,000 candles and 20,000 trades, against backtesting.py's.

Both begin with the same equity and the same trades. Ours reckons trades exactly, from fills, and
makes tables of months, quarters and years besides; the reference takes its trades ready-made,
as floats.
"""

from __future__ import annotations

from array import array
from decimal import Decimal
from random import Random
from typing import Final

import numpy as np
import pandas as pd
from backtesting.lib import compute_stats

from benchmarks.measure import Result, compare
from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.statistics.equity import curve_of_floats
from drawbridge.statistics.service import Ground, report_on

_CANDLES: Final = 1_000_000
_TRADES: Final = 20_000
_EVERY: Final = _CANDLES // _TRADES
_BEGAN_MS: Final = 1_600_000_020_000
_SYMBOL: Final = "BTC/USD"
_CASH: Final = 10_000
_ROUNDS: Final = 3


def run() -> list[Result]:
    """Reckon the figures of the same backtest both ways."""
    random = Random(3)
    times = array("q", (_BEGAN_MS + MINUTE_MS * at for at in range(_CANDLES)))
    closes = array("d", _walk(random, 30_000.0))
    equity = array("d", _walk(random, float(_CASH)))
    fills = _fills(times, closes)
    ground = Ground(_SYMBOL, Decimal(_CASH), interval_ms=MINUTE_MS)
    told = _as_reference(times, closes, equity)
    data = told.pop("data")
    stats = pd.Series(told)
    pair = compare(
        lambda: report_on(fills, ground, curve_of_floats(_CASH, times, equity)),
        lambda: compute_stats(stats=stats, data=data),
        rounds=_ROUNDS,
    )
    details = f"{pair.ours.wall_s:.2f} s, backtesting.py {pair.reference.wall_s:.2f} s"
    return [Result("-", "figures of 1,000,000 candles", pair.times_faster, None, details)]


def _walk(random: Random, value: float) -> list[float]:
    values = []
    for _ in range(_CANDLES):
        value *= 1 + random.gauss(0.0000003, 0.0004)
        values.append(value)
    return values


def _fills(times: array[int], closes: array[float]) -> list[Fill]:
    """Buy every fifty candles and sell in between."""
    fills = []
    for number in range(2 * _TRADES):
        at = number * _EVERY // 2
        price = Decimal(repr(round(closes[at], 2)))
        quantity = Decimal("0.01234")
        fills.append(
            Fill(
                trade_id=f"t{number}",
                order_id=f"o{number}",
                client_id="",
                symbol=_SYMBOL,
                side=Side.SELL if number % 2 else Side.BUY,
                type=OrderType.MARKET,
                price=price,
                quantity=quantity,
                fee=price * quantity / 1000,
                fee_currency="USD",
                is_maker=False,
                time_ms=times[at],
            )
        )
    return fills


def _as_reference(
    times: array[int], closes: array[float], equity: array[float]
) -> dict[str, object]:
    """Give equity and trades in the frames that the reference works on."""
    index = pd.DatetimeIndex(np.asarray(times) * 1_000_000)
    close = np.asarray(closes)
    data = pd.DataFrame(dict.fromkeys(("Open", "High", "Low", "Close"), close), index=index)
    entered = np.arange(_TRADES) * _EVERY
    left = entered + _EVERY // 2
    gains = (close[left] - close[entered]) * 0.01234
    trades = pd.DataFrame(
        {
            "Size": 1,
            "EntryBar": entered,
            "ExitBar": left,
            "EntryPrice": close[entered],
            "ExitPrice": close[left],
            "PnL": gains,
            "ReturnPct": close[left] / close[entered] - 1,
            "EntryTime": index[entered],
            "ExitTime": index[left],
        }
    )
    trades["Duration"] = trades["ExitTime"] - trades["EntryTime"]
    curve = pd.DataFrame({"Equity": np.asarray(equity)}, index=index)
    return {"data": data, "_equity_curve": curve, "_trades": trades, "_strategy": None}
