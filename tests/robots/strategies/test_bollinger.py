"""Bollinger bands: entering at the lower band or behind it, leaving at the middle or upper."""

import pytest

from drawbridge.robots.strategies.bollinger import BOLLINGER, look
from drawbridge.robots.strategy import IN, OUT, UNSAID
from tests.kit.strategies import candles_at, said_over

# With three candles and one deviation, the last of 9, 9, 6 lies one and a half below the mean of
# 8, and the deviation is the root of 2: 6 is below 6.586.
FALL = [9.0, 9.0, 6.0]


def test_the_bands_are_those_of_the_textbook() -> None:
    seen = look(candles_at(FALL), BOLLINGER.settings(3, 1.0, 0, 0))

    assert (seen.lower[2], seen.middle[2], seen.upper[2]) == pytest.approx(
        (8 - 2**0.5, 8, 8 + 2**0.5)
    )


def test_touching_enters_at_the_candle_below_the_band() -> None:
    assert said_over(BOLLINGER, candles_at(FALL), span=3, width=1) == [UNSAID, UNSAID, IN]


def test_reentry_waits_until_prices_are_back_above_the_band() -> None:
    # Bands of 9, 6, 5.8: mean 6.93, deviation 1.46, lower band 5.47: 5.8 is above it again.
    prices = candles_at([*FALL, 5.8])

    assert said_over(BOLLINGER, prices, span=3, width=1, entry="reentry")[2:] == [UNSAID, IN]


def test_it_leaves_at_the_middle_or_only_at_the_upper_band() -> None:
    # Of 6, 7, 7 the mean is 6.67 and the upper band 7.14; of 7, 7, 8 they are 7.33 and 7.80.
    prices = candles_at([9, 6, 7, 7, 8])

    assert said_over(BOLLINGER, prices, span=3, width=1)[3:] == [OUT, OUT]
    assert said_over(BOLLINGER, prices, span=3, width=1, leave="upper")[3:] == [UNSAID, OUT]


def test_prices_that_stand_still_say_nothing() -> None:
    assert said_over(BOLLINGER, candles_at([5.0] * 6), span=3) == [UNSAID] * 6
