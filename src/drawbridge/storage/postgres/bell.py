"""Hearing from the server that somebody has committed something.

Why not asked again and again: a thousand processes that look every moment are a load of their own.
A bell that was out of order rings once when it is back, because something may have been missed.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Final

from drawbridge.core.errors import ExchangeDown
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.connecting import CHANNEL, Connection, open_connection
from drawbridge.storage.postgres.faults import our_errors

_PAUSE_S: Final = 0.2
# A server whose machine died says nothing, not even that; who only listens would never know.
_ASKED_EVERY_S: Final = 3.0
_STILL_THERE: Final = "SELECT 1"


def said_of(shards: Iterable[int]) -> str:
    """Say with a ring in which shards there is something to do."""
    return " ".join(map(str, sorted(shards)))


def shards_of(said: str) -> frozenset[int]:
    """Read what was said; whoever else may use the server's channels says nothing to us."""
    return frozenset(int(it) for it in said.split() if it.isdecimal())


class Bell:
    """Counts what others, and we, have committed. Belongs to the loop on which it is started."""

    def __init__(
        self,
        place: PostgresPlace,
        heard: Callable[[str], None] = lambda _: None,
        asked_every_s: float = _ASKED_EVERY_S,
    ) -> None:
        """Hang it up; it listens once it is asked, and tells `heard` what was said at each ring.

        So often the server is asked whether it is still there.
        """
        self._place = place
        self._heard = heard
        self._asked_every_s = asked_every_s
        self._rung = 0
        self._task: asyncio.Task[None] | None = None

    def count(self) -> int:
        """Tell how often it has rung."""
        if self._task is None:
            self._task = asyncio.create_task(self._listen())
        return self._rung

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(ExchangeDown):
                connection = await open_connection(self._place)
                try:
                    await self._hear(connection)
                finally:
                    connection.terminate()
            await asyncio.sleep(_PAUSE_S)

    async def _hear(self, connection: Connection) -> None:
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        with our_errors():
            await connection.add_listener(CHANNEL, lambda *told: self._ring(told[-1]))
        self._ring("")
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._asked_every_s):
                    await ended.wait()
            with our_errors():
                async with asyncio.timeout(self._asked_every_s):
                    await connection.fetchval(_STILL_THERE)

    def _ring(self, said: str) -> None:
        self._rung += 1
        self._heard(said)
