"""Spot grid: a line's lot is bought, sold one line up, and bought again."""

from decimal import Decimal

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.robots.strategies.grid import GRID, Settings, lines_of
from tests.kit.order_desk import MARKET, begun, told

# Lines at 90, 100, 110, 120; three lots of 100.1 / 1.001 / 3, fee on top: 33.33 each.
LINES: dict[str, object] = {"lower": "90", "upper": "120", "lines": 4, "spacing": "arithmetic"}
AMOUNT = "100.1"


def settings(**chosen: object) -> Settings:
    return Settings(*GRID.read_settings(LINES | chosen))


def test_bounds_that_cross_are_refused() -> None:
    with pytest.raises(BadInput, match="grid_bounds_crossed") as caught:
        settings(upper="90")

    assert caught.value.facts["field"] == "lower"


def test_lines_closer_than_a_tick_are_refused() -> None:
    dense = GRID.read_settings(LINES | {"upper": "90.02"})
    with pytest.raises(BadInput, match="grid_too_dense"):
        GRID.check_amount(dense, MARKET, Decimal(90), Decimal(1000))


def test_lines_lie_at_equal_distances_or_at_equal_percentages() -> None:
    even = settings()
    rising = settings(lower="3", upper="243", lines=3, spacing="geometric")

    assert [*map(int, lines_of(even, Decimal(1), MARKET))] == [90, 100, 110, 120]
    assert [*map(int, lines_of(rising, Decimal(1), MARKET))] == [3, 27, 243]


def test_without_bounds_they_are_percentages_of_the_first_price() -> None:
    around = Settings(*GRID.read_settings({"below": 10, "above": 20, "lines": 2}))

    assert [*map(int, lines_of(around, Decimal(50), MARKET))] == [45, 60]


def test_at_first_only_lines_below_the_price_are_bought() -> None:
    desk = begun(GRID, AMOUNT, "105", **LINES)

    assert told(desk.open) == [("buy", "0.3333", "100"), ("buy", "0.3703", "90")]


def test_who_begins_by_buying_buys_all_lines() -> None:
    desk = begun(GRID, AMOUNT, "105", **LINES, start="buy")

    assert [price for _, _, price in told(desk.open)] == ["110", "100", "90"]


def test_a_lot_goes_up_one_line_and_comes_back() -> None:
    desk = begun(GRID, AMOUNT, "105", **LINES)

    assert told(desk.trade("99"))[0] == ("sell", "0.3333", "110")
    # Above 110 its lot waits for that line again, and the line of 110 is bought as well.
    assert told(desk.trade("111")) == [
        ("buy", "0.303", "110"),
        ("buy", "0.3333", "100"),
        ("buy", "0.3703", "90"),
    ]


def test_of_a_lot_bought_in_part_that_part_is_sold() -> None:
    desk = begun(GRID, AMOUNT, "105", **LINES)
    (tag,) = (tag for tag, want in desk.open.items() if want.price == 100)
    desk.fill(tag, Decimal("0.5"))
    desk.end(tag)

    assert told(desk.ask("101"))[0] == ("sell", "0.1666", "110")


def test_what_a_fee_took_is_not_sold() -> None:
    desk = begun(GRID, AMOUNT, "105", **LINES)
    desk.fee_in_base = True

    # Of 0.3333, a tenth of a percent was kept: 0.3329667.
    assert told(desk.trade("99"))[0] == ("sell", "0.3329", "110")
