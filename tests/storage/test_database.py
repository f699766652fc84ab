"""The database: all or nothing, across tasks, processes and cancellations."""

import asyncio
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.core.errors import Conflict, Corrupted
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database

_INSERT = (
    "INSERT INTO owners (id, name, name_folded, password_hash, created_ms)"
    " VALUES (?, ?, ?, 'hash', 0)"
)
_NOBODYS = (
    "INSERT INTO sessions (token_hash, owner, created_ms, seen_ms) VALUES (x'00', 'nobody', 0, 0)"
)


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(tmp_path / "drawbridge.db", "app")
    yield opened
    await opened.close()


async def _count(database: Database) -> int:
    row = await database.fetch_one("SELECT count(*) AS n FROM owners")
    assert row is not None
    return int(row["n"])


async def _insert_and_fail(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(_INSERT, "owner_a", "Ann", "ann")
        message = "no"
        raise ZeroDivisionError(message)


async def test_a_failing_block_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        await _insert_and_fail(database)
    assert await _count(database) == 0


async def test_a_cancelled_block_leaves_nothing_behind_and_frees_the_turn(
    database: Database,
) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as tx:
            await tx.execute(_INSERT, "owner_a", "Ann", "ann")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _count(database) == 0
    async with database.transaction() as tx:
        await tx.execute(_INSERT, "owner_b", "Bob", "bob")
    assert await _count(database) == 1


async def test_a_block_cancelled_while_it_begins_does_not_stay_open(database: Database) -> None:
    async def write() -> None:
        async with database.transaction() as tx:
            await tx.execute(_INSERT, "owner_a", "Ann", "ann")

    for turns in range(6):
        task = asyncio.create_task(write())
        for _ in range(turns):
            await asyncio.wait([asyncio.create_task(_nothing())])  # one turn of the loop
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with database.transaction() as tx:
            await tx.execute("DELETE FROM owners")
    assert await _count(database) == 0


async def _nothing() -> None:
    return None


async def test_a_taken_key_is_a_conflict(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(_INSERT, "owner_a", "Ann", "ann")
    with pytest.raises(Conflict) as told:
        async with database.transaction() as tx:
            await tx.execute(_INSERT, "owner_a", "Eve", "eve")
    assert told.value.code == "row_exists"


async def test_any_other_broken_rule_of_a_table_is_our_own_mistake(database: Database) -> None:
    with pytest.raises(Corrupted) as told:
        async with database.transaction() as tx:
            await tx.execute(_NOBODYS)
    assert told.value.code == "row_refused"


@pytest.mark.parametrize("value", ["\ud800", 2**63])
async def test_what_no_column_can_hold_is_refused(database: Database, value: str | int) -> None:
    with pytest.raises(Corrupted) as told:
        async with database.transaction() as tx:
            await tx.execute(_INSERT, "owner_a", value, "ann")
    assert told.value.code == "row_refused"
    assert await _count(database) == 0


async def test_wrong_sql_looks_like_the_bug_that_it_is(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError):
        await database.fetch_all("SELECT nothing FROM nowhere")


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "drawbridge.db"
    path.write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(Corrupted) as told:
        await open_database(path, "app")
    assert told.value.code == "database_failed"


async def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Corrupted) as told:
        await open_database(tmp_path / "nowhere" / "drawbridge.db", "app")
    assert told.value.code == "database_failed"


async def test_a_file_of_a_newer_version_is_refused(database: Database, tmp_path: Path) -> None:
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO migrations VALUES ('app/9999_future.sql')")
    with pytest.raises(Corrupted) as told:
        await open_database(tmp_path / "drawbridge.db", "app")
    assert told.value.code == "database_newer"
    assert told.value.facts == {"migration": "app/9999_future.sql"}


async def test_what_is_written_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "drawbridge.db"
    database = await open_database(path, "app")
    async with database.transaction() as tx:
        assert await tx.execute(_INSERT, "owner_a", "Ann", "ann") == 1
        assert len(await tx.fetch_all("SELECT * FROM owners")) == 1
        assert await _count(database) == 0  # nobody else sees it before it is committed
    await database.close()
    database = await open_database(path, "app")
    assert await _count(database) == 1
    await database.close()


async def test_the_file_is_readable_for_its_owner_alone(database: Database, tmp_path: Path) -> None:
    assert await _count(database) == 0
    assert _modes(tmp_path) == {0o600}


def _modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def test_the_data_version_tells_of_our_own_and_of_other_commits(
    database: Database, tmp_path: Path
) -> None:
    before = await database.data_version()
    assert await database.data_version() == before
    async with database.transaction() as tx:
        await tx.execute(_INSERT, "owner_a", "Ann", "ann")
    ours = await database.data_version()
    assert ours != before
    other = await open_database(tmp_path / "drawbridge.db", "app")
    async with other.transaction() as tx:
        await tx.execute(_INSERT, "owner_b", "Bob", "bob")
    await other.close()
    assert await database.data_version() != ours


async def test_a_glance_sees_what_was_committed_and_nothing_else(
    database: Database, tmp_path: Path
) -> None:
    find = "SELECT name FROM owners WHERE id = ?"
    assert database.glance(find, "owner_a") is None
    async with database.transaction() as tx:
        await tx.execute(_INSERT, "owner_a", "Ann", "ann")
        assert database.glance(find, "owner_a") is None
    row = database.glance(find, "owner_a")
    assert row is not None
    assert row["name"] == "Ann"
    other = await open_database(tmp_path / "drawbridge.db", "app")
    async with other.transaction() as tx:
        await tx.execute("DELETE FROM owners")
    await other.close()
    assert database.glance(find, "owner_a") is None
    with pytest.raises(Corrupted):
        database.glance(find, "\ud800")


async def test_transactions_of_many_tasks_do_not_mix(database: Database) -> None:
    async def add(n: int) -> None:
        async with database.transaction() as tx:
            row = await tx.fetch_one("SELECT count(*) AS n FROM owners")
            assert row is not None
            await tx.execute(_INSERT, f"owner_{row['n']}", f"{n}", f"{n}")

    await asyncio.gather(*(add(n) for n in range(20)))
    assert await _count(database) == 20


_OPENS = f"""
import asyncio, sys
from pathlib import Path
from drawbridge.storage.engines import open_database

async def main():
    database = await open_database(Path(sys.argv[1]), "app")
    async with database.transaction() as tx:
        await tx.execute("{_INSERT}", *sys.argv[2:3] * 3)
    await database.close()

asyncio.run(main())
"""


async def test_processes_that_start_at_the_same_moment_agree_on_the_schema(
    tmp_path: Path,
) -> None:
    path = tmp_path / "drawbridge.db"
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", _OPENS, path, f"owner_{n}")
        for n in range(4)
    ]
    assert [await process.wait() for process in processes] == [0, 0, 0, 0]
    database = await open_database(path, "app")
    assert await _count(database) == 4
    await database.close()
