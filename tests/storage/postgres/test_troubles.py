"""What goes wrong beside a server leaves nothing half done, and ends nothing that should go on."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import psycopg
import pytest
import pytest_asyncio

from drawbridge.core.errors import Corrupted, ExchangeDown, OutcomeUnknown
from drawbridge.storage.database import Database, Transaction
from drawbridge.storage.engines import open_database
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.bell import Bell
from drawbridge.storage.postgres.committing import commit, number_of
from drawbridge.storage.postgres.connecting import PATIENCE_S, open_connection
from drawbridge.storage.postgres.database import PostgresTransaction
from drawbridge.storage.postgres.guests import Guests
from drawbridge.storage.postgres.tenants import SETTING
from tests.kit.house import until
from tests.kit.turns import a_turn

_PUT = "INSERT INTO used_stamps (key_id, reserved) VALUES (?, ?)"
_ALL = "SELECT key_id FROM used_stamps ORDER BY key_id"
_SLEEP = "SELECT pg_sleep(30)"
_FOR_WHOM = f"SELECT current_setting('{SETTING}')"
_SOCKET = ".s.PGSQL.5432"

Begin = Callable[[], AbstractAsyncContextManager[Transaction]]


@pytest_asyncio.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    database = await open_database(PostgresPlace(postgres_url), "app")
    yield database
    await database.close()


async def _names(database: Database) -> list[str]:
    return [row["key_id"] for row in await database.fetch_all(_ALL)]


async def _cancelled(begin: Begin, turns: int) -> None:
    """Cancel who writes while the server is busy, and once more so many turns later."""
    begun = asyncio.Event()

    async def write() -> None:
        async with begin() as tx:
            await tx.execute(_PUT, "a", 1)
            begun.set()
            await tx.fetch_all(_SLEEP)

    task = asyncio.create_task(write())
    await begun.wait()
    await a_turn()
    task.cancel()
    for _ in range(turns):
        await a_turn()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("how", ["transaction", "lane"])
@pytest.mark.parametrize("turns", range(4))
async def test_who_is_cancelled_while_it_is_undone_leaves_nothing_open(
    database: Database, how: str, turns: int
) -> None:
    """What was begun and not finished is never written together with what comes next."""
    begin: Begin = database.transaction if how == "transaction" else database.lane
    await _cancelled(begin, turns)
    async with asyncio.timeout(5), begin() as tx:
        await tx.execute(_PUT, "b", 1)
    assert await _names(database) == ["b"]


async def _alone_within(database: Database, within_s: float) -> None:
    async with asyncio.timeout(within_s), database.alone("robot:a"):
        pass


async def test_who_is_alone_stays_so_while_an_order_waits_for_its_turn(
    database: Database, postgres_url: str
) -> None:
    """What an exchange allows may be waited for longer than the server waits for who is silent."""
    elsewhere = await open_database(PostgresPlace(postgres_url), "app")
    async with contextlib.AsyncExitStack() as ending:
        ending.push_async_callback(elsewhere.close)
        async with database.alone("robot:a"):
            with pytest.raises(TimeoutError):
                await _alone_within(elsewhere, 3.5)
        await _alone_within(elsewhere, 5)


async def _served_by(url: str, setting: str) -> None:
    """Change what holds for all connections to a database from now on, and end those there are."""

    def change() -> None:
        with psycopg.connect(url, autocommit=True) as server:
            name = server.info.dbname
            server.execute(f'ALTER DATABASE "{name}" {setting}'.encode())
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    await asyncio.to_thread(change)


async def test_a_server_that_takes_no_writers_counts_as_away(
    database: Database, postgres_url: str
) -> None:
    """A stand-in that was not promoted yet lets read and refuses to write."""
    await _served_by(postgres_url, "SET default_transaction_read_only = on")
    with pytest.raises(ExchangeDown, match="database_away"):
        await database.at_once(_PUT, "a", 1)
    with pytest.raises(ExchangeDown, match="database_away"):
        async with database.transaction() as tx:
            await tx.execute(_PUT, "a", 1)
    with pytest.raises(ExchangeDown, match="database_away"):
        async with database.lane() as tx:
            await tx.execute(_PUT, "a", 1)


async def test_a_connection_over_which_nothing_arrives_ends_while_it_is_waited_for(
    postgres_url: str,
) -> None:
    """A server whose machine died closes nothing; its stand-in is asked over a new connection."""
    behind = Path(parse_qs(urlsplit(postgres_url).query)["host"][0])

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()
        await writer.wait_closed()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(behind / _SOCKET)
        await asyncio.gather(carry(reader, ours), carry(theirs, writer))
        ended.set()

    ended = asyncio.Event()
    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        place = PostgresPlace(
            f"postgresql://drawbridge@127.0.0.1:{port}{urlsplit(postgres_url).path}"
        )
        connection = await open_connection(place)
        line = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined] # noqa: SLF001 - the driver tells nobody of it
        unheard_ms = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert 0 < unheard_ms < PATIENCE_S * 1_000
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        await connection.close()
        await ended.wait()


@contextlib.asynccontextmanager
async def _cut_at(word: bytes, url: str, before: Path, *, silent: bool) -> AsyncIterator[str]:
    """Stand before a server, and cut the first connection over which a word is said.

    A silent cut ends nothing: whatever is said from then on goes nowhere.
    """
    behind = Path(parse_qs(urlsplit(url).query)["host"][0])
    talks: set[asyncio.Task[None] | None] = set()
    is_cut = False

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal is_cut
        is_lost = False
        while data := await reader.read(65_536):
            if word in data and not is_cut:
                is_cut = is_lost = True
            if is_lost and not silent:
                break
            if not is_lost:
                writer.write(data)
        writer.close()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.current_task())
        theirs, ours = await asyncio.open_unix_connection(behind / _SOCKET)
        await asyncio.gather(carry(reader, ours), carry(theirs, writer))
        for each in (writer, ours):
            with contextlib.suppress(OSError):
                await each.wait_closed()

    async with await asyncio.start_unix_server(talk, before / _SOCKET):
        yield url.replace(quote(str(behind), safe="/"), str(before))
        await asyncio.gather(*(it for it in talks if it is not None))


@pytest.mark.parametrize(
    ("word", "silent"), [(b"LISTEN", False), (b"SELECT 1", False), (b"SELECT 1", True)]
)
async def test_a_bell_that_was_cut_off_rings_all_the_same(
    postgres_url: str, tmp_path: Path, word: bytes, *, silent: bool
) -> None:
    """While it is hung up, or later; also where a machine died and nobody says so."""
    async with _cut_at(word, postgres_url, tmp_path, silent=silent) as url:
        bell = Bell(PostgresPlace(url), asked_every_s=0.05)
        times = 1 if word == b"LISTEN" else 2

        async def rings() -> bool:
            return bell.count() >= times

        await until(rings, "the bell does not ring any more")
        await bell.close()


async def test_a_connection_that_could_not_be_set_for_somebody_serves_nobody(
    postgres_url: str,
) -> None:
    """Else the next statement of theirs would run as whoever it was set for before."""
    guests = Guests(PostgresPlace(postgres_url))
    unheard_of = "zoe\x00"
    for number in range(6):
        await guests.fetch(f"ann{number}", _FOR_WHOM)
    for _ in range(2):
        with pytest.raises(Corrupted):
            await guests.fetch(unheard_of, _FOR_WHOM)
    assert [tuple(it) for it in await guests.fetch("ann5", _FOR_WHOM)] == [("ann5",)]
    guests.close()


@asynccontextmanager
async def _nothing_unheard() -> AsyncIterator[None]:
    """Fail where something ended badly for the time of the block, and nobody was told."""
    loop, unheard = asyncio.get_running_loop(), list[object]()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, told: unheard.append(told))
    try:
        yield
        gc.collect()
        await a_turn()
    finally:
        loop.set_exception_handler(before)
    assert unheard == []


@pytest.mark.parametrize("times", [1, 2])
async def test_a_commit_that_fails_after_its_caller_was_cancelled_is_no_mystery(
    database: Database, postgres_url: str, times: int
) -> None:
    """It is seen to its end, however often somebody says that it should not be."""

    def refuse_late() -> None:
        with psycopg.connect(postgres_url, autocommit=True) as server:
            server.execute(
                "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN PERFORM pg_sleep(0.3); RAISE EXCEPTION 'no'; END $$"
            )
            server.execute(
                "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON used_stamps"
                " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()"
            )

    await asyncio.to_thread(refuse_late)

    async def write() -> None:
        async with database.transaction() as tx:
            await tx.execute(_PUT, "a", 1)

    def is_committing() -> bool:
        with psycopg.connect(postgres_url) as server:
            asked = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = 'COMMIT'"
            return server.execute(asked).fetchone() is not None

    async with _nothing_unheard():
        task = asyncio.create_task(write())
        await until(lambda: asyncio.to_thread(is_committing), "it commits")
        for _ in range(times):
            task.cancel()
            await a_turn()
        with pytest.raises(asyncio.CancelledError):
            await task
        del task
    assert await _names(database) == []


async def _asked_about(place: PostgresPlace, number: str) -> bool:
    """Ask what became of a commit whose answer was lost with its connection."""
    connection = await open_connection(place)
    connection.terminate()
    return await commit(connection, place, number)


async def test_a_number_that_a_crashed_server_has_forgotten_or_gives_again_is_not_believed(
    database: Database, postgres_url: str
) -> None:
    """What was not on its disk when it crashed is lost, and another's commit bears its number."""
    place = PostgresPlace(postgres_url)
    async with database.transaction() as tx:
        await tx.execute(_PUT, "a", 1)
        assert isinstance(tx, PostgresTransaction)
        number = await number_of(tx.connection)
    assert await _asked_about(place, number)
    xid, reached, begun = number.split(" ")
    assert not await _asked_about(place, f"{int(xid) + 10**6} {reached} {begun}")
    # Begun anew somewhere else than it was, and before our place: by a crash that took ours.
    beyond, elsewhere = "FFFFFFF/0", "0/1"
    with pytest.raises(OutcomeUnknown, match="database_away"):
        await _asked_about(place, f"{xid} {beyond} {elsewhere}")
    assert await _asked_about(place, f"{xid} {beyond} {begun}")
