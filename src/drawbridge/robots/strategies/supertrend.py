"""Supertrend: a stop some ranges away from the middle of each candle, which never gives way."""

from typing import Final

from drawbridge.robots import indicators
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.following_stop import Seen, Settings, decide, reach
from drawbridge.robots.lines import ratchet
from drawbridge.robots.strategy import Parameter, Strategy


def look(candles: CandleColumns, settings: Settings) -> Seen:
    """Put the stop around the middle of each candle, and let it follow."""
    middle = (candles.high + candles.low) / 2.0
    away = settings.ranges * indicators.atr(candles, settings.span)
    return Seen(*ratchet(candles.close, middle - away, middle + away))


SUPERTREND: Final = Strategy(
    id="supertrend",
    parameters=(
        Parameter("span", default=10, lowest=2, highest=200),
        Parameter("ranges", default=3.0, lowest=0.5, highest=20, places=2),
    ),
    settings=Settings,
    look=look,
    decide=decide,
    reach=reach,
)
