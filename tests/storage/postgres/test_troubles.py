"""What goes wrong beside a server leaves nothing half done, and ends nothing that should go on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import psycopg
import pytest
import pytest_asyncio

from drawbridge.core.errors import ExchangeDown
from drawbridge.storage.database import Database, Transaction
from drawbridge.storage.engines import open_database
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.bell import Bell
from tests.kit.house import until
from tests.kit.turns import a_turn

_PUT = "INSERT INTO used_stamps (key_id, reserved) VALUES (?, ?)"
_ALL = "SELECT key_id FROM used_stamps ORDER BY key_id"
_SLEEP = "SELECT pg_sleep(30)"
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


async def _cut_at(word: bytes, behind: Path, before: Path) -> asyncio.Server:
    """Stand before a server, and end the first connection over which a word is said."""
    is_cut = False

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal is_cut
        while data := await reader.read(65_536):
            if word in data and not is_cut:
                is_cut = True
                break
            writer.write(data)
        writer.close()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(behind / _SOCKET)
        await asyncio.gather(carry(reader, ours), carry(theirs, writer))

    return await asyncio.start_unix_server(talk, before / _SOCKET)


async def test_a_bell_that_was_cut_off_while_it_was_hung_up_rings_all_the_same(
    postgres_url: str, tmp_path: Path
) -> None:
    behind = Path(parse_qs(urlsplit(postgres_url).query)["host"][0])
    place = PostgresPlace(postgres_url.replace(quote(str(behind), safe="/"), str(tmp_path)))
    async with await _cut_at(b"LISTEN", behind, tmp_path):
        bell = Bell(place)
        bell.count()

        async def rings() -> bool:
            return bell.count() > 0

        await until(rings, "the bell does not ring any more")
        await bell.close()
