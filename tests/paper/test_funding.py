"""Funding: what longs and shorts pay each other at fixed hours."""

from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

import pytest

from drawbridge.core.clock import HOUR_MS
from drawbridge.core.derivatives import (
    GetFundingHistory,
    GetFundingPayments,
    GetFundingRates,
    SetPositionMode,
)
from drawbridge.core.errors import NotFound
from drawbridge.core.orders import PositionSide, Side
from tests.paper.perpetuals import OTHER, PERP, Perpetuals, perp
from tests.paper.small import START_MS

BUY, SELL = Side.BUY, Side.SELL
SLOT_S = 8 * 3_600


def test_the_rate_of_the_next_funding_is_known_and_small() -> None:
    world = Perpetuals()
    told = world.ask(GetFundingRates())
    assert [it.symbol for it in told] == [PERP, OTHER]
    rate = told[0]
    assert (rate.mark_price, rate.index_price) == (Decimal(100), Decimal(100))
    assert (rate.next_ms, rate.interval_ms) == (START_MS + 8 * HOUR_MS, 8 * HOUR_MS)
    assert abs(rate.rate) <= Decimal("0.0003")
    world.wait(SLOT_S - 1)
    assert world.ask(GetFundingRates((PERP,)))[0].rate == rate.rate
    world.wait()
    assert world.ask(GetFundingRates((PERP,)))[0].next_ms == START_MS + 16 * HOUR_MS
    (past,) = world.ask(GetFundingHistory(PERP, since_ms=START_MS + 1))
    assert (past.time_ms, past.rate) == (START_MS + 8 * HOUR_MS, rate.rate)


def test_what_longs_pay_shorts_get() -> None:
    world = Perpetuals()
    world.place(perp(BUY, "2"), "ann")
    world.place(perp(SELL, "2"), "bob")
    before = world.free("ann"), world.free("bob")
    rate = world.ask(GetFundingRates((PERP,)))[0].rate
    world.wait(SLOT_S)
    paid = 200 * rate
    assert world.free("ann") - before[0] == -paid
    assert world.free("bob") - before[1] == paid
    (payment,) = world.ask(GetFundingPayments(), "ann")
    assert (payment.symbol, payment.currency) == (PERP, "USD")
    assert (payment.amount, payment.rate) == (-paid, rate)
    assert payment.time_ms == START_MS + 8 * HOUR_MS
    assert world.ask(GetFundingPayments(), "bob")[0].amount == paid
    world.prove()


def test_fundings_that_were_missed_are_made_up_for_one_by_one() -> None:
    world = Perpetuals()
    world.place(perp(BUY, "2"))
    world.wait(3 * SLOT_S + 5)
    payments = world.ask(GetFundingPayments(PERP))
    assert [it.time_ms for it in payments] == [START_MS + n * 8 * HOUR_MS for n in (1, 2, 3)]
    assert len({it.payment_id for it in payments}) == 3
    past = world.ask(GetFundingHistory(PERP, since_ms=START_MS + 1))
    assert [it.rate for it in past] == [it.rate for it in payments]
    assert world.ask(GetFundingPayments(limit=2)) == payments[1:]
    since = payments[1].time_ms
    assert world.ask(GetFundingPayments(since_ms=since, limit=1)) == payments[1:2]
    assert world.ask(GetFundingPayments(until_ms=since)) == payments[:2]
    assert world.ask(GetFundingPayments(OTHER)) == ()


def test_who_comes_after_a_funding_has_no_part_in_it() -> None:
    world = Perpetuals()
    world.wait(SLOT_S)
    world.place(perp(BUY, "2"))
    world.wait(10)
    assert world.ask(GetFundingPayments()) == ()
    assert world.ask(GetFundingPayments(), "bob") == ()


def _due(world: Perpetuals) -> Decimal:
    """Give what a long position of 9.75 will pay, to the last place of the dollar."""
    rate = world.ask(GetFundingRates((PERP,)))[0].rate
    return (975 * rate).quantize(Decimal("0.0001"), ROUND_DOWN)


def test_who_has_no_free_money_pays_out_of_the_margin_and_never_more() -> None:
    world = Perpetuals(money=100)
    world.place(perp(BUY, "9.75"))
    spare, margin = world.free(), world.held()
    while _due(world) <= spare:
        world.wait(SLOT_S)
        spare, margin = world.free(), world.held()
    owed = _due(world)
    world.wait(SLOT_S)
    assert world.free() == 0
    assert world.held() == margin - (owed - spare)
    world.prove()


def test_both_positions_of_a_hedged_account_take_part() -> None:
    world = Perpetuals()
    world.ask(SetPositionMode(hedged=True))
    world.place(replace(perp(BUY, "2"), position_side=PositionSide.LONG))
    world.place(replace(perp(SELL, "2"), position_side=PositionSide.SHORT))
    before = world.free()
    world.wait(SLOT_S)
    amounts = [it.amount for it in world.ask(GetFundingPayments())]
    assert len(amounts) == 2
    assert sum(amounts) == 0
    assert world.free() == before


def test_past_fundings_can_be_read_in_pages() -> None:
    world = Perpetuals()
    world.wait(5 * SLOT_S)
    newest = world.ask(GetFundingHistory(PERP, limit=3))
    assert [it.time_ms for it in newest] == [START_MS + n * 8 * HOUR_MS for n in (3, 4, 5)]
    assert len(world.ask(GetFundingHistory(PERP))) == 100
    early = world.ask(GetFundingHistory(PERP, since_ms=0, limit=1))
    assert START_MS - early[0].time_ms > 100 * 24 * HOUR_MS
    until = world.ask(GetFundingHistory(PERP, until_ms=START_MS, limit=1))
    assert until[0].time_ms == START_MS
    assert world.ask(GetFundingHistory("BTC/USD")) == ()
    assert world.ask(GetFundingRates(("BTC/USD",))) == ()
    with pytest.raises(NotFound, match="unknown_symbol"):
        world.ask(GetFundingHistory("XRP/USD:USD"))
