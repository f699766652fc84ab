"""Step grid: each lot is sold with its own gain, and bought a step below the last."""

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.robots.strategies.step_grid import STEP_GRID
from tests.kit.order_desk import Desk, begun, told

# Three lots of 100 each; purchases 10 % apart, sales 20 % up.
CHOSEN: dict[str, object] = {"down": 10, "gain": 20, "lots": 3}


def desk_at(price: str) -> Desk:
    return begun(STEP_GRID, "300.3", price, **CHOSEN)


def test_steps_down_to_nothing_are_refused() -> None:
    with pytest.raises(BadInput, match="out_of_bounds"):
        STEP_GRID.read_settings({"down": 51})


def test_it_begins_at_market_and_goes_on_a_step_below() -> None:
    desk = desk_at("100")

    assert told(desk.open) == [("buy", "1", "none")]
    assert told(desk.trade("100")) == [("sell", "1", "120"), ("buy", "1.1111", "90")]


def test_each_lot_has_its_own_sale_and_the_budget_ends_with_the_last() -> None:
    desk = desk_at("100")
    desk.trade("100")
    desk.trade("90")

    assert told(desk.trade("81")) == [
        ("sell", "1", "120"),
        ("sell", "1.1111", "108"),
        ("sell", "1.2345", "97.2"),
    ]


def test_when_a_lot_is_sold_the_next_purchase_follows_the_lowest_that_is_left() -> None:
    desk = desk_at("100")
    desk.trade("100")
    desk.trade("90")

    desk.trade("108")
    # The purchase at 81 comes back first; then it stands a step below the lot of 100.
    assert told(desk.open) == [("sell", "1", "120")]
    assert told(desk.trade("108")) == [("sell", "1", "120"), ("buy", "1.1111", "90")]


def test_when_everything_is_sold_it_begins_anew() -> None:
    desk = desk_at("100")
    desk.trade("100")

    desk.trade("120")
    assert told(desk.open) == []
    assert told(desk.trade("120")) == [("buy", "0.8333", "none")]
