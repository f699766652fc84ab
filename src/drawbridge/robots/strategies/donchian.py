"""Donchian breakout: in above the highest price of the candles before, out below the lowest."""

from typing import Final, NamedTuple

from drawbridge.robots import indicators
from drawbridge.robots.columns import CandleColumns, Floats
from drawbridge.robots.lines import earlier
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held, Parameter, Strategy


class Settings(NamedTuple):
    """Over how many candles the channel reaches above and below."""

    span: int
    leave_span: int


class Seen(NamedTuple):
    """Closing prices within the channel of the candles before; the present one is not in it."""

    close: "Floats"
    upper: "Floats"
    lower: "Floats"


def look(candles: CandleColumns, settings: Settings) -> Seen:
    """Draw the channel out of the candles before each one."""
    return Seen(
        candles.close,
        earlier(indicators.highest(candles.high, settings.span), 1),
        earlier(indicators.lowest(candles.low, settings.leave_span), 1),
    )


def decide(seen: Seen, at: int, _settings: Settings, _held: Held) -> int:
    """Tell on which side the price has left the channel."""
    if seen.close[at] > seen.upper[at]:
        return IN
    if seen.close[at] < seen.lower[at]:
        return OUT
    return UNSAID


def reach(settings: Settings) -> int:
    """Ask for the candles of the channel and the present one."""
    return max(settings.span, settings.leave_span) + 1


DONCHIAN: Final = Strategy(
    id="donchian",
    parameters=(
        Parameter("span", default=20, lowest=1, highest=1000),
        Parameter("leave_span", default=10, lowest=1, highest=1000),
    ),
    settings=Settings,
    look=look,
    decide=decide,
    reach=reach,
)
