"""Being woken on a server: the bell tells whose turn it is, and the engine's queue keeps it.

A job is taken out before its shard is looked at, so what is wanted while we look makes a job of its
own. Who dies in between has lost nothing: whoever claims a shard begins by looking at it.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from drawbridge.core.errors import ExchangeDown
from drawbridge.core.shards import HOUSE, SHARDS
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres import engine
from drawbridge.storage.postgres.connecting import Connection, open_connection
from drawbridge.storage.postgres.faults import AWAY
from drawbridge.storage.wakes import Waiting

# Somebody who is stopped in the middle of a transaction holds up a job, and with it nobody else.
_WITHIN_S: Final = 1
_TRIM_EVERY_S: Final = 60
# Under which the queue has what we hold; the server draws it.
_NAME: Final = "SELECT gen_random_uuid()"
_ALL: Final = frozenset(range(SHARDS))


class Rings:
    """What a database that is open hears of commits, and whoever is to be told of them."""

    def __init__(self, place: PostgresPlace) -> None:
        """Have heard nothing yet."""
        self.place: Final = place
        self.own = 0
        self.told: Final[set[int]] = set()

    def tell(self, shards: frozenset[int]) -> None:
        """Hear that somebody has something to do in some shards."""
        self.told.update(shards)


class PostgresWakes:
    """What one process is woken by. Belongs to the loop on which it is used."""

    def __init__(self, rings: Rings) -> None:
        """Connect to nothing yet."""
        self._rings = rings
        self._own = -1
        self._worker = uuid.UUID(int=0)
        self._connection: Connection | None = None
        self._trimmed_s = 0.0
        self._turn = asyncio.Lock()

    async def take(self, shards: frozenset[int] | None, *, is_sweep: bool) -> bool:
        """Tell whether there is something to do in these shards, as `Wakes` says.

        What this process has committed itself may have something follow here at once.
        Raises: `ExchangeDown("database_away")`.
        """
        mine = _ALL if shards is None else shards
        before, self._own = self._own, self._rings.own
        is_told = bool(self._rings.told & mine)
        if is_told or is_sweep:
            self._rings.told.clear()
            is_told = await self._take(mine)
        return is_told or self._own != before

    async def waiting(self) -> Waiting:
        """Tell what nobody has taken yet. Raises: `ExchangeDown("database_away")`."""
        async with self._asking() as connection:
            return Waiting(*await engine.waiting(connection))

    async def close(self) -> None:
        """Drop the connection."""
        self._drop()

    async def _take(self, shards: frozenset[int]) -> bool:
        async with self._asking() as connection:
            jobs = await engine.take(connection, shards, self._worker)
            for job in jobs:
                await engine.end(connection, job)
            await self._trim(connection, shards)
        return bool(jobs)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[Connection]:
        """Ask the queue while nobody else here does, and no longer than is good for a look."""
        async with self._turn:
            try:
                async with asyncio.timeout(_WITHIN_S):
                    yield await self._connected()
            except TimeoutError as error:
                self._drop()
                raise ExchangeDown(AWAY, reason=type(error).__name__) from error
            except BaseException:
                # Whatever state it is in, the next one does not find out by waiting.
                self._drop()
                raise

    async def _trim(self, connection: Connection, shards: frozenset[int]) -> None:
        now_s = asyncio.get_running_loop().time()
        if HOUSE in shards and now_s >= self._trimmed_s + _TRIM_EVERY_S:
            self._trimmed_s = now_s
            await engine.trim(connection)

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await open_connection(self._rings.place)
            self._worker = await self._connection.fetchval(_NAME)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
