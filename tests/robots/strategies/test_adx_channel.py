"""ADX: direction where a trend is strong, silence where it is not."""

from drawbridge.robots.strategies.adx_channel import ADX_CHANNEL
from drawbridge.robots.strategy import IN, OUT, UNSAID
from tests.kit.strategies import candles_of, said_over


def bars_around(middles: list[float]) -> list[tuple[float, float, float, float]]:
    return [(it, it + 1, it - 1, it) for it in middles]


RISING = [10.0 + it for it in range(8)]
FALLING = [20.0 - it for it in range(8)]
STANDING = [10.0, 11.0] * 6


def test_a_strong_trend_is_followed_either_way() -> None:
    # Only upward moves: the whole of direction is upwards, and the index is at 100.
    assert said_over(ADX_CHANNEL, candles_of(bars_around(RISING)), span=2)[3:] == [IN] * 5
    assert said_over(ADX_CHANNEL, candles_of(bars_around(FALLING)), span=2)[3:] == [OUT] * 5


def test_to_and_fro_is_no_trend() -> None:
    said = said_over(ADX_CHANNEL, candles_of(bars_around(STANDING)), span=4, level=50)

    assert said == [UNSAID] * len(STANDING)


def test_nothing_is_said_before_the_index_is_known() -> None:
    assert said_over(ADX_CHANNEL, candles_of(bars_around(RISING)), span=2)[:3] == [UNSAID] * 3
