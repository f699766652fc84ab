"""Which settings are tried, and what is refused."""

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.robots.search.space import Space, read_space
from drawbridge.robots.strategies import get_strategy

EMA = get_strategy("ema_cross")


def space(**varied: str) -> Space:
    return read_space(EMA, {}, varied)


@pytest.mark.parametrize(
    ("varied", "code", "field"),
    [
        ({}, "nothing_to_vary", "vary"),
        ({"speed": "1..3"}, "unknown_parameter", "speed"),
        ({"fast": "x"}, "not_a_whole_number", "vary.fast"),
        ({"fast": ""}, "not_a_whole_number", "vary.fast"),
        ({"fast": "5..x"}, "not_a_number", "vary.fast"),
        ({"fast": "9..5"}, "bad_range", "vary.fast"),
        ({"fast": "5..9:0"}, "bad_range", "vary.fast"),
        ({"fast": "5..9:-1"}, "bad_range", "vary.fast"),
        ({"fast": "190..210"}, "out_of_bounds", "vary.fast"),
        ({"fast": "1..2:0.5"}, "not_a_whole_number", "vary.fast"),
        ({"fast": "1..90000000"}, "too_many_values", "vary.fast"),
        ({"guard.stop_loss": "95"}, "out_of_bounds", "vary.guard.stop_loss"),
        ({"guard.luck": "1"}, "unknown_parameter", "guard.luck"),
    ],
)
def test_what_is_no_range_is_refused_by_its_name(
    varied: dict[str, str], code: str, field: str
) -> None:
    with pytest.raises(BadInput, match=code) as caught:
        read_space(EMA, {}, varied)

    assert caught.value.facts["field"] == field


def test_a_mistake_in_what_stays_is_told_and_not_skipped_over() -> None:
    with pytest.raises(BadInput, match="out_of_bounds"):
        read_space(EMA, {"slow": "9999"}, {"fast": "1..3"})


def test_a_grid_of_contradictions_only_says_what_contradicts() -> None:
    it = space(fast="50..60", slow="20..30")

    with pytest.raises(BadInput, match="fast_not_below_slow"):
        it.possible(it.grid())


def test_ranges_and_lists_are_counted_from_first_to_last() -> None:
    it = space(fast="5..15:5", slow="30, 20,30")

    assert list(it.grid()) == [
        {"fast": fast, "slow": slow} for fast in ("5", "10", "15") for slow in ("30", "20")
    ]


def test_a_step_of_decimals_loses_nothing() -> None:
    it = read_space(EMA, {}, {"guard.stop_loss": "0.1..0.5:0.1"})

    values = [chosen["guard.stop_loss"] for chosen in it.grid()]
    assert values == ["0.1", "0.2", "0.3", "0.4", "0.5"]
    assert it.read({"guard.stop_loss": "0.3"})[1].stop_loss == pytest.approx(0.3)


def test_combinations_that_contradict_themselves_are_left_out() -> None:
    it = space(fast="5,30", slow="10,40")

    assert it.possible(it.grid()) == [
        {"fast": "5", "slow": "10"},
        {"fast": "5", "slow": "40"},
        {"fast": "30", "slow": "40"},
    ]


def test_drawn_combinations_are_different_and_the_same_for_a_seed() -> None:
    it = space(fast="1..20", slow="30..60")

    drawn = list(it.drawn(50, seed=7))
    assert len({tuple(chosen.items()) for chosen in drawn}) == 50
    assert drawn == list(it.drawn(50, seed=7))
    assert drawn != list(it.drawn(50, seed=8))
    assert len(list(space(fast="1..3").drawn(50, seed=1))) == 3


def test_too_large_a_grid_is_refused_before_it_is_made() -> None:
    it = read_space(EMA, {}, {"fast": "1..200", "slow": "2..400", "guard.stop_loss": "0..90:0.01"})

    with pytest.raises(BadInput, match="too_many_combinations"):
        next(it.grid())
