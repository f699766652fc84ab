"""The journal on a server: what was answered is there once, whatever happens to connections."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TypeAlias

import asyncpg
import psycopg
import pytest
import pytest_asyncio

from drawbridge.core.errors import Conflict, Corrupted
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.journal import PostgresJournal
from drawbridge.storage.rows import Rows
from tests.kit.house import until

Server: TypeAlias = "psycopg.Connection[tuple[object, ...]]"

_INSERT = Rows("INSERT INTO rows VALUES {rows}", "(?, ?)", key=1)
_APPEND = Rows(
    "WITH told (id, more) AS (VALUES {rows})"
    " UPDATE rows SET body = body || told.more FROM told WHERE rows.id = told.id",
    "(CAST(? AS BIGINT), ?)",
    key=1,
)


@pytest.fixture
def server(postgres_url: str) -> Iterator[Server]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE rows (id BIGINT PRIMARY KEY, body TEXT NOT NULL)")
        yield connection


@pytest_asyncio.fixture
async def journal(postgres_url: str, server: Server) -> AsyncIterator[PostgresJournal]:
    assert server is not None
    journal = PostgresJournal(PostgresPlace(postgres_url))
    yield journal
    await journal.close()


def _rows(server: Server) -> list[tuple[object, ...]]:
    return server.execute("SELECT id, body FROM rows ORDER BY id").fetchall()


def _end_connections(server: Server) -> int:
    ended = server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    return len(ended.fetchall())


async def test_a_bad_row_fails_alone(journal: PostgresJournal, server: Server) -> None:
    await journal.write(_INSERT, (1, "first"))
    told = await asyncio.gather(
        journal.write(_INSERT, (2, "second")),
        journal.write(_INSERT, (1, "again")),
        journal.write(_INSERT, (3, None)),
        journal.write("INSERT INTO nowhere VALUES (1)", ()),
        journal.write(_INSERT, (4, "\ud800")),
        journal.write(_INSERT, (2**63, "too large")),
        journal.write(_INSERT, (5, "fifth")),
        return_exceptions=True,
    )
    assert [type(it) for it in told[:3]] == [type(None), Conflict, Corrupted]
    assert isinstance(told[3], asyncpg.UndefinedTableError)
    assert [type(it) for it in told[4:]] == [Corrupted, Corrupted, type(None)]
    assert _rows(server) == [(1, "first"), (2, "second"), (5, "fifth")]


async def test_several_rows_are_written_together_or_not_at_all(
    journal: PostgresJournal, server: Server
) -> None:
    with pytest.raises(Conflict):
        await journal.write_many([(_INSERT, (1, "a")), (_INSERT, (1, "b"))])
    assert _rows(server) == []
    await journal.write_many([(_INSERT, (1, "a")), (_APPEND, (1, "b"))])
    assert _rows(server) == [(1, "ab")]


async def test_of_two_rows_of_one_name_the_second_comes_second(
    journal: PostgresJournal, server: Server
) -> None:
    await journal.write(_INSERT, (1, ""))
    await asyncio.gather(*(journal.write(_APPEND, (1, str(it))) for it in range(9)))
    assert _rows(server) == [(1, "012345678")]


async def test_connections_that_end_in_the_middle_lose_and_double_nothing(
    journal: PostgresJournal, server: Server
) -> None:
    writing = [asyncio.ensure_future(journal.write(_INSERT, (it, "x"))) for it in range(300)]
    for begin in range(300, 3_000, 300):
        await asyncio.wait(writing, return_when=asyncio.FIRST_COMPLETED)
        _end_connections(server)
        batch = range(begin, begin + 300)
        writing += [asyncio.ensure_future(journal.write(_INSERT, (it, "x"))) for it in batch]
    await asyncio.gather(*writing)
    assert _rows(server) == [(it, "x") for it in range(3_000)]


async def test_what_nobody_waits_for_is_written_soon(
    journal: PostgresJournal, server: Server
) -> None:
    journal.write_later([(_INSERT, (1, "later"))])

    async def written() -> bool:
        return _rows(server) == [(1, "later")]

    await until(written, "the row was not written")


async def test_at_its_end_what_was_handed_in_is_written(postgres_url: str, server: Server) -> None:
    journal = PostgresJournal(PostgresPlace(postgres_url))
    journal.write_later([(_INSERT, (1, "last"))])
    await journal.close()
    assert _rows(server) == [(1, "last")]
    with pytest.raises(Corrupted, match="journal_closed"):
        await journal.write(_INSERT, (2, "too late"))
