"""Being woken: how whoever holds accounts learns that somebody has something for them to do.

On a server each of many workers is told of its own accounts only (`postgres/wakes.py`). Over one
file there is one who works, and whatever others commit is for it.
"""

from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many shards have something to do that nobody has taken yet, and since when the oldest."""

    count: int = 0
    oldest_ms: int = 0


class Wakes(Protocol):
    """What one process is woken by. Losing one loses nothing: who is woken looks at the rows."""

    async def take(self, shards: frozenset[int] | None, *, is_sweep: bool) -> bool:
        """Tell whether there is something to do in these shards (None: all), which is then taken.

        Whoever looks at the rows after this sees what it was told of. With `is_sweep` also what
        nobody told us of is looked up: what died with its worker, or was said while we were away.
        """

    async def waiting(self) -> Waiting:
        """Tell what nobody has taken yet."""

    async def close(self) -> None:
        """Hear nothing any more."""


class Telling(Protocol):
    """Who tells that others have committed something; a file's journal does."""

    async def version_of_others(self) -> int:
        """Give a number that changes whenever something was committed, but not by this journal."""


class ChangesOfOthers:
    """Wakes over one file: others, and we, have committed something, but no row of an order.

    Why not the rows of orders: what a robot writes for each order is nobody's wish.
    """

    def __init__(self, rows: Telling) -> None:
        """Ask the journal, which does not count what it writes."""
        self._rows: Final = rows
        self._version = -1

    async def take(self, shards: frozenset[int] | None, *, is_sweep: bool) -> bool:  # noqa: ARG002 - one process has all
        """Tell whether anything was committed since."""
        before, self._version = self._version, await self._rows.version_of_others()
        return self._version != before

    async def waiting(self) -> Waiting:
        """Tell that nothing waits: the rows themselves say what is to be done."""
        return Waiting()

    async def close(self) -> None:
        """Leave the journal to whoever opened it."""
