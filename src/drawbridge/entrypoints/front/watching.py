"""What a front counts of itself for whoever watches it: requests, refusals, times and its ways.

Words that tell counts apart come from closed lists; no address of a bot or of a worker is one.
"""

from collections.abc import Callable, Sequence
from typing import Final

from drawbridge.app.observing.health import OK
from drawbridge.app.observing.readings import Counts, Reading, Times, state
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.measures import ANSWERED, Spreads, Tally, outcome_of
from drawbridge.core.tracing import NOBODY, Tracer, tell
from drawbridge.entrypoints.front.routes import Routes

_NS_PER_US: Final = 1_000
_PLACE: Final = ("exchange", "venue")
_NO_WORKERS: Final = "no_workers"
_UNREACHABLE: Final = "workers_unreachable"


class FrontWatch:
    """Counts what a front does, and follows some of it. `ticks_ns` only runs forward."""

    def __init__(self, ticks_ns: Callable[[], int], tracer: Tracer = NOBODY) -> None:
        """Begin with nothing."""
        self.ticks_ns = ticks_ns
        self.tracer = tracer
        self._requests = Tally()
        self._times = Spreads()
        self._refusals = Tally()

    def answered(self, place: tuple[str, str], began_ns: int) -> None:
        """Count a request that a worker answered, whatever it said."""
        self._count(place, ANSWERED, began_ns)
        tell("outcome", ANSWERED)

    def refused(self, place: tuple[str, str], error: DrawbridgeError, began_ns: int) -> None:
        """Count one that got no answer of a worker."""
        outcome = outcome_of(error)
        self._count(place, outcome, began_ns)
        self._refusals.add(error.code)
        tell("outcome", outcome)
        tell("code", error.code)

    async def read(self) -> Sequence[Reading]:
        """Give what was counted."""
        return (
            Counts("front_requests", (*_PLACE, "outcome"), self._requests.counts()),
            Times("front_request_seconds", _PLACE, self._times.spreads()),
            Counts("front_refusals", ("code",), self._refusals.counts()),
        )

    def _count(self, place: tuple[str, str], outcome: str, began_ns: int) -> None:
        self._requests.add(*place, outcome)
        self._times.add((self.ticks_ns() - began_ns) // _NS_PER_US, *place)


class WaysWatch:
    """Looks at a front's ways to its workers; `sockets` counts those that bots have open."""

    def __init__(self, routes: Routes, sockets: Callable[[], int]) -> None:
        """Look at these."""
        self._routes = routes
        self._sockets = sockets

    async def look(self) -> str:
        """Tell whether there is a worker, and whether any of them can be reached."""
        serving, unreachable = await self._routes.count_ways()
        if not serving:
            return _NO_WORKERS
        return _UNREACHABLE if unreachable == serving else OK

    async def read(self) -> Sequence[Reading]:
        """Give how many workers there are, and how many could not be reached just now."""
        serving, unreachable = await self._routes.count_ways()
        return (
            state("front_workers", serving),
            state("front_workers_unreachable", unreachable),
            state("front_lines", self._routes.open_lines),
            state("front_sockets", self._sockets()),
            Counts("front_ways_lost", (), {(): self._routes.ways_lost}),
        )
