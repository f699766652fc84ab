"""Crossing averages: when they speak, and what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.robots.columns import columns_of
from drawbridge.robots.strategies.ema_cross import EMA_CROSS, Settings, decide, look
from drawbridge.robots.strategy import IN, NOTHING_HELD, OUT, UNSAID

SETTINGS = Settings(fast=2, slow=4)


def said_over(closes: list[float], settings: Settings = SETTINGS) -> list[int]:
    candles = columns_of(
        [number for at, close in enumerate(closes) for number in (at, *[close] * 4, 1.0)]
    )
    seen = look(candles, settings)
    return [decide(seen, at, settings, NOTHING_HELD) for at in range(len(closes))]


def test_a_fast_average_that_is_not_faster_is_refused() -> None:
    with pytest.raises(BadInput, match="fast_not_below_slow") as caught:
        EMA_CROSS.read_settings({"fast": 30, "slow": 30})

    assert caught.value.facts["field"] == "fast"


def test_nothing_is_said_before_the_slow_average_has_seen_enough() -> None:
    assert said_over([1, 2, 3, 4, 5]) == [UNSAID, UNSAID, UNSAID, IN, IN]


def test_equal_averages_say_nothing() -> None:
    assert said_over([5.0] * 8) == [UNSAID] * 8


def test_a_turn_of_prices_turns_what_is_said() -> None:
    assert said_over([9, 8, 7, 6, 5, 9, 12, 4, 1])[3:] == [OUT, OUT, IN, IN, OUT, OUT]


def test_the_averages_are_those_of_the_textbook() -> None:
    closes = [10.0, 13.0, 16.0, 19.0]
    candles = columns_of([it for at, close in enumerate(closes) for it in (at, *[close] * 4, 1)])

    seen = look(candles, Settings(2, 3))

    # fast: mean 11.5, then 11.5 + 2/3 * 4.5 = 14.5, then 17.5; slow: mean 13, then 16.
    assert list(seen.fast[1:]) == pytest.approx([11.5, 14.5, 17.5])
    assert list(seen.slow[2:]) == pytest.approx([13.0, 16.0])


def test_after_its_reach_the_beginning_hardly_weighs() -> None:
    settings = Settings(12, 26)
    weight = (1 - 2 / (settings.slow + 1)) ** EMA_CROSS.reach(settings)

    assert weight < 1e-8


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60), st.integers(-20, 20))
def test_prices_in_another_unit_say_the_same(closes: list[float], power: int) -> None:
    """Law: a strategy of crossings does not care in which currency prices are told."""
    scaled = [close * 2.0**power for close in closes]

    assert said_over(scaled) == said_over(closes)
