"""Work that goes on after a handler has ended: a check that is being watched."""

import asyncio
import logging
from collections.abc import Coroutine

from aiogram.exceptions import TelegramAPIError

from drawbridge.core.errors import DrawbridgeError

_log = logging.getLogger(__name__)


class Tasks:
    """At most one task for each chat; a new one ends the one before."""

    def __init__(self) -> None:
        """Have none."""
        self._running: dict[int, asyncio.Task[None]] = {}

    def begin(self, chat: int, work: Coroutine[object, object, None]) -> None:
        """Begin a chat's task."""
        self.end(chat)
        task = asyncio.create_task(_quietly(work))
        self._running[chat] = task
        task.add_done_callback(lambda done: self._forget(chat, done))

    def end(self, chat: int) -> None:
        """End a chat's task, if there is one."""
        running = self._running.pop(chat, None)
        if running is not None:
            running.cancel()

    async def close(self) -> None:
        """End all."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _forget(self, chat: int, task: asyncio.Task[None]) -> None:
        if self._running.get(chat) is task:
            del self._running[chat]


async def _quietly(work: Coroutine[object, object, None]) -> None:
    """Let nobody stumble over a key that was deleted or a network that went away meanwhile."""
    try:
        await work
    except (DrawbridgeError, TelegramAPIError) as error:
        _log.warning("work in the background ended: %s", type(error).__name__)
