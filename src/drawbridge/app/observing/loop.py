"""How late the event loop is: everything else of a process waits as long."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from drawbridge.app.observing.readings import Reading, Times, state
from drawbridge.core.measures import Spreads

_EVERY_S: Final = 0.5
_US_PER_S: Final = 1_000_000


class LoopWatch:
    """Looks twice a second how much later than asked for it is woken."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._late = Spreads()

    async def read(self) -> Sequence[Reading]:
        """Give how late it was until now, and how many tasks there are."""
        return (
            Times("loop_lag_seconds", (), self._late.spreads()),
            state("tasks", len(asyncio.all_tasks())),
        )

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look for the time of the block."""
        task = asyncio.create_task(self._keep_looking())
        try:
            yield
        finally:
            task.cancel()

    async def _keep_looking(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _EVERY_S
            await asyncio.sleep(_EVERY_S)
            self._late.add(max(0, int((loop.time() - due) * _US_PER_S)))
