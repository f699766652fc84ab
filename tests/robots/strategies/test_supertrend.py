"""Supertrend: a stop that follows and does not give way."""

import pytest

from drawbridge.robots.strategies.supertrend import SUPERTREND, look
from drawbridge.robots.strategy import IN, OUT
from tests.kit.strategies import candles_of, said_over

SETTINGS: dict[str, object] = {"span": 2, "ranges": 1}


def bars_around(middles: list[float]) -> list[tuple[float, float, float, float]]:
    """Make candles that reach one up and one down and close in their middle."""
    return [(it, it + 1, it - 1, it) for it in middles]


def test_the_stop_rises_with_prices_and_stands_while_they_fall_a_little() -> None:
    # The range of each candle is 2, to the close before it never more: the average stays 2.
    seen = look(
        candles_of(bars_around([10, 10, 10, 11, 12, 11.5, 11])), SUPERTREND.settings(2, 1.0)
    )

    assert list(seen.stop[2:]) == pytest.approx([8, 9, 10, 10, 10])
    assert list(seen.side[2:]) == [1, 1, 1, 1, 1]


def test_a_close_beyond_the_stop_changes_the_side_and_back() -> None:
    said = said_over(
        SUPERTREND, candles_of(bars_around([10, 10, 10, 11, 12, 9, 8, 12])), chosen=SETTINGS
    )

    # 9 is below the stop at 10. The stop of the fall comes down to 11.5 and lower; 12 is above.
    assert said[2:] == [IN, IN, IN, OUT, OUT, IN]
