"""What strategies on a stop that follows prices share; where it hangs is their own idea."""

from typing import NamedTuple

from drawbridge.robots.columns import Floats
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held

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
