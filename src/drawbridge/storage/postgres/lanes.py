"""Transactions that wait for no other writer, each on a connection of its own.

For rows that nobody else writes, such as what was read about an account: its worker is the only one
that does. They are as durable as others, and nobody is told of them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from drawbridge.core.errors import ExchangeDown
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.committing import commit, number_of
from drawbridge.storage.postgres.connecting import Connection, open_connection, patiently
from drawbridge.storage.postgres.faults import AWAY, LOST, our_errors

_MOST: Final = 4


class Lanes:
    """A few connections, made when they are wanted."""

    def __init__(self, place: PostgresPlace) -> None:
        """Connect to nothing yet."""
        self._place = place
        self._room = asyncio.Semaphore(_MOST)
        self._free: list[Connection] = []

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Connection]:
        """Lend a connection with a transaction begun, and commit what was done on it.

        Raises: what the block raises, after it was rolled back; `ExchangeDown("database_away")`,
        `OutcomeUnknown("database_away")`.
        """
        async with self._room:
            connection = await patiently(self._begun)
            try:
                yield connection
                await self._committed(connection)
            except BaseException:
                await _undone(connection)
                raise
            finally:
                if not connection.is_closed():
                    self._free.append(connection)

    def close(self) -> None:
        """Drop the connections."""
        for connection in self._free:
            connection.terminate()
        self._free.clear()

    async def _begun(self) -> Connection:
        connection = self._free.pop() if self._free else await open_connection(self._place)
        try:
            await connection.execute("BEGIN")
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _committed(self, connection: Connection) -> None:
        with our_errors():
            number = await number_of(connection)
        if not await commit(connection, self._place, number):
            raise ExchangeDown(AWAY, reason="commit")


async def _undone(connection: Connection) -> None:
    try:
        await connection.execute("ROLLBACK")
    except (*LOST, asyncpg.PostgresError):
        connection.terminate()
