"""Write down what robots decide and what becomes of it; whoever waits together shares a commit."""

import asyncio

from drawbridge.core.clock import Clock
from drawbridge.core.errors import DrawbridgeError
from drawbridge.robots.decision_store import Changes, write
from drawbridge.storage.database import Database


class Pen:
    """Write changes, each all or nothing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use the app's database."""
        self._database = database
        self._clock = clock
        self._waiting: list[tuple[Changes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, changes: Changes) -> None:
        """Write changes and return once they are on disk.

        Raises: `Corrupted` when they could not be written: then none of them is there.
        """
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((changes, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_on())
        await written

    async def _write_on(self) -> None:
        while self._waiting:
            units, self._waiting = self._waiting, []
            together = Changes()
            together.extend(changes for changes, _ in units)
            failure: DrawbridgeError | None = None
            try:
                async with self._database.transaction() as tx:
                    await write(tx, together, self._clock.now_ms())
            except DrawbridgeError as error:
                failure = error
            for _, written in units:
                if written.done():  # its writer was cancelled and does not wait any more
                    continue
                if failure is None:
                    written.set_result(None)
                else:
                    written.set_exception(failure)
