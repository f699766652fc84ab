"""MACD: in while the distance of two averages is above its own average."""

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
    signal: int


class Seen(NamedTuple):
    """The distance of both averages, and the average of the distance."""

    macd: "Floats"
    signal: "Floats"


def look(candles: CandleColumns, settings: Settings) -> Seen:
    """Average the closing prices twice, and their distance."""
    return Seen(*indicators.macd(candles.close, *settings))


def decide(seen: Seen, at: int, _settings: Settings, _held: Held) -> int:
    """Tell on which side of its average the distance stands."""
    if seen.macd[at] > seen.signal[at]:
        return IN
    if seen.macd[at] < seen.signal[at]:
        return OUT
    return UNSAID


def reach(settings: Settings) -> int:
    """Ask for so many candles that the beginning of either average is lost in the last bits."""
    return _REACH_FACTOR * (settings.slow + settings.signal)


def check(settings: Settings) -> None:
    """Refuse a fast average that is not faster. Raises: `BadInput("fast_not_below_slow")`."""
    if settings.fast >= settings.slow:
        raise BadInput("fast_not_below_slow", field="fast", fast=settings.fast, slow=settings.slow)


MACD: Final = Strategy(
    id="macd",
    parameters=(
        Parameter("fast", default=12, lowest=2, highest=200),
        Parameter("slow", default=26, lowest=3, highest=400),
        Parameter("signal", default=9, lowest=1, highest=200),
    ),
    settings=Settings,
    look=look,
    decide=decide,
    reach=reach,
    check=check,
)
