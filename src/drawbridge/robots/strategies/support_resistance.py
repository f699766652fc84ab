"""Support and resistance: trade at the last low and the last high from which prices turned.

A turn counts when some candles on both sides did not go beyond it, and so it is known only these
candles later.
"""

from typing import Final, NamedTuple

from drawbridge.robots.columns import CandleColumns, Floats
from drawbridge.robots.lines import lasting, swing_highs, swing_lows
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held, Parameter, Strategy

BOUNCE: Final = 0


class Settings(NamedTuple):
    """What makes a turn, how long it counts, how near is near (percent), and what is traded."""

    sides: int
    lasting: int
    near: float
    trade: int


class Seen(NamedTuple):
    """Prices, and the turns known at each candle."""

    low: "Floats"
    high: "Floats"
    close: "Floats"
    support: "Floats"
    resistance: "Floats"


def look(candles: CandleColumns, settings: Settings) -> Seen:
    """Find the turns and keep the last one of each kind."""
    return Seen(
        candles.low,
        candles.high,
        candles.close,
        lasting(swing_lows(candles.low, settings.sides), settings.lasting),
        lasting(swing_highs(candles.high, settings.sides), settings.lasting),
    )


def decide(seen: Seen, at: int, settings: Settings, _held: Held) -> int:
    """Buy at the support and sell at the resistance, or buy above this and sell below that."""
    near, close = settings.near / 100.0, seen.close[at]
    support, resistance = seen.support[at], seen.resistance[at]
    if close < support * (1.0 - near):
        return OUT
    if settings.trade != BOUNCE:
        return IN if close > resistance * (1.0 + near) else UNSAID
    if seen.high[at] >= resistance * (1.0 - near):
        return OUT
    if seen.low[at] <= support * (1.0 + near) and close > support:
        return IN
    return UNSAID


def reach(settings: Settings) -> int:
    """Ask for the oldest turn that still counts, with the candles around it."""
    return settings.lasting + 2 * settings.sides + 1


SUPPORT_RESISTANCE: Final = Strategy(
    id="support_resistance",
    parameters=(
        Parameter("sides", default=5, lowest=1, highest=100),
        Parameter("lasting", default=200, lowest=1, highest=2000),
        Parameter("near", default=0.1, lowest=0, highest=10, places=2),
        Parameter("trade", default="bounce", choices=("bounce", "breakout")),
    ),
    settings=Settings,
    look=look,
    decide=decide,
    reach=reach,
)
