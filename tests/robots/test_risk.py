"""The rules of risk: refusals first, then sizes."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.core.operations import Scope
from drawbridge.robots.risk import (
    KEY_REASONS,
    Refusal,
    check_amount,
    judge_key,
    lowest_amount,
    sellable,
    size_entry,
)
from drawbridge.robots.wishes import Wish, read_plan
from drawbridge.vault.freezing import FROZEN, LEAKED
from drawbridge.vault.model import KeyStatus
from tests.kit.robots import MARKET

PLAN = read_plan(Wish("k", "BTC/USDT", "100"), "binance", "paper")
TRADING = frozenset({Scope.READ, Scope.TRADE_SPOT})


@pytest.mark.parametrize(
    ("status", "scopes", "code"),
    [
        (KeyStatus.UNVERIFIED, TRADING, "robot_key_not_proven"),
        (KeyStatus.CHECKING, frozenset(), "robot_key_not_proven"),
        (KeyStatus.CLEANUP_PENDING, TRADING, "robot_key_not_proven"),
        (KeyStatus.READ_ONLY, frozenset({Scope.READ}), "robot_key_reads_only"),
        (KeyStatus.DISABLED, TRADING, "robot_key_disabled"),
        (KeyStatus.REFUSED, TRADING, "robot_key_refused"),
        (KeyStatus.INVALID, TRADING, "robot_key_invalid"),
        (KeyStatus.ENABLED, frozenset({Scope.READ}), "robot_key_without_trade_right"),
    ],
)
def test_a_key_that_cannot_trade_is_refused_with_its_own_reason(
    status: KeyStatus, scopes: frozenset[Scope], code: str
) -> None:
    """Scenario 59."""
    assert judge_key(status, scopes, PLAN) == Refusal(code)
    assert code in KEY_REASONS


@pytest.mark.parametrize(
    ("reason", "code"), [(LEAKED, "robot_key_leaked"), (FROZEN, "robot_key_frozen")]
)
def test_a_key_that_was_stopped_in_a_hurry_pauses_robots_with_that_reason(
    reason: str, code: str
) -> None:
    """Scenario 38."""
    assert judge_key(KeyStatus.DISABLED, TRADING, PLAN, reason) == Refusal(code)
    assert judge_key(KeyStatus.ENABLED, TRADING, PLAN, reason) is None
    assert code in KEY_REASONS


@pytest.mark.parametrize("status", [KeyStatus.ENABLED, KeyStatus.CHECKING])
def test_a_key_that_can_trade_may_also_be_under_a_new_check(status: KeyStatus) -> None:
    assert judge_key(status, TRADING, PLAN) is None


@pytest.mark.parametrize("amount", ["0.09", "4.99"])
def test_an_amount_below_the_minimums_is_refused_with_the_lowest(amount: str) -> None:
    """Scenario 59: too small an amount."""
    with pytest.raises(BadInput, match="robot_amount_too_small") as caught:
        check_amount(MARKET, Decimal(100), Decimal(amount))

    assert caught.value.facts["field"] == "amount"
    assert caught.value.facts["lowest"] == Decimal("5.1")


def test_an_entry_is_rounded_down_to_whole_lot_steps() -> None:
    assert size_entry(MARKET, Decimal(100), Decimal("123.456")) == Decimal("1.234")


@pytest.mark.parametrize("held", ["-1", "0", "0.0009", "0.049"])
def test_what_cannot_be_sold_counts_as_nothing(held: str) -> None:
    assert sellable(MARKET, Decimal(held), Decimal(100)) == 0


@given(
    st.decimals(min_value="0.01", max_value="100000", places=2),
    st.decimals(min_value="0.01", max_value="100000", places=2),
)
def test_an_entry_never_spends_more_than_the_amount(price: Decimal, amount: Decimal) -> None:
    """Law: the amount is the limit of the position."""
    sized = size_entry(MARKET, price, amount)

    if isinstance(sized, Refusal):
        assert sized.code == "robot_amount_too_small"
        assert amount < lowest_amount(MARKET, price)
    else:
        assert sized * price <= amount
        assert sized % MARKET.quantity_step == 0


@given(st.decimals(min_value="0.01", max_value="100000", places=2))
def test_the_lowest_amount_that_is_named_is_accepted(price: Decimal) -> None:
    """Law: what the refusal tells a person to enter works."""
    check_amount(MARKET, price, lowest_amount(MARKET, price))
