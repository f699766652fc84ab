"""What is wrong with a cluster: one finding for each worker, and what only shows from above."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from drawbridge.app.finding import Finding, Health
from drawbridge.app.observing.cluster import ClusterSeen, WorkerSeen, WorkerState
from drawbridge.cluster.model import RENEW_EVERY_MS
from drawbridge.core.clock import SECOND_MS
from drawbridge.storage.wakes import Waiting

# A question by its key takes less than a millisecond beside the server; so far away is too far.
_SLOW_US: Final = 50_000
_MOST_WAITING: Final = 1_000
# A claim ends after three seconds by the database's clock: whoever reads it by another is wrong.
_CLOCK_OFF_MS: Final = SECOND_MS
# Whoever holds a shard looks at it once a second, and somebody does after a claim has ended.
_JOB_LATE_MS: Final = 5 * SECOND_MS
# One that was killed and begun anew at its address is not yet silent for a moment.
_ALIVE_MS: Final = 2 * RENEW_EVERY_MS
_HEALTH: Final[Mapping[WorkerState, Health]] = {
    WorkerState.WORKING: Health.OK,
    WorkerState.DRAINING: Health.OK,
    WorkerState.SILENT: Health.WARN,
}


def look_at_cluster(seen: ClusterSeen, jobs: Waiting) -> Iterator[Finding]:
    """Look at the workers, at what nobody holds, at what waits, and the way to the database."""
    took = {"took_ms": seen.took_ms}
    if seen.took_us > _SLOW_US:
        yield Finding("round_trip", Health.WARN, "slow", took)
    else:
        yield Finding("round_trip", Health.OK, "good", took)
    is_off = seen.clock_off_ms > _CLOCK_OFF_MS
    off = {"off_ms": seen.clock_off_ms}
    yield Finding(
        "server_clock", Health.WARN if is_off else Health.OK, "off" if is_off else "good", off
    )
    if not seen.versions:
        yield Finding("workers", Health.FAIL, "none")
    elif len(seen.versions) > 1:
        yield Finding("workers", Health.WARN, "versions_differ", {"known": seen.versions})
    for worker in seen.workers:
        yield _worker(worker, seen.now_ms)
    yield from _one_address(seen)
    if seen.unheld and seen.versions:
        facts = {"count": seen.unheld, "all": seen.shards}
        yield Finding("shards", Health.FAIL, "unheld", facts)
    elif seen.versions:
        yield Finding("shards", Health.OK, "held")
    yield from _queue(seen)
    is_late = jobs.oldest_ms > _JOB_LATE_MS
    facts = {"count": jobs.count, "oldest_s": jobs.oldest_ms // SECOND_MS}
    yield Finding(
        "queue", Health.WARN if is_late else Health.OK, "jobs_late" if is_late else "jobs", facts
    )


def _worker(it: WorkerSeen, now_ms: int) -> Finding:
    facts: dict[str, object] = {
        "worker": it.id,
        "version": it.version,
        "count": it.shards,
        "accounts": it.accounts,
        "addresses": it.egress_addresses,
        "group": it.egress_group,
        "silent_s": max(0, now_ms - it.heard_ms) // SECOND_MS,
    }
    if it.state is WorkerState.WORKING and not it.egress_addresses:
        return Finding("worker", Health.WARN, "no_address", facts)
    return Finding("worker", _HEALTH[it.state], it.state.value, facts)


def _one_address(seen: ClusterSeen) -> Iterator[Finding]:
    """Find workers that fronts cannot tell apart: only one of them hears of its accounts."""
    at = defaultdict[str, list[str]](list)
    for it in seen.workers:
        if (
            it.address
            and it.state is not WorkerState.SILENT
            and seen.now_ms - it.heard_ms < _ALIVE_MS
        ):
            at[it.address].append(it.id)
    for address, ids in at.items():
        if len(ids) > 1:
            yield Finding(
                "worker", Health.FAIL, "same_address", {"address": address, "workers": ids}
            )


def _queue(seen: ClusterSeen) -> Iterator[Finding]:
    for what, count in (("signals", seen.signals_waiting), ("notices", seen.notices_waiting)):
        health = Health.WARN if count > _MOST_WAITING else Health.OK
        yield Finding("queue", health, what, {"count": count})
