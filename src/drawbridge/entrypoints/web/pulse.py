"""Wake whoever waits for something to change in the database: one look for all who listen."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from drawbridge.core.errors import DrawbridgeError

_log: Final = logging.getLogger(__name__)
_LOOK_EVERY_S: Final = 0.25


class Versioned(Protocol):
    """What changes; the database is one."""

    async def data_version(self) -> int:
        """Give a number that changes whenever something was committed."""


class Pulse:
    """Beats whenever something was committed, as long as anybody listens."""

    def __init__(self, source: Versioned) -> None:
        """Look at this source."""
        self._source = source
        self._listeners = 0
        self._looking: asyncio.Task[None] | None = None
        self._turn = asyncio.Event()
        self.beat = 0
        self.has_ended = False

    def end(self) -> None:
        """Wake everybody for the last time: the process is about to end."""
        self.has_ended = True
        self._wake()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen for the time of a block; while nobody does, nobody looks."""
        self._listeners += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._keep_looking())
        try:
            yield
        finally:
            self._listeners -= 1
            if not self._listeners:
                self._looking.cancel()

    async def wait(self, beat: int, longest_s: float) -> int:
        """Wait for another beat than this one, and not longer than so long; give the newest."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + longest_s
        while self.beat == beat and not self.has_ended and loop.time() < until_s:
            await self._rest(until_s - loop.time())
        return self.beat

    async def pause(self, length_s: float) -> None:
        """Wait for so long whatever happens, but for the end."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + length_s
        while not self.has_ended and loop.time() < until_s:
            await self._rest(until_s - loop.time())

    async def _rest(self, longest_s: float) -> None:
        try:
            async with asyncio.timeout(longest_s):
                await self._turn.wait()
        except TimeoutError:
            return

    async def _keep_looking(self) -> None:
        version = -1
        while not self.has_ended:
            try:
                seen = await self._source.data_version()
            except DrawbridgeError as error:
                _log.warning("live values: %s", error)
                seen = version
            if seen != version:
                version = seen
                self.beat += 1
                self._wake()
            await asyncio.sleep(_LOOK_EVERY_S)

    def _wake(self) -> None:
        self._turn.set()
        self._turn = asyncio.Event()
