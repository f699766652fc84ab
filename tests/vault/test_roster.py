"""The keys of a share in memory: whatever comes, changes or goes is told once to whoever asks."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from drawbridge.cluster.share import WHOLE, HeldShares, Share
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.shards import SHARDS, shard_of
from drawbridge.storage.connection import Value
from drawbridge.storage.database import Database, Row
from drawbridge.vault.kept import KeptKeys
from drawbridge.vault.model import KeyStatus
from drawbridge.vault.roster import Roster
from drawbridge.vault.store import fill_shards
from tests.kit.robots import EXCHANGE, KEY, OWNER, SECOND_KEY, open_database
from tests.kit.store import passed_on

LONG_MS = 10**15


class Counted:
    """A database that counts what it is asked, and fails where it is told to."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.asked: list[str] = []
        self.fails_at = -1

    async def fetch_all(self, sql: str, *args: Value) -> Sequence[Row]:
        self.asked.append(sql)
        if len(self.asked) == self.fails_at:
            raise ExchangeDown("database_away")
        return await self._database.fetch_all(sql, *args)

    async def fetch_one(self, sql: str, *args: Value) -> Row | None:
        found = await self.fetch_all(sql, *args)
        return found[0] if found else None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all else is the database's
        return getattr(self._database, name)


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path) as opened:
        await fill_shards(opened)
        yield opened


def roster_of(database: Database, share: Share = WHOLE) -> tuple[Roster, KeptKeys]:
    kept = KeptKeys(database)
    return Roster(database, share, kept), kept


async def change(database: Database, sql: str, *args: Value) -> None:
    async with database.transaction() as tx:
        await tx.execute(sql, *args)
    await passed_on()


async def add(database: Database, many: int) -> None:
    async with database.transaction() as tx:
        for number in range(many):
            key_id = f"key_more_{number:06}"
            await tx.execute(
                "INSERT INTO keys (id, owner, exchange, venue, label, label_folded, public_key,"
                " status, created_ms, shard) VALUES (?, ?, ?, 'paper', ?, ?, ?, 'enabled', 0, ?)",
                *(key_id, OWNER, EXCHANGE, key_id, key_id, key_id, shard_of(key_id)),
            )
    await passed_on()


@pytest.mark.parametrize("many", [0, 1_203])
async def test_all_there_is_is_told_at_first_and_then_what_has_changed(
    database: Database, many: int
) -> None:
    await add(database, many)
    roster, _ = roster_of(database)
    first = await roster.news(0)
    assert len({key.id for key in first.keys}) == many + 2
    assert await roster.news(first.version) == await roster.news(first.version)
    assert not (await roster.news(first.version)).keys
    await change(database, "UPDATE keys SET status = 'disabled' WHERE id = ?", KEY)
    for _ in range(2):
        news = await roster.news(first.version)
        assert [(key.id, key.status) for key in news.keys] == [(KEY, KeyStatus.DISABLED)]
        assert news.gone == ()
    assert not (await roster.news(news.version)).keys
    assert len((await roster.news(0)).keys) == many + 2


async def test_a_key_that_is_deleted_is_gone(database: Database) -> None:
    roster, kept = roster_of(database)
    first = await roster.news(0)
    await change(database, "UPDATE keys SET deleted_ms = 5 WHERE id = ?", KEY)
    news = await roster.news(first.version)
    assert (news.keys, news.gone) == ((), (KEY,))
    assert kept.find(KEY) is None


async def test_keys_come_and_go_with_their_shards(database: Database) -> None:
    share = HeldShares(SteppedClock(0).now_ms)
    roster, _ = roster_of(database, share)
    seen = (await roster.news(0)).version
    share.hold(shard_of(KEY), LONG_MS)
    news = await roster.news(seen)
    ours = [it for it in (KEY, SECOND_KEY) if shard_of(it) == shard_of(KEY)]
    assert sorted(key.id for key in news.keys) == sorted(ours)
    share.drop(shard_of(KEY))
    # What is changed by another process meanwhile is none of ours.
    await change(database, "UPDATE keys SET status = 'disabled' WHERE id = ?", KEY)
    gone = await roster.news(news.version)
    assert (gone.keys, sorted(gone.gone)) == ((), sorted(ours))
    share.hold(shard_of(KEY), LONG_MS)
    back = await roster.news(gone.version)
    assert KeyStatus.DISABLED in {key.status for key in back.keys if key.id == KEY}
    assert back.gone == ()


@pytest.mark.parametrize("fails_at", [1, 2, 3, 5, 20])
async def test_what_could_not_be_read_is_read_the_next_time(
    database: Database, fails_at: int
) -> None:
    await add(database, 50)
    share = HeldShares(SteppedClock(0).now_ms)
    counted = Counted(database)
    roster = Roster(counted, share, KeptKeys(database))
    seen = (await roster.news(0)).version
    for shard in range(SHARDS):
        share.hold(shard, LONG_MS)
    counted.asked.clear()
    counted.fails_at = fails_at
    with pytest.raises(ExchangeDown):
        await roster.news(seen)
    news = await roster.news(seen)
    assert len(news.keys) == 52
    await change(database, "UPDATE keys SET status = 'disabled' WHERE id = ?", KEY)
    counted.asked.clear()
    counted.fails_at = min(fails_at, 3)
    with pytest.raises(ExchangeDown):
        await roster.news(news.version)
    assert [key.id for key in (await roster.news(news.version)).keys] == [KEY]


async def test_a_look_costs_what_has_changed_however_many_keys_there_are(
    database: Database,
) -> None:
    asked = []
    for many in (10, 700):
        if many > 10:
            await add(database, many)
        counted = Counted(database)
        roster = Roster(counted, WHOLE, KeptKeys(database))
        seen = (await roster.news(0)).version
        counted.asked.clear()
        seen = (await roster.news(seen)).version
        idle = len(counted.asked)
        await change(database, "UPDATE keys SET kin = ? WHERE id = ?", str(many), KEY)
        news = await roster.news(seen)
        assert [key.id for key in news.keys] == [KEY]
        asked.append((idle, len(counted.asked)))
    assert asked[0] == asked[1] == (1, 4)


async def test_what_is_kept_for_orders_is_never_older_than_what_was_known(
    database: Database,
) -> None:
    """A record that was read before a change and handed on after it is not taken."""
    roster, kept = roster_of(database)
    [before, _] = sorted((await roster.news(0)).keys, key=lambda it: it.id != KEY)
    assert kept.find(KEY) is before
    await change(database, "UPDATE keys SET status = 'disabled' WHERE id = ?", KEY)
    kept.take([before], 0)
    found = kept.find(KEY)
    assert found is not None
    assert found.status is KeyStatus.DISABLED
