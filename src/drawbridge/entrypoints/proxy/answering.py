"""One exchange at one venue as bots meet it: raw requests in, the exchange's own answers out.

No rule lives here: whose a request is, and whether it may, is asked below. What crossed is noted.
"""

from dataclasses import replace

from drawbridge.app.bridge import Bridge
from drawbridge.catalogue.registry import Exchange
from drawbridge.core.errors import DrawbridgeError, ExchangeDown, OutcomeUnknown
from drawbridge.core.tracing import step, tell
from drawbridge.core.values import light_value
from drawbridge.entrypoints.edge.places import NOT_FOUND, ROOT, Below, Elsewhere
from drawbridge.entrypoints.edge.refusing import refuse
from drawbridge.entrypoints.proxy.sockets import TOKEN, BotStreams
from drawbridge.gateway.admission import Admission, Admitted
from drawbridge.gateway.bot_streams.connection import BotConnection
from drawbridge.gateway.bot_streams.hub import BotSockets
from drawbridge.gateway.crossing_log import Crossed, Outcome
from drawbridge.gateway.forwarding import Heard
from drawbridge.gateway.held_here import SHARD
from drawbridge.gateway.permission import MOVED
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.wire.http import WireAnswer, WireRequest


@light_value
class _Told:
    """What became of a request; `elsewhere` where its account is another's, and nothing became."""

    heard: Heard
    virtual: VirtualKey | None
    endpoint: str
    outcome: Outcome
    elsewhere: Elsewhere | None = None


class BotAnswering:
    """Answers at the root of a port, or below a prefix."""

    def __init__(self, exchange: Exchange, venue: str, bridge: Bridge, sockets: BotSockets) -> None:
        """Stand in for this exchange."""
        self._exchange = exchange
        self._venue = venue
        self._bridge = bridge
        self._admission = Admission(
            exchange, venue, (bridge.book, bridge.proofs, bridge.replays), bridge.held
        )
        self._streams = BotStreams(exchange, venue, bridge, sockets)
        self._place = {"exchange": exchange.id, "venue": venue}

    async def answer(self, request: WireRequest, address: str, below: Below = ROOT) -> WireAnswer:
        """Answer a request that came from `address`; never raises for what a sender can do."""
        began_ns = self._bridge.ticks_ns()
        told = await self._hear(request, address, below)
        return self._noted(told, request, address, began_ns)

    async def answer_relayed(
        self, request: WireRequest, address: str, below: Below
    ) -> WireAnswer | Elsewhere:
        """Answer what a front hands on, or tell that the account is another's to judge."""
        began_ns = self._bridge.ticks_ns()
        told = await self._hear(request, address, below)
        if told.elsewhere is not None:
            return told.elsewhere
        return self._noted(told, request, address, began_ns)

    async def open_socket(
        self, request: WireRequest, address: str, below: Below = ROOT
    ) -> BotConnection | WireAnswer:
        """Give who talks over a socket at that path, or the refusal as of any other request."""
        del below  # A socket is the same wherever it was opened.
        return await self.open_relayed(request, address)

    async def open_relayed(self, request: WireRequest, address: str) -> BotConnection | WireAnswer:
        """Give the same to a front."""
        try:
            return await self._streams.open(request, address)
        except DrawbridgeError as error:
            answer = refuse(self._exchange, error, request.path)
            # Some exchanges tell all errors with a status that means yes; a handshake cannot.
            status = max(answer.status, NOT_FOUND.status)
            return replace(answer, status=status)

    def hear_refused(self, code: str, address: str) -> None:
        """Note what was no request."""
        note_unreadable(self._bridge, self._exchange.id, self._venue, code, address)

    async def _hear(self, request: WireRequest, address: str, below: Below) -> _Told:
        with self._bridge.tracer.follow("bot_request", self._place, below.trace):
            told = await self._heard(request, address, below)
            tell("outcome", told.outcome)
            return told

    async def _heard(self, request: WireRequest, address: str, below: Below) -> _Told:
        virtual: VirtualKey | None = None
        endpoint = ""
        try:
            now_ms = self._bridge.gateway.relay.now_ms(self._exchange.id, self._venue)
            with step("judge"):
                admitted = await self._admission.admit(request, now_ms)
            virtual, endpoint = admitted.virtual, admitted.endpoint.name
            heard = await self._carry(admitted, request, address, below)
        except DrawbridgeError as error:
            heard = Heard(refuse(self._exchange, error, request.path), error)
            elsewhere = None if virtual is not None else _elsewhere(error)
            virtual = virtual or self._admission.named(request)
            return _Told(heard, virtual, endpoint, _outcome_of(error), elsewhere)
        outcome = Outcome.PASSED if heard.error is None else Outcome.TOLD
        return _Told(heard, virtual, endpoint, outcome)

    async def _carry(
        self, admitted: Admitted, request: WireRequest, address: str, below: Below
    ) -> Heard:
        if TOKEN in admitted.endpoint.operations:
            return Heard(await self._streams.token(admitted, request, below, address))
        return await self._bridge.bots.carry(
            self._exchange, self._venue, admitted, request, address
        )

    def _noted(self, told: _Told, request: WireRequest, address: str, began_ns: int) -> WireAnswer:
        """Note what crossed, and give the answer."""
        bridge, virtual, error, answer = (
            self._bridge,
            told.virtual,
            told.heard.error,
            told.heard.answer,
        )
        bridge.log.note(
            Crossed(
                at_ms=bridge.clock.now_ms(),
                owner="" if virtual is None else virtual.owner,
                virtual_id="" if virtual is None else virtual.id,
                exchange=self._exchange.id,
                venue=self._venue,
                endpoint=told.endpoint,
                outcome=told.outcome,
                code="" if error is None else error.code,
                rule="" if error is None else str(error.facts.get("rule", "")),
                status=answer.status,
                took_us=(bridge.ticks_ns() - began_ns) // 1_000,
                received_bytes=len(request.body) + len(request.target),
                answered_bytes=len(answer.body),
                address=address,
            )
        )
        return answer


def note_unreadable(bridge: Bridge, exchange_id: str, venue: str, code: str, address: str) -> None:
    """Note what was refused before anybody could tell what it asked for."""
    bridge.log.note(
        Crossed(
            at_ms=bridge.clock.now_ms(),
            owner="",
            virtual_id="",
            exchange=exchange_id,
            venue=venue,
            endpoint="",
            outcome=Outcome.REFUSED,
            code=code,
            rule="wire",
            status=0,
            took_us=0,
            received_bytes=0,
            answered_bytes=0,
            address=address,
        )
    )


def _elsewhere(error: DrawbridgeError) -> Elsewhere | None:
    shard = error.facts.get(SHARD) if error.code == MOVED else None
    return Elsewhere(shard) if isinstance(shard, int) else None


def _outcome_of(error: DrawbridgeError) -> Outcome:
    if isinstance(error, OutcomeUnknown):
        return Outcome.UNKNOWN
    return Outcome.DOWN if isinstance(error, ExchangeDown) else Outcome.REFUSED
