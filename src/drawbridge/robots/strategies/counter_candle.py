"""Counter-candle: in after some falling candles in a row, out after rising ones or with a gain."""

from typing import TYPE_CHECKING, Final, NamedTuple

from drawbridge.robots.columns import CandleColumns, Floats
from drawbridge.robots.lines import streak
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held, Parameter, Strategy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Settings(NamedTuple):
    """How many candles in a row count, and with which gain it leaves (percent, 0: with none)."""

    falling: int
    rising: int
    gain: float


class Seen(NamedTuple):
    """Closing prices, and how many candles fell or rose in a row up to each one."""

    close: "Floats"
    falling: "NDArray[np.int64]"
    rising: "NDArray[np.int64]"


def look(candles: CandleColumns, _settings: Settings) -> Seen:
    """Count the candles that close below and above their opening."""
    return Seen(
        candles.close, streak(candles.close < candles.open), streak(candles.close > candles.open)
    )


def decide(seen: Seen, at: int, settings: Settings, held: Held) -> int:
    """Enter against a row of falling candles; leave after rising ones, or with the gain."""
    if seen.falling[at] >= settings.falling:
        return IN
    if seen.rising[at] >= settings.rising:
        return OUT
    target = held.price * (1.0 + settings.gain / 100.0)
    if settings.gain > 0.0 and held.quantity > 0.0 and seen.close[at] >= target:
        return OUT
    return UNSAID


def reach(settings: Settings) -> int:
    """Ask for the longest row that counts."""
    return max(settings.falling, settings.rising)


COUNTER_CANDLE: Final = Strategy(
    id="counter_candle",
    parameters=(
        Parameter("falling", default=4, lowest=1, highest=30),
        Parameter("rising", default=3, lowest=1, highest=30),
        Parameter("gain", default=1.0, lowest=0, highest=100, places=2),
    ),
    settings=Settings,
    look=look,
    decide=decide,
    reach=reach,
)
