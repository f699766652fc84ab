"""Transactions that wait for no other writer, each on a connection of its own.

For rows that nobody else writes, such as what was read about an account: its worker is the only one
that does. They are as durable as others; of what was written in a second, pages hear once.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from drawbridge.core.errors import ExchangeDown
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.committing import commit, number_of, roll_back
from drawbridge.storage.postgres.connecting import CHANNEL, Connection, open_connection, patiently
from drawbridge.storage.postgres.faults import AWAY, our_errors

_MOST: Final = 4
# Telling is a lock that all the server's commits wait for.
_TOLD_AFTER_S: Final = 1
_RING: Final = "SELECT pg_notify($1, '')"


class Lanes:
    """A few connections, made when they are wanted."""

    def __init__(self, place: PostgresPlace) -> None:
        """Connect to nothing yet."""
        self._place = place
        self._room = asyncio.Semaphore(_MOST)
        self._free: list[Connection] = []
        self._alarm: asyncio.TimerHandle | None = None
        self._ringing: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def lent(self, begin: str) -> AsyncIterator[Connection]:
        """Lend a connection with a transaction begun, and commit what was done on it.

        Raises: what the block raises, after it was rolled back; `ExchangeDown("database_away")`,
        `OutcomeUnknown("database_away")`.
        """
        async with self._room:
            connection = await patiently(lambda: self._begun(begin))
            try:
                yield connection
                await self._committed(connection)
                self._ring_later()
            except BaseException:
                await roll_back(connection)
                raise
            finally:
                if not connection.is_closed():
                    self._free.append(connection)

    def close(self) -> None:
        """Drop the connections."""
        if self._alarm is not None:
            self._alarm.cancel()
        if self._ringing is not None:
            self._ringing.cancel()
        for connection in self._free:
            connection.terminate()
        self._free.clear()

    async def _begun(self, begin: str) -> Connection:
        connection = self._free.pop() if self._free else await open_connection(self._place)
        try:
            await connection.execute(begin)
        except BaseException:
            connection.terminate()
            raise
        return connection

    def _ring_later(self) -> None:
        if self._alarm is None:
            self._alarm = asyncio.get_running_loop().call_later(_TOLD_AFTER_S, self._begin_to_ring)

    def _begin_to_ring(self) -> None:
        self._alarm = None
        self._ringing = asyncio.create_task(self._ring())

    async def _ring(self) -> None:
        # Who hears nothing sees it at the next commit.
        async with self._room:
            if not self._free:
                return
            connection = self._free.pop()
            try:
                with our_errors():
                    await connection.execute(_RING, CHANNEL)
            except ExchangeDown:
                connection.terminate()
            except BaseException:
                connection.terminate()
                raise
            else:
                self._free.append(connection)

    async def _committed(self, connection: Connection) -> None:
        with our_errors():
            number = await number_of(connection)
        if not await commit(connection, self._place, number):
            raise ExchangeDown(AWAY, reason="commit")
