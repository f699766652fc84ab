"""Orders of our own: placed once, looked up when nobody knows, cancelled, and filled exactly."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.errors import (
    Conflict,
    ExchangeDown,
    ExchangeRefused,
    Forbidden,
    OutcomeUnknown,
)
from drawbridge.core.operations import CancelOrder, GetOwnTrades, PlaceOrder, Scope
from drawbridge.core.orders import OrderStatus, OrderType
from drawbridge.trading.model import OrderState
from drawbridge.vault.model import KeyStatus
from tests.gateway.setting import EXCHANGES
from tests.gateway.stub_exchange import Fault
from tests.kit.trades import trade
from tests.trading.setting import ORIGIN, Desk, desk


@pytest.fixture(params=EXCHANGES)
async def trading(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with desk(tmp_path, request.param) as trading:
        yield trading


def _count(trading: Desk) -> int:
    return trading.house.stub.count(PlaceOrder)


# -------------------------------------------------------------------------------- refused


async def test_a_refusal_is_told_and_the_intention_is_used_up(trading: Desk) -> None:
    trading.house.stub.refuse(PlaceOrder, ExchangeRefused("insufficient_funds"))
    with pytest.raises(ExchangeRefused, match="insufficient_funds"):
        await trading.place()
    with pytest.raises(Conflict, match="order_already_intended"):
        await trading.place()
    assert await trading.broker.look_up(trading.house.key, "db1") is None
    assert _count(trading) == 1


async def test_a_key_that_is_switched_off_places_nothing(trading: Desk) -> None:
    await trading.house.change(KeyStatus.DISABLED, Scope.READ, Scope.TRADE_SPOT)
    with pytest.raises(Forbidden, match="key_not_usable"):
        await trading.place()
    assert await trading.broker.look_up(trading.house.key, "db1") is None


async def test_an_order_that_was_never_intended_is_not_looked_for(trading: Desk) -> None:
    assert await trading.broker.look_up(trading.house.key, "db1") is None
    assert await trading.broker.cancel(trading.house.key, "db1") is None
    assert not trading.house.stub.seen


# --------------------------------------------------------------------------- nobody knows


async def test_a_timed_out_order_is_found_by_its_client_id(trading: Desk) -> None:
    """Scenario 61."""
    trading.house.stub.fail(PlaceOrder, Fault.LOST_AFTER)
    with pytest.raises(OutcomeUnknown):
        await trading.place()
    with pytest.raises(OutcomeUnknown):
        await trading.place()
    found = await trading.broker.look_up(trading.house.key, "db1")
    assert found is not None
    assert found.status is OrderStatus.OPEN
    assert found.order_id in trading.house.stub.orders
    assert _count(trading) == 1
    assert await trading.place() == found


async def test_an_order_that_never_arrived_is_unknown_until_it_is_certain(
    trading: Desk,
) -> None:
    trading.house.stub.fail(PlaceOrder, Fault.LOST_BEFORE)
    with pytest.raises(OutcomeUnknown):
        await trading.place()
    with pytest.raises(OutcomeUnknown, match="not_certain_yet"):
        await trading.broker.look_up(trading.house.key, "db1")
    trading.house.clock.advance(120_000)
    assert await trading.broker.look_up(trading.house.key, "db1") is None
    order = await trading.store.get_order(trading.house.key, "db1")
    assert order.state is OrderState.NEVER_ARRIVED
    with pytest.raises(Conflict):
        await trading.place()
    assert _count(trading) == 0


async def test_another_order_of_the_account_is_not_taken_for_ours(trading: Desk) -> None:
    """Scenario 61: not adopted by similarity."""
    stub = trading.house.stub
    stub.fail(PlaceOrder, Fault.LOST_AFTER)
    with pytest.raises(OutcomeUnknown):
        await trading.place()
    [order] = stub.orders.values()
    stub.orders[order.order_id] = replace(order, client_id="somebody")
    trading.house.clock.advance(120_000)
    assert await trading.broker.look_up(trading.house.key, "db1") is None


async def test_after_a_crash_before_the_answer_reconciliation_finds_the_order(
    trading: Desk,
) -> None:
    """Scenario 60: the worker restarts at any step."""
    house = trading.house
    house.stub.fail(PlaceOrder, Fault.LOST_AFTER)
    with pytest.raises(OutcomeUnknown):
        await trading.place()
    async with house.database.transaction() as tx:
        # What a kill between sending and the answer leaves on disk.
        await tx.execute("UPDATE orders SET state = 'intended', reason = ''")
    assert await trading.reconciliation.reconcile() == 1, "it is open"
    order = await trading.store.get_order(house.key, "db1")
    assert order.state is OrderState.OPEN
    assert _count(trading) == 1


async def test_one_order_that_cannot_be_read_does_not_keep_others_waiting(
    trading: Desk,
) -> None:
    for client_id in ("db1", "db2"):
        await trading.place(trading.order(client_id))
    stub = trading.house.stub
    first, second = stub.orders.values()
    del stub.orders[first.order_id]
    stub.orders[second.order_id] = stub.fill(second)
    assert await trading.reconciliation.reconcile() == 1
    order = await trading.store.get_order(trading.house.key, "db2")
    assert order.state is OrderState.FILLED


# ---------------------------------------------------------------------------- all is well


async def test_the_same_intention_gives_the_same_order(trading: Desk) -> None:
    """Scenario 60."""
    first = await trading.place()
    again = await asyncio.gather(*(trading.place() for _ in range(3)))
    assert {getattr(order, "order_id", None) for order in again} == {
        getattr(first, "order_id", "first")
    }
    assert _count(trading) == 1


async def test_whoever_thought_an_order_new_is_given_the_one_that_is_there(trading: Desk) -> None:
    """Scenario 60: another call of the same intention was faster."""
    house, order = trading.house, trading.order()
    both = [(house.key, order.client_id), (house.key, "db2")]
    assert await trading.broker.known_among(both) == frozenset()
    first = await trading.place(order)
    assert await trading.broker.known_among(both) == {both[0]}
    again = await trading.broker.place(house.key, ORIGIN, order, is_new=True)
    assert again.order_id == getattr(first, "order_id", None)
    assert _count(trading) == 1


async def test_a_market_order_is_on_record_with_its_fills(trading: Desk) -> None:
    order = trading.order(type=OrderType.MARKET, price=None)
    await trading.place(order)
    found = await trading.broker.look_up(trading.house.key, "db1")
    assert found is not None
    assert (found.status, found.filled) == (OrderStatus.FILLED, Decimal(1))
    [fill] = await trading.broker.fills_of(ORIGIN)
    assert (fill.quantity, fill.price) == (Decimal(1), Decimal(100))
    assert fill.client_id == "db1"
    assert await trading.broker.fills_of("robot:2") == ()


async def test_fills_that_come_late_are_fetched_and_counted_once(trading: Desk) -> None:
    stub = trading.house.stub
    await trading.place()
    [order] = stub.orders.values()
    stub.orders[order.order_id] = stub.fill(order)
    fills, stub.fills = stub.fills, []
    with pytest.raises(ExchangeDown, match="fills_not_told_yet"):
        await trading.broker.look_up(trading.house.key, "db1")
    stub.fills = fills
    for _ in range(2):
        found = await trading.broker.look_up(trading.house.key, "db1")
        assert found is not None
        assert found.filled == 1
        assert len(await trading.broker.fills_of(ORIGIN)) == 1
    seen = stub.count(GetOwnTrades)
    await trading.broker.look_up(trading.house.key, "db1")
    assert stub.count(GetOwnTrades) == seen, "what adds up is not asked for again"


async def test_an_order_whose_fills_are_known_is_not_looked_at_until_it_fills_further(
    trading: Desk,
) -> None:
    """However many orders ever filled, a look at what is missing goes through new ones alone."""
    house, store = trading.house, trading.store
    key = await house.vault.get_record(house.key)
    await house.journal.intend(key, ORIGIN, trading.order(quantity=Decimal(2)))
    meant = (await store.get_order(key.id, "db1")).as_order()
    partly = replace(meant, status=OrderStatus.PARTIALLY_FILLED, filled=Decimal(1))
    await house.journal.settle(key.id, "db1", partly, (trade("buy", "1", "50", at=1),))
    [(order, lacks)] = await store.orders_to_add_up()
    assert (order.filled, lacks) == (Decimal(1), False)
    known = [(key.id, "db1", "1")]
    await house.journal.know_fills(known)
    assert await store.orders_to_add_up() == ()
    whole = replace(meant, status=OrderStatus.FILLED, filled=Decimal(2))
    await house.journal.settle(key.id, "db1", whole)
    await house.journal.know_fills(known)  # looked at before it filled further
    [(order, lacks)] = await store.orders_to_add_up()
    assert (order.filled, lacks) == (Decimal(2), True)


async def test_reconciling_writes_down_whose_fills_are_all_there(trading: Desk) -> None:
    await trading.place(trading.order(type=OrderType.MARKET, price=None))
    assert await trading.reconciliation.reconcile() == 0
    assert [row["known_filled"] for row in await trading.house.rows("orders")] == ["1"]
    assert await trading.store.orders_to_add_up() == ()


async def test_trades_of_one_number_on_two_markets_are_both_on_record(trading: Desk) -> None:
    """Some exchanges number the trades of each market from one on."""
    house, symbols = trading.house, ("BTC/USDT", "ETH/USDT")
    key = await house.vault.get_record(house.key)
    for symbol in symbols:
        order = trading.order(f"db-{symbol}", symbol=symbol)
        await house.journal.intend(key, ORIGIN, order)
        told = trade("buy", "1", "50", at=1, symbol=symbol)
        known = (await trading.store.get_order(house.key, order.client_id)).as_order()
        filled = replace(known, status=OrderStatus.FILLED, filled=Decimal(1))
        for _ in range(2):
            await house.journal.settle(house.key, order.client_id, filled, (told, told))
    assert [it.symbol for it in await trading.store.fills_of_key(house.key)] == [*symbols]
    assert await trading.store.fills_of_key(house.key, since_ms=told.time_ms) == ()
    assert not any(lacks for _, lacks in await trading.store.orders_to_add_up())


async def test_a_cancelled_order_tells_what_it_had_filled_by_then(trading: Desk) -> None:
    """Scenario 62."""
    await trading.place()
    cancelled = await trading.broker.cancel(trading.house.key, "db1")
    assert cancelled is not None
    assert (cancelled.status, cancelled.filled) == (OrderStatus.CANCELLED, Decimal(0))
    again = await trading.broker.cancel(trading.house.key, "db1")
    assert again == cancelled
    assert trading.house.stub.count(CancelOrder) == 1


async def test_an_order_that_filled_while_it_was_cancelled_is_told_as_filled(
    trading: Desk,
) -> None:
    await trading.place()
    trading.house.stub.fill_on_cancel = True
    ended = await trading.broker.cancel(trading.house.key, "db1")
    assert ended is not None
    assert (ended.status, ended.filled) == (OrderStatus.FILLED, Decimal(1))
    assert len(await trading.broker.fills_of(ORIGIN)) == 1
