"""Workers: which processes share the accounts, what each holds, and what waits.

For whoever operates the machines. Numbers, names of machines and addresses; nothing here tells
whose accounts they are or what is in them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from drawbridge.accounts.roles import Act
from drawbridge.app.build import House
from drawbridge.app.observing.cluster import ClusterSeen, WorkerSeen, WorkerState, see_cluster
from drawbridge.core.clock import SECOND_MS
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.pages.visits import Visit

_TONES: Final[Mapping[WorkerState, str]] = {
    WorkerState.WORKING: "good",
    WorkerState.DRAINING: "",
    WorkerState.SILENT: "warn",
}


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A worker as the page lists it; `heard_s` is how long ago it was heard of."""

    worker: WorkerSeen
    state: str
    tone: str
    heard_s: int
    is_other_version: bool


@dataclass(frozen=True, slots=True)
class WorkerPages:
    """The page."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show the workers as they stand now."""
        seen = await see_cluster(self.house)
        facts = {"seen": seen, "workers": [_view(it, seen) for it in seen.workers]}
        return self.site.page(visit, "workers/show.html", facts)


def worker_routes(site: Site, house: House) -> list[Route]:
    """Give the address. Pages lead there in a cluster; where one does everything, it says so."""
    operated = site.of(Act.OPERATE)
    return [Route("/workers", operated.shows(WorkerPages(operated, house).show))]


def _view(it: WorkerSeen, seen: ClusterSeen) -> WorkerView:
    newest = max(seen.versions, default=it.version)
    return WorkerView(
        worker=it,
        state=it.state.value,
        tone=_TONES[it.state],
        heard_s=max(0, seen.now_ms - it.heard_ms) // SECOND_MS,
        is_other_version=it.version != newest,
    )
