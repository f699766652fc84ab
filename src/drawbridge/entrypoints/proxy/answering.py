"""One exchange at one venue as bots meet it: raw requests in, the exchange's own answers out.

No rule lives here: whose a request is, and whether it may, is asked below. What crossed is noted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from drawbridge.app.bridge import Bridge
from drawbridge.catalogue.registry import Exchange
from drawbridge.core.errors import DrawbridgeError, ExchangeDown, OutcomeUnknown
from drawbridge.entrypoints.proxy.refusing import refuse
from drawbridge.entrypoints.proxy.sockets import ROOT, TOKEN, Below, BotStreams
from drawbridge.gateway.admission import Admission
from drawbridge.gateway.bot_streams.connection import BotConnection
from drawbridge.gateway.bot_streams.hub import BotSockets
from drawbridge.gateway.crossing_log import Crossed, Outcome
from drawbridge.gateway.forwarding import Heard
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.wire.http import WireAnswer, WireRequest

_NOT_FOUND: Final = WireAnswer(404, b"Not Found\n", ((b"content-type", b"text/plain"),))


class BotAnswering:
    """Answers at the root of a port, or below a prefix."""

    def __init__(self, exchange: Exchange, venue: str, bridge: Bridge, sockets: BotSockets) -> None:
        """Stand in for this exchange."""
        self._exchange = exchange
        self._venue = venue
        self._bridge = bridge
        self._admission = Admission(exchange, venue, bridge.book, bridge.proofs, bridge.replays)
        self._streams = BotStreams(exchange, venue, bridge, sockets)

    async def answer(self, request: WireRequest, address: str, below: Below = ROOT) -> WireAnswer:
        """Answer a request that came from `address`; never raises for what a sender can do."""
        began_ns, bridge = self._bridge.ticks_ns(), self._bridge
        virtual: VirtualKey | None = None
        endpoint = ""
        try:
            now_ms = bridge.gateway.relay.now_ms(self._exchange.id, self._venue)
            admitted = await self._admission.admit(request, now_ms)
            virtual, endpoint = admitted.virtual, admitted.endpoint.name
            if TOKEN in admitted.endpoint.operations:
                heard = Heard(await self._streams.token(admitted, request, below, address))
            else:
                heard = await bridge.bots.carry(
                    self._exchange, self._venue, admitted, request, address
                )
        except DrawbridgeError as error:
            heard = Heard(refuse(self._exchange, error, request.path), error)
            outcome = _outcome_of(error)
            virtual = virtual or self._admission.named(request)
        else:
            outcome = Outcome.PASSED if heard.error is None else Outcome.TOLD
        told, error_told = heard.answer, heard.error
        bridge.log.note(
            Crossed(
                at_ms=bridge.clock.now_ms(),
                owner="" if virtual is None else virtual.owner,
                virtual_id="" if virtual is None else virtual.id,
                exchange=self._exchange.id,
                venue=self._venue,
                endpoint=endpoint,
                outcome=outcome,
                code="" if error_told is None else error_told.code,
                rule="" if error_told is None else str(error_told.facts.get("rule", "")),
                status=told.status,
                took_us=(bridge.ticks_ns() - began_ns) // 1_000,
                received_bytes=len(request.body) + len(request.target),
                answered_bytes=len(told.body),
                address=address,
            )
        )
        return told

    async def open_socket(self, request: WireRequest, address: str) -> BotConnection | WireAnswer:
        """Give who talks over a socket at that path, or the refusal as of any other request."""
        try:
            return await self._streams.open(request, address)
        except DrawbridgeError as error:
            answer = refuse(self._exchange, error, request.path)
            # Some exchanges tell all errors with a status that means yes; a handshake cannot.
            status = max(answer.status, _NOT_FOUND.status)
            return replace(answer, status=status)

    def hear_refused(self, code: str, address: str) -> None:
        """Note what was no request."""
        note_unreadable(self._bridge, self._exchange.id, self._venue, code, address)


@dataclass(frozen=True, slots=True)
class Crossroads:
    """All exchanges on one port, each below the path that names it and its venue."""

    bridge: Bridge
    by_prefix: Mapping[bytes, BotAnswering]
    over_tls: bool = False

    async def answer(self, request: WireRequest, address: str) -> WireAnswer:
        """Hand a request on without its prefix; the exchange never hears of that."""
        found = self._find(request)
        if found is None:
            note_unreadable(self.bridge, "", "", "unknown_path", address)
            return _NOT_FOUND
        answering, prefix, inner = found
        return await answering.answer(inner, address, Below(prefix, self.over_tls))

    async def open_socket(self, request: WireRequest, address: str) -> BotConnection | WireAnswer:
        """Hand on who asks for a socket."""
        found = self._find(request)
        if found is None:
            note_unreadable(self.bridge, "", "", "unknown_path", address)
            return _NOT_FOUND
        answering, _, inner = found
        return await answering.open_socket(inner, address)

    def hear_refused(self, code: str, address: str) -> None:
        """Note what was no request, for whichever exchange it may have been."""
        note_unreadable(self.bridge, "", "", code, address)

    def _find(self, request: WireRequest) -> tuple[BotAnswering, bytes, WireRequest] | None:
        # `/exchange/…` live, `/paper/exchange/…` on paper; byte for byte, as all paths.
        path = request.path
        _, first, *rest = path.split(b"/", 3)
        prefix = b"/paper/" + rest[0] if first == b"paper" and rest else b"/" + first
        answering = self.by_prefix.get(prefix)
        inner = path[len(prefix) :]
        if answering is None or not inner:
            return None
        return (
            answering,
            prefix,
            WireRequest(request.method, inner, request.query, request.headers, request.body),
        )


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


def _outcome_of(error: DrawbridgeError) -> Outcome:
    if isinstance(error, OutcomeUnknown):
        return Outcome.UNKNOWN
    return Outcome.DOWN if isinstance(error, ExchangeDown) else Outcome.REFUSED
