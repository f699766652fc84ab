"""Rows on their way to the disk, before any engine: what waits, how much of it, and in which shape.

Whoever waits together is committed together. The two journals (`journal.py` for a file,
`postgres/journal.py` for a server) write what this hands over. No SQL of any feature is here; rows
arrive with their statement.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, Protocol, TypeAlias

from drawbridge.core.errors import Corrupted
from drawbridge.storage.connection import Value


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
MOST_PER_COMMIT: Final = 2_000
# So many sizes only that each of them is prepared once, and that a usual commit takes one.
_AT_ONCE: Final = (64, 32, *range(16, 0, -1))


class RowJournal(Protocol):
    """Writes many small durable rows at once."""

    def write(self, sql: str | Rows, args: Sequence[Value]) -> Awaitable[None]:
        """Write one row; it is on disk when what this gives has been awaited.

        Raises: `Conflict("row_exists")`; `Corrupted` when it could not be written.
        """

    def write_many(self, statements: Sequence[Statement]) -> Awaitable[None]:
        """Write several rows, all or none; they are on disk when it has been awaited.

        Raises: as `write`. When the caller is cancelled, the rows may still have been written.
        """

    def write_later(self, statements: Sequence[Statement]) -> None:
        """Write several rows, all or none, with what is written next, or after a moment.

        For what nobody waits for; a failure is logged. Who calls it must have waited for something
        else before, so that there are not more of these rows than there is room for.
        Why: a sync of the disk for an order's outcome alone would hold up the next order.
        """

    async def close(self) -> None:
        """Write what is queued, then stop."""


@dataclass(slots=True)
class Unit:
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


class Intake:
    """What is to be written, until a journal takes it. Belongs to one event loop."""

    def __init__(self, take: Callable[[list[Unit]], None]) -> None:
        """Hand units over to `take`, all of a turn at once; it may not wait."""
        self._loop = asyncio.get_running_loop()
        self._take = take
        self._room = _Room(_MOST_WAITING)
        self._units: list[Unit] = []
        self._closing = self._is_due = False
        self._alarm: asyncio.TimerHandle | None = None

    def write_many(self, statements: Sequence[Statement]) -> Awaitable[None]:
        """Take in several rows.

        Why no coroutine: a row is handed over in this turn and not when somebody awaits it, and
        every order waits here twice.
        """
        if self._room.take_free():
            return self._handed_in(statements)
        return self._handed_in_later(statements)

    def write_later(self, statements: Sequence[Statement]) -> None:
        """Take in several rows for which nobody waits."""
        if self._closing:
            _log.error("rows were not written: journal_closed")
            return
        self._room.take()
        self._units.append(Unit(statements, None))
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
            # and a thread does not compete for the interpreter with those who still write.
            self._loop.call_soon(self._hand_over)
        written = self._loop.create_future()
        self._units.append(Unit(statements, written))
        return written

    def end(self) -> None:
        """Take in nothing more, and hand over what is there."""
        self._closing = True
        self._hand_over()

    def _hand_over(self) -> None:
        self._is_due = False
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._units:
            self._take(self._units)
            self._units = []

    def tell(self, units: Sequence[Unit]) -> None:
        """Tell those who wait what became of their rows."""
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


def in_order(units: Sequence[Unit]) -> Iterator[tuple[str, Sequence[Value]]]:
    """Give the statements of units as if they were one.

    Rows of one shape come together; what is no such row keeps its place between them.
    """
    shapes: dict[Rows, list[Sequence[Value]]] = {}
    for sql, args in (it for unit in units for it in unit.statements):
        if isinstance(sql, Rows):
            shapes.setdefault(sql, []).append(args)
        else:
            yield from _of_shapes(shapes)
            yield sql, args
    yield from _of_shapes(shapes)


def alone(statement: Statement) -> tuple[str, Sequence[Value]]:
    """Give a statement as it is run by itself."""
    sql, args = statement
    return (sql.of(1) if isinstance(sql, Rows) else sql), args


def _of_shapes(shapes: dict[Rows, list[Sequence[Value]]]) -> Iterator[tuple[str, Sequence[Value]]]:
    for shape, rows in shapes.items():
        for run in _runs(rows, shape.key):
            yield from _of_sizes(shape, run)
    shapes.clear()


def _of_sizes(
    shape: Rows, rows: Sequence[Sequence[Value]]
) -> Iterator[tuple[str, Sequence[Value]]]:
    begin = 0
    for size in _AT_ONCE:
        while len(rows) - begin >= size:
            part = rows[begin : begin + size]
            yield shape.of(size), tuple(chain.from_iterable(part))
            begin += size


def _runs(rows: Sequence[Sequence[Value]], key: int) -> Iterator[Sequence[Sequence[Value]]]:
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
