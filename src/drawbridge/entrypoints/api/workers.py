"""Workers: which processes share the accounts, told to whoever operates them.

Numbers, names of machines and addresses; nothing here tells whose accounts they are.
"""

from fastapi import APIRouter

from drawbridge.app.observing.cluster import WorkerSeen, WorkerState, see_cluster
from drawbridge.entrypoints.api.caller import Operator
from drawbridge.entrypoints.api.shapes import Moment, Told

router = APIRouter(tags=["workers"])


class WorkerTold(Told):
    """A worker; `silent` is one that was not heard of, `draining` one that is on its way out."""

    id: str
    state: WorkerState
    version: str
    address: str
    egress_group: str
    egress_addresses: list[str]
    started_ms: Moment
    heard_ms: Moment
    shards: int
    accounts: int


class ClusterTold(Told):
    """All workers, and what waits. Where one process does everything, there are none.

    `unheld` counts the shards, of 64, that no worker holds: their accounts stand still.
    """

    is_shared: bool
    workers: list[WorkerTold]
    unheld: int
    signals_waiting: int
    notices_waiting: int
    database_took_us: int


@router.get("/workers")
async def list_workers(caller: Operator) -> ClusterTold:
    """Tell the workers as they stand now; for owners and operators of the house."""
    seen = await see_cluster(caller.house)
    return ClusterTold(
        is_shared=seen.is_shared,
        workers=[_tell_worker(it) for it in seen.workers],
        unheld=seen.unheld,
        signals_waiting=seen.signals_waiting,
        notices_waiting=seen.notices_waiting,
        database_took_us=seen.took_us,
    )


def _tell_worker(it: WorkerSeen) -> WorkerTold:
    return WorkerTold(
        id=it.id,
        state=it.state,
        version=it.version,
        address=it.address,
        egress_group=it.egress_group,
        egress_addresses=list(it.egress_addresses),
        started_ms=it.started_ms,
        heard_ms=it.heard_ms,
        shards=it.shards,
        accounts=it.accounts,
    )
