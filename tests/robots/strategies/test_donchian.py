"""Donchian breakout: the present candle is not part of the channel that it leaves."""

from drawbridge.robots.strategies.donchian import DONCHIAN
from drawbridge.robots.strategy import IN, OUT, UNSAID
from tests.kit.strategies import candles_at, candles_of, said_over


def test_a_new_high_enters_and_a_new_low_of_fewer_candles_leaves() -> None:
    said = said_over(DONCHIAN, candles_at([5, 6, 7, 8, 7.5, 7, 9]), span=3, leave_span=2)

    assert said == [UNSAID, UNSAID, UNSAID, IN, UNSAID, OUT, IN]


def test_the_same_price_again_is_no_breakout() -> None:
    assert said_over(DONCHIAN, candles_at([5, 6, 6, 5]), span=1, leave_span=3) == [
        UNSAID,
        IN,
        UNSAID,
        UNSAID,
    ]


def test_the_present_candles_own_high_does_not_hide_its_breakout() -> None:
    bars = [(5.0, 6.0, 4.0, 5.0), (5.0, 9.0, 5.0, 7.0)]

    assert said_over(DONCHIAN, candles_of(bars), span=1, leave_span=1) == [UNSAID, IN]
