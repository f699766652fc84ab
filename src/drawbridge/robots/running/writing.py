"""Write down what robots decide and what becomes of it; whoever waits together shares a commit.

Nothing is written about an account that is not ours any more. That is looked at once nobody else
can write before us: who takes the account over waits for the same turn, and reads it after that.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from drawbridge.cluster.looking import Looking
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict
from drawbridge.robots.decision_store import Changes, write
from drawbridge.storage.database import Database, Transaction

Job: TypeAlias = Callable[[Transaction], Awaitable[None]]
"""Writes something. It may raise `Conflict`, as long as it has written nothing before."""

TAKEN_OVER: Final = "robot_account_taken_over"
"""Why nothing was written about an account."""


@dataclass(slots=True)
class _Unit:
    """What is to be written about which accounts, as of which look, and who waits for it."""

    changes: Changes
    job: Job | None
    key_ids: frozenset[str]
    seen: int
    written: asyncio.Future[None]
    failure: Exception | None = None


class Pen:
    """Write changes, each all or nothing."""

    def __init__(self, database: Database, clock: Clock, looking: Looking) -> None:
        """Use the app's database, for the accounts that are ours."""
        self._database = database
        self._clock = clock
        self._looking = looking
        self._waiting: list[_Unit] = []
        self._writing: asyncio.Task[None] | None = None

    def may_write(self, key_id: str) -> bool:
        """Tell whether an account is ours still."""
        return self._looking.keeps(key_id)

    async def write(
        self, changes: Changes, job: Job | None = None, *, key_ids: Iterable[str] = ()
    ) -> None:
        """Write changes, after what a job writes, and return once all is on disk.

        `key_ids` are of accounts that the job, or a notice, is about.
        Raises: `Conflict` when the job did, `Conflict("robot_account_taken_over")` when an account
        is not ours any more, and `Corrupted` when it could not be written: then none of it is
        there.
        """
        about = frozenset[str]()
        if not self._looking.is_whole:
            about = frozenset(key_ids) | changes.key_ids()
        written = asyncio.get_running_loop().create_future()
        unit = _Unit(changes, job, about, self._looking.seen, written)
        self._waiting.append(unit)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_on())
        await unit.written

    async def close(self) -> None:
        """Write nothing any more, once what is being written is on disk."""
        self._waiting.clear()
        if self._writing is not None:
            await asyncio.wait((self._writing,))

    async def _write_on(self) -> None:
        while self._waiting:
            units, self._waiting = self._waiting, []
            try:
                async with self._database.transaction() as tx:
                    await self._write_together(tx, units)
            # Of mistakes of ours whoever waits is told too: who waited for ever would work no more.
            except Exception as error:  # noqa: BLE001 - raised again by each `write`
                for unit in units:
                    unit.failure = unit.failure or error
            for unit in units:
                _tell(unit)

    async def _write_together(self, tx: Transaction, units: list[_Unit]) -> None:
        together = Changes()
        for unit in units:
            try:
                self._check(unit)
                if unit.job is not None:
                    await unit.job(tx)
            except Conflict as error:
                unit.failure = error
            else:
                together.extend((unit.changes,))
        await write(tx, together, self._clock.now_ms())

    def _check(self, unit: _Unit) -> None:
        if not all(self._looking.keeps(it, unit.seen) for it in unit.key_ids):
            raise Conflict(TAKEN_OVER)


def _tell(unit: _Unit) -> None:
    if unit.written.done():  # its writer was cancelled and does not wait any more
        return
    if unit.failure is None:
        unit.written.set_result(None)
    else:
        unit.written.set_exception(unit.failure)
