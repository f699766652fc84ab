"""What people wish for is read field by field, and refused by name before anything is written."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.robots.guards import PARAMETERS, Guards
from drawbridge.robots.model import Direction, Stake, Trigger
from drawbridge.robots.wishes import Wish, guards_of, read_plan

WISH = Wish("key_a", "BTC/USDT", "100")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"guards": {"airbag": "1"}}, "unknown_guard", "airbag"),
        ({"guards": {"stop_loss": "1e9"}}, "out_of_bounds", "stop_loss"),
        ({"guards": {"stop_loss": "0.001"}}, "too_many_places", "stop_loss"),
        ({"guards": {"confirm": "0"}}, "out_of_bounds", "confirm"),
        ({"confirm": {"grid": {}}}, "confirm_needs_signals", "confirm"),
        ({"confirm": {"macd": {"fsat": "1"}}}, "unknown_parameter", "fsat"),
        ({"direction": "sideways"}, "bad_direction", "direction"),
        ({"direction": "both"}, "short_needs_contract", "direction"),
        ({"trigger": "moon"}, "bad_trigger", "trigger"),
        ({"on_stop": "sell"}, "bad_on_stop", "on_stop"),
        ({"also_on": {"key_a": "5"}}, "key_twice", "key"),
        ({"also_on": {"key_b": "-5"}}, "not_positive", "amount"),
        ({"symbol": "BTC/USDT:"}, "bad_symbol", "symbol"),
        ({"strategy": "grid", "guards": {"trail": "5"}}, "orders_take_no_guards", "guards"),
        ({"strategy": "grid", "trigger": "signal"}, "orders_take_no_guards", "trigger"),
        ({"strategy": "grid", "confirm": {"macd": {}}}, "orders_take_no_guards", "confirm"),
        ({"strategy": "grid", "symbol": "BTC/USDT:USDT"}, "orders_take_no_guards", "symbol"),
    ],
)
def test_a_bad_field_is_refused_by_name(changes: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(BadInput, match=code) as caught:
        read_plan(replace(WISH, **changes), "binance", "paper")

    assert caught.value.facts["field"] == field


def test_more_confirmations_than_anybody_needs_are_refused() -> None:
    names = ("macd", "bollinger", "rsi_bands", "donchian", "supertrend", "parabolic")

    with pytest.raises(BadInput, match="too_many_confirmations"):
        read_plan(replace(WISH, confirm={name: {} for name in names}), "binance", "paper")


def test_a_strategy_that_is_not_there_is_not_found() -> None:
    for wish in (replace(WISH, strategy="oracle"), replace(WISH, confirm={"oracle": {}})):
        with pytest.raises(NotFound, match="unknown_strategy"):
            read_plan(wish, "binance", "paper")


def test_what_is_left_out_is_off() -> None:
    plan = read_plan(WISH, "binance", "paper")

    assert (plan.guards, plan.confirm) == ({}, ())
    assert (plan.direction, plan.trigger) == (Direction.LONG, Trigger.CANDLE)
    assert guards_of(plan.guards) == Guards()


def test_guards_that_stand_as_usual_are_none() -> None:
    """A form sends every guard there is, also to strategies that take none."""
    usual = {it.name: str(it.default) for it in PARAMETERS}

    plan = read_plan(replace(WISH, strategy="grid", guards=usual), "binance", "paper")
    kept = read_plan(replace(WISH, guards={**usual, "stop_loss": "2"}), "binance", "paper")

    assert (plan.guards, kept.guards) == ({}, {"stop_loss": 2})


def test_each_account_has_its_own_amount_or_that_of_the_first() -> None:
    wish = replace(WISH, also_on={"key_b": "", "key_c": "7.5"})

    plan = read_plan(wish, "binance", "paper")

    assert plan.stakes == (
        Stake("key_a", Decimal(100)),
        Stake("key_b", Decimal(100)),
        Stake("key_c", Decimal("7.5")),
    )


def test_a_contract_may_be_traded_both_ways_and_its_quote_is_what_it_is_counted_in() -> None:
    wish = replace(WISH, symbol="BTC/USDT:USDT", direction="both")

    plan = read_plan(wish, "binance_futures", "paper")

    assert plan.is_contract
    assert (plan.base, plan.quote) == ("BTC", "USDT")


def test_guards_are_kept_as_they_were_chosen_and_read_back_as_numbers() -> None:
    plan = read_plan(
        replace(WISH, guards={"stop_loss": "2.5", "dca_steps": "3"}), "binance", "paper"
    )

    assert plan.guards == {"stop_loss": 2.5, "dca_steps": 3}
    assert guards_of(plan.guards) == Guards(stop_loss=2.5, dca_steps=3)
