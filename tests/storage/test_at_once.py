"""A statement that stands for itself, on a file and on a server."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.core.errors import ExchangeDown
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.storage.place import Place, PostgresPlace
from tests.kit.turns import a_turn

_CLAIM = "UPDATE shards SET holder = ? WHERE shard < ? RETURNING shard"
_HELD = "SELECT count(*) AS n FROM shards WHERE holder = ?"


@pytest.fixture(params=["file", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "file":
        return tmp_path / "drawbridge.db"
    return PostgresPlace(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    opened = await open_database(place, "app")
    yield opened
    await opened.close()


async def _held(database: Database, holder: str) -> int:
    row = await database.fetch_one(_HELD, holder)
    assert row is not None
    return int(row["n"])


async def test_it_is_done_when_it_has_answered(database: Database) -> None:
    rows = await database.at_once(_CLAIM, "ann", 3)
    assert sorted(row["shard"] for row in rows) == [0, 1, 2]
    assert await _held(database, "ann") == 3
    assert await database.at_once(_CLAIM, "bob", 0) == []


async def test_it_is_not_undone_with_a_transaction_that_is_open_meanwhile(
    database: Database,
) -> None:
    claiming: list[asyncio.Task[object]] = []
    with pytest.raises(ExchangeDown):
        await _claim_and_fail(database, claiming)
    await claiming[0]
    assert (await _held(database, "ann"), await _held(database, "eve")) == (3, 0)


async def _claim_and_fail(database: Database, claiming: list[asyncio.Task[object]]) -> None:
    async with database.transaction() as tx:
        await tx.execute("UPDATE shards SET holder = 'eve' WHERE shard > 60")
        claiming.append(asyncio.create_task(database.at_once(_CLAIM, "ann", 3)))
        await a_turn()
        raise ExchangeDown("database_away")


async def test_the_databases_clock_tells_milliseconds(database: Database) -> None:
    before_ms = time.time_ns() // 1_000_000
    now_ms = await database.now_ms()
    assert before_ms - 1 <= now_ms <= time.time_ns() // 1_000_000 + 1
