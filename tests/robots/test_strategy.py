"""Settings of strategies: what is refused, and what is filled in."""

import pytest

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.robots.strategies import STRATEGIES, get_strategy
from drawbridge.robots.strategies.ema_cross import Settings


def test_an_unknown_strategy_is_not_found_and_the_known_ones_are_named() -> None:
    with pytest.raises(NotFound, match="unknown_strategy") as caught:
        get_strategy("martingale")

    assert caught.value.facts["known"] == sorted(STRATEGIES)


@pytest.mark.parametrize(
    ("chosen", "code", "field"),
    [
        ({"fast": "x"}, "not_a_whole_number", "fast"),
        ({"fast": ""}, "not_a_whole_number", "fast"),
        ({"fast": "1.5"}, "not_a_whole_number", "fast"),
        ({"fast": 1.5}, "not_a_whole_number", "fast"),
        ({"fast": True}, "not_a_whole_number", "fast"),
        ({"fast": None}, "not_a_whole_number", "fast"),
        ({"fast": "9" * 1_000_000}, "not_a_whole_number", "fast"),
        ({"fast": "٣"}, "not_a_whole_number", "fast"),
        ({"fast": 0}, "out_of_bounds", "fast"),
        ({"slow": 401}, "out_of_bounds", "slow"),
        ({"slow": "-5"}, "not_a_whole_number", "slow"),
        ({"leverage": 10}, "unknown_parameter", "leverage"),
    ],
)
def test_a_bad_setting_is_refused_by_name(chosen: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(BadInput, match=code) as caught:
        get_strategy("ema_cross").read_settings(chosen)

    assert caught.value.facts["field"] == field


def test_what_is_left_out_has_its_default() -> None:
    strategy = get_strategy("ema_cross")

    assert strategy.read_settings({}) == Settings(12, 26)
    assert strategy.read_settings({"fast": "5"}) == Settings(5, 26)
