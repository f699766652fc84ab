"""What a worker is asked and tells, from the parts that it is made of."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from drawbridge.app.build import House
from drawbridge.app.clock import entropy, monotonic_ns
from drawbridge.app.observing import sources
from drawbridge.app.observing.exporting import Exporter, exporter_of, sending
from drawbridge.app.observing.health import OK, Check
from drawbridge.app.observing.journalling import TimedJournal
from drawbridge.app.observing.operations import of_database, told_to_operators
from drawbridge.app.observing.readings import Source
from drawbridge.app.observing.traces import Traces
from drawbridge.app.settings import Settings
from drawbridge.app.workers import Work
from drawbridge.cluster.share import Share
from drawbridge.core.tracing import NOBODY, Tracer
from drawbridge.gateway.measures import Measures
from drawbridge.storage.rows import RowJournal

_LOCKED: Final = "vault_locked"
_NONE_HELD: Final = "no_shards"


class Gauged:
    """What is counted inside a worker; nothing at all where nobody watches."""

    def __init__(self, *, watched: bool, exporter: Exporter | None = None, one_in: int = 1) -> None:
        """Count where somebody watches; follow one request in so many where traces go out."""
        self.exporter = exporter
        self.tracer: Tracer = NOBODY
        if exporter is not None:
            self.tracer = Traces(one_in, time.time_ns, entropy, exporter.keep)
        self._is_watched = watched or exporter is not None
        followed = None if exporter is None else self.tracer
        self.measures = Measures(time.monotonic_ns, followed) if self._is_watched else None
        self.journal: TimedJournal | None = None

    @classmethod
    def as_set(cls, settings: Settings) -> "Gauged":
        """Count and follow what the settings ask for."""
        observing = settings.observing
        return cls(
            watched=observing.place is not None,
            exporter=exporter_of(observing, process_of(settings)),
            one_in=observing.traces_one_in,
        )

    def timed(self, rows: RowJournal) -> RowJournal:
        """Give the journal to be used in the place of this one."""
        if not self._is_watched:
            return rows
        self.journal = TimedJournal(rows, time.monotonic_ns)
        return self.journal

    def sources(self) -> Sequence[Source]:
        """Give what was counted."""
        found = [] if self.measures is None else [sources.road(self.measures)]
        found += [] if self.journal is None else [sources.journal(self.journal)]
        return found if self.exporter is None else [*found, self.exporter.read]


def process_of(settings: Settings) -> str:
    """Give what this process is called: where the rows are in a file, it is the gateway."""
    return "worker" if settings.is_cluster else "gateway"


UNWATCHED: Final = Gauged(watched=False)


@asynccontextmanager
async def worker_told(
    house: House, work: Work, gauged: Gauged, share: Share
) -> AsyncIterator[Mapping[str, object]]:
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
    operators = told_to_operators(
        settings.observing,
        process_of(settings),
        (asked, Check("vault", vault), Check("shards", shards)),
        (
            *gauged.sources(),
            told,
            sources.bots(work.bridge.log),
            sources.work(lambda: holder.is_open, lambda: streams.open_lines, share),
            sources.rows(house.database, share, monotonic_ns, is_cluster=settings.is_cluster),
            sources.jobs(work.wakes, share),
        ),
    )
    async with sending(gauged.exporter), operators as address:
        yield address
