"""Trendline: in when prices break out above a falling line, out when they fall below a channel.

The line is the straight one that fits the closing prices before best, drawn on to the present
candle; the channel keeps some deviations of these prices from their line around it.
"""

from typing import Final, NamedTuple

from drawbridge.robots import indicators
from drawbridge.robots.columns import CandleColumns, Floats
from drawbridge.robots.lines import earlier
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held, Parameter, Strategy


class Settings(NamedTuple):
    """Through how many candles the line goes, and how many deviations the channel is wide."""

    span: int
    width: float


class Seen(NamedTuple):
    """Closing prices, the channel of the candles before them, and how its line rises."""

    close: "Floats"
    upper: "Floats"
    lower: "Floats"
    slope: "Floats"


def look(candles: CandleColumns, settings: Settings) -> Seen:
    """Draw the line through the candles before each one, and the channel around it.

    Why: of the prices' variance, slope^2 * (span^2 - 1) / 12 is explained by the line; the rest
    is that of their distances from it. It can come out a bit below zero where they have none.
    """
    span = settings.span
    slope = indicators.slope(candles.close, span)
    explained = slope * slope * ((span * span - 1) / 12.0)
    rest = (indicators.stddev(candles.close, span) ** 2.0 - explained).clip(0.0)
    line, away = earlier(indicators.forecast(candles.close, span), 1), earlier(rest**0.5, 1)
    away *= settings.width
    return Seen(candles.close, line + away, line - away, earlier(slope, 1))


def decide(seen: Seen, at: int, _settings: Settings, _held: Held) -> int:
    """Enter above the channel of a falling line; leave below the channel of any line."""
    if seen.slope[at] < 0.0 and seen.close[at] > seen.upper[at]:
        return IN
    if seen.close[at] < seen.lower[at]:
        return OUT
    return UNSAID


def reach(settings: Settings) -> int:
    """Ask for the candles of the line and the present one."""
    return settings.span + 1


TRENDLINE: Final = Strategy(
    id="trendline",
    parameters=(
        Parameter("span", default=50, lowest=3, highest=1000),
        Parameter("width", default=2.0, lowest=0.1, highest=10, places=2),
    ),
    settings=Settings,
    look=look,
    decide=decide,
    reach=reach,
)
