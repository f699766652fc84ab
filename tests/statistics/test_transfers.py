"""Deposits and withdrawals found between snapshots, against cases worked out by hand."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.clock import HOUR_MS, MINUTE_MS
from drawbridge.core.orders import Fill
from drawbridge.statistics.account import Held, Snapshot
from drawbridge.statistics.transfers import Change, change_of, settle, unexplained
from tests.kit.trades import trade

BEGAN_MS = 100 * HOUR_MS
TAKEN_MS = 101 * HOUR_MS


def snapshot(at_ms: int, settled_ms: int | None = None, **held: str) -> Snapshot:
    """Make a snapshot of amounts at a price of 100 USD for a BTC and none for an XYZ."""
    prices = {"USD": Decimal(1), "BTC": Decimal(100)}
    told = {
        name: Held(Decimal(it), Decimal(it) * prices[name] if name in prices else None)
        for name, it in held.items()
    }
    return Snapshot(at_ms, "USD", told, settled_ms)


BEFORE = snapshot(BEGAN_MS, BEGAN_MS, USD="1000", BTC="1")


def found(after: Snapshot, *fills: Fill) -> dict[str, str]:
    settled = settle(BEFORE, after, map(change_of, fills))
    return {name: str(amount) for name, amount in sorted(settled.transfers.items())}


def test_nothing_happened_and_nothing_was_transferred() -> None:
    assert found(snapshot(TAKEN_MS, USD="1000", BTC="1")) == {}


def test_what_no_trade_explains_came_in_or_went_out() -> None:
    assert found(snapshot(TAKEN_MS, USD="1500", BTC="0.25")) == {"BTC": "-0.75", "USD": "500"}


def test_a_currency_that_is_all_gone_went_out() -> None:
    assert found(snapshot(TAKEN_MS, USD="1000")) == {"BTC": "-1"}


@pytest.mark.parametrize(
    ("fee", "usd", "btc"),
    [("1 USD", "849", "2.5"), ("0.01 BTC", "850", "2.49"), ("0 BNB", "850", "2.5")],
)
def test_trades_explain_both_sides_and_their_fee(fee: str, usd: str, btc: str) -> None:
    bought = trade("buy", "1.5", "100", BEGAN_MS + MINUTE_MS, fee)
    assert found(snapshot(TAKEN_MS, USD=usd, BTC=btc), bought) == {}


def test_a_fee_in_a_third_currency_is_explained_as_well() -> None:
    before = snapshot(BEGAN_MS, BEGAN_MS, USD="1000", XYZ="3")
    after = snapshot(TAKEN_MS, USD="900", BTC="1", XYZ="2.5")
    bought = trade("buy", "1", "100", BEGAN_MS + MINUTE_MS, "0.5 XYZ")
    assert settle(before, after, [change_of(bought)]).transfers == {}


def test_a_deposit_beside_trades_is_all_that_is_left() -> None:
    sold = trade("sell", "1", "120", BEGAN_MS + MINUTE_MS, "2 USD")
    assert found(snapshot(TAKEN_MS, USD="1618"), sold) == {"USD": "500"}


def test_a_contract_pays_its_profit_and_moves_no_goods() -> None:
    sold = trade("sell", "2", "90", BEGAN_MS + MINUTE_MS, "1 USD", "BTC/USD:USD")
    closed = replace(sold, realised=Decimal(20))
    assert change_of(closed).amounts == {"USD": Decimal(19)}
    assert found(snapshot(TAKEN_MS, USD="1019", BTC="1"), closed) == {}


def test_funding_is_a_change_and_no_transfer() -> None:
    paid = Change(BEGAN_MS + 1, {"USD": Decimal(-3)})
    settled = settle(BEFORE, snapshot(TAKEN_MS, USD="997", BTC="1"), [paid])
    assert settled.transfers == {}


@pytest.mark.parametrize("early_ms", [-50_000, -1, 0, 1, 50_000])
def test_a_trade_near_the_very_first_snapshot_counts_where_the_balances_say(early_ms: int) -> None:
    bought = trade("buy", "1", "100", BEGAN_MS + early_ms)
    assert found(snapshot(TAKEN_MS, USD="1000", BTC="1"), bought) == {}
    assert found(snapshot(TAKEN_MS, USD="900", BTC="2"), bought) == {}


def test_trades_that_were_settled_before_do_not_count_again() -> None:
    before = snapshot(BEGAN_MS, BEGAN_MS + 7, USD="1000", BTC="1")
    earlier = change_of(trade("buy", "1", "100", BEGAN_MS + 7))
    later = settle(before, snapshot(TAKEN_MS, USD="900", BTC="2"), [earlier])
    assert later.transfers == {"USD": Decimal(-100), "BTC": Decimal(1)}


def test_more_trades_than_can_be_weighed_are_taken_by_their_time() -> None:
    changes = [change_of(trade("buy", "1", "1", TAKEN_MS + it)) for it in range(-300, 300)]
    after = settle(BEFORE, snapshot(TAKEN_MS, USD="699", BTC="302"), changes)
    assert (after.transfers, after.settled_ms) == ({}, TAKEN_MS)


def test_rounding_is_no_transfer_and_a_thing_without_a_price_may_be_one() -> None:
    assert found(snapshot(TAKEN_MS, USD="1000.001", BTC="1.00001")) == {}
    assert found(snapshot(TAKEN_MS, USD="1000", BTC="1", XYZ="5")) == {"XYZ": "5"}


@pytest.mark.parametrize("late_ms", [-50_000, -1, 0, 1, 50_000])
def test_a_trade_near_the_moment_of_a_snapshot_counts_where_the_balances_say(late_ms: int) -> None:
    """Clocks differ: the same trade is in one snapshot or in the next, and never in both."""
    bought = change_of(trade("buy", "1", "100", TAKEN_MS + late_ms))
    last_ms = TAKEN_MS + HOUR_MS
    for first_has_it in (True, False):
        usd, btc = ("900", "2") if first_has_it else ("1000", "1")
        first = settle(BEFORE, snapshot(TAKEN_MS, USD=usd, BTC=btc), [bought])
        assert first.transfers == {}, first_has_it
        last = settle(first, snapshot(last_ms, USD="900", BTC="2"), [bought])
        assert last.transfers == {}, first_has_it


def test_of_several_trades_near_a_snapshot_the_first_few_may_be_in_it() -> None:
    changes = [change_of(trade("buy", "1", "100", TAKEN_MS + late)) for late in (-20, -10, 10, 20)]
    first = settle(BEFORE, snapshot(TAKEN_MS, USD="700", BTC="4"), changes)
    assert (first.transfers, first.settled_ms) == ({}, TAKEN_MS + 10)
    after = settle(first, snapshot(TAKEN_MS + HOUR_MS, USD="600", BTC="5"), changes)
    assert after.transfers == {}


def test_trades_of_one_moment_stay_together() -> None:
    changes = [change_of(trade("buy", "1", "100", TAKEN_MS)) for _ in range(2)]
    first = settle(BEFORE, snapshot(TAKEN_MS, USD="900", BTC="2"), changes)
    after = settle(first, snapshot(TAKEN_MS + HOUR_MS, USD="800", BTC="3"), changes)
    moved = [first.transfers, after.transfers]
    assert sum(it.get("BTC", Decimal(0)) for it in moved) == 0


AMOUNT = st.integers(-500, 500).map(lambda it: Decimal(it) / 100)


@given(st.lists(st.tuples(AMOUNT, AMOUNT), max_size=6), AMOUNT, AMOUNT)
def test_changes_and_what_is_left_always_add_up_to_the_difference(
    changes: list[tuple[Decimal, Decimal]], usd: Decimal, btc: Decimal
) -> None:
    """However trades are cut: nothing is explained that was not, and nothing is lost."""
    told = [
        Change(TAKEN_MS - 50_000 + 20_000 * place, {"USD": it[0], "BTC": it[1]})
        for place, it in enumerate(changes)
    ]
    after = snapshot(TAKEN_MS, USD=str(1000 + usd), BTC=str(20 + btc))
    settled = settle(BEFORE, after, told)
    assert settled.settled_ms is not None
    used = [it for it in told if it.time_ms <= settled.settled_ms]
    rest = unexplained(BEFORE, after, used)
    assert {name: it for name, it in rest.items() if abs(it) > Decimal("0.01")}.items() <= (
        settled.transfers.items()
    )
    assert settled.transfers.items() <= rest.items()
