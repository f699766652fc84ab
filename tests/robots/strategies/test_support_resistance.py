"""Support and resistance: turns are known late, and forgotten in time."""

import math

from drawbridge.robots.strategies.support_resistance import SUPPORT_RESISTANCE, look
from drawbridge.robots.strategy import IN, OUT, UNSAID
from tests.kit.strategies import candles_at, said_over

VALLEY = [10.0, 9, 8, 9, 10, 11, 10, 9]
"""A low of 8 at the third candle and a high of 11 at the sixth."""


def test_a_turn_is_known_only_when_the_candles_behind_it_are_there() -> None:
    seen = look(candles_at(VALLEY), SUPPORT_RESISTANCE.settings(2, 100, 0.0, 0))

    assert [math.isnan(it) for it in seen.support] == [True] * 4 + [False] * 4
    assert list(seen.support[4:]) == [8.0] * 4
    assert [math.isnan(it) for it in seen.resistance] == [True] * 7 + [False]
    assert seen.resistance[7] == 11.0


def test_a_turn_is_forgotten_after_its_time() -> None:
    seen = look(candles_at(VALLEY), SUPPORT_RESISTANCE.settings(2, 2, 0.0, 0))

    assert [math.isnan(it) for it in seen.support[4:]] == [False, False, True, True]


def test_bouncing_buys_near_the_low_and_sells_near_the_high() -> None:
    prices = candles_at([*VALLEY, 8.05, 9, 10.95])

    said = said_over(SUPPORT_RESISTANCE, prices, sides=2, near=1)

    assert said[8:] == [IN, UNSAID, OUT]


def test_a_low_that_breaks_is_left_either_way() -> None:
    prices = candles_at([*VALLEY, 7.0])

    assert said_over(SUPPORT_RESISTANCE, prices, sides=2)[8] == OUT
    assert said_over(SUPPORT_RESISTANCE, prices, sides=2, trade="breakout")[8] == OUT


def test_breaking_out_buys_above_the_high_only() -> None:
    prices = candles_at([*VALLEY, 8.05, 9, 11.2])

    said = said_over(SUPPORT_RESISTANCE, prices, sides=2, near=1, trade="breakout")

    assert said[8:] == [UNSAID, UNSAID, IN]
