"""Steps, ticks and minimums of a market."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.core.money import is_on_step
from drawbridge.core.orders import Side
from drawbridge.robots.sizes import (
    affordable,
    exact,
    is_placeable,
    lowest_budget,
    on_tick,
    refuse_small,
)
from tests.kit.order_desk import MARKET

PRICES = st.decimals("0.01", "100000", places=4)


def test_a_number_is_taken_as_it_was_written() -> None:
    assert exact(0.1) == Decimal("0.1")


@pytest.mark.parametrize(
    ("side", "price", "expected"),
    [(Side.BUY, "1.239", "1.23"), (Side.SELL, "1.231", "1.24"), (Side.SELL, "1.23", "1.23")],
)
def test_buys_go_down_to_a_tick_and_sells_up(side: Side, price: str, expected: str) -> None:
    assert on_tick(MARKET, side, Decimal(price)) == Decimal(expected)


def test_where_digits_count_a_large_price_has_a_coarser_tick() -> None:
    market = replace(MARKET, price_digits=5)

    assert on_tick(market, Side.BUY, Decimal("43210.98")) == Decimal(43210)
    assert on_tick(market, Side.SELL, Decimal("43210.98")) == Decimal(43211)
    assert on_tick(market, Side.BUY, Decimal("1.239")) == Decimal("1.23")


@pytest.mark.parametrize(
    ("quantity", "price", "is_one"),
    [("0", "100", False), ("0.05", "100", True), ("0.0499", "100", False), ("1", "0", False)],
)
def test_below_the_minimums_there_is_no_order(quantity: str, price: str, *, is_one: bool) -> None:
    assert is_placeable(MARKET, Decimal(quantity), Decimal(price)) is is_one


def test_too_small_an_amount_is_refused_with_the_lowest() -> None:
    with pytest.raises(BadInput, match="amount_too_small_for_strategy") as caught:
        refuse_small(MARKET, Decimal(10), Decimal(20))

    assert caught.value.facts == {
        "field": "amount",
        "amount": Decimal(10),
        "lowest": Decimal("20.02"),
        "currency": "USDT",
    }


@given(PRICES)
def test_what_the_lowest_budget_buys_can_be_sold_again(price: Decimal) -> None:
    """Law: bought with the lowest budget, less the fee, it is still above the minimums."""
    bought = affordable(MARKET, lowest_budget(MARKET, price), price)
    left = affordable(MARKET, bought * (1 - MARKET.fee_taker), Decimal(1))

    assert is_on_step(left, MARKET.quantity_step)
    assert is_placeable(MARKET, left, price)
