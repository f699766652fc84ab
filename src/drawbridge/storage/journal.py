"""Many small durable writes at once: whoever waits together is committed together.

One thread takes everything that is queued into one transaction, so that 32 writers share a
single sync of the disk, and writes rows of one shape with one statement. No SQL of any feature is
here; rows arrive with their statement.
"""

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final, TypeAlias

from drawbridge.core.errors import Corrupted, DrawbridgeError
from drawbridge.storage.connection import Value, connect, our_errors


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A statement that writes any number of rows of one shape.

    Shape: `sql` has one `{rows}`, behind the word `VALUES`; `row` is what stands there for each
    row. The first `key` values of a row name it: of two rows of one name, the second is written
    by a statement of its own, after the first.
    Why: the thread must take the interpreter's lock for each statement, in competition with
    everything else; for 64 rows it does so once.
    """

    sql: str
    row: str
    key: int
    _made: dict[int, str] = field(default_factory=dict, init=False)

    def of(self, count: int) -> str:
        """Give the statement for so many rows."""
        made = self._made.get(count)
        if made is None:
            made = self._made[count] = self.sql.format(rows=", ".join([self.row] * count))
        return made


Statement: TypeAlias = tuple[str | Rows, Sequence[Value]]

_log: Final = logging.getLogger(__name__)
_MOST_WAITING: Final = 10_000
# So long rows that nobody waits for may lie about, to be committed with others.
_LATER_S: Final = 0.02
_MOST_PER_COMMIT: Final = 2_000
# So many sizes only that each of them is prepared once, and that a usual commit takes one.
_AT_ONCE: Final = (64, 32, *range(16, 0, -1))


@dataclass(frozen=True, slots=True)
class _Look:
    """Somebody who asks for the database's version."""

    told: asyncio.Future[int]


@dataclass(slots=True)
class _Unit:
    """Statements that are written together or not at all, and who waits for them, if anybody."""

    statements: Sequence[Statement]
    written: asyncio.Future[None] | None
    failure: BaseException | None = None


class _Room:
    """How many may write at once; who comes later waits.

    Why not a semaphore: its two coroutines cost as much as handing a row over does.
    """

    __slots__ = ("_free", "_waiting")

    def __init__(self, free: int) -> None:
        self._free = free
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take_free(self) -> bool:
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    def take(self) -> None:
        """Take a place, also where there is none: for few, whose number others bound."""
        self._free -= 1

    async def wait(self) -> None:
        while not self.take_free():
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                self._wake()
                raise

    def release(self, places: int = 1) -> None:
        self._free += places
        self._wake()

    def _wake(self) -> None:
        woken = 0
        while self._waiting and woken < self._free:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                woken += 1


