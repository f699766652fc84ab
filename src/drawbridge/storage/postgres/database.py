"""A database on a PostgreSQL server, for any number of processes.

Transactions keep what one file promises: one writer at a time, in the whole cluster, held by a lock
that ends with the transaction. The domain was written for that promise, and people change little;
what comes by the thousand goes through `journal.py`, which needs no such lock.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final
from weakref import WeakSet

import asyncpg

from drawbridge.core.errors import ExchangeDown
from drawbridge.storage.connection import Value
from drawbridge.storage.database import Row
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres import engine
from drawbridge.storage.postgres.aside import Aside
from drawbridge.storage.postgres.bell import Bell, said_of, shards_of
from drawbridge.storage.postgres.committing import NUMBER, commit, roll_back
from drawbridge.storage.postgres.connecting import (
    CHANNEL,
    Asked,
    Connection,
    open_connection,
    open_pool,
    patiently,
)
from drawbridge.storage.postgres.faults import AWAY, LOST, our_errors
from drawbridge.storage.postgres.glance import Glances
from drawbridge.storage.postgres.guests import Guests, begin_for, is_separated, person_asking
from drawbridge.storage.postgres.lanes import Lanes
from drawbridge.storage.postgres.sql import numbered
from drawbridge.storage.postgres.wakes import Rings
from drawbridge.storage.schema import bring_up_to_date
from drawbridge.storage.turns import Turn

_READERS: Final = 6
_TURN_S: Final = 0.1
_ALONE: Final = 2
# More often than the server ends a transaction in which nothing happens.
_SPOKEN_TO_EVERY_S: Final = 0.5
# The first number says whose locks these are, the second which.
_WRITER: Final = "pg_advisory_xact_lock(8420, 1)"
_AS_OURSELVES: Final = "RESET ROLE"
_SUBJECT: Final = "SELECT pg_advisory_xact_lock(8421, hashtext($1))"
# Two in one, because others wait for our lock meanwhile.
_NUMBER_AND_RING: Final = f"SELECT {NUMBER}, pg_notify($1, $2)"
_NOW: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"


class PostgresTransaction:
    """What can be done between begin and commit."""

    def __init__(self, connection: Connection) -> None:
        """Work on this connection."""
        self.connection = connection
        self.has_written = False
        self.woken: set[int] = set()

    async def execute(self, sql: str, *args: Value) -> int:
        """Run one statement and tell how many rows it changed."""
        self.has_written = True
        with our_errors():
            status = await self.connection.execute(numbered(sql), *args)
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        """Run one statement for each of many rows."""
        if rows:
            self.has_written = True
            with our_errors():
                await self.connection.executemany(numbered(sql), rows)

    async def fetch_all(self, sql: str, *args: Value) -> Sequence[Row]:
        """Read rows as this transaction sees them."""
        self.has_written = True  # what returns rows may have written them
        with our_errors():
            return await self.connection.fetch(numbered(sql), *args)

    async def fetch_one(self, sql: str, *args: Value) -> Row | None:
        """Read the first row, None when there is none."""
        self.has_written = True
        with our_errors():
            return await self.connection.fetchrow(numbered(sql), *args)

    def wake(self, shards: Iterable[int]) -> None:
        """Say with the commit, to whoever holds these shards, that there is something to do."""
        self.woken.update(shards)


class PostgresDatabase:
    """One database on a server, open for this process."""

    def __init__(
        self, place: PostgresPlace, readers: Asked, writer: Connection, *, is_separated: bool
    ) -> None:
        """Use these connections; `open` makes them.

        `is_separated` tells whether the server keeps people's rows apart (`tenants.py`).
        """
        self._place = place
        self.is_separated: Final = is_separated
        self._guests = Guests(place)
        self._readers = readers
        self._writer = writer
        self._turn = asyncio.Lock()
        self._glances = Glances(place)
        self._guests_glances = Glances(place)
        self._aside = Aside(place)
        self._lanes = Lanes(place)
        self._turns: WeakSet[Turn] = WeakSet()
        self.rings: Final = Rings(place)
        self._bell = Bell(place, self._hear)
        self._bell.count()
        self._alone = asyncio.Semaphore(_ALONE)

    @classmethod
    async def open(cls, place: PostgresPlace, schema: str) -> "PostgresDatabase":
        """Connect and bring the database to the named schema.

        Raises: `Corrupted("database_newer")`, `Corrupted("database_failed")` where our role may not
        make its tables, `ExchangeDown("database_away")`.
        """
        await asyncio.to_thread(bring_up_to_date, place, schema)
        separated = await is_separated(place)
        readers = await open_pool(place, _READERS)
        return cls(place, readers, await open_connection(place), is_separated=separated)

    async def fetch_all(self, sql: str, *args: Value) -> Sequence[Row]:
        """Read rows as they were last committed."""
        if owner := self._person():
            return await self._guests.fetch(owner, numbered(sql), *args)
        return await patiently(lambda: self._readers.fetch(numbered(sql), *args))

    async def fetch_one(self, sql: str, *args: Value) -> Row | None:
        """Read the first row, None when there is none."""
        if owner := self._person():
            return await self._guests.fetchrow(owner, numbered(sql), *args)
        return await patiently(lambda: self._readers.fetchrow(numbered(sql), *args))

    def glance(self, sql: str, *args: Value) -> Row | None:
        """Read one row by its key, at once. Raises: `ExchangeDown("database_away")`."""
        if owner := self._person():
            return self._guests_glances.fetch_one(sql, args, owner)
        return self._glances.fetch_one(sql, args)

    def turn(self) -> Turn:
        """Let a glance hold for a moment, or until something is committed here or elsewhere."""
        turn = Turn(_TURN_S)
        self._turns.add(turn)
        return turn

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresTransaction]:
        """Write all or nothing; one writer at a time, durable when the block is left.

        Raises: what the block raises, after everything in it was rolled back;
        `ExchangeDown("database_away")` where nothing was written because the server went away,
        `OutcomeUnknown("database_away")` where it did not come back to tell.
        """
        owner = self._person()
        async with self._turn:
            await patiently(lambda: self._begin(owner))
            try:
                transaction = PostgresTransaction(self._writer)
                yield transaction
                await self._end(transaction)
            except BaseException:
                await self._roll_back()
                raise

    async def at_once(self, sql: str, *args: Value) -> Sequence[Row]:
        """Run one statement as a transaction of its own, and give the rows that it returns.

        Why a connection of its own: a process that is stopped in the middle of a transaction holds
        all other writers up for as long as claims last.
        """
        if owner := self._person():
            return await self._guests.run(owner, numbered(sql), *args)
        return await self._aside.fetch(sql, *args)

    @asynccontextmanager
    async def lane(self) -> AsyncIterator[PostgresTransaction]:
        """Write rows that nobody else writes: as a transaction, but waiting for no other writer."""
        async with self._lanes.lent(begin_for(self._person())) as connection:
            yield PostgresTransaction(connection)

    @asynccontextmanager
    async def alone(self, subject: str) -> AsyncIterator[None]:
        """Keep every other process that asks for the same subject waiting.

        Why a transaction of its own: a process that stops in the middle loses it, and holds the
        others up no longer than the server waits for who says nothing. One that lives says
        something now and then, however long it is at it.
        """
        async with self._alone:
            connection = await patiently(lambda: open_connection(self._place))
            try:
                with our_errors():
                    await connection.execute("BEGIN")
                    await connection.execute(_SUBJECT, subject)
                async with _spoken_to(connection):
                    yield
            finally:
                connection.terminate()

    async def data_version(self) -> int:
        """Give a number that changes whenever something was committed, but by journals."""
        return self._bell.count()

    async def now_ms(self) -> int:
        """Give the time by the server's clock."""
        [row] = await self._aside.fetch(_NOW)
        now_ms: int = row[0]
        return now_ms

    async def close(self) -> None:
        """Close the connections; what was begun is finished first."""
        async with self._turn:
            self._glances.close()
            self._guests_glances.close()
            self._guests.close()
            self._lanes.close()
            self._aside.close()
            await self._bell.close()
            await _closed(self._writer)
            self._readers.terminate()

    def _person(self) -> str:
        """Give for which person we act; empty where rows are the house's, or are not kept apart."""
        owner = person_asking()
        return owner if self.is_separated else ""

    async def _begin(self, owner: str) -> None:
        if self._writer.is_closed():
            self._writer = await open_connection(self._place)
        try:
            await self._writer.execute(begin_for(owner, _WRITER))
        except BaseException:
            # Whatever it was, nothing is left open in which the next one would begin.
            self._writer.terminate()
            raise

    async def _end(self, transaction: PostgresTransaction) -> None:
        connection = transaction.connection
        if not transaction.has_written:
            await self._roll_back()
            return
        with our_errors():
            if transaction.woken and self.is_separated:
                # The queue is the house's; nothing of a person's comes after this.
                await connection.execute(_AS_OURSELVES)
        await engine.put(connection, transaction.woken)
        with our_errors():
            number = await connection.fetchval(
                _NUMBER_AND_RING, CHANNEL, said_of(transaction.woken)
            )
        if not await _to_its_end(asyncio.create_task(commit(connection, self._place, number))):
            raise ExchangeDown(AWAY, reason="commit")
        self.rings.own += 1
        self._end_turns()

    def _hear(self, said: str) -> None:
        self._end_turns()
        self.rings.tell(shards_of(said))

    def _end_turns(self) -> None:
        for turn in self._turns:
            turn.end()

    async def _roll_back(self) -> None:
        if self._writer.is_closed() or not self._writer.is_in_transaction():
            return
        await roll_back(self._writer)


async def _to_its_end(committing: asyncio.Task[bool]) -> bool:
    """Wait for a commit, also when whoever waits is cancelled, and as often as that happens.

    Why: what is under way on a connection must not meet what undoes it there.
    """
    try:
        return await asyncio.shield(committing)
    except asyncio.CancelledError:
        while not committing.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait((committing,))
        if not committing.cancelled():
            # Who would be told of its failure has gone.
            committing.exception()
        raise


@asynccontextmanager
async def _spoken_to(connection: Connection) -> AsyncIterator[None]:
    """Say something over a connection now and then, for the time of the block."""

    async def speak() -> None:
        # Where it was lost, nothing that is said brings it back.
        with suppress(ExchangeDown):
            while True:
                await asyncio.sleep(_SPOKEN_TO_EVERY_S)
                with our_errors():
                    await connection.execute("SELECT 1")

    speaking = asyncio.create_task(speak())
    try:
        yield
    finally:
        speaking.cancel()


async def _closed(connection: Connection) -> None:
    try:
        await connection.close(timeout=1.0)
    except (*LOST, asyncpg.PostgresError):
        connection.terminate()
