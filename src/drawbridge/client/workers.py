"""The operations of the group “workers”."""

from typing import Literal, TypedDict

from drawbridge.client.calling import Calling

WorkerState = Literal["working", "draining", "silent"]


class WorkerTold(TypedDict):
    """A worker; `silent` is one that was not heard of, `draining` one that is on its way out."""

    id: str
    state: WorkerState
    version: str
    address: str
    egress_group: str
    egress_addresses: list[str]
    started_ms: int
    heard_ms: int
    shards: int
    accounts: int


class ClusterTold(TypedDict):
    """All workers, and what waits."""

    is_shared: bool
    workers: list[WorkerTold]
    unheld: int
    signals_waiting: int
    notices_waiting: int
    database_took_us: int


class WorkersOperations:
    """The operations of the group “workers”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_workers(self) -> ClusterTold:
        """Tell the workers as they stand now; for owners and operators of the house."""
        told: ClusterTold = self._calling.ask("GET", "/workers", {})
        return told
