"""Staying below the limits, and staying away when told to."""

import pytest

from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import ExchangeDown
from drawbridge.gateway.budgets import PATIENCE_MS, Budgets, Payer
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.limits import Limit, LimitKind, LimitPer

LIMITS = {
    name: Limit(name, LimitKind.WINDOW, LimitPer(name), 10, 10_000)
    for name in ("address", "account", "key")
}
FIRST = Payer("one", "live", "account_1", "key_1")


def _endpoint(limit: str) -> Endpoint:
    return Endpoint(limit, "GET", b"/x", "read", costs=((limit, 1),))


def _spend(budgets: Budgets, payer: Payer, limit: str, times: int = 9) -> None:
    for _ in range(times):
        assert budgets.charge(payer, _endpoint(limit), LIMITS) == 0


def test_a_tenth_of_every_limit_is_left_for_others() -> None:
    budgets = Budgets(SteppedClock(0))
    _spend(budgets, FIRST, "key")
    with pytest.raises(ExchangeDown, match="rate_limited") as caught:
        budgets.charge(FIRST, _endpoint("key"), LIMITS)
    assert caught.value.retry_after_ms == 10_000


def test_a_short_wait_is_waited_and_a_long_one_is_told() -> None:
    clock = SteppedClock(0)
    budgets = Budgets(clock)
    _spend(budgets, FIRST, "key")
    clock.advance(10_000 - PATIENCE_MS)
    assert budgets.charge(FIRST, _endpoint("key"), LIMITS) == PATIENCE_MS
    clock.advance(PATIENCE_MS)
    assert budgets.charge(FIRST, _endpoint("key"), LIMITS) == 0


@pytest.mark.parametrize(
    ("limit", "other", "is_shared"),
    [
        ("address", Payer("one", "live", "account_2", "key_2"), True),
        ("address", Payer("one", "paper", "account_1", "key_1"), False),
        ("address", Payer("two", "live", "account_1", "key_1"), False),
        ("account", Payer("one", "live", "account_1", "key_2"), True),
        ("account", Payer("one", "live", "account_2", "key_1"), False),
        ("key", Payer("one", "live", "account_1", "key_2"), False),
    ],
)
def test_keys_of_one_account_share_its_limits(limit: str, other: Payer, *, is_shared: bool) -> None:
    """Scenario 66."""
    budgets = Budgets(SteppedClock(0))
    _spend(budgets, FIRST, limit)
    if is_shared:
        with pytest.raises(ExchangeDown):
            budgets.charge(other, _endpoint(limit), LIMITS)
    else:
        assert budgets.charge(other, _endpoint(limit), LIMITS) == 0


def test_an_exchange_that_wants_quiet_keeps_it_and_others_are_not_touched() -> None:
    """Part of scenario 74."""
    clock = SteppedClock(0)
    budgets = Budgets(clock)
    budgets.stay_away(FIRST, 60_000)
    budgets.stay_away(FIRST, 1_000)
    with pytest.raises(ExchangeDown) as caught:
        budgets.charge(FIRST, _endpoint("key"), LIMITS)
    assert caught.value.retry_after_ms == 60_000
    assert budgets.charge(Payer("two", "live"), _endpoint("key"), LIMITS) == 0
    clock.advance(60_000)
    assert budgets.charge(FIRST, _endpoint("key"), LIMITS) == 0


def test_of_what_an_address_may_do_each_of_several_processes_takes_its_part() -> None:
    behind_it = [1]
    clock = SteppedClock(0)
    budgets = Budgets(clock, lambda: behind_it[0])
    for limit in ("address", "account", "key"):
        _spend(budgets, FIRST, limit, 3)
    behind_it[0] = 2
    # Of ten, five are ours; what was used up stays used up. An account is served by one alone.
    _spend(budgets, FIRST, "address", 1)
    with pytest.raises(ExchangeDown, match="rate_limited"):
        budgets.charge(FIRST, _endpoint("address"), LIMITS)
    _spend(budgets, FIRST, "account", 6)
    _spend(budgets, FIRST, "key", 6)
    # Who comes later begins with a part, and the other's is ours again when it has gone.
    other = Payer("two", "live", "account_2", "key_2")
    _spend(budgets, other, "address", 4)
    behind_it[0] = 1
    _spend(budgets, FIRST, "address", 5)
    _spend(budgets, other, "address", 5)
    with pytest.raises(ExchangeDown, match="rate_limited"):
        budgets.charge(FIRST, _endpoint("address"), LIMITS)
