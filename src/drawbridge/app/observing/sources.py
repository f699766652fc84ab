"""What the processes tell of themselves, put together from counts that stand in their rooms.

Each function gives a source: something that is asked when somebody reads, and costs nothing
otherwise. What is counted over rows is counted by one process of a cluster, and kept for a while.
"""

from collections.abc import Callable, Sequence
from typing import Final

from drawbridge.app.observing import store
from drawbridge.app.observing.journalling import TimedJournal
from drawbridge.app.observing.readings import Counts, Reading, Source, States, Times, state
from drawbridge.cluster.share import Share
from drawbridge.core.clock import SECOND_MS
from drawbridge.core.measures import Spread
from drawbridge.core.shards import SHARDS
from drawbridge.gateway.crossing_log import CrossingLog
from drawbridge.gateway.measures import Measures
from drawbridge.storage.database import Database
from drawbridge.storage.wakes import Wakes

_KEPT_S: Final = 10
_NS_PER_S: Final = 1_000_000_000
_PLACE: Final = ("exchange", "venue")

TicksNs = Callable[[], int]


def identity(process: str, version: str) -> Source:
    """Tell which process this is, and of which version."""

    async def read() -> Sequence[Reading]:
        return (States("process_info", ("process", "version"), {(process, version): 1}),)

    return read


def road(measures: Measures) -> Source:
    """Tell what went out to exchanges, and what waits for a budget."""

    async def read() -> Sequence[Reading]:
        return (
            Counts("requests", (*_PLACE, "outcome"), measures.requests.counts()),
            Times("answer_seconds", _PLACE, measures.answer_times.spreads()),
            Times("crossing_seconds", ("what",), measures.crossings.spreads()),
            Counts("budget_waits", ("exchange",), measures.waits.counts()),
            state("budget_waiting", measures.waiting),
        )

    return read


def bots(log: CrossingLog) -> Source:
    """Tell what bots asked for, what became of it, and by which rule it was refused."""

    async def read() -> Sequence[Reading]:
        return (
            Counts("bot_requests", (*_PLACE, "outcome"), log.crossed.counts()),
            Times("bot_request_seconds", _PLACE, log.times.spreads()),
            Counts("bot_refusals", ("code", "rule"), log.refused.counts()),
        )

    return read


def journal(rows: TimedJournal) -> Source:
    """Tell how long rows take until they are on disk."""

    async def read() -> Sequence[Reading]:
        return (Times("journal_seconds", (), rows.times.spreads()),)

    return read


def work(is_open: Callable[[], bool], open_lines: Callable[[], int], share: Share) -> Source:
    """Tell what a worker holds: the vault, streams, shards."""

    async def read() -> Sequence[Reading]:
        shards = share.shards
        return (
            state("vault_open", int(is_open())),
            state("streams_open", open_lines()),
            state("shards_held", SHARDS if shards is None else len(shards)),
            Counts("shard_changes", (), {(): share.version}),
        )

    return read


def database(place: Database, ticks_ns: TicksNs) -> Source:
    """Tell how long the database takes for a question, and whether it answers at all."""
    times = Spread()

    async def read() -> Sequence[Reading]:
        began_ns = ticks_ns()
        await store.answers(place)
        times.add((ticks_ns() - began_ns) // 1_000)
        return (Times("database_seconds", (), {(): times}),)

    return read


def rows(place: Database, share: Share, ticks_ns: TicksNs, *, is_cluster: bool) -> Source:
    """Tell robots, open orders, waiting notices and, in a cluster, workers and unheld shards.

    Why by one alone: all would tell the same, and who adds up would count it many times.
    """

    async def count() -> Sequence[Reading]:
        readings: list[Reading] = [
            States("robots", ("status",), await store.count_robots(place)),
            States("orders_open", ("state",), await store.count_open_orders(place)),
            state("notices_waiting", await store.count_waiting_notices(place)),
        ]
        if is_cluster:
            now_ms = await place.now_ms()
            readings += (
                state("workers", await store.count_workers(place, now_ms)),
                state("shards_unheld", await store.count_unheld(place, now_ms)),
                state("signals_waiting", await store.count_waiting_signals(place)),
            )
        return readings

    kept = _Kept(count, ticks_ns)

    async def read() -> Sequence[Reading]:
        return await kept.read() if share.is_house else ()

    return read


def jobs(wakes: Wakes, share: Share) -> Source:
    """Tell how many shards have something to do that nobody has taken yet: by one, as above."""

    async def read() -> Sequence[Reading]:
        if not share.is_house:
            return ()
        waiting = await wakes.waiting()
        oldest_s = waiting.oldest_ms / SECOND_MS
        return (state("jobs_waiting", waiting.count), state("jobs_oldest_seconds", oldest_s))

    return read


class _Kept:
    """Asks a source at most so often, however many read."""

    def __init__(self, source: Source, ticks_ns: TicksNs) -> None:
        self._source = source
        self._ticks_ns = ticks_ns
        self._kept: Sequence[Reading] = ()
        self._until_ns = 0

    async def read(self) -> Sequence[Reading]:
        if self._ticks_ns() >= self._until_ns:
            self._kept = await self._source()
            self._until_ns = self._ticks_ns() + _KEPT_S * _NS_PER_S
        return self._kept
