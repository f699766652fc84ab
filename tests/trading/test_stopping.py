"""Cancelling everything: each order, also when one of them cannot be reached yet."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.cluster.share import HeldShares
from drawbridge.core.clock import SECOND_MS
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.operations import CancelOrder
from drawbridge.core.shards import shard_of
from drawbridge.trading.cancelling import has_wishes, wish_to_cancel
from drawbridge.trading.limit_service import LimitService
from drawbridge.trading.limit_store import EVERYBODY, LimitStore, key_subject
from drawbridge.trading.stopping import Stopping
from drawbridge.vault.store import fill_shards
from tests.gateway.setting import EXCHANGES, OWNER
from tests.trading.setting import Desk, desk


@pytest.fixture(params=EXCHANGES)
async def trading(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with desk(tmp_path, request.param) as trading:
        for number in range(3):
            await trading.place(trading.order(f"db{number}"))
        yield trading


def _stopping(trading: Desk) -> Stopping:
    house = trading.house
    return Stopping(house.database, trading.store, trading.broker, house.clock)


def _limits(trading: Desk) -> LimitService:
    return LimitService(trading.house.database, trading.house.clock)


async def test_a_stop_alone_cancels_nothing(trading: Desk) -> None:
    await _limits(trading).stop(OWNER, of=OWNER)
    await _stopping(trading).step()
    assert len(await trading.store.unsettled()) == 3


async def test_somebody_elses_orders_stay(trading: Desk) -> None:
    await _limits(trading).stop("owner_2", of="owner_2", cancel=True)
    await _stopping(trading).step()
    assert len(await trading.store.unsettled()) == 3


@pytest.mark.parametrize("of", [OWNER, EVERYBODY])
async def test_every_open_order_is_cancelled_once(trading: Desk, of: str) -> None:
    await _limits(trading).stop(OWNER, of=of, cancel=True)
    stopping = _stopping(trading)
    await stopping.step()
    await stopping.step()
    assert await trading.store.unsettled() == ()
    assert trading.house.stub.count(CancelOrder) == 3
    assert await _limits(trading).find_stop(OWNER), "it still keeps from entering"


async def test_what_could_not_be_cancelled_is_tried_again(trading: Desk) -> None:
    trading.house.stub.refuse(CancelOrder, ExchangeDown("rate_limited"))
    await _limits(trading).stop(OWNER, of=OWNER, cancel=True)
    stopping = _stopping(trading)
    await stopping.step()
    assert await trading.store.unsettled(), "at least the one that was refused"
    trading.house.clock.advance(120_000)
    await _stopping(trading).step()
    assert await trading.store.unsettled() == ()


async def test_of_several_workers_each_cancels_its_own_and_the_last_one_says_so(
    trading: Desk,
) -> None:
    house = trading.house
    await fill_shards(house.database)
    ours = HeldShares(house.clock.now_ms)
    ours.hold(shard_of(house.key), house.clock.now_ms() + 1_000 * SECOND_MS)
    nothing = HeldShares(house.clock.now_ms)
    at_work = Stopping(house.database, trading.store, trading.broker, house.clock, ours)
    idle = Stopping(house.database, trading.store, trading.broker, house.clock, nothing)
    await _limits(trading).stop(OWNER, of=OWNER, cancel=True)

    await idle.step()
    assert house.stub.count(CancelOrder) == 0
    assert await LimitStore(house.database).list_cancelling()

    await at_work.step()
    assert await trading.store.unsettled() == ()
    assert await LimitStore(house.database).list_cancelling() == ()


async def test_wishes_to_cancel_are_carried_out_by_whose_account_it_is_and_ended_by_the_house(
    trading: Desk,
) -> None:
    house = trading.house
    await fill_shards(house.database)
    ours = HeldShares(house.clock.now_ms)
    shard = shard_of(house.key)
    assert shard, "the test needs an account that is not the house's own"
    ours.hold(shard, house.clock.now_ms() + 1_000 * SECOND_MS)
    at_work = Stopping(house.database, trading.store, trading.broker, house.clock, ours)
    async with house.database.transaction() as tx:
        await wish_to_cancel(tx, [(key_subject(house.key), OWNER)], house.clock.now_ms())

    await at_work.step()
    assert await trading.store.unsettled() == ()
    house.clock.advance(30 * SECOND_MS)
    await at_work.step()
    assert await has_wishes(house.database)
    await _stopping(trading).step()
    assert not await has_wishes(house.database)
