"""Scenario 56: how an account did, deposits and withdrawals apart, against sums done by hand."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.clock import HOUR_MS
from drawbridge.statistics.account import (
    AccountPeriod,
    Held,
    Snapshot,
    report_account,
    step_between,
    told_in,
)
from tests.kit.trades import amounts

Prices = dict[str, str]


def snapshot(
    hour: int,
    held: dict[str, str],
    prices: Prices | None = None,
    *,
    transfers: dict[str, str] | None = None,
    settled: bool = True,
) -> Snapshot:
    """Make a snapshot, USD being worth itself and other currencies what `prices` say."""
    known = {"USD": "1", **(prices or {})}
    told = {
        name: Held(Decimal(it), Decimal(it) * Decimal(known[name]) if name in known else None)
        for name, it in held.items()
    }
    moved = {name: Decimal(it) for name, it in (transfers or {}).items()}
    at_ms = hour * HOUR_MS
    return Snapshot(at_ms, "USD", told, at_ms if settled else None, moved)


def test_without_snapshots_there_is_nothing_and_no_return() -> None:
    """Scenario 58."""
    told = report_account([], "USD")
    assert (told.worth, told.growth, told.months, told.transfers) == ((), (), (), ())
    assert (told.total_return, told.gain) == amounts(None, 0)


def test_one_snapshot_is_a_worth_and_no_return_yet() -> None:
    """Scenario 58."""
    told = report_account([snapshot(1, {"USD": "5"})], "USD")
    assert told.worth == ((HOUR_MS, Decimal(5)),)
    assert (told.total_return, told.drawdown.share) == amounts(None, 0)


def test_a_deposit_is_no_gain_and_a_gain_is_no_deposit() -> None:
    """1000 become 1100; 900 come in; 2000 become 1800: up a tenth, nothing, down a tenth."""
    told = report_account(
        [
            snapshot(1, {"BTC": "1"}, {"BTC": "1000"}),
            snapshot(2, {"BTC": "1"}, {"BTC": "1100"}),
            snapshot(3, {"BTC": "1", "USD": "900"}, {"BTC": "1100"}, transfers={"USD": "900"}),
            snapshot(4, {"BTC": "1", "USD": "900"}, {"BTC": "900"}),
        ],
        "USD",
    )
    assert told.total_return == Decimal("-0.01")
    assert (told.gain, told.paid_in, told.paid_out) == amounts(-100, 900, 0)
    assert told.drawdown.share == Decimal("0.1")
    (moved,) = told.transfers
    assert (moved.currency, moved.amount, moved.value) == ("USD", Decimal(900), Decimal(900))
    assert (moved.since_ms, moved.until_ms) == (2 * HOUR_MS, 3 * HOUR_MS)


def test_a_withdrawal_is_no_loss_and_is_valued_when_it_was_found() -> None:
    """Half of two BTC goes out while the price rises from 100 to 110."""
    step = step_between(
        snapshot(1, {"BTC": "2"}, {"BTC": "100"}),
        snapshot(2, {"BTC": "1"}, {"BTC": "110"}, transfers={"BTC": "-1"}),
    )
    assert (step.paid, step.gain) == amounts(-110, 20)
    # 20 on 200 less half of the 110 that left at some time in between.
    assert step.growth == 1 + Decimal(20) / 145


def test_a_currency_that_is_all_gone_is_valued_at_the_price_before() -> None:
    step = step_between(
        snapshot(1, {"BTC": "1", "USD": "50"}, {"BTC": "100"}),
        snapshot(2, {"USD": "50"}, transfers={"BTC": "-1"}),
    )
    assert (step.paid, step.gain, step.growth) == amounts(-100, 0, 1)


def test_what_comes_into_an_empty_account_is_no_growth() -> None:
    step = step_between(snapshot(1, {}), snapshot(2, {"USD": "70"}, transfers={"USD": "70"}))
    assert (step.gain, step.growth) == amounts(0, 1)
    assert step_between(snapshot(1, {}), snapshot(2, {})).growth == 1


def test_a_step_that_had_nothing_to_grow_from_is_left_out_and_counted() -> None:
    """More went out than there was: its price rose before it left."""
    told = report_account(
        [
            snapshot(1, {"BTC": "1"}, {"BTC": "100"}),
            snapshot(2, {"BTC": "0.001"}, {"BTC": "250"}, transfers={"BTC": "-0.999"}),
            snapshot(3, {"BTC": "0.001"}, {"BTC": "275"}),
        ],
        "USD",
    )
    assert told.undefined_steps == 1
    assert told.total_return == Decimal("0.1")


def test_who_lost_everything_lost_everything_and_not_more() -> None:
    told = report_account(
        [snapshot(1, {"USD": "10"}), snapshot(2, {}, transfers={"USD": "90"})], "USD"
    )
    assert told.total_return == -1


def test_what_has_no_price_at_one_end_is_left_out_at_both_and_said() -> None:
    """Scenario 56."""
    told = report_account(
        [
            snapshot(1, {"USD": "100", "XYZ": "5"}, {"XYZ": "20"}),
            snapshot(2, {"USD": "110", "XYZ": "5"}),
            snapshot(3, {"USD": "121", "XYZ": "5"}, transfers={"ABC": "-1"}),
        ],
        "USD",
    )
    assert told.total_return == Decimal("0.21")
    assert told.unpriced == ("ABC", "XYZ")
    assert [it.value for it in told.transfers] == [None]


def test_a_snapshot_that_waits_is_worth_something_and_judged_with_the_next() -> None:
    told = report_account(
        [
            snapshot(1, {"USD": "100"}),
            snapshot(2, {"USD": "300"}, settled=False),
            snapshot(3, {"USD": "330"}, transfers={"USD": "200"}),
            snapshot(4, {"USD": "340"}, settled=False),
            snapshot(5, {"USD": "350"}, settled=False),
        ],
        "USD",
    )
    assert [int(worth) for _, worth in told.worth] == [100, 300, 330, 340, 350]
    assert told.total_return == Decimal("0.15")
    assert told.waits_since_ms == 4 * HOUR_MS


def test_snapshots_are_told_in_another_currency_where_they_know_its_price() -> None:
    """Scenario 56."""
    held = {"BTC": "1", "USD": "100"}
    snapshots = [
        snapshot(1, {"USD": "100"}),
        snapshot(2, held, {"BTC": "100"}),
        snapshot(3, held, {"BTC": "200"}),
    ]
    told = report_account(snapshots, "BTC")
    assert [worth for _, worth in told.worth] == [2, Decimal("1.5")]
    assert (told.total_return, told.other_snapshots) == (Decimal("-0.25"), 1)
    assert told_in(snapshots[1], "USD") == snapshots[1]
    assert report_account(snapshots, "EUR").worth == ()


def test_months_and_years_multiply_up_and_name_what_was_paid() -> None:
    """Scenario 57."""

    def at(day: str) -> int:
        return int(datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC).timestamp()) // 3600

    told = report_account(
        [
            snapshot(at("2025-12-30"), {"USD": "100"}),
            snapshot(at("2025-12-31"), {"USD": "110"}),
            snapshot(at("2026-01-01"), {"USD": "210"}, transfers={"USD": "100"}),
            snapshot(at("2026-01-02"), {"USD": "231"}),
            snapshot(at("2026-02-02"), {"USD": "131"}, transfers={"USD": "-100"}),
        ],
        "USD",
    )
    tenth = Decimal("0.1")
    assert told.months == (
        AccountPeriod("2025-12", Decimal(10), tenth, Decimal(0)),
        AccountPeriod("2026-01", Decimal(21), tenth, Decimal(100)),
        AccountPeriod("2026-02", Decimal(0), Decimal(0), Decimal(-100)),
    )
    assert told.years == (
        AccountPeriod("2025", Decimal(10), tenth, Decimal(0)),
        AccountPeriod("2026", Decimal(21), tenth, Decimal(0)),
    )
    assert told.total_return == Decimal("0.21")
    assert (told.paid_in, told.paid_out) == amounts(100, 100)


@pytest.mark.parametrize("paid", ["1000000", "-99.99"])
def test_a_transfer_of_any_size_leaves_the_return_alone(paid: str) -> None:
    """Nothing but the transfer happened between these two."""
    rest = str(Decimal(100) + Decimal(paid))
    step = step_between(
        snapshot(1, {"USD": "100"}), snapshot(2, {"USD": rest}, transfers={"USD": paid})
    )
    assert (step.gain, step.growth) == amounts(0, 1)


@given(st.lists(st.tuples(st.integers(1, 1000), st.integers(-900, 900)), min_size=2, max_size=30))
def test_worth_is_always_what_was_paid_and_what_was_gained(of: list[tuple[int, int]]) -> None:
    """For any history: what is there is what began, what was transferred, and the gain."""
    snapshots = [
        snapshot(hour, {"USD": str(worth)}, transfers={"USD": str(paid)} if paid else {})
        for hour, (worth, paid) in enumerate(of)
    ]
    told = report_account(snapshots, "USD")
    assert told.worth[-1][1] == told.worth[0][1] + told.gain + told.paid_in - told.paid_out
    assert sum((month.gain for month in told.months), Decimal(0)) == told.gain
    assert all(size >= 0 for _, size in told.growth)
