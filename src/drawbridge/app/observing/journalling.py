"""A journal of whose writes one in eight is timed, from being handed over until it is on disk."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from drawbridge.core.measures import Spreads
from drawbridge.core.tracing import CURRENT, step
from drawbridge.storage.connection import Value
from drawbridge.storage.rows import RowJournal, Rows, Statement

_NS_PER_US: Final = 1_000
# Every order is written twice; timing each would cost more than it tells.
_ONE_IN: Final = 8


class TimedJournal:
    """Hands everything on to another journal. A `RowJournal`."""

    def __init__(self, journal: RowJournal, ticks_ns: Callable[[], int]) -> None:
        """Time what goes into this one. `ticks_ns` only runs forward."""
        self._journal = journal
        self._ticks_ns = ticks_ns
        self._writes = 0
        self.times = Spreads()

    def write(self, sql: str | Rows, args: Sequence[Value]) -> Awaitable[None]:
        """Write one row. Raises: as the journal's own."""
        self._writes += 1
        if self._writes % _ONE_IN and CURRENT.get() is None:
            return self._journal.write(sql, args)
        return self._timed(self._ticks_ns(), self._journal.write(sql, args))

    def write_many(self, statements: Sequence[Statement]) -> Awaitable[None]:
        """Write several rows, all or none. Raises: as the journal's own."""
        self._writes += 1
        if self._writes % _ONE_IN and CURRENT.get() is None:
            return self._journal.write_many(statements)
        return self._timed(self._ticks_ns(), self._journal.write_many(statements))

    def write_later(self, statements: Sequence[Statement]) -> None:
        """Write several rows that nobody waits for."""
        self._journal.write_later(statements)

    async def close(self) -> None:
        """Write what is queued, then stop."""
        await self._journal.close()

    async def _timed(self, began_ns: int, writing: Awaitable[None]) -> None:
        with step("journal"):
            await writing
        self.times.add((self._ticks_ns() - began_ns) // _NS_PER_US)
