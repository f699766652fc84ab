"""ATR trail, the chandelier: a stop that hangs some ranges below the highest price since a turn."""

from typing import Final, NamedTuple

from drawbridge.robots import indicators
from drawbridge.robots.columns import CandleColumns, Floats
from drawbridge.robots.lines import ratchet
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held, Parameter, Strategy

# Wilder's average forgets as slowly as 1 - 1/span per candle. The stop itself forgets at its
# turns: the last few of them must lie within reach.
_REACH_FACTOR = 40


class Settings(NamedTuple):
    """Over how many candles the range is averaged, and how many of it the stop keeps away."""

    span: int
    ranges: float


class Seen(NamedTuple):
    """The stop, and the side that prices are on: 1 above it, -1 below."""

    stop: "Floats"
    side: "Floats"


def look(candles: CandleColumns, settings: Settings) -> Seen:
    """Hang the stop below each high and above each low, and let it follow."""
    away = settings.ranges * indicators.atr(candles, settings.span)
    return Seen(*ratchet(candles.close, candles.high - away, candles.low + away))


def decide(seen: Seen, at: int, _settings: Settings, _held: Held) -> int:
    """Tell on which side of the stop the price is."""
    if seen.side[at] > 0.0:
        return IN
    if seen.side[at] < 0.0:
        return OUT
    return UNSAID


def reach(settings: Settings) -> int:
    """Ask for so many candles that neither the average nor the stop remembers its beginning."""
    return _REACH_FACTOR * settings.span


ATR_TRAIL: Final = Strategy(
    id="atr_trail",
    parameters=(
        Parameter("span", default=22, lowest=2, highest=200),
        Parameter("ranges", default=3.0, lowest=0.5, highest=20, places=2),
    ),
    settings=Settings,
    look=look,
    decide=decide,
    reach=reach,
)
