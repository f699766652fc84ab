"""Trendline: breaking out of the channel around a straight line."""

import pytest

from drawbridge.robots.strategies.trendline import TRENDLINE, look
from drawbridge.robots.strategy import IN, OUT, UNSAID
from tests.kit.strategies import candles_at, said_over


def test_the_line_is_drawn_on_to_the_candle_that_is_not_in_it() -> None:
    # Through 10, 8, 9: slope -0.5 around the mean 9, so 8.5 at the third candle and 8 behind it.
    # The distances from the line are 0.5, -1, 0.5, whose deviation is the root of a half.
    seen = look(candles_at([10, 8, 9, 7]), TRENDLINE.settings(3, 1.0))

    assert seen.slope[3] == pytest.approx(-0.5)
    assert seen.upper[3] == pytest.approx(8 + 0.5**0.5)
    assert seen.lower[3] == pytest.approx(8 - 0.5**0.5)


def test_a_breakout_above_a_falling_channel_is_in_and_out_of_it_downwards_out() -> None:
    assert said_over(TRENDLINE, candles_at([10, 8, 9, 8.8]), span=3, width=1)[3] == IN
    assert said_over(TRENDLINE, candles_at([10, 8, 9, 8.5]), span=3, width=1)[3] == UNSAID
    assert said_over(TRENDLINE, candles_at([10, 8, 9, 7.2]), span=3, width=1)[3] == OUT


def test_a_breakout_above_a_rising_channel_says_nothing() -> None:
    assert said_over(TRENDLINE, candles_at([8, 10, 9, 15]), span=3, width=1)[3] == UNSAID


def test_nothing_is_said_before_there_is_a_line() -> None:
    assert said_over(TRENDLINE, candles_at([10, 8, 9]), span=3, width=1) == [UNSAID] * 3
