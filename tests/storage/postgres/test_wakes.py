"""Waking on a server: who holds a shard is woken by what is wished there, and nobody else is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
import pytest_asyncio

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import Conflict, ExchangeDown
from drawbridge.core.shards import HOUSE, SHARDS
from drawbridge.storage.engines import read_waiting
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres import engine
from drawbridge.storage.postgres.connecting import Connection, open_connection
from drawbridge.storage.postgres.database import PostgresDatabase
from drawbridge.storage.postgres.wakes import PostgresWakes
from drawbridge.storage.schema import bring_up_to_date
from tests.kit.house import until

_PUT = "INSERT INTO used_stamps (key_id, reserved) VALUES (?, 1) ON CONFLICT DO NOTHING"
_MINE, _OTHERS = frozenset({HOUSE, 17}), frozenset({23, 42})
_ALL = frozenset(range(SHARDS))


class Process:
    """One process of several on a database."""

    def __init__(self, database: PostgresDatabase) -> None:
        self.database = database
        self.wakes = PostgresWakes(database.rings)

    async def wish(self, *shards: int) -> None:
        """Write something down that concerns these shards."""
        async with self.database.transaction() as tx:
            await tx.execute(_PUT, "a")
            tx.wake(shards)

    async def takes(self, shards: frozenset[int], *, is_sweep: bool = False) -> bool:
        """Tell whether there is something to do in these shards."""
        return await self.wakes.take(shards, is_sweep=is_sweep)

    async def is_woken(self, shards: frozenset[int]) -> None:
        """Wait until there is something to do in these shards."""
        await until(lambda: self.takes(shards), "woken")

    async def hears(self, before: int) -> None:
        """Wait until it has heard that somebody has committed."""

        async def has_heard() -> bool:
            return await self.database.data_version() > before

        await until(has_heard, "heard")


@asynccontextmanager
async def process(url: str) -> AsyncIterator[Process]:
    place = PostgresPlace(url)
    database = await PostgresDatabase.open(place, "app")
    here = Process(database)
    try:
        await here.hears(0)
        # What was before it began is not taken for new.
        await here.takes(_ALL, is_sweep=True)
        yield here
    finally:
        await here.wakes.close()
        await database.close()


@pytest_asyncio.fixture
async def pages(postgres_url: str) -> AsyncIterator[Process]:
    """Whoever writes wishes."""
    async with process(postgres_url) as here:
        yield here


@pytest_asyncio.fixture
async def worker(postgres_url: str) -> AsyncIterator[Process]:
    async with process(postgres_url) as here:
        yield here


@pytest_asyncio.fixture
async def connection(postgres_url: str) -> AsyncIterator[Connection]:
    connection = await open_connection(PostgresPlace(postgres_url))
    yield connection
    connection.terminate()


def _end_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def _wish_in_vain(pages: Process) -> None:
    async with pages.database.transaction() as tx:
        await tx.execute(_PUT, "a")
        tx.wake(_MINE)
        raise Conflict("row_exists")


async def test_a_wake_is_undone_with_its_transaction(pages: Process, worker: Process) -> None:
    with pytest.raises(Conflict):
        await _wish_in_vain(pages)
    assert (await worker.wakes.waiting()).count == 0
    assert not await worker.takes(_MINE, is_sweep=True)


async def test_a_wish_wakes_who_holds_its_shard_and_nobody_else(
    pages: Process, worker: Process, postgres_url: str
) -> None:
    async with process(postgres_url) as another:
        before = await another.database.data_version()
        await pages.wish(17)
        await another.hears(before)
        assert not await another.takes(_OTHERS)
        assert not await another.takes(_OTHERS, is_sweep=True)
        await worker.is_woken(_MINE)
        assert (await worker.wakes.waiting()).count == 0


async def test_what_others_write_without_a_wish_wakes_nobody(
    pages: Process, worker: Process
) -> None:
    before = await worker.database.data_version()
    await pages.wish()
    await worker.hears(before)
    assert not await worker.takes(_MINE)


async def test_what_a_process_wrote_itself_wakes_it_once(worker: Process) -> None:
    await worker.wish()
    assert await worker.takes(_MINE)
    assert not await worker.takes(_MINE)


async def test_many_wishes_at_once_wake_once(pages: Process, worker: Process) -> None:
    for _ in range(20):
        await pages.wish(17)
    assert (await pages.wakes.waiting()).count == 1
    waiting = await read_waiting(pages.database)
    assert (waiting.count, 0 <= waiting.oldest_ms < MINUTE_MS) == (1, True)
    await worker.is_woken(_MINE)
    assert not await worker.takes(_MINE, is_sweep=True)
    assert (await worker.wakes.waiting()).count == 0


async def test_nobody_is_woken_before_what_is_wished_can_be_seen(
    pages: Process, worker: Process, connection: Connection
) -> None:
    """Also where a job waits already: who took it now would look too early, and never again."""
    await pages.wish(17)
    await connection.execute("BEGIN")
    await engine.put(connection, (17,))
    assert not await worker.takes(_MINE, is_sweep=True)
    await connection.execute("COMMIT")
    assert await worker.takes(_MINE, is_sweep=True)


async def test_who_holds_a_job_in_hand_ends_it_after_what_is_being_wished(
    pages: Process, connection: Connection, postgres_url: str
) -> None:
    """The job in hand is as good as a new one: its end, and so the look, waits for the commit."""
    async with process(postgres_url) as late:
        await pages.wish(17)
        taker = await open_connection(PostgresPlace(postgres_url))
        [job] = await engine.take(taker, _MINE, await taker.fetchval("SELECT gen_random_uuid()"))
        await connection.execute("BEGIN")
        await engine.put(connection, (17,))
        ending = asyncio.create_task(engine.end(taker, job))
        assert not await late.takes(_MINE, is_sweep=True)
        assert not ending.done()
        await connection.execute("COMMIT")
        await ending
        taker.terminate()
        assert (await late.wakes.waiting()).count == 0


async def test_a_job_in_the_hand_of_the_dead_comes_to_who_holds_its_shard_next(
    pages: Process, worker: Process, connection: Connection
) -> None:
    await pages.wish(17)
    nobody = await connection.fetchval("SELECT gen_random_uuid()")
    assert len(await engine.take(connection, _MINE, nobody)) == 1
    connection.terminate()
    assert not await worker.takes(_MINE, is_sweep=True)
    await until(lambda: worker.takes(_MINE, is_sweep=True), "taken over", within_s=5)


async def test_a_server_that_ends_connections_is_asked_again(
    pages: Process, worker: Process, postgres_url: str
) -> None:
    _end_connections(postgres_url)
    with pytest.raises(ExchangeDown, match="database_away"):
        await worker.takes(_MINE, is_sweep=True)
    await pages.wish(17)
    assert await worker.takes(_MINE, is_sweep=True)


async def test_a_queue_that_was_emptied_by_hand_goes_on(
    pages: Process, worker: Process, connection: Connection
) -> None:
    await pages.wish(17)
    await connection.execute(f"TRUNCATE {engine.TABLE}")
    assert not await worker.takes(_MINE, is_sweep=True)
    await pages.wish(17)
    await worker.is_woken(_MINE)


async def test_nothing_stays_of_what_was_done(
    pages: Process, worker: Process, connection: Connection
) -> None:
    for shard in _MINE:
        await pages.wish(shard)
    await worker.is_woken(_MINE)
    await engine.trim(connection)
    counted = "SELECT count(*) FROM pgqueuer"
    counts = [
        await connection.fetchval(counted),
        await connection.fetchval(f"{counted}_log"),
        await connection.fetchval(f"{counted}_statistics"),
    ]
    assert counts == [0, 0, 0]


async def test_a_release_noted_by_a_later_program_is_left_alone(
    connection: Connection, postgres_url: str
) -> None:
    noted = f"SELECT obj_description('{engine.TABLE}'::regclass)"
    assert await connection.fetchval(noted) == engine.RELEASE
    await connection.execute(f"COMMENT ON TABLE {engine.TABLE} IS '999.0'")
    bring_up_to_date(PostgresPlace(postgres_url), "app")
    assert await connection.fetchval(noted) == "999.0"


async def test_tables_of_an_earlier_release_are_brought_up_to_date(
    connection: Connection, worker: Process, pages: Process, postgres_url: str
) -> None:
    await connection.execute(f"ALTER TABLE {engine.TABLE} DROP COLUMN slot")
    await connection.execute(f"COMMENT ON TABLE {engine.TABLE} IS '1.2'")
    bring_up_to_date(PostgresPlace(postgres_url), "app")
    await pages.wish(17)
    await worker.is_woken(_MINE)
