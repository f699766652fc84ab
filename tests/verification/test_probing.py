"""The probe order when answers are lost, cancels fail, prices crash or the process dies."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.operations import Balance, CancelOrder, PlaceOrder
from drawbridge.core.orders import OrderStatus, OrderType, Side
from drawbridge.gateway.policy import Purpose
from drawbridge.vault.model import KeyStatus
from drawbridge.wording.say import say_reason
from tests.gateway.setting import EXCHANGES
from tests.gateway.stub_exchange import Fault
from tests.verification.setting import Checking, checking


@pytest.fixture(params=EXCHANGES)
async def case(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Checking]:
    async with checking(tmp_path, request.param) as case:
        yield case


def _probe(case: Checking) -> PlaceOrder:
    [order] = [seen for seen in case.house.stub.seen if isinstance(seen, PlaceOrder)]
    return order


async def _said(case: Checking) -> str:
    key = await case.key()
    return say_reason(key.reason, key.facts)


async def test_a_lost_answer_is_looked_up_and_the_order_cancelled(case: Checking) -> None:
    """Scenario 8: never two probe orders."""
    case.house.stub.fail(PlaceOrder, Fault.LOST_AFTER)
    verdict = await case.verification.verify(case.house.key)
    assert (verdict.status, verdict.reason) == (KeyStatus.ENABLED, "")
    assert case.house.stub.count(PlaceOrder) == 1
    [order] = case.house.stub.orders.values()
    assert order.status is OrderStatus.CANCELLED


async def test_an_order_that_may_still_arrive_is_left_pending_and_then_found_missing(
    case: Checking,
) -> None:
    """Scenario 9, the order that never came."""
    case.house.stub.fail(PlaceOrder, Fault.LOST_BEFORE)
    verdict = await case.verification.verify(case.house.key)
    assert verdict.status is KeyStatus.CLEANUP_PENDING
    assert case.house.stub.count(PlaceOrder) == 0
    assert str(verdict.facts["order"]) in await _said(case)
    assert await case.restarted().clean_up() == 1, "not certain yet"
    case.house.clock.advance(120_000)
    assert await case.restarted().clean_up() == 0
    key = await case.key()
    assert (key.status, key.reason) == (KeyStatus.UNVERIFIED, "probe_cleaned_up")
    [row] = await case.house.rows("orders")
    assert row["state"] == "never_arrived"


async def test_a_probe_that_cannot_be_cancelled_is_shown_and_cancelled_later(
    case: Checking,
) -> None:
    """Scenario 9."""
    case.house.stub.fail(CancelOrder, *[Fault.LOST_BEFORE] * 8)
    verdict = await case.verification.verify(case.house.key)
    assert (verdict.status, verdict.reason) == (KeyStatus.CLEANUP_PENDING, "cleanup_pending")
    [order] = case.house.stub.orders.values()
    assert order.order_id in await _said(case)
    case.house.stub.faults.clear()
    assert await case.restarted().clean_up() == 0
    [order] = case.house.stub.orders.values()
    assert order.status is OrderStatus.CANCELLED
    assert (await case.key()).status is KeyStatus.UNVERIFIED
    assert await case.restarted().clean_up() == 0


async def test_a_crash_after_the_order_was_placed_is_cleaned_up_at_the_next_start(
    case: Checking,
) -> None:
    """Scenario 9: the process dies between create and cancel."""
    house = case.house
    await house.change(KeyStatus.CHECKING)
    await house.gateway.call(house.key, _far_below(case), purpose=Purpose.CHECK, origin="check:1")
    assert await case.restarted().clean_up() == 0
    [order] = house.stub.orders.values()
    assert order.status is OrderStatus.CANCELLED
    assert (await case.key()).check_requested_ms is not None, "the wish for a check still stands"


async def test_a_check_that_a_crash_ended_and_nobody_asks_for_again_is_told(
    case: Checking,
) -> None:
    house = case.house
    await house.change(KeyStatus.CHECKING)
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE keys SET check_requested_ms = NULL")
    await case.restarted().clean_up()
    key = await case.key()
    assert (key.status, key.reason) == (KeyStatus.UNVERIFIED, "check_interrupted")


async def test_a_probe_whose_key_is_gone_does_not_keep_the_others_waiting(case: Checking) -> None:
    """Scenario 9, where somebody switched a key off and deleted it in the middle of it."""
    house = case.house
    await house.change(KeyStatus.CHECKING)
    await house.gateway.call(house.key, _far_below(case), purpose=Purpose.CHECK, origin="check:1")
    async with house.database.transaction() as tx:
        await tx.execute("CREATE TEMP TABLE gone AS SELECT * FROM orders")
        await tx.execute("UPDATE gone SET key_id = 'key_gone', intended_ms = intended_ms - 1")
        await tx.execute("INSERT INTO orders SELECT * FROM gone")
    assert await case.restarted().clean_up() == 1
    [order] = house.stub.orders.values()
    assert order.status is OrderStatus.CANCELLED


def _far_below(case: Checking) -> PlaceOrder:
    return PlaceOrder(
        symbol=case.house.symbol,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal(1),
        price=Decimal(50),
        client_id="db1",
        post_only=True,
    )


async def test_a_probe_that_got_filled_is_told_with_its_amounts(case: Checking) -> None:
    """Scenario 10."""
    case.house.stub.fill_on_cancel = True
    verdict = await case.verification.verify(case.house.key)
    assert (verdict.status, verdict.reason) == (KeyStatus.ENABLED, "probe_filled")
    order = _probe(case)
    said = await _said(case)
    assert order.quantity is not None
    assert f"{order.quantity.normalize():f}" in said
    assert order.symbol in said


async def test_balances_that_changed_meanwhile_are_not_hidden(case: Checking) -> None:
    house = case.house
    serve = house.server.behaviour

    async def spend(visit: object) -> None:
        if house.stub.count(CancelOrder):
            house.stub.balances = (Balance("ETH", Decimal(7), Decimal(0)),)
        await serve(visit)  # type: ignore[arg-type]  # handed on as it came

    house.server.behaviour = spend
    verdict = await case.verification.verify(house.key)
    assert verdict.status is KeyStatus.ENABLED
    assert "balances_changed" in {remark.code for remark in verdict.remarks}
    kept = (await case.latest()).remarks
    assert [remark.code for remark in kept].count("balances_changed") == 1
    assert len({str(remark) for remark in kept}) == len(kept), "each remark is kept once"
