"""What a person's own function looks at: one candle of many, and what was before it.

`view.ema(12)` is the average at the candle that is being decided, `view.ema(12, 1)` that of the
candle before; `view.close()` and `view.close(1)` likewise. Where there is nothing to say yet it
is NaN, against which every comparison is false. What comes later cannot be asked for.

Why closures: a person's function is called for every candle of a backtest. Each reader looks
its series up among those made already and reads one number of a list, and does nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.robots import indicators
from drawbridge.robots.strategy import Held

if TYPE_CHECKING:
    from drawbridge.robots.columns import CandleColumns, Floats

Series = list[float]
Reader = Callable[..., float]
_M = TypeVar("_M")

_OF_CLOSES: Final[dict[str, Callable[[Floats, int], Floats]]] = {
    "ema": indicators.ema,
    "forecast": indicators.forecast,
    "rsi": indicators.rsi,
    "slope": indicators.slope,
    "sma": indicators.sma,
    "stddev": indicators.stddev,
}
_OF_CANDLES: Final[dict[str, Callable[[CandleColumns, int], Floats]]] = {
    "adx": indicators.adx,
    "atr": indicators.atr,
    "highest": lambda candles, span: indicators.highest(candles.high, span),
    "lowest": lambda candles, span: indicators.lowest(candles.low, span),
    "minus_di": indicators.minus_di,
    "plus_di": indicators.plus_di,
}
_COLUMNS: Final = ("open", "high", "low", "close", "volume")


class View:
    """One candle of a series and everything before it.

    `open`, `high`, `low`, `close` and `volume` take how many candles back (0 is the present
    one). Indicators take their span first: `ema`, `sma`, `rsi`, `stddev`, `slope` and `forecast`
    of closing prices, `atr`, `adx`, `plus_di`, `minus_di`, `highest` (of highs) and `lowest` (of
    lows). `held` is the position, as the strategy's own `Held`.
    """

    __slots__ = (*_COLUMNS, *_OF_CLOSES, *_OF_CANDLES, "_at", "_candles", "_many", "held")

    open: Reader
    high: Reader
    low: Reader
    close: Reader
    volume: Reader
    adx: Reader
    atr: Reader
    ema: Reader
    forecast: Reader
    highest: Reader
    lowest: Reader
    minus_di: Reader
    plus_di: Reader
    rsi: Reader
    slope: Reader
    sma: Reader
    stddev: Reader
    held: Held

    def __init__(self, candles: CandleColumns, at: list[int]) -> None:
        """Look at candles; `at` holds one number, that of the candle which is the present one."""
        self._at, self._candles = at, candles
        self._many: dict[tuple[object, ...], tuple[Series, ...]] = {}
        for name in _COLUMNS:
            setattr(self, name, _column(getattr(candles, name), at))
        for name, of_closes in _OF_CLOSES.items():
            setattr(self, name, _by_span(name, of_closes, candles.close, at))
        for name, of_candles in _OF_CANDLES.items():
            setattr(self, name, _by_span(name, of_candles, candles, at))

    def macd(
        self, fast: int = 12, slow: int = 26, signal: int = 9, back: int = 0
    ) -> tuple[float, ...]:
        """Give the distance of two averages, and the average of that distance."""
        key = ("macd", fast, slow, signal)
        return self._read(key, indicators.macd, (self._candles.close, *key[1:]), back)

    def bands(self, span: int = 20, width: float = 2.0, back: int = 0) -> tuple[float, ...]:
        """Give Bollinger's bands: lower, middle, upper."""
        key = ("bands", span, width)
        return self._read(key, indicators.bands, (self._candles.close, *key[1:]), back)

    def sar(self, step: float = 0.02, most: float = 0.2, back: int = 0) -> float:
        """Give Wilder's parabolic stop."""
        key = ("sar", step, most)
        return self._read(key, _sar, (self._candles, *key[1:]), back)[0]

    @property
    def time_ms(self) -> int:
        """Give when the present candle began."""
        return int(self._candles.open_time_ms[self._at[0]])

    def _read(
        self,
        key: tuple[object, ...],
        make: Callable[..., tuple[Floats, ...]],
        source: tuple[object, ...],
        back: int,
    ) -> tuple[float, ...]:
        if key not in self._many:
            made = _made(str(key[0]), make, *source)
            self._many[key] = tuple(series.tolist() for series in made)
        return tuple(_earlier(series, self._at[0], back) for series in self._many[key])


def _sar(candles: CandleColumns, step: float, most: float) -> tuple[Floats, ...]:
    return (indicators.sar(candles, step, most),)


def _column(column: Floats, at: list[int]) -> Reader:
    series: Series = []

    def read(back: int = 0) -> float:
        if not series:
            series.extend(column.tolist())
        return _earlier(series, at[0], back) if back else series[at[0]]

    return read


def _by_span(name: str, make: Callable[..., Floats], source: object, at: list[int]) -> Reader:
    known: dict[int, Series] = {}

    def read(span: int, back: int = 0) -> float:
        try:
            series = known[span]
        except KeyError:
            series = known[span] = _made(name, make, source, span).tolist()
        return _earlier(series, at[0], back) if back else series[at[0]]

    return read


def _made(name: str, make: Callable[..., _M], *source: object) -> _M:
    """Make a series. Raises: `BadInput("own_bad_span")` for what TA-Lib does not take."""
    try:
        return make(*source)
    except Exception as error:
        # TA-Lib raises a bare Exception for a span out of its bounds.
        raise BadInput("own_bad_span", indicator=name) from error


def _earlier(series: Series, at: int, back: int) -> float:
    if back < 0:
        raise BadInput("own_asks_ahead", back=back)
    return series[at - back] if back <= at else math.nan
