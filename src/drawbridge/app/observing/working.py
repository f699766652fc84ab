"""What a worker is asked and tells, from the parts that it is made of."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

from drawbridge.app.build import House
from drawbridge.app.clock import monotonic_ns
from drawbridge.app.observing import sources
from drawbridge.app.observing.health import OK, Check
from drawbridge.app.observing.journalling import TimedJournal
from drawbridge.app.observing.operations import of_database, told_to_operators
from drawbridge.app.observing.readings import Source
from drawbridge.app.workers import Work
from drawbridge.cluster.share import Share
from drawbridge.gateway.measures import Measures
from drawbridge.storage.rows import RowJournal

_LOCKED: Final = "vault_locked"
_NONE_HELD: Final = "no_shards"


class Gauged:
    """What is counted inside a worker; nothing at all where nobody watches."""

    def __init__(self, *, watched: bool) -> None:
        """Count where somebody watches."""
        self.measures = Measures(time.monotonic_ns) if watched else None
        self.journal: TimedJournal | None = None
        self._is_watched = watched

    def timed(self, rows: RowJournal) -> RowJournal:
        """Give the journal to be used in the place of this one."""
        if not self._is_watched:
            return rows
        self.journal = TimedJournal(rows, time.monotonic_ns)
        return self.journal

    def sources(self) -> Sequence[Source]:
        """Give what was counted."""
        found = [] if self.measures is None else [sources.road(self.measures)]
        return found if self.journal is None else [*found, sources.journal(self.journal)]


UNWATCHED: Final = Gauged(watched=False)


def worker_told(
    house: House, work: Work, gauged: Gauged, share: Share
) -> AbstractAsyncContextManager[Mapping[str, object]]:
    """Tell operators of a worker for the time of the block, where that is set.

    Why the vault is among the checks: while it is locked, nothing of a bot or robot goes out.
    Raises: as `told_to_operators`.
    """
    settings, holder, streams = house.settings, work.holder, work.streams

    async def vault() -> str:
        return OK if holder.is_open else _LOCKED

    async def shards() -> str:
        return OK if share.shards is None or share.shards else _NONE_HELD

    asked, told = of_database(house.database, monotonic_ns)
    process = "worker" if settings.is_cluster else "gateway"
    return told_to_operators(
        settings.observing,
        process,
        (asked, Check("vault", vault), Check("shards", shards)),
        (
            *gauged.sources(),
            told,
            sources.bots(work.bridge.log),
            sources.work(lambda: holder.is_open, lambda: streams.open_lines, share),
            sources.rows(house.database, share, monotonic_ns, is_cluster=settings.is_cluster),
        ),
    )
