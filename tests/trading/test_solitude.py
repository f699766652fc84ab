"""A robot's limit where several processes work for its accounts: room for one is for one."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio

from drawbridge.cluster.share import HeldShares
from drawbridge.core.errors import Corrupted, Forbidden
from drawbridge.core.shards import shard_of
from drawbridge.trading.limit_store import Limited, put_limits
from drawbridge.trading.limits import Limits
from drawbridge.trading.solitude import Solitude
from drawbridge.trading.watch import Watch
from tests.gateway.setting import OWNER
from tests.kit.turns import a_turn
from tests.trading.setting import ORIGIN, Desk, desk

LONG_MS = 10**15


class Locks:
    """What a server's locks do: one at a time for each subject, in all processes."""

    def __init__(self) -> None:
        self.locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.error: Corrupted | None = None

    @asynccontextmanager
    async def alone(self, subject: str) -> AsyncIterator[None]:
        if self.error:
            raise self.error
        async with self.locks[subject]:
            yield


class Server:
    """The same rows behind such locks."""

    def __init__(self, database: object, locks: Locks) -> None:
        self._database = database
        self._locks = locks

    def alone(self, subject: str) -> AbstractAsyncContextManager[None]:
        return self._locks.alone(subject)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the database has
        return getattr(self._database, name)


@pytest_asyncio.fixture
async def trading(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path, "binance") as trading:
        limited = Limited(ORIGIN, OWNER, "the first", Limits(open_orders=1), 0)
        async with trading.house.database.transaction() as tx:
            await put_limits(tx, limited)
        yield trading


def watch_of(trading: Desk, locks: Locks) -> Watch:
    house = trading.house
    share = HeldShares(house.clock.now_ms)
    share.hold(shard_of(house.key), LONG_MS)
    server = cast("Any", Server(house.database, locks))
    return Watch(server, trading.store, house.vault, house.gateway, house.clock, share)


async def test_whoever_comes_while_another_is_judged_counts_the_row_that_it_wrote(
    trading: Desk,
) -> None:
    locks, house = Locks(), trading.house
    first, second = watch_of(trading, locks), watch_of(trading, locks)
    one, two = trading.order("db1"), trading.order("db2")
    await first.admit(house.key, ORIGIN, one)
    waiting = asyncio.create_task(second.admit(house.key, ORIGIN, two))
    for _ in range(100):
        await a_turn()
    assert not waiting.done()

    key = await house.vault.get_record(house.key)
    house.journal.tell_written(first.release)
    await house.journal.intend(key, ORIGIN, one)
    with pytest.raises(Forbidden):
        await waiting
    assert not any(it.locked() for it in locks.locks.values())


async def test_an_order_that_comes_to_nothing_makes_room_for_the_next(trading: Desk) -> None:
    locks, house = Locks(), trading.house
    first, second = watch_of(trading, locks), watch_of(trading, locks)
    await first.admit(house.key, ORIGIN, trading.order("db1"))
    waiting = asyncio.create_task(second.admit(house.key, ORIGIN, trading.order("db2")))
    await a_turn()
    first.release(house.key, "db1")
    await waiting
    second.release(house.key, "db2")


async def test_who_is_refused_or_goes_away_keeps_nobody_waiting(trading: Desk) -> None:
    locks, house = Locks(), trading.house
    first, second = watch_of(trading, locks), watch_of(trading, locks)
    await first.admit(house.key, ORIGIN, trading.order("db1"))
    gone = asyncio.create_task(second.admit(house.key, ORIGIN, trading.order("db2")))
    await a_turn()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    key = await house.vault.get_record(house.key)
    await house.journal.intend(key, ORIGIN, trading.order("db1"))
    first.release(house.key, "db1")
    with pytest.raises(Forbidden):
        await second.admit(house.key, ORIGIN, trading.order("db3"))
    with pytest.raises(Forbidden):
        await first.admit(house.key, ORIGIN, trading.order("db4"))


async def test_what_keeps_from_being_alone_is_told() -> None:
    locks = Locks()
    locks.error = Corrupted("database_failed")
    with pytest.raises(Corrupted):
        await Solitude(locks).enter("limit:robot:1")
    locks.error = None
    leave = await Solitude(locks).enter("limit:robot:1")
    leave()
