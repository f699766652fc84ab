"""Parabolic: the stop that comes closer with each new best price."""

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.robots.strategies.parabolic import PARABOLIC, Settings, look
from drawbridge.robots.strategy import IN, OUT, UNSAID
from tests.kit.strategies import candles_of, said_over


def bars_around(middles: list[float]) -> list[tuple[float, float, float, float]]:
    return [(it, it + 1, it - 1, it) for it in middles]


def test_a_quickening_beyond_the_quickest_is_refused() -> None:
    with pytest.raises(BadInput, match="quicken_above_quickest") as caught:
        PARABOLIC.read_settings({"quicken": "0.3", "quickest": "0.2"})

    assert caught.value.facts["field"] == "quicken"


def test_the_stop_is_that_of_the_textbook() -> None:
    seen = look(candles_of(bars_around([10, 11, 12, 13])), Settings(0.1, 0.5))

    # Begins at the first low, 9. The best price is 12, so it comes closer by 0.1 * (12 - 9), then
    # with 13 by 0.2 * (13 - 9.3), which would be 10.04: above 10, a low of the two candles before.
    assert list(seen.stop[1:]) == pytest.approx([9, 9.3, 10])


def test_a_price_below_the_stop_turns_it_over() -> None:
    said = said_over(
        PARABOLIC, candles_of(bars_around([10, 11, 12, 13, 8, 7])), quicken=0.1, quickest=0.5
    )

    assert said == [UNSAID, IN, IN, IN, OUT, OUT]