class GroupCommit:
    """Write rows durably. Belongs to the event loop on which it was made."""

    def __init__(self, path: Path) -> None:
        """Open the file and start the writing thread; the tables must be there already."""
        self._loop = asyncio.get_running_loop()
        self._connection = connect(path)
        self._room = _Room(_MOST_WAITING)
        self._units: list[_Unit] = []
        # None, put in last, ends the thread.
        self._queue: queue.SimpleQueue[list[_Unit] | _Look | None] = queue.SimpleQueue()
        self._closing = self._is_due = False
        self._alarm: asyncio.TimerHandle | None = None
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def write(self, sql: str | Rows, args: Sequence[Value]) -> Awaitable[None]:
        """Write one row; it is on disk when what this gives has been awaited.

        Raises: `Conflict("row_exists")`; `Corrupted` when it could not be written.
        """
        return self.write_many(((sql, args),))

    def write_many(self, statements: Sequence[Statement]) -> Awaitable[None]:
        """Write several rows, all or none; they are on disk when it has been awaited.

        Raises: as `write`. When the caller is cancelled, the rows may still have been written.
        Why no coroutine: a row is handed over in this turn and not when somebody awaits it, and
        every order waits here twice.
        """
        if self._room.take_free():
            return self._handed_in(statements)
        return self._handed_in_later(statements)

    def write_later(self, statements: Sequence[Statement]) -> None:
        """Write several rows, all or none, with what is written next, or after a moment.

        For what nobody waits for; a failure is logged. Who calls it must have waited for something
        else before, so that there are not more of these rows than there is room for.
        Why: a sync of the disk for an order's outcome alone would hold up the next order.
        """
        if self._closing:
            _log.error("rows were not written: journal_closed")
            return
        self._room.take()
        self._units.append(_Unit(statements, None))
        if not self._is_due and self._alarm is None:
            self._alarm = self._loop.call_later(_LATER_S, self._hand_over)

    async def _handed_in_later(self, statements: Sequence[Statement]) -> None:
        await self._room.wait()
        await self._handed_in(statements)

    def _handed_in(self, statements: Sequence[Statement]) -> asyncio.Future[None]:
        """Put rows among those of this turn; room for them was taken."""
        if self._closing:
            self._room.release()
            raise Corrupted("journal_closed")
        if not self._is_due:
            self._is_due = True
            # At the end of this turn: what else is written in it is then committed with it,
            # and the thread does not compete for the interpreter with those who still write.
            self._loop.call_soon(self._hand_over)
        written = self._loop.create_future()
        self._units.append(_Unit(statements, written))
        return written

    async def version_of_others(self) -> int:
        """Give a number that changes whenever something was committed, but not by this journal.

        Why: who waits for people's wishes need not look again at each order of a robot.
        """
        told: asyncio.Future[int] = self._loop.create_future()
        self._queue.put(_Look(told))
        return await told

    async def close(self) -> None:
        """Write what is queued, then stop."""
        self._closing = True
        self._hand_over()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def _hand_over(self) -> None:
        self._is_due = False
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._units:
            self._queue.put(self._units)
            self._units = []

    def _work(self) -> None:
        while units := self._take():
            self._commit(units)
            try:
                self._loop.call_soon_threadsafe(self._tell, units)
            except RuntimeError:
                # The loop has ended before us: the rows are on disk, nobody waits any more.
                return

    def _take(self) -> list[_Unit]:
        """Wait for units and take all that have come with them; none at all is the end."""
        taken: list[_Unit] = []
        units = self._queue.get()
        while units is not None:
            if isinstance(units, _Look):
                self._look(units)
            else:
                taken.extend(units)
            if taken and (len(taken) >= _MOST_PER_COMMIT or self._queue.empty()):
                return taken
            units = self._queue.get()
        if taken:
            self._queue.put(None)  # still the last, for the next turn
        return taken

    def _look(self, look: _Look) -> None:
        row = self._connection.execute("PRAGMA data_version").fetchone()
        with contextlib.suppress(RuntimeError):  # the loop has ended before us
            self._loop.call_soon_threadsafe(_tell_version, look.told, int(row[0]))

    def _tell(self, units: list[_Unit]) -> None:
        for unit in units:
            written = unit.written
            if written is None:
                if unit.failure is not None:
                    _log.error("rows were not written: %s", unit.failure)
                continue
            if written.done():  # the writer was cancelled and does not wait any more
                continue
            if unit.failure is None:
                written.set_result(None)
            else:
                written.set_exception(unit.failure)
        self._room.release(len(units))

    def _commit(self, units: list[_Unit]) -> None:
        connection = self._connection
        try:
            with our_errors():
                if len(units) == len(units[0].statements) == 1:
                    _execute(connection, units[0].statements[0])  # a transaction by itself
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


def _write_at_once(connection: sqlite3.Connection, units: list[_Unit]) -> bool:
    """Write all units as if they were one; False, and nothing written, when one of them is wrong.

    Rows of one shape come together; what is no such row keeps its place between them.
    """
    connection.execute("BEGIN IMMEDIATE")
    shapes: dict[Rows, list[Sequence[Value]]] = {}
    try:
        for statement in (it for unit in units for it in unit.statements):
            shape, args = statement
            if isinstance(shape, Rows):
                shapes.setdefault(shape, []).append(args)
            else:
                _write_shapes(connection, shapes)
                connection.execute(shape, args)
        _write_shapes(connection, shapes)
    except (sqlite3.Error, OverflowError, UnicodeEncodeError):
        _roll_back(connection)
        return False
    connection.execute("COMMIT")
    return True


def _write_shapes(
    connection: sqlite3.Connection, shapes: dict[Rows, list[Sequence[Value]]]
) -> None:
    for shape, rows in shapes.items():
        for run in _runs(rows, shape.key):
            _write_run(connection, shape, run)
    shapes.clear()


def _runs(rows: list[Sequence[Value]], key: int) -> Iterator[list[Sequence[Value]]]:
    """Cut rows where one comes that has a name of before."""
    if len({tuple(row[:key]) for row in rows}) == len(rows):
        yield rows  # as nearly always
        return
    names: set[tuple[Value, ...]] = set()
    begin = 0
    for at, row in enumerate(rows):
        name = tuple(row[:key])
        if name in names:
            yield rows[begin:at]
            begin = at
            names.clear()
        names.add(name)
    yield rows[begin:]


def _write_run(connection: sqlite3.Connection, shape: Rows, rows: list[Sequence[Value]]) -> None:
    begin = 0
    for size in _AT_ONCE:
        while len(rows) - begin >= size:
            part = rows[begin : begin + size]
            connection.execute(shape.of(size), tuple(chain.from_iterable(part)))
            begin += size


def _execute(connection: sqlite3.Connection, statement: Statement) -> None:
    sql, args = statement
    connection.execute(sql.of(1) if isinstance(sql, Rows) else sql, args)


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
            for statement in unit.statements:
                _execute(connection, statement)
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
