"""Cancelling everything: each order, also when one of them cannot be reached yet."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.core.errors import ExchangeDown
from drawbridge.core.operations import CancelOrder
from drawbridge.trading.limit_service import LimitService
from drawbridge.trading.limit_store import EVERYBODY
from drawbridge.trading.stopping import Stopping
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
