"""A database on a server keeps the promises of a file, also while the server is away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from drawbridge.core.errors import Conflict, Corrupted, ExchangeDown
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.glance import Glances
from drawbridge.storage.turns import Turn
from tests.kit.house import until

_PUT = "INSERT INTO used_stamps (key_id, reserved) VALUES (?, ?)"
_ALL = "SELECT key_id, reserved FROM used_stamps ORDER BY key_id"


@pytest_asyncio.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    database = await open_database(PostgresPlace(postgres_url), "app")
    yield database
    await database.close()


@pytest_asyncio.fixture
async def elsewhere(postgres_url: str) -> AsyncIterator[Database]:
    database = await open_database(PostgresPlace(postgres_url), "app")
    yield database
    await database.close()


async def _put(database: Database, *names: str) -> None:
    async with database.transaction() as tx:
        for name in names:
            await tx.execute(_PUT, name, 1)


def _is_over(turn: Turn) -> bool:
    return not turn.is_done


async def _names(database: Database) -> list[str]:
    return [row["key_id"] for row in await database.fetch_all(_ALL)]


def _end_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_a_transaction_is_written_as_a_whole_or_not_at_all(database: Database) -> None:
    with pytest.raises(Conflict, match="row_exists"):
        await _put(database, "a", "a")
    assert await _names(database) == []
    async with database.transaction() as tx:
        await tx.execute_many(_PUT, [("a", 1), ("b", 2)])
        assert await tx.execute("UPDATE used_stamps SET reserved = ?", 7) == 2
    row = database.glance("SELECT reserved, key_id FROM used_stamps WHERE key_id = ?", "b")
    assert row is not None
    assert (row["reserved"], row[1], len(row), list(row)) == (7, "b", 2, [7, "b"])
    assert dict(row) == {"reserved": 7, "key_id": "b"}


@pytest.mark.parametrize("value", ["\ud800", "a\x00b"])
async def test_a_text_that_no_column_can_hold_is_refused(database: Database, value: str) -> None:
    with pytest.raises(Corrupted, match="row_refused"):
        async with database.transaction() as tx:
            await tx.execute(_PUT, value, 1)
    with pytest.raises(Corrupted, match="row_refused"):
        async with database.transaction() as tx:
            await tx.execute(_PUT, "a", 2**63)


async def test_there_is_one_writer_at_a_time_in_the_whole_cluster(
    database: Database, elsewhere: Database
) -> None:
    order: list[str] = []

    async def write(where: Database, name: str) -> None:
        async with where.transaction() as tx:
            order.append(f"{name} begins")
            count = len(await tx.fetch_all(_ALL))
            await asyncio.to_thread(order.append, f"{name} has counted")
            await tx.execute(_PUT, name, count)
            order.append(f"{name} ends")

    await asyncio.gather(write(database, "a"), write(elsewhere, "b"))
    assert order[0][0] == order[1][0] == order[2][0]
    rows = await database.fetch_all(_ALL)
    assert sorted(row["reserved"] for row in rows) == [0, 1]


async def test_who_is_alone_keeps_others_with_the_same_subject_waiting(
    database: Database, elsewhere: Database
) -> None:
    entered: list[str] = []
    is_in = asyncio.Event()
    may_leave = asyncio.Event()

    async def first() -> None:
        async with database.alone("robot:a"):
            is_in.set()
            await may_leave.wait()
            entered.append("first")

    async def second() -> None:
        async with elsewhere.alone("robot:a"):
            entered.append("second")

    tasks = [asyncio.create_task(first())]
    await is_in.wait()
    tasks.append(asyncio.create_task(second()))
    async with elsewhere.alone("robot:b"):
        entered.append("another")
    may_leave.set()
    await asyncio.gather(*tasks)
    assert entered == ["another", "first", "second"]


async def test_lost_connections_are_made_anew_and_nobody_notices(
    database: Database, postgres_url: str
) -> None:
    async with database.transaction() as tx:
        await tx.execute(_PUT, "a", 1)
    database.glance("SELECT 1")
    _end_connections(postgres_url)
    assert await _names(database) == ["a"]
    assert database.glance("SELECT 1") is not None
    _end_connections(postgres_url)
    async with database.transaction() as tx:
        await tx.execute(_PUT, "b", 2)
    assert await _names(database) == ["a", "b"]


async def test_what_a_lost_connection_had_begun_is_undone(
    database: Database, postgres_url: str
) -> None:
    async def write() -> None:
        async with database.transaction() as tx:
            await tx.execute(_PUT, "a", 1)
            _end_connections(postgres_url)
            await tx.execute(_PUT, "b", 1)

    with pytest.raises(ExchangeDown, match="database_away"):
        await write()
    assert await _names(database) == []


async def test_a_commit_whose_connection_was_lost_is_told_as_it_ended(
    database: Database, postgres_url: str
) -> None:
    """Whatever the moment in which connections end: told as written is written, else it is not."""
    told: list[str] = []
    for number in range(40):
        name = f"{number:02}"
        ending = asyncio.get_running_loop().run_in_executor(None, _end_connections, postgres_url)
        with contextlib.suppress(ExchangeDown):
            await _put(database, name)
            told.append(name)
        await ending
    assert await _names(database) == told


async def test_a_cancelled_caller_leaves_nothing_open(database: Database) -> None:
    begun = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as tx:
            await tx.execute(_PUT, "a", 1)
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.transaction() as tx:
        await tx.execute(_PUT, "b", 1)
    assert await _names(database) == ["b"]


async def test_a_glance_is_relied_on_until_somebody_commits(
    database: Database, elsewhere: Database
) -> None:
    turn = database.turn()
    turn.mark()
    assert turn.is_done
    await _put(database, "own")
    assert _is_over(turn)
    turn.mark()
    await _put(elsewhere, "another's")

    async def heard() -> bool:
        return _is_over(turn)

    await until(heard, "the commit of another was not heard of")


async def test_a_server_that_is_gone_lets_nobody_glance(tmp_path: Path) -> None:
    glances = Glances(PostgresPlace(f"postgresql://ada@/nowhere?host={tmp_path}"))
    with pytest.raises(ExchangeDown, match="database_away"):
        glances.fetch_one("SELECT 1", ())
    with pytest.raises(ExchangeDown, match="database_away"):
        glances.fetch_one("SELECT 1", ())


async def test_a_lane_waits_for_no_other_writer(database: Database, elsewhere: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(_PUT, "a", 1)
        async with elsewhere.lane() as lane:
            await lane.execute(_PUT, "b", 1)
        assert await _names(elsewhere) == ["b"]
    assert await _names(elsewhere) == ["a", "b"]


async def test_a_lane_is_written_as_a_whole_or_not_at_all(
    database: Database, postgres_url: str
) -> None:
    async def write(*names: str) -> None:
        async with database.lane() as lane:
            for name in names:
                await lane.execute(_PUT, name, 1)

    with pytest.raises(Conflict, match="row_exists"):
        await write("a", "a")
    await write("b")
    _end_connections(postgres_url)
    await write("c")
    assert await _names(database) == ["b", "c"]


async def test_of_what_lanes_have_written_others_hear_soon(
    database: Database, elsewhere: Database
) -> None:
    async def listens() -> bool:
        before = await elsewhere.data_version()
        async with database.transaction() as tx:
            await tx.execute("DELETE FROM used_stamps")
        return await elsewhere.data_version() > before

    await until(listens, "nothing was heard")
    before = await elsewhere.data_version()
    async with database.lane() as lane:
        await lane.execute(_PUT, "a", 1)

    async def heard() -> bool:
        return await elsewhere.data_version() > before

    await until(heard, "the lane was not heard of")
