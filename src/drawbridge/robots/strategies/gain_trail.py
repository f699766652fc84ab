"""Gain and trail: buy some percent below the average, sell with a gain, perhaps trailing it."""

from typing import Final, NamedTuple

from drawbridge.core.errors import BadInput
from drawbridge.robots import indicators
from drawbridge.robots.columns import CandleColumns, Floats
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held, Parameter, Strategy

_REACH_FACTOR = 10


class Settings(NamedTuple):
    """Over how many candles prices are averaged; the rest in percent. Giving back 0: no trail."""

    span: int
    drop: float
    gain: float
    give_back: float


class Seen(NamedTuple):
    """Closing prices and their average."""

    close: "Floats"
    average: "Floats"


def look(candles: CandleColumns, settings: Settings) -> Seen:
    """Average the closing prices."""
    return Seen(candles.close, indicators.ema(candles.close, settings.span))


def decide(seen: Seen, at: int, settings: Settings, held: Held) -> int:
    """Enter below the average; leave with the gain, or when prices fall back from beyond it."""
    close, average = seen.close[at], seen.average[at]
    if held.quantity > 0.0:
        target = held.price * (1.0 + settings.gain / 100.0)
        best = max(held.best, close)
        if settings.give_back == 0.0:
            return OUT if close >= target else UNSAID
        fallen = close <= best * (1.0 - settings.give_back / 100.0)
        return OUT if best >= target and fallen else UNSAID
    if close < average * (1.0 - settings.drop / 100.0):
        return IN
    # Back above the average, so that the next fall is a turn of its own.
    return OUT if close > average else UNSAID


def reach(settings: Settings) -> int:
    """Ask for so many candles that the beginning of the average is lost in the last bits."""
    return _REACH_FACTOR * settings.span


def check(settings: Settings) -> None:
    """Refuse a trail that gives the whole gain away. Raises: `BadInput("give_back_above_gain")`."""
    if settings.give_back > settings.gain:
        raise BadInput(
            "give_back_above_gain",
            field="give_back",
            give_back=settings.give_back,
            gain=settings.gain,
        )


GAIN_TRAIL: Final = Strategy(
    id="gain_trail",
    parameters=(
        Parameter("span", default=50, lowest=2, highest=400),
        Parameter("drop", default=1.0, lowest=0, highest=50, places=2),
        Parameter("gain", default=1.0, lowest=0.05, highest=100, places=2),
        Parameter("give_back", default=0, lowest=0, highest=50, places=2),
    ),
    settings=Settings,
    look=look,
    decide=decide,
    reach=reach,
    check=check,
)
