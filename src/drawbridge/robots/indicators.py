"""Indicators as TA-Lib reckons them, under the names that traders use.

One thin layer: TA-Lib is loaded when the first indicator is asked for, so that pages can list
strategies without it. Each function takes and gives arrays of one length; where there is nothing
to say yet, it gives NaN, against which every comparison is false.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drawbridge.robots.columns import CandleColumns, Floats


def _talib() -> ModuleType:
    import talib  # noqa: PLC0415  heavy: see the top of this file

    module: ModuleType = talib
    return module


def ema(prices: Floats, span: int) -> Floats:
    """Average exponentially: the newest price weighs 2 / (span + 1); begins with a plain average.

    A span of one is the price itself.
    """
    average: Floats = _talib().EMA(prices, span) if span > 1 else prices
    return average


def sma(prices: Floats, span: int) -> Floats:
    """Average the last `span` prices, all alike."""
    average: Floats = _talib().SMA(prices, span) if span > 1 else prices
    return average


def atr(candles: CandleColumns, span: int) -> Floats:
    """Average the true range as Wilder did."""
    average: Floats = _talib().ATR(candles.high, candles.low, candles.close, span)
    return average
