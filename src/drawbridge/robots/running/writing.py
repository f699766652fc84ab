"""Write down what robots decide and what becomes of it; whoever waits together shares a commit."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, DrawbridgeError
from drawbridge.robots.decision_store import Changes, write
from drawbridge.storage.database import Database, Transaction

Job: TypeAlias = Callable[[Transaction], Awaitable[None]]
"""Writes something. It may raise `Conflict`, as long as it has written nothing before."""


@dataclass(slots=True)
class _Unit:
    """What is to be written, and who waits for it."""

    changes: Changes
    job: Job | None
    written: asyncio.Future[None]
    failure: DrawbridgeError | None = None


class Pen:
    """Write changes, each all or nothing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use the app's database."""
        self._database = database
        self._clock = clock
        self._waiting: list[_Unit] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, changes: Changes, job: Job | None = None) -> None:
        """Write changes, after what a job writes, and return once all is on disk.

        Raises: `Conflict` when the job did, and `Corrupted` when it could not be written: then
        none of it is there.
        """
        unit = _Unit(changes, job, asyncio.get_running_loop().create_future())
        self._waiting.append(unit)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_on())
        await unit.written

    async def _write_on(self) -> None:
        while self._waiting:
            units, self._waiting = self._waiting, []
            try:
                async with self._database.transaction() as tx:
                    await self._write_together(tx, units)
            except DrawbridgeError as error:
                for unit in units:
                    unit.failure = unit.failure or error
            for unit in units:
                _tell(unit)

    async def _write_together(self, tx: Transaction, units: list[_Unit]) -> None:
        together = Changes()
        for unit in units:
            try:
                if unit.job is not None:
                    await unit.job(tx)
            except Conflict as error:
                unit.failure = error
            else:
                together.extend((unit.changes,))
        await write(tx, together, self._clock.now_ms())


def _tell(unit: _Unit) -> None:
    if unit.written.done():  # its writer was cancelled and does not wait any more
        return
    if unit.failure is None:
        unit.written.set_result(None)
    else:
        unit.written.set_exception(unit.failure)
