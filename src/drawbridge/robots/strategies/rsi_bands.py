"""RSI bands: in when prices have fallen much of late, out when they have risen much."""

from typing import Final, NamedTuple

from drawbridge.core.errors import BadInput
from drawbridge.robots import indicators
from drawbridge.robots.columns import CandleColumns, Floats
from drawbridge.robots.lines import earlier
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held, Parameter, Strategy

TOUCH: Final = 0
_REACH_FACTOR = 20


class Settings(NamedTuple):
    """How far the index looks back, and where it counts as low and as high."""

    span: int
    low: int
    high: int
    entry: int


class Seen(NamedTuple):
    """The index after each candle, and that of the candle before."""

    rsi: "Floats"
    before: "Floats"


def look(candles: CandleColumns, settings: Settings) -> Seen:
    """Measure the moves of the closing prices."""
    rsi = indicators.rsi(candles.close, settings.span)
    return Seen(rsi, earlier(rsi, 1))


def decide(seen: Seen, at: int, settings: Settings, _held: Held) -> int:
    """Leave when the index is high; enter when it is low, or when it comes back from there."""
    if seen.rsi[at] >= settings.high:
        return OUT
    if settings.entry == TOUCH:
        return IN if seen.rsi[at] <= settings.low else UNSAID
    return IN if seen.before[at] <= settings.low < seen.rsi[at] else UNSAID


def reach(settings: Settings) -> int:
    """Ask for so many candles that the beginning of Wilder's average is lost.

    Why: it weighs (1 - 1/span)^n after n candles, which at n = 20 * span is about e^-20.
    """
    return _REACH_FACTOR * settings.span


def check(settings: Settings) -> None:
    """Refuse bands that overlap. Raises: `BadInput("low_not_below_high")`."""
    if settings.low >= settings.high:
        raise BadInput("low_not_below_high", field="low", low=settings.low, high=settings.high)


RSI_BANDS: Final = Strategy(
    id="rsi_bands",
    parameters=(
        Parameter("span", default=14, lowest=2, highest=200),
        Parameter("low", default=30, lowest=1, highest=99),
        Parameter("high", default=70, lowest=2, highest=100),
        Parameter("entry", default="touch", choices=("touch", "reentry")),
    ),
    settings=Settings,
    look=look,
    decide=decide,
    reach=reach,
    check=check,
)
