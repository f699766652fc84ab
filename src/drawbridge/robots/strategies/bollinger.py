"""Bollinger bands: in at the lower band, out at the middle or the upper one."""

from typing import Final, NamedTuple

from drawbridge.robots import indicators
from drawbridge.robots.columns import CandleColumns, Floats
from drawbridge.robots.lines import earlier
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held, Parameter, Strategy

TOUCH: Final = 0
MIDDLE: Final = 0


class Settings(NamedTuple):
    """How wide the bands are, and by the numbers of the choices when to enter and leave."""

    span: int
    width: float
    entry: int
    leave: int


class Seen(NamedTuple):
    """Closing prices, the bands around them, and how far the close before was below its band."""

    close: "Floats"
    lower: "Floats"
    middle: "Floats"
    upper: "Floats"
    depth_before: "Floats"


def look(candles: CandleColumns, settings: Settings) -> Seen:
    """Draw the bands around the closing prices."""
    lower, middle, upper = indicators.bands(candles.close, settings.span, settings.width)
    return Seen(candles.close, lower, middle, upper, earlier(lower - candles.close, 1))


def decide(seen: Seen, at: int, settings: Settings, _held: Held) -> int:
    """Leave at the chosen band; enter below the lower one, or when prices come back from there."""
    close = seen.close[at]
    leave = seen.middle[at] if settings.leave == MIDDLE else seen.upper[at]
    # Where all prices are alike, all bands are one, and there is nothing to say.
    if close >= leave and seen.upper[at] > seen.lower[at]:
        return OUT
    if settings.entry == TOUCH:
        return IN if close <= seen.lower[at] < seen.upper[at] else UNSAID
    return IN if seen.depth_before[at] > 0.0 and close >= seen.lower[at] else UNSAID


def reach(settings: Settings) -> int:
    """Ask for the candles of the bands, of this candle and the one before."""
    return settings.span + 1


BOLLINGER: Final = Strategy(
    id="bollinger",
    parameters=(
        Parameter("span", default=20, lowest=2, highest=400),
        Parameter("width", default=2.0, lowest=0.1, highest=10, places=2),
        Parameter("entry", default="touch", choices=("touch", "reentry")),
        Parameter("leave", default="middle", choices=("middle", "upper")),
    ),
    settings=Settings,
    look=look,
    decide=decide,
    reach=reach,
)
