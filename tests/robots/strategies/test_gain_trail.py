"""Gain and trail: a dip below the average in, the gain out, trailed or at once."""

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.robots.strategies.gain_trail import GAIN_TRAIL
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held
from tests.kit.strategies import candles_at, said_over

# Of two candles, the average begins with their mean and then moves two thirds of the way.
SETTINGS: dict[str, object] = {"span": 2, "drop": 5, "gain": 10}
HELD = Held(quantity=1.0, price=100.0, entry=100.0, best=112.0, since=5)


def test_to_give_back_more_than_the_gain_is_refused() -> None:
    with pytest.raises(BadInput, match="give_back_above_gain") as caught:
        GAIN_TRAIL.read_settings({"gain": 1, "give_back": 2})

    assert caught.value.facts["field"] == "give_back"


def test_a_dip_enters_and_a_price_above_the_average_readies_for_the_next() -> None:
    # Averages: 100, then 83.3 (80 is 4 % below: not enough), then 74.4 of which 70 is 5.97 %.
    assert said_over(GAIN_TRAIL, candles_at([100, 100, 75, 70, 90]), chosen=SETTINGS) == [
        UNSAID,
        UNSAID,
        IN,
        IN,
        OUT,
    ]


def test_without_trail_it_sells_as_soon_as_the_gain_is_there() -> None:
    assert said_over(GAIN_TRAIL, candles_at([109.9, 110.1]), HELD, SETTINGS) == [UNSAID, OUT]


def test_a_trail_lets_the_gain_run_and_sells_when_prices_fall_back() -> None:
    trailing = SETTINGS | {"give_back": 5}

    # Five percent below the best price, 112, is 106.4.
    assert said_over(GAIN_TRAIL, candles_at([115, 106.5, 106.3]), HELD, trailing) == [
        UNSAID,
        UNSAID,
        OUT,
    ]


def test_a_trail_does_not_begin_before_the_gain_was_there() -> None:
    early = HELD._replace(best=109.0)

    assert said_over(GAIN_TRAIL, candles_at([103, 90]), early, SETTINGS | {"give_back": 5}) == [
        UNSAID,
        UNSAID,
    ]
