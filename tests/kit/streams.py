"""An exchange's streams with everything behind them but a socket: world, hub, connections.

The clock is moved by hand; frames are taken from where a socket would take them.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from drawbridge.catalogue.registry import Exchange, credential_of
from drawbridge.core.clock import SteppedClock
from drawbridge.core.operations import GetStreamToken, Operation, Scope
from drawbridge.core.secret import Secret
from drawbridge.core.streams import StreamEvent
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.answering import Answering
from drawbridge.paper.hub import Hub
from drawbridge.paper.streaming import Connection
from drawbridge.paper.world import PaperWorld
from drawbridge.wire.dialect import Credential, sign
from drawbridge.wire.http import WireRequest
from drawbridge.wire.stamps import StampKind
from drawbridge.wire.stream import ClientStream, Frame, Opening, ReadFrame, reader_of

A = TypeVar("A")

# Eight seconds before a minute is full, so that candles close soon.
START_MS = 1_800_000_052_000
HERE = "127.0.0.1"
STEP_MS = 250
_WITHIN_S = 10
_RIGHTS = {
    False: frozenset({Scope.READ, Scope.TRADE_SPOT}),
    True: frozenset({Scope.READ, Scope.TRADE_DERIVATIVES}),
}


@dataclass
class StreamBench:
    """One papered exchange with streams, and one account with a key."""

    exchange: Exchange
    world: PaperWorld
    clock: SteppedClock
    answering: Answering
    hub: Hub
    credential: Credential
    nonces: int = 0
    connections: list[Connection] = field(default_factory=list)
    readers: dict[Connection, ReadFrame] = field(default_factory=dict)

    @property
    def stream(self) -> ClientStream:
        """Give our side of the exchange's streams."""
        assert self.exchange.stream is not None
        return self.exchange.stream

    @property
    def symbol(self) -> str:
        """Give the symbol that is traded."""
        return self.exchange.card.paper_markets[0].symbol

    def opening(self, path: bytes) -> Opening:
        """Give how a connection to this path is opened; a query may follow."""
        post = self.answering.post
        place, _, query = path.partition(b"?")
        now_ms = self.clock.now_ms()
        errors = self.exchange.errors
        return Opening(place, query, (), post.carrier.markets, now_ms, errors, post.shared)

    async def connect(self, path: bytes) -> Connection:
        """Open a connection; the path must be one that the exchange serves."""
        connection = self.hub.open(self.answering.post, self.opening(path), HERE)
        assert connection is not None, f"no stream at {path!r}"
        self.connections.append(connection)
        await connection.open()
        return connection

    async def new_key(
        self, account: str = "ada", *, scopes: frozenset[Scope] | None = None
    ) -> None:
        """Make a key and go on with it."""
        card = self.exchange.card
        wanted = scopes or _RIGHTS[":" in self.symbol]
        addresses = (HERE,) if wanted.intersection(card.ip_list.required_for) else ()
        switches = switches_for(card, wanted) | token_switches(self.exchange)
        wish = KeyWish(card.id, switches=switches, ip_list=addresses)
        made = await self.world.keys.create(account, wish)
        await self.world.open_account(account, self.clock.now_ms())
        parts = {"api_secret": made.api_secret, "passphrase": made.passphrase}
        told = {name: secret for name, secret in parts.items() if secret is not None}
        fields = {"api_key": Secret(made.api_key), **told}
        self.credential = credential_of(self.exchange, fields)

    def stamp(self) -> str:
        """Give a stamp that is right now and was never used."""
        rule = self.exchange.card.stamp
        self.nonces += rule.kind is StampKind.NONCE
        now_ms = self.clock.now_ms()
        return str(now_ms * rule.units_per_ms // rule.ms_per_unit + self.nonces)

    async def ask(self, operation: Operation[A]) -> A:
        """Ask over REST, as our own client would."""
        codec, markets = self.exchange.codec, self.exchange.card.markets()
        request: WireRequest = codec.encode_request(operation, markets)
        if self.exchange.endpoints.classify(request).is_signed:
            request = sign(self.exchange.dialect, request, self.credential, self.stamp())
        answer = await self.answering.answer(request, HERE)
        assert codec.read_error(answer) is None, answer.body
        return codec.decode_answer(operation, answer, markets)

    async def token(self) -> str:
        """Draw a token for streams over REST."""
        return (await self.ask(GetStreamToken())).token

    async def step(self, count: int = 1) -> None:
        """Let time pass as the running exchange does."""
        for _ in range(count):
            self.clock.advance(STEP_MS)
            now_ms = self.clock.now_ms()
            self.world.advance(now_ms)
            await self.hub.step(now_ms)

    async def wait_for(self, is_so: Callable[[], Awaitable[bool]]) -> None:
        """Let the world reach its disk and tell what it had to wait with, until something is so."""
        until = time.monotonic() + _WITHIN_S
        while not await is_so():
            assert time.monotonic() < until, "it never came"
            await asyncio.sleep(0)

    async def take(self, connection: Connection) -> list[Frame]:
        """Take all frames that wait to be sent."""
        frames: list[Frame] = []
        while len(connection.outgoing):
            frame = await connection.outgoing.take()
            assert frame is not None
            frames.append(frame)
        return frames

    async def events(self, connection: Connection) -> list[StreamEvent]:
        """Take all frames and read them as our own side does."""
        read = self.readers.setdefault(connection, reader_of(self.stream))
        markets = self.exchange.card.markets()
        frames = await self.take(connection)
        return [event for frame in frames for event in read(frame, markets)]


def token_switches(exchange: Exchange) -> frozenset[str]:
    """Give the switches beside reading that a key needs to draw tokens for streams.

    Where only a key for trading may draw them, none is given: it would let a key trade.
    """
    rows = (it for it in exchange.endpoints.rows() if it.operation == "get_stream_token")
    switches = frozenset(switch for row in rows for switch in row.switches)
    trading = {Scope.TRADE_SPOT, Scope.TRADE_MARGIN, Scope.TRADE_DERIVATIVES}
    return switches if not trading & exchange.card.scopes_of(switches) else frozenset()


@contextlib.asynccontextmanager
async def stream_bench(
    folder: Path, exchange: Exchange, others: Sequence[Exchange] = ()
) -> AsyncIterator[StreamBench]:
    """Open a world with this exchange in it, and an account with a key."""
    clock, random = SteppedClock(START_MS), Random(1)
    world = await PaperWorld.open(folder, [exchange, *others], clock, random.randbytes)
    await world.open_account("ada", START_MS)
    nobody: Any = None
    bench = StreamBench(
        exchange, world, clock, Answering(exchange, world, clock), Hub(world, clock), nobody
    )
    await bench.new_key()
    try:
        yield bench
    finally:
        for connection in bench.connections:
            bench.hub.close(connection)
        await world.durable()
        await world.close()
