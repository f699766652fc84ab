"""Parabolic: in while the price is above Wilder's parabolic stop."""

from typing import Final, NamedTuple

from drawbridge.core.errors import BadInput
from drawbridge.robots import indicators
from drawbridge.robots.columns import CandleColumns, Floats
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held, Parameter, Strategy

# A stop remembers its trend's beginning only, and comes closer by at least its first step at
# each candle: ten times as long as one step needs to get there holds several turns.
_REACH_STEPS = 10.0
_LEAST_REACH = 500


class Settings(NamedTuple):
    """By how much the stop quickens at each new extreme, and how quick it becomes at most."""

    quicken: float
    quickest: float


class Seen(NamedTuple):
    """Closing prices and the stop at each candle."""

    close: "Floats"
    stop: "Floats"


def look(candles: CandleColumns, settings: Settings) -> Seen:
    """Draw the stop through highs and lows."""
    return Seen(candles.close, indicators.sar(candles, settings.quicken, settings.quickest))


def decide(seen: Seen, at: int, _settings: Settings, _held: Held) -> int:
    """Tell on which side of the stop the price is."""
    if seen.close[at] > seen.stop[at]:
        return IN
    if seen.close[at] < seen.stop[at]:
        return OUT
    return UNSAID


def reach(settings: Settings) -> int:
    """Ask for so many candles that the stop has turned several times."""
    return max(_LEAST_REACH, int(_REACH_STEPS / settings.quicken))


def check(settings: Settings) -> None:
    """Refuse a step beyond the quickest. Raises: `BadInput("quicken_above_quickest")`."""
    if settings.quicken > settings.quickest:
        raise BadInput(
            "quicken_above_quickest",
            field="quicken",
            quicken=settings.quicken,
            quickest=settings.quickest,
        )


PARABOLIC: Final = Strategy(
    id="parabolic",
    parameters=(
        Parameter("quicken", default=0.02, lowest=0.001, highest=0.5, places=3),
        Parameter("quickest", default=0.2, lowest=0.001, highest=1, places=3),
    ),
    settings=Settings,
    look=look,
    decide=decide,
    reach=reach,
    check=check,
)
