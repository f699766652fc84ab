"""Crossing averages: in while the fast average of closing prices is above the slow one."""

from typing import Final, NamedTuple

from drawbridge.core.errors import BadInput
from drawbridge.robots import indicators
from drawbridge.robots.columns import CandleColumns, Floats
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held, Parameter, Strategy

_REACH_FACTOR = 10


class Settings(NamedTuple):
    """Over how many candles each average reaches."""

    fast: int
    slow: int


class Seen(NamedTuple):
    """Both averages after each candle."""

    fast: "Floats"
    slow: "Floats"


def look(candles: CandleColumns, settings: Settings) -> Seen:
    """Average the closing prices."""
    return Seen(
        indicators.ema(candles.close, settings.fast), indicators.ema(candles.close, settings.slow)
    )


def decide(seen: Seen, at: int, _settings: Settings, _held: Held) -> int:
    """Tell on which side the fast average stands; equal averages say nothing."""
    if seen.fast[at] > seen.slow[at]:
        return IN
    if seen.fast[at] < seen.slow[at]:
        return OUT
    return UNSAID


def reach(settings: Settings) -> int:
    """Ask for so many candles that the beginning is lost in the last bits of a float.

    Why: after n candles the first average still weighs (1 - 2/(slow+1))^n, which at n = 10 * slow
    is about e^-20.
    """
    return _REACH_FACTOR * settings.slow


def check(settings: Settings) -> None:
    """Refuse a fast average that is not faster. Raises: `BadInput("fast_not_below_slow")`."""
    if settings.fast >= settings.slow:
        raise BadInput("fast_not_below_slow", field="fast", fast=settings.fast, slow=settings.slow)


EMA_CROSS: Final = Strategy(
    id="ema_cross",
    parameters=(
        Parameter("fast", default=12, lowest=1, highest=200),
        Parameter("slow", default=26, lowest=2, highest=400),
    ),
    settings=Settings,
    look=look,
    decide=decide,
    reach=reach,
    check=check,
)
