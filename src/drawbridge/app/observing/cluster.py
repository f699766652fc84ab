"""The cluster as operators see it: its workers, what each holds, and what nobody holds.

Numbers and names of machines; nothing here tells whose accounts they are. Where one process does
everything there are no workers, and nothing is amiss.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic_ns
from typing import Final

from drawbridge.app.build import House
from drawbridge.app.observing import store
from drawbridge.cluster.model import CLAIM_MS, WorkerStanding
from drawbridge.cluster.store import list_workers
from drawbridge.core.clock import HOUR_MS
from drawbridge.core.shards import SHARDS

_NS_PER_US: Final = 1_000
_US_PER_MS: Final = 1_000


class WorkerState(StrEnum):
    """How a worker stands. `DRAINING` gives back what it holds; `SILENT` was not heard of."""

    WORKING = "working"
    DRAINING = "draining"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """A worker. `heard_ms` is when it last said that it lives, by the database's clock."""

    id: str
    state: WorkerState
    address: str
    egress_group: str
    egress_addresses: tuple[str, ...]
    version: str
    started_ms: int
    heard_ms: int
    shards: int
    accounts: int


@dataclass(frozen=True, slots=True)
class ClusterSeen:
    """All of it at one moment. `is_shared` tells whether workers share the accounts at all.

    `signals_waiting` counts those that were not acted on everywhere, `notices_waiting` what is to
    be carried out; `took_us` is how long the database took for a question, and `clock_off_ms` by
    how much its clock and ours differ at least.
    """

    is_shared: bool
    now_ms: int
    workers: tuple[WorkerSeen, ...]
    unheld: int
    signals_waiting: int
    notices_waiting: int
    took_us: int
    clock_off_ms: int

    @property
    def versions(self) -> tuple[str, ...]:
        """Give the versions of those that live; more than one only while it is upgraded."""
        living = (it for it in self.workers if it.state is not WorkerState.SILENT)
        return tuple(sorted({it.version for it in living}))

    @property
    def took_ms(self) -> int:
        """Give how long the database took in whole milliseconds, at least one."""
        return -(-self.took_us // _US_PER_MS)

    @property
    def shards(self) -> int:
        """Give how many shards there are."""
        return SHARDS


async def see_cluster(house: House) -> ClusterSeen:
    """Look at the cluster. Raises: what the database raises."""
    database, is_shared = house.database, house.settings.is_cluster
    began_ns, began_ms = monotonic_ns(), house.clock.now_ms()
    now_ms = await database.now_ms()
    took_us, ended_ms = (monotonic_ns() - began_ns) // _NS_PER_US, house.clock.now_ms()
    accounts = await store.count_accounts(database)
    workers = await list_workers(database, now_ms)
    return ClusterSeen(
        is_shared=is_shared or bool(workers),
        now_ms=now_ms,
        workers=tuple(_seen(it, now_ms, accounts) for it in workers),
        unheld=await store.count_unheld(database, now_ms) if is_shared or workers else 0,
        signals_waiting=await store.count_waiting_signals(database),
        notices_waiting=await store.count_waiting_notices(database),
        took_us=took_us,
        # The answer was made somewhere between question and answer.
        clock_off_ms=max(0, began_ms - now_ms, now_ms - ended_ms),
    )


def is_shared(house: House) -> bool:
    """Tell at once whether there is a cluster to be looked at."""
    return house.settings.is_cluster or store.has_workers(house.database)


async def outgoing_addresses(house: House) -> tuple[str, ...]:
    """Give all addresses from which our requests may reach exchanges, for keys' IP lists.

    Why also of workers that were silent for less than an hour: one that is just being started
    anew must not be missing on the list that somebody copies at that moment.
    """
    now_ms = await house.database.now_ms()
    theirs = (
        address
        for it in await list_workers(house.database, now_ms)
        if it.is_living(now_ms - HOUR_MS)
        for address in it.worker.egress_addresses
    )
    return tuple(dict.fromkeys((*house.settings.egress_addresses, *sorted(theirs))))


def _seen(it: WorkerStanding, now_ms: int, accounts: Mapping[int, int]) -> WorkerSeen:
    worker = it.worker
    return WorkerSeen(
        id=worker.id,
        state=_state_of(it, now_ms),
        address=worker.address,
        egress_group=worker.egress_group,
        egress_addresses=worker.egress_addresses,
        version=worker.version,
        started_ms=worker.started_ms,
        heard_ms=it.seen_until_ms - CLAIM_MS,
        shards=len(it.shards),
        accounts=sum(accounts.get(shard, 0) for shard in it.shards),
    )


def _state_of(it: WorkerStanding, now_ms: int) -> WorkerState:
    if not it.is_living(now_ms):
        return WorkerState.SILENT
    return WorkerState.DRAINING if it.is_draining else WorkerState.WORKING
