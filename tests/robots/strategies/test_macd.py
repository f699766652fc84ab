"""MACD: on which side of its average the distance of two averages stands."""

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.robots.strategies.macd import MACD, Settings, look
from drawbridge.robots.strategy import IN, OUT, UNSAID
from tests.kit.strategies import candles_at, said_over

SHORT: dict[str, object] = {"fast": 2, "slow": 3, "signal": 2}


def test_a_fast_average_that_is_not_faster_is_refused() -> None:
    with pytest.raises(BadInput, match="fast_not_below_slow") as caught:
        MACD.read_settings({"fast": 26, "slow": 26})

    assert caught.value.facts["field"] == "fast"


def test_distance_and_signal_are_those_of_the_textbook() -> None:
    seen = look(candles_at([10, 13, 16, 19, 16]), Settings(2, 3, 2))

    # fast, begun where the slow one begins: 14.5, 17.5, 16.5; slow: 13, 16, 16; their distance:
    # 1.5, 1.5, 0.5. The average of the distance begins with a plain one: 1.5, then 0.8333.
    assert list(seen.macd[3:]) == pytest.approx([1.5, 0.5])
    assert list(seen.signal[3:]) == pytest.approx([1.5, 1.5 - 2 / 3])


def test_it_is_in_while_the_distance_grows_and_out_while_it_shrinks() -> None:
    said = said_over(MACD, candles_at([10, 10, 10, 10, 12, 15, 14, 12, 11]), chosen=SHORT)

    assert said == [UNSAID, UNSAID, UNSAID, UNSAID, IN, IN, OUT, OUT, OUT]
