"""Indicators as TA-Lib reckons them, under the names that traders use.

One thin layer: TA-Lib is loaded when the first indicator is asked for, so that pages can list
strategies without it. Each function takes and gives arrays of one length; where there is nothing
to say yet, it gives NaN, against which every comparison is false. What TA-Lib does not have
(lines of one's own kind) stands in lines.py.
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


def macd(prices: Floats, fast: int, slow: int, signal: int) -> tuple[Floats, Floats]:
    """Give the distance of two averages, and the average of that distance."""
    line, average, _ = _talib().MACD(prices, fast, slow, signal)
    return line, average


def bands(prices: Floats, span: int, width: float) -> tuple[Floats, Floats, Floats]:
    """Give a plain average with `width` standard deviations around it: lower, middle, upper."""
    upper, middle, lower = _talib().BBANDS(prices, span, width, width)
    return lower, middle, upper


def rsi(prices: Floats, span: int) -> Floats:
    """Tell what share of the last moves was upwards, from 0 to 100."""
    index: Floats = _talib().RSI(prices, span)
    return index


def adx(candles: CandleColumns, span: int) -> Floats:
    """Tell how strong the trend is, from 0 to 100, whichever way it goes."""
    index: Floats = _talib().ADX(candles.high, candles.low, candles.close, span)
    return index


def plus_di(candles: CandleColumns, span: int) -> Floats:
    """Tell how much of the moves goes upwards."""
    index: Floats = _talib().PLUS_DI(candles.high, candles.low, candles.close, span)
    return index


def minus_di(candles: CandleColumns, span: int) -> Floats:
    """Tell how much of the moves goes downwards."""
    index: Floats = _talib().MINUS_DI(candles.high, candles.low, candles.close, span)
    return index


def sar(candles: CandleColumns, step: float, most: float) -> Floats:
    """Give Wilder's parabolic stop, which quickens by `step` at each new extreme up to `most`."""
    stop: Floats = _talib().SAR(candles.high, candles.low, step, most)
    return stop


def highest(series: Floats, span: int) -> Floats:
    """Give the highest of the last `span` values, the present one among them."""
    top: Floats = _talib().MAX(series, span) if span > 1 else series
    return top


def lowest(series: Floats, span: int) -> Floats:
    """Give the lowest of the last `span` values, the present one among them."""
    bottom: Floats = _talib().MIN(series, span) if span > 1 else series
    return bottom


def forecast(series: Floats, span: int) -> Floats:
    """Draw a straight line through the last `span` values and give its next one."""
    value: Floats = _talib().TSF(series, span)
    return value


def slope(series: Floats, span: int) -> Floats:
    """Draw a straight line through the last `span` values and give its rise per candle."""
    rise: Floats = _talib().LINEARREG_SLOPE(series, span)
    return rise


def stddev(series: Floats, span: int) -> Floats:
    """Give the standard deviation of the last `span` values."""
    deviation: Floats = _talib().STDDEV(series, span)
    return deviation
