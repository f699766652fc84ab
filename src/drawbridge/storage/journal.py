"""Many small durable writes at once: whoever waits together is committed together.

One thread takes everything that is queued into one transaction, so that 32 writers share a
single sync of the disk. No SQL of any feature is here; rows arrive with their statement.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from drawbridge.core.errors import Corrupted, DrawbridgeError
from drawbridge.storage.connection import Value, connect, our_errors

Statement: TypeAlias = tuple[str, Sequence[Value]]

_MOST_WAITING: Final = 10_000
_MOST_PER_COMMIT: Final = 2_000


@dataclass(slots=True)
class _Unit:
    """Statements that are written together or not at all, and who waits for them."""

    statements: Sequence[Statement]
    written: asyncio.Future[None]
    failure: BaseException | None = None


class GroupCommit:
    """Write rows durably. Belongs to the event loop on which it was made."""

    def __init__(self, path: Path) -> None:
        """Open the file and start the writing thread; the tables must be there already."""
        self._loop = asyncio.get_running_loop()
        self._connection = connect(path)
        self._room = asyncio.Semaphore(_MOST_WAITING)
        # None, put in last, ends the thread.
        self._queue: queue.SimpleQueue[_Unit | None] = queue.SimpleQueue()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    async def write(self, sql: str, args: Sequence[Value]) -> None:
        """Write one row and return once it is on disk.

        Raises: `Conflict("row_exists")`; `Corrupted` when it could not be written.
        """
        await self.write_many(((sql, args),))

    async def write_many(self, statements: Sequence[Statement]) -> None:
        """Write several rows, all or none, and return once they are on disk.

        Raises: as `write`. When the caller is cancelled, the rows may still have been written.
        """
        async with self._room:
            if self._closing:
                raise Corrupted("journal_closed")
            unit = _Unit(statements, self._loop.create_future())
            self._queue.put(unit)
            await unit.written

    async def close(self) -> None:
        """Write what is queued, then stop."""
        self._closing = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def _work(self) -> None:
        while units := self._take():
            self._commit(units)
            try:
                self._loop.call_soon_threadsafe(_tell, units)
            except RuntimeError:
                # The loop has ended before us: the rows are on disk, nobody waits any more.
                return

    def _take(self) -> list[_Unit]:
        """Wait for a unit and take all that have come with it; none at all is the end."""
        taken: list[_Unit] = []
        unit = self._queue.get()
        while unit is not None:
            taken.append(unit)
            if len(taken) == _MOST_PER_COMMIT or self._queue.empty():
                return taken
            unit = self._queue.get()
        if taken:
            self._queue.put(None)  # still the last, for the next turn
        return taken

    def _commit(self, units: list[_Unit]) -> None:
        connection = self._connection
        try:
            with our_errors():
                if len(units) == 1:
                    _write_alone(connection, units[0].statements)
                else:
                    _write_together(connection, units)
        except (DrawbridgeError, sqlite3.Error) as error:
            # Not one of them is on disk, so every writer must hear of it.
            _roll_back(connection)
            for unit in units:
                unit.failure = error


def _write_alone(connection: sqlite3.Connection, statements: Sequence[Statement]) -> None:
    if len(statements) == 1:  # which is a transaction by itself
        connection.execute(*statements[0])
        return
    connection.execute("BEGIN IMMEDIATE")
    for sql, args in statements:
        connection.execute(sql, args)
    connection.execute("COMMIT")


def _write_together(connection: sqlite3.Connection, units: list[_Unit]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for unit in units:
        _write(connection, unit)
    connection.execute("COMMIT")


def _write(connection: sqlite3.Connection, unit: _Unit) -> None:
    """Write one unit; what is wrong with it alone does not touch its neighbours."""
    several = len(unit.statements) > 1
    if several:
        connection.execute("SAVEPOINT unit")
    try:
        with our_errors():
            for sql, args in unit.statements:
                connection.execute(sql, args)
    except (DrawbridgeError, sqlite3.Error) as error:
        unit.failure = error
        if not connection.in_transaction:  # a failing disk may have ended it all
            raise
        if several:
            connection.execute("ROLLBACK TO unit")
    if several:
        connection.execute("RELEASE unit")


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _tell(units: list[_Unit]) -> None:
    for unit in units:
        if unit.written.done():  # the writer was cancelled and does not wait any more
            continue
        if unit.failure is None:
            unit.written.set_result(None)
        else:
            unit.written.set_exception(unit.failure)
