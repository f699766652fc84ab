"""Many small durable writes at once to a server: whoever waits together is committed together.

One connection and one task: while a batch is committed, the next one gathers. What a lost
connection leaves open is asked of the server (`committing.py`), and written again where it was not.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Sequence
from typing import Final

import asyncpg

from drawbridge.core.errors import DrawbridgeError, ExchangeDown, OutcomeUnknown
from drawbridge.storage.connection import Value
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.committing import commit, number_of, roll_back
from drawbridge.storage.postgres.connecting import (
    PATIENCE_S,
    Connection,
    open_connection,
    patiently,
)
from drawbridge.storage.postgres.faults import AWAY, our_errors
from drawbridge.storage.postgres.sql import numbered
from drawbridge.storage.rows import MOST_PER_COMMIT, Intake, Rows, Statement, Unit, alone, in_order

_PAUSE_S: Final = 0.1


class PostgresJournal:
    """Write rows durably. Belongs to the event loop on which it was made."""

    def __init__(self, place: PostgresPlace) -> None:
        """Begin to write; the tables must be there already."""
        self._place = place
        self._connection: Connection | None = None
        self._waiting: deque[Unit] = deque()
        self._is_wanted = asyncio.Event()
        self._is_ending = False
        self._intake = Intake(self._take)
        self._task = asyncio.create_task(self._work())

    def write(self, sql: str | Rows, args: Sequence[Value]) -> Awaitable[None]:
        """Write one row, as `RowJournal` says."""
        return self._intake.write_many(((sql, args),))

    def write_many(self, statements: Sequence[Statement]) -> Awaitable[None]:
        """Write several rows, all or none, as `RowJournal` says."""
        return self._intake.write_many(statements)

    def write_later(self, statements: Sequence[Statement]) -> None:
        """Write several rows soon, as `RowJournal` says."""
        self._intake.write_later(statements)

    async def close(self) -> None:
        """Write what is queued, then stop."""
        self._intake.end()
        self._is_ending = True
        self._is_wanted.set()
        await self._task
        if self._connection is not None:
            self._connection.terminate()

    def _take(self, units: list[Unit]) -> None:
        self._waiting.extend(units)
        self._is_wanted.set()

    async def _work(self) -> None:
        try:
            while not self._is_ending or self._waiting:
                await self._is_wanted.wait()
                self._is_wanted.clear()
                while self._waiting:
                    await self._write_some()
        finally:
            # Whatever has ended it, nobody waits for ever.
            self._intake.end()

    async def _write_some(self) -> None:
        count = min(len(self._waiting), MOST_PER_COMMIT)
        units = [self._waiting.popleft() for _ in range(count)]
        try:
            await self._write(units)
        except BaseException as error:
            _fail(units, error)
            raise
        finally:
            self._intake.tell(units)

    async def _write(self, units: list[Unit]) -> None:
        """Write units, each by itself where they cannot be written together."""
        try:
            await self._write_together(units)
        except (ExchangeDown, OutcomeUnknown) as error:
            _fail(units, error)
        except (DrawbridgeError, asyncpg.PostgresError) as error:
            if len(units) == 1:
                units[0].failure = error
                return
            # What is wrong with one of them does not touch its neighbours.
            for unit in units:
                await self._write([unit])

    async def _write_together(self, units: list[Unit]) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_S
        while True:
            # What is not written is undone for certain, and may be written again.
            try:
                is_written = await self._is_written(units)
            except ExchangeDown:
                if loop.time() >= until:
                    raise
                is_written = False
            if is_written:
                return
            if loop.time() >= until:
                raise ExchangeDown(AWAY, reason="commit")
            await asyncio.sleep(_PAUSE_S)

    async def _is_written(self, units: list[Unit]) -> bool:
        connection = await self._connected()
        try:
            with our_errors():
                await connection.execute("BEGIN")
                for sql, args in _statements(units):
                    await connection.execute(numbered(sql), *args)
                number = await number_of(connection)
        except BaseException:
            await roll_back(connection)
            raise
        return await commit(connection, self._place, number)

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await patiently(lambda: open_connection(self._place))
        return self._connection


def _statements(units: list[Unit]) -> list[tuple[str, Sequence[Value]]]:
    if len(units) == 1:
        return [alone(it) for it in units[0].statements]
    return list(in_order(units))


def _fail(units: list[Unit], error: BaseException) -> None:
    for unit in units:
        unit.failure = error
