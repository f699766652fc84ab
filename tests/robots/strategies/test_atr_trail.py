"""ATR trail: a stop below the highest price since the turn."""

import pytest

from drawbridge.robots.strategies.atr_trail import ATR_TRAIL, look
from drawbridge.robots.strategy import IN, OUT
from tests.kit.strategies import candles_of, said_over


def bars_around(middles: list[float]) -> list[tuple[float, float, float, float]]:
    return [(it, it + 1, it - 1, it) for it in middles]


def test_the_stop_hangs_below_the_highest_price() -> None:
    seen = look(candles_of(bars_around([10, 10, 10, 11, 12, 11.5])), ATR_TRAIL.settings(2, 1.5))

    # Three (one and a half ranges of two) below the highs 11, 12, 13; then it does not give way.
    assert list(seen.stop[2:]) == pytest.approx([8, 9, 10, 10])


def test_a_close_below_the_stop_is_out_and_one_above_the_falling_stop_in() -> None:
    said = said_over(
        ATR_TRAIL, candles_of(bars_around([10, 10, 10, 11, 12, 9.5, 9, 12])), span=2, ranges=1.5
    )

    assert said[2:] == [IN, IN, IN, OUT, OUT, IN]
