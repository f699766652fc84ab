"""Lines that TA-Lib does not draw: moved ones, streaks, ratchets, pivots. Pure, over arrays.

As in indicators.py, every value is made of its own candle and earlier ones, and NaN stands where
there is nothing to say yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drawbridge.robots import indicators

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from drawbridge.robots.columns import Floats


def earlier(series: Floats, count: int) -> Floats:
    """Give at each candle the value of `count` candles before."""
    import numpy as np  # noqa: PLC0415  heavy: loaded by who looks at prices

    moved = np.full(len(series), np.nan)
    moved[count:] = series[: max(0, len(series) - count)]
    return moved


def streak(holds: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count at each candle how many in a row, up to it, hold."""
    import numpy as np  # noqa: PLC0415  heavy: loaded by who looks at prices

    places = np.arange(1, len(holds) + 1)
    broken = np.maximum.accumulate(np.where(holds, 0, places))
    return places - broken


def lasting(series: Floats, candles: int) -> Floats:
    """Keep each value for so many candles, its own among them, until another one comes."""
    import numpy as np  # noqa: PLC0415  heavy: loaded by who looks at prices

    places = np.arange(len(series))
    known = np.maximum.accumulate(np.where(np.isnan(series), -1, places))
    kept = np.where(known >= 0, series[known], np.nan) if len(series) else series
    return np.where(places - known < candles, kept, np.nan)


def swing_lows(lows: Floats, sides: int) -> Floats:
    """Give each low that none of `sides` candles before and behind it undercuts.

    Why late: a swing is known only when the candles behind it are there, so it stands at the
    last of these and not where it was.
    """
    import numpy as np  # noqa: PLC0415  heavy: loaded by who looks at prices

    middle = earlier(lows, sides)
    return np.where(middle == indicators.lowest(lows, 2 * sides + 1), middle, np.nan)


def swing_highs(highs: Floats, sides: int) -> Floats:
    """Give each high that none of `sides` candles before and behind it tops, as late as lows."""
    import numpy as np  # noqa: PLC0415  heavy: loaded by who looks at prices

    middle = earlier(highs, sides)
    return np.where(middle == indicators.highest(highs, 2 * sides + 1), middle, np.nan)


def ratchet(close: Floats, below: Floats, above: Floats) -> tuple[Floats, Floats]:
    """Give the stop of the side that prices are on, and that side: 1 for a rise, -1 for a fall.

    `below` and `above` are where the stops would stand by each candle alone. A stop follows
    prices and does not give way while they keep to its side; a close beyond it changes the side.
    """
    import numpy as np  # noqa: PLC0415  heavy: loaded by who looks at prices

    stop, side = np.full(len(close), np.nan), np.full(len(close), np.nan)
    known = np.flatnonzero(~np.isnan(below) & ~np.isnan(above))
    if len(known):
        # Python walks through lists faster than through arrays.
        first = int(known[0])
        columns = (it[first:].tolist() for it in (close, below, above))
        stop[first:], side[first:] = _ratcheted(*columns)
    return stop, side


def _ratcheted(
    close: list[float], below: list[float], above: list[float]
) -> tuple[list[float], list[float]]:
    lower, upper, before = below[0], above[0], close[0]
    rises = before + before >= lower + upper
    stops, sides = [], []
    for price, low, high in zip(close, below, above, strict=True):
        lower = max(lower, low) if before >= lower else low
        upper = min(upper, high) if before <= upper else high
        rises = price >= lower if rises else price > upper
        stops.append(lower if rises else upper)
        sides.append(1.0 if rises else -1.0)
        before = price
    return stops, sides
