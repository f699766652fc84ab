"""A database in one SQLite file: reads on one connection, transactions on another.

These have threads of their own, so a slow disk never stops the event loop. Rows that come
by the thousand go through `storage/journal.py` instead.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Final

from drawbridge.storage.connection import ConnectionThread, Value, connect, our_errors
from drawbridge.storage.schema import bring_up_to_date
from drawbridge.storage.turns import Turn

# Days since noon in 4714 BC; SQLite before 3.42 tells parts of a second in no other number.
_NOW: Final = "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


class SqliteTransaction:
    """What can be done between begin and commit."""

    def __init__(self, writer: ConnectionThread) -> None:
        """Work on this connection."""
        self._writer = writer

    async def execute(self, sql: str, *args: Value) -> int:
        """Run one statement and tell how many rows it changed."""
        return await self._writer.run(lambda it: it.execute(sql, args).rowcount)

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        """Run one statement for each of many rows."""
        if rows:
            await self._writer.run(lambda it: it.executemany(sql, rows))

    async def fetch_all(self, sql: str, *args: Value) -> list[sqlite3.Row]:
        """Read rows as this transaction sees them."""
        return await self._writer.run(lambda it: it.execute(sql, args).fetchall())

    async def fetch_one(self, sql: str, *args: Value) -> sqlite3.Row | None:
        """Read the first row, None when there is none."""
        return await self._writer.run(lambda it: _first(it, sql, args))

    def wake(self, shards: Iterable[int]) -> None:
        """Say nothing: who works on a file looks whenever somebody has committed."""


class SqliteDatabase:
    """One SQLite file, open for this process. Other processes may have it open as well."""

    def __init__(
        self, reader: ConnectionThread, writer: ConnectionThread, glance: sqlite3.Connection
    ) -> None:
        """Use three connections to the same file; `open` makes them."""
        self._reader = reader
        self._writer = writer
        self._glance = glance
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path, schema: str) -> "SqliteDatabase":
        """Open or make the file and bring it to the named schema ("app" or "paper").

        Raises: `Corrupted("database_newer")`, `Corrupted("database_failed")`.
        """
        writer = ConnectionThread(await asyncio.to_thread(connect, path), "database-writer")
        try:
            await asyncio.to_thread(bring_up_to_date, path, schema)
            glance = await asyncio.to_thread(connect, path)
            reader = ConnectionThread(await asyncio.to_thread(connect, path), "database-reader")
        except BaseException:
            await writer.close()
            raise
        return cls(reader, writer, glance)

    async def fetch_all(self, sql: str, *args: Value) -> list[sqlite3.Row]:
        """Read rows as they were last committed."""
        return await self._reader.run(lambda it: it.execute(sql, args).fetchall())

    async def fetch_one(self, sql: str, *args: Value) -> sqlite3.Row | None:
        """Read the first row, None when there is none."""
        return await self._reader.run(lambda it: _first(it, sql, args))

    def glance(self, sql: str, *args: Value) -> sqlite3.Row | None:
        """Read one row by its key, at once.

        Why: on the way of an order the hop to another thread costs ten times what the read
        does. Only for rows found by an index; a reader never waits for a writer here.
        """
        try:
            return _first(self._glance, sql, args)
        except (sqlite3.Error, OverflowError, UnicodeEncodeError):
            with our_errors():
                raise

    def turn(self) -> Turn:
        """Let a glance hold for a turn of the event loop."""
        return Turn()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqliteTransaction]:
        """Write all or nothing; one writer at a time, durable when the block is left.

        Raises: what the block raises, after everything in it was rolled back.
        """
        async with self._turn:
            try:
                await self._writer.run(_begin)
                yield SqliteTransaction(self._writer)
                await self._writer.run(_commit)
            except BaseException:
                await self._writer.run(_roll_back)
                raise

    async def at_once(self, sql: str, *args: Value) -> list[sqlite3.Row]:
        """Run one statement as a transaction of its own, and give the rows that it returns."""
        async with self._turn:
            return await self._writer.run(lambda it: it.execute(sql, args).fetchall())

    async def data_version(self) -> int:
        """Give a number that changes whenever something was committed, by us or by others."""
        # Asked on the reader: it counts commits of every connection but the one that asks.
        row = await self.fetch_one("PRAGMA data_version")
        return int(row[0]) if row else 0

    async def now_ms(self) -> int:
        """Give the time of this machine."""
        row = await self.fetch_one(_NOW)
        return int(row[0]) if row else 0

    def lane(self) -> AbstractAsyncContextManager[SqliteTransaction]:
        """Write as in any other transaction: a file has one writer."""
        return self.transaction()

    def alone(self, _subject: str) -> AbstractAsyncContextManager[None]:
        """Wait for nobody: one gateway at a time works on a file, and it has locks of its own."""
        return nullcontext()

    async def close(self) -> None:
        """Close the connections; what was begun is finished first."""
        async with self._turn:
            self._glance.close()
            await self._reader.close()
            await self._writer.close()


def _first(connection: sqlite3.Connection, sql: str, args: tuple[Value, ...]) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(sql, args).fetchone()
    return row


def _begin(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")


def _commit(connection: sqlite3.Connection) -> None:
    connection.execute("COMMIT")


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
