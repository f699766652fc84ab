"""Crossing averages: when they speak, and what they say."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Candle
from drawbridge.robots.strategies.ema_cross import EMA_CROSS, Settings, State, step
from drawbridge.robots.strategy import IN, OUT, UNSAID

SETTINGS = Settings(fast=2, slow=4)


def said_over(closes: list[float], settings: Settings = SETTINGS) -> list[int]:
    state, told = State(0, 0.0, 0.0), []
    for close in closes:
        state, said = step(state, settings, close, close, close, close, 1.0)
        told.append(said)
    return told


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
    state = State(0, 0.0, 0.0)
    for close in (10.0, 13.0, 16.0):
        state, _ = step(state, Settings(3, 5), close, close, close, close, 1.0)

    # fast: 10, 11.5, 13.75; slow: 10, 11, 12 2/3.
    assert state.fast == pytest.approx(13.75)
    assert state.slow == pytest.approx(12 + 2 / 3)


def test_after_the_warm_up_the_first_price_hardly_weighs() -> None:
    settings = Settings(12, 26)
    weight = (1 - 2 / (settings.slow + 1)) ** EMA_CROSS.warm_up(settings)

    assert weight < 1e-4


def test_a_candle_of_exact_prices_is_fed_as_it_is() -> None:
    candle = Candle(0, *(Decimal(text) for text in ("1", "3", "0.5", "2.5", "7")))

    state, said = EMA_CROSS.advance(EMA_CROSS.first_state, SETTINGS, candle)

    assert state == State(1, 2.5, 2.5)
    assert said == UNSAID


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60), st.integers(-20, 20))
def test_prices_in_another_unit_say_the_same(closes: list[float], power: int) -> None:
    """Law: a strategy of crossings does not care in which currency prices are told."""
    scaled = [close * 2.0**power for close in closes]

    assert said_over(scaled) == said_over(closes)
