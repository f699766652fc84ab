"""One exchange at one venue as bots meet it at the front, which hands all of it on.

Only what a request names is read here. Nothing is opened, held against a signature, judged or
noted; the worker does all of that.
"""

from dataclasses import dataclass
from typing import Final

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.errors import DrawbridgeError, ExchangeDown
from drawbridge.core.operations import Scope
from drawbridge.core.shards import shard_of
from drawbridge.core.tracing import handed_on
from drawbridge.core.values import light_value
from drawbridge.entrypoints.edge.lines import unreadable
from drawbridge.entrypoints.edge.messages import Relayed
from drawbridge.entrypoints.edge.places import NOT_FOUND, ROOT, Below, place_of
from drawbridge.entrypoints.edge.refusing import refuse
from drawbridge.entrypoints.front.passage import Passage
from drawbridge.entrypoints.front.routes import Routes
from drawbridge.entrypoints.front.watching import FrontWatch
from drawbridge.vault.model import Venue
from drawbridge.virtual_keys.book import VirtualKeyBook
from drawbridge.wire.http import WireAnswer, WireRequest

MOST_SOCKETS: Final = 4_096
_READING: Final = frozenset({None, Scope.READ})


@light_value
class _Named:
    """What a request names: an account's shard, None for anybody; whether it changes anything."""

    shard: int | None = None
    changes: bool = False


_ANYBODY: Final = _Named()


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """Hands on what comes for one exchange at one venue; `passages` are the sockets of all.

    All of it is counted in `watch`.
    """

    exchange: Exchange
    venue: Venue
    book: VirtualKeyBook
    routes: Routes
    passages: set[Passage]
    watch: FrontWatch

    async def answer(self, request: WireRequest, address: str, below: Below = ROOT) -> WireAnswer:
        """Give the worker's answer; never raises for what a sender can do."""
        place = {"exchange": self.exchange.id, "venue": self.venue}
        with self.watch.tracer.follow("front_request", place):
            return await self._answered(request, self._relayed(request, address, below))

    async def _answered(self, request: WireRequest, relayed: Relayed) -> WireAnswer:
        place, began_ns = (self.exchange.id, self.venue), self.watch.ticks_ns()
        try:
            named = self._named(request)
            if named.shard is not None:
                self.routes.remember(relayed, named.shard)
            answer = await self.routes.carry(relayed, named.shard, changes=named.changes)
        except DrawbridgeError as error:
            self.watch.refused(place, error, began_ns)
            return refuse(self.exchange, error, request.path)
        self.watch.answered(place, began_ns)
        return answer

    async def open_socket(
        self, request: WireRequest, address: str, below: Below = ROOT
    ) -> Passage | WireAnswer:
        """Give who hands frames on, or the refusal."""
        passage = Passage(self.routes, self._relayed(request, address, below), self.passages)
        try:
            if len(self.passages) >= MOST_SOCKETS:
                raise ExchangeDown("rate_limited", limit=MOST_SOCKETS, seconds=1)
            refused = await passage.open()
        except DrawbridgeError as error:
            answer = refuse(self.exchange, error, request.path)
            # Some exchanges tell all errors with a status that means yes; a handshake cannot.
            status = max(answer.status, NOT_FOUND.status)
            return WireAnswer(status, answer.body, answer.headers)
        return refused or passage

    def hear_refused(self, code: str, address: str) -> None:
        """Let a worker note what was no request."""
        self.routes.tell_any(unreadable(place_of(self.exchange, self.venue), code, address))

    def _relayed(self, request: WireRequest, address: str, below: Below) -> Relayed:
        place = place_of(self.exchange, self.venue)
        return Relayed(place, below.prefix, below.over_tls, address, request, handed_on())

    def _named(self, request: WireRequest) -> _Named:
        """Read which virtual key a request names; what names none is refused by any worker.

        Raises: what the database raises.
        """
        try:
            endpoint = self.exchange.endpoints.classify(request)
            if not endpoint.is_signed:
                return _ANYBODY
            claim = self.exchange.dialect.claim(request)
        except DrawbridgeError:
            return _ANYBODY
        virtual = self.book.find(self.exchange.id, claim.key)
        is_known = virtual is not None and virtual.venue == self.venue
        # A key that was made a moment ago may be known to the worker and not yet here.
        shard = shard_of(virtual.key_id) if virtual is not None and is_known else None
        return _Named(shard, endpoint.scope not in _READING)


def note_nowhere(routes: Routes, code: str, address: str) -> None:
    """Let a worker note what was for no exchange."""
    routes.tell_any(unreadable(b"", code, address))
