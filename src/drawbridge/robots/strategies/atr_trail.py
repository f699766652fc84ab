"""ATR trail, the chandelier: a stop that hangs some ranges below the highest price since a turn."""

from typing import Final

from drawbridge.robots import indicators
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.following_stop import Seen, Settings, decide, reach
from drawbridge.robots.lines import ratchet
from drawbridge.robots.strategy import Parameter, Strategy


def look(candles: CandleColumns, settings: Settings) -> Seen:
    """Hang the stop below each high and above each low, and let it follow."""
    away = settings.ranges * indicators.atr(candles, settings.span)
    return Seen(*ratchet(candles.close, candles.high - away, candles.low + away))


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
