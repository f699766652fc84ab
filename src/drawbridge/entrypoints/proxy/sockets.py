"""Streams of one exchange at one venue as bots meet them: tokens over REST, and WebSockets.

No rule lives here: what a token is good for, and who may hear of what, is asked below.
"""

from typing import Final

from drawbridge.app.bridge import Bridge
from drawbridge.catalogue.registry import Exchange
from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.core.operations import GetFixed, GetStreamToken, Scope
from drawbridge.entrypoints.edge.places import Below
from drawbridge.gateway.admission import Admitted
from drawbridge.gateway.bot_streams.connection import BotConnection
from drawbridge.gateway.bot_streams.hub import BotSockets
from drawbridge.gateway.bot_streams.proving import Proving
from drawbridge.gateway.bot_streams.station import Parts, Passing, Station
from drawbridge.gateway.bot_words import as_spoken
from drawbridge.virtual_keys.asked import Act, Asked
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer, WireRequest

TOKEN: Final = "get_stream_token"  # noqa: S105  the name of an operation
_PREFIX: Final = b"x-forwarded-prefix"
_SCHEME: Final = b"x-forwarded-proto"
_ABOUT_US: Final = (b"host", b"content-type")
_OPEN: Final = "ws_open"


class BotStreams:
    """The streams of an exchange at a venue."""

    def __init__(self, exchange: Exchange, venue: str, bridge: Bridge, sockets: BotSockets) -> None:
        """Stand in for this exchange."""
        self._exchange = exchange
        self._venue = venue
        self._bridge = bridge
        self._sockets = sockets
        self._station = Station(
            exchange,
            venue,
            Parts(
                bridge.gateway,
                bridge.streams,
                sockets.topics,
                sockets.snapshots,
                bridge.bots,
                bridge.log,
                bridge.clock,
                bridge.ticks_ns,
            ),
            Proving(
                exchange,
                venue,
                bridge.book,
                bridge.proofs,
                bridge.replays,
                bridge.tokens,
                bridge.held,
            ),
            as_spoken,
        )

    async def open(self, request: WireRequest, address: str) -> BotConnection:
        """Open a socket. Raises: as `BotSockets.open`, and notes why."""
        began_ns = self._bridge.ticks_ns()
        try:
            return await self._sockets.open(self._station, request, address)
        except DrawbridgeError as error:
            self._station.note(Passing(_OPEN, None, began_ns, address), error)
            raise

    async def token(
        self, admitted: Admitted, request: WireRequest, below: Below, address: str
    ) -> WireAnswer:
        """Answer a request about tokens for streams with one of ours.

        Some answers name the address to go to with the token, and that must be ours.
        Raises: `Forbidden`, `BadInput`, `NotProven("bad_stream_token")`.
        """
        bridge, endpoint, virtual = self._bridge, admitted.endpoint, admitted.virtual
        now_ms = bridge.gateway.relay.now_ms(self._exchange.id, self._venue)
        markets = await bridge.gateway.markets(self._exchange.id, self._venue)
        view = ServerView(endpoint, _told(request, below), markets, now_ms)
        operation = self._exchange.codec.decode_request(view)
        if isinstance(operation, GetFixed):
            return self._exchange.codec.encode_answer(operation, operation.answer, view)
        if virtual is None or not isinstance(operation, GetStreamToken):
            raise BadInput("malformed", field="token")
        asked = Asked(Act.READ, Scope.READ, address, bridge.clock.now_ms())
        bridge.bots.hold(virtual, asked)
        token = bridge.tokens.carry_out(virtual, operation, now_ms)
        return self._exchange.codec.encode_answer(operation, token, view)


def _told(request: WireRequest, below: Below) -> WireRequest:
    """Give a request with those of its headers that are of use here, and where it came in.

    Why none of the sender's: the address that is told would be the sender's choice.
    """
    headers = [pair for pair in request.headers if pair[0] in _ABOUT_US]
    if below.prefix:
        headers.append((_PREFIX, below.prefix))
    if below.over_tls:
        headers.append((_SCHEME, b"https"))
    return WireRequest(request.method, request.path, request.query, tuple(headers), request.body)
