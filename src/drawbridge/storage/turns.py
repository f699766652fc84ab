"""What is kept in memory, as of this turn of the event loop, or as of a moment ago.

Whether rows have changed, in whichever process, is one number on disk. It is looked at once in a
turn, so that ten thousand orders of one signal do not look ten thousand times, and what another
process has committed holds from the next turn on. Where the database is a server it is looked at
once in a tenth of a second, and when the server tells of a commit: so soon a stop reaches every
process, and where the server does not answer nothing is let through (`Database.turn`).
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

_MOST_DROPPED: Final = 1_000


class Turn:
    """Whether something was already done in this turn of the event loop."""

    __slots__ = ("__weakref__", "_lasts_s", "is_done")

    def __init__(self, lasts_s: float = 0) -> None:
        """Begin with nothing done; a turn may last longer than one of the loop."""
        self._lasts_s = lasts_s
        self.is_done = False

    def mark(self) -> None:
        """Count it as done until the turn ends."""
        loop = asyncio.get_running_loop()
        self.is_done = True
        if self._lasts_s:
            loop.call_later(self._lasts_s, self.end)
        else:
            loop.call_soon(self.end)

    def end(self) -> None:
        """Begin anew."""
        self.is_done = False


class KeptInTurn:
    """Drops from a cache what has changed, once in a turn."""

    def __init__(
        self,
        count: Callable[[], int],
        changed_since: Callable[[int], Iterable[str]],
        drop: Callable[[str], None],
        clear: Callable[[], None],
        turn: Turn,
    ) -> None:
        """Join the parts.

        `count` gives the number that rises with every change, `changed_since` the ids of what has
        changed after such a number; `drop` takes one out of the cache and `clear` all; `turn` is
        how long it holds.
        """
        self._count = count
        self._changed_since = changed_since
        self._drop = drop
        self._clear = clear
        self._changes = -1
        self._turn = turn

    @property
    def seen(self) -> int:
        """Give the number as of which the cache is."""
        return self._changes

    def catch_up(self) -> None:
        """Make sure that nothing in the cache is older than the last commit before this turn."""
        if self._turn.is_done:
            return
        # The number first: what changes after it is dropped in a later turn, and never missed.
        changes = self._count()
        if changes != self._changes:
            self._drop_until(changes)
            self._changes = changes
        self._turn.mark()

    def _drop_until(self, changes: int) -> None:
        """Drop what has changed since; all of it where that is more than a few."""
        if changes - self._changes > _MOST_DROPPED:
            self._clear()
            return
        for changed in self._changed_since(self._changes):
            self._drop(changed)
