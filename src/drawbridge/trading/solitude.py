"""Being alone with a robot among all processes, while one of its orders is judged by its limits.

From the judgement until the order's row is on disk: whoever comes next counts the row. One process
that has everything needs none of this, for it counts what is coming in memory (watch.py).
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from drawbridge.core.errors import DrawbridgeError


class Alone(Protocol):
    """What keeps other processes waiting; a database does."""

    def alone(self, subject: str) -> AbstractAsyncContextManager[None]:
        """Keep every other process that asks for the same subject waiting."""


class Solitude:
    """Enters here, and leaves wherever the order's row is written."""

    def __init__(self, database: Alone) -> None:
        """Keep others waiting by this database."""
        self._database = database
        self._staying: set[asyncio.Task[None]] = set()

    async def enter(self, subject: str) -> Callable[[], None]:
        """Wait until nobody else is there; gives what is to be called to leave.

        Raises: what the database raises; then nobody was kept waiting.
        """
        entered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        leaving = asyncio.Event()
        task = asyncio.create_task(self._stay(subject, entered, leaving))
        self._staying.add(task)
        task.add_done_callback(self._staying.discard)
        try:
            await asyncio.shield(entered)
        except BaseException:
            leaving.set()
            raise
        return leaving.set

    async def _stay(
        self, subject: str, entered: asyncio.Future[None], leaving: asyncio.Event
    ) -> None:
        try:
            async with self._database.alone(subject):
                entered.set_result(None)
                await leaving.wait()
        except DrawbridgeError as error:
            # Once inside, a lost connection lets the next one in: the order was judged by then.
            if not entered.done():
                entered.set_exception(error)
