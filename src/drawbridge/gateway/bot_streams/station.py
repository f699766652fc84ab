"""One exchange at one venue as bots' sockets meet it: what all of them share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import DrawbridgeError, Forbidden, NotProven
from drawbridge.core.operations import Operation
from drawbridge.gateway.bot_streams.proving import Proving
from drawbridge.gateway.bot_streams.snapshots import Snapshots
from drawbridge.gateway.bot_streams.topics import PublicTopics
from drawbridge.gateway.bot_words import outcome_of
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.crossing_log import Crossed, CrossingLog
from drawbridge.gateway.streaming import Streams
from drawbridge.virtual_keys.asked import Asked
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.stream import Ask, SharedFrames

_SOCKET: Final = 101


class Desk(Protocol):
    """Who carries out what virtual keys ask for; the desk of all bots is one."""

    def hold(self, virtual: VirtualKey, asked: Asked) -> None:
        """Hold something against a virtual key's restrictions, and count it.

        Raises: `Forbidden` with the rule that speaks against it.
        """

    async def answer(
        self, virtual: VirtualKey, endpoint: Endpoint, operation: Operation[Any], address: str
    ) -> object:
        """Give the result of an operation. Raises: as `Gateway.cross`."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the stations of all exchanges share."""

    gateway: Gateway
    streams: Streams
    topics: PublicTopics
    snapshots: Snapshots
    desk: Desk
    log: CrossingLog
    clock: Clock
    ticks_ns: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Passing:
    """Something that a bot does over a socket, as it is noted."""

    row: str
    virtual: VirtualKey | None
    began_ns: int
    address: str


@dataclass(frozen=True, slots=True)
class Station:
    """An exchange at a venue; `spoken` puts an error of ours into its reasons."""

    exchange: Exchange
    venue: str
    parts: Parts
    proving: Proving
    spoken: Callable[[Exchange, DrawbridgeError], DrawbridgeError]
    shared: SharedFrames = field(default_factory=SharedFrames)

    def now_ms(self) -> int:
        """Give the exchange's time, as far as it is known."""
        return self.parts.gateway.relay.now_ms(self.exchange.id, self.venue)

    async def answer(self, ask: Ask, virtual: VirtualKey | None, address: str) -> object:
        """Give the result of what a session asks for.

        Raises: `Forbidden("unknown_endpoint")`, `NotProven("bad_key")`, as `Desk.answer`.
        """
        endpoint = self.exchange.endpoints.named(ask.endpoint)
        if not endpoint.operation:
            raise Forbidden("unknown_endpoint", rule="endpoint")
        if endpoint.is_signed and virtual is None:
            raise NotProven("bad_key")
        if endpoint.answer:
            return endpoint.answer
        if virtual is None or not endpoint.is_signed:
            return await self.parts.gateway.call_public(self.exchange.id, self.venue, ask.operation)
        return await self.parts.desk.answer(virtual, endpoint, ask.operation, address)

    def note(self, passing: Passing, error: DrawbridgeError | None) -> None:
        """Note what crossed over a socket, and what became of it."""
        virtual, parts = passing.virtual, self.parts
        parts.log.note(
            Crossed(
                at_ms=parts.clock.now_ms(),
                owner="" if virtual is None else virtual.owner,
                virtual_id="" if virtual is None else virtual.id,
                exchange=self.exchange.id,
                venue=self.venue,
                endpoint=passing.row,
                outcome=outcome_of(error),
                code="" if error is None else error.code,
                rule="" if error is None else str(error.facts.get("rule", "")),
                status=_SOCKET,
                took_us=(parts.ticks_ns() - passing.began_ns) // 1_000,
                received_bytes=0,
                answered_bytes=0,
                address=passing.address,
            )
        )
