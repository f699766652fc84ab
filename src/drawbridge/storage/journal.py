"""Many small durable writes at once to a SQLite file: whoever waits together is committed together.

One thread takes everything that is queued into one transaction, so that 32 writers share a
single sync of the disk, and writes rows of one shape with one statement.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drawbridge.core.errors import DrawbridgeError
from drawbridge.storage.connection import Value, connect, our_errors
from drawbridge.storage.rows import MOST_PER_COMMIT, Intake, Rows, Statement, Unit, alone, in_order


@dataclass(frozen=True, slots=True)
class _Look:
    """Somebody who asks for the database's version."""

    told: asyncio.Future[int]


class GroupCommit:
    """Write rows durably. Belongs to the event loop on which it was made."""

    def __init__(self, path: Path) -> None:
        """Open the file and start the writing thread; the tables must be there already."""
        self._loop = asyncio.get_running_loop()
        self._connection = connect(path)
        # None, put in last, ends the thread.
        self._queue: queue.SimpleQueue[list[Unit] | _Look | None] = queue.SimpleQueue()
        self._intake = Intake(self._queue.put)
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def write(self, sql: str | Rows, args: Sequence[Value]) -> Awaitable[None]:
        """Write one row, as `RowJournal` says."""
        return self._intake.write_many(((sql, args),))

    def write_many(self, statements: Sequence[Statement]) -> Awaitable[None]:
        """Write several rows, all or none, as `RowJournal` says."""
        return self._intake.write_many(statements)

    def write_later(self, statements: Sequence[Statement]) -> None:
        """Write several rows soon, as `RowJournal` says."""
        self._intake.write_later(statements)

    async def version_of_others(self) -> int:
        """Give a number that changes whenever something was committed, but not by this journal.

        Why: who waits for people's wishes need not look again at each order of a robot.
        """
        told: asyncio.Future[int] = self._loop.create_future()
        self._queue.put(_Look(told))
        return await told

    async def close(self) -> None:
        """Write what is queued, then stop."""
        self._intake.end()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def _work(self) -> None:
        while units := self._take():
            self._commit(units)
            try:
                self._loop.call_soon_threadsafe(self._intake.tell, units)
            except RuntimeError:
                # The loop has ended before us: the rows are on disk, nobody waits any more.
                return

    def _take(self) -> list[Unit]:
        """Wait for units and take all that have come with them; none at all is the end."""
        taken: list[Unit] = []
        units = self._queue.get()
        while units is not None:
            if isinstance(units, _Look):
                self._look(units)
            else:
                taken.extend(units)
            if taken and (len(taken) >= MOST_PER_COMMIT or self._queue.empty()):
                return taken
            units = self._queue.get()
        if taken:
            self._queue.put(None)  # still the last, for the next turn
        return taken

    def _look(self, look: _Look) -> None:
        row = self._connection.execute("PRAGMA data_version").fetchone()
        with contextlib.suppress(RuntimeError):  # the loop has ended before us
            self._loop.call_soon_threadsafe(_tell_version, look.told, int(row[0]))

    def _commit(self, units: list[Unit]) -> None:
        connection = self._connection
        try:
            with our_errors():
                if len(units) == len(units[0].statements) == 1:
                    connection.execute(*alone(units[0].statements[0]))  # a transaction by itself
                elif not _write_at_once(connection, units):
                    _write_together(connection, units)
        except (DrawbridgeError, sqlite3.Error) as error:
            # Not one of them is on disk, so every writer must hear of it.
            _roll_back(connection)
            for unit in units:
                unit.failure = error


def _tell_version(told: asyncio.Future[int], version: int) -> None:
    if not told.done():
        told.set_result(version)


def _write_at_once(connection: sqlite3.Connection, units: list[Unit]) -> bool:
    """Write all units as if they were one; False, and nothing written, when one is wrong."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for sql, args in in_order(units):
            connection.execute(sql, args)
    except (sqlite3.Error, OverflowError, UnicodeEncodeError):
        _roll_back(connection)
        return False
    connection.execute("COMMIT")
    return True


def _write_together(connection: sqlite3.Connection, units: list[Unit]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for unit in units:
        _write(connection, unit)
    connection.execute("COMMIT")


def _write(connection: sqlite3.Connection, unit: Unit) -> None:
    """Write one unit; what is wrong with it alone does not touch its neighbours."""
    several = len(unit.statements) > 1
    if several:
        connection.execute("SAVEPOINT unit")
    try:
        with our_errors():
            for statement in unit.statements:
                connection.execute(*alone(statement))
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
