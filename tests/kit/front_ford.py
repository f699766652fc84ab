"""A stub exchange, two workers that share its accounts by hand, and a front before them.

All in this process: bots speak raw bytes to the front, and lines between front and workers are
real connections of this machine.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from drawbridge.app.bridge import Bridge
from drawbridge.app.clock import entropy, monotonic_ns, now_ns
from drawbridge.app.front_process import Way
from drawbridge.app.listening import listen, port_of
from drawbridge.app.observing.traces import Traces
from drawbridge.app.settings import Settings
from drawbridge.catalogue.registry import get_exchange
from drawbridge.cluster.share import HeldShares
from drawbridge.core.shards import SHARDS, shard_of
from drawbridge.core.tracing import NOBODY, Span, Tracer
from drawbridge.entrypoints.edge.lines import Lines
from drawbridge.entrypoints.edge.places import Below, Elsewhere, place_of
from drawbridge.entrypoints.edge.spans import encode_span
from drawbridge.entrypoints.edge.taking import Taking, WaysIn
from drawbridge.entrypoints.front.answering import FrontDoor
from drawbridge.entrypoints.front.routes import Routes
from drawbridge.entrypoints.front.watching import FrontWatch
from drawbridge.entrypoints.proxy.answering import BotAnswering, note_unreadable
from drawbridge.entrypoints.wire_server.serving import Served, WireServer
from drawbridge.gateway.bot_streams.connection import BotConnection
from drawbridge.gateway.bot_streams.hub import BotSockets
from drawbridge.gateway.bot_streams.tokens import BotTokens
from drawbridge.gateway.held_here import HeldHere
from drawbridge.gateway.replay import Replays
from drawbridge.vault.model import Venue
from drawbridge.wire.http import WireAnswer, WireRequest

RELAY_KEY: Final = b"k" * 32
_LONG_MS: Final = 10**9
_FOUND_WITHIN_S: Final = 1.5


@dataclass
class HandMade:
    """A directory that says what a test wrote into it."""

    addresses: dict[int, str] = field(default_factory=dict)
    asked: int = 0
    forgotten: int = 0

    async def find_shard(self, shard: int) -> str | None:
        self.asked += 1
        return self.addresses.get(shard)

    def forget_shard(self, shard: int) -> None:
        del shard
        self.forgotten += 1

    async def list_serving(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.addresses.values())))


@dataclass
class SeenDoor:
    """A worker's door, and what came to it."""

    answering: BotAnswering
    seen: list[WireRequest] = field(default_factory=list)
    is_free: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.is_free.set()

    async def answer_relayed(
        self, request: WireRequest, address: str, below: Below
    ) -> WireAnswer | Elsewhere:
        self.seen.append(request)
        await self.is_free.wait()
        return await self.answering.answer_relayed(request, address, below)

    async def open_relayed(self, request: WireRequest, address: str) -> BotConnection | WireAnswer:
        self.seen.append(request)
        return await self.answering.open_relayed(request, address)

    def hear_refused(self, code: str, address: str) -> None:
        self.answering.hear_refused(code, address)


@dataclass
class Worker:
    """One worker: what it holds, and where it takes what a front hands on."""

    share: HeldShares
    bridge: Bridge
    door: SeenDoor
    taking: Taking
    where: str

    def stop(self) -> None:
        """Be stopped as SIGSTOP does it: connected, and silent."""
        self.door.is_free.clear()
        watching = self.taking._watching  # noqa: SLF001 - a process that is stopped pings nobody
        assert watching is not None
        watching.cancel()
        self.taking._watching = None  # noqa: SLF001 - a stopped process does not come back to it

    def hold(self, *shards: int) -> None:
        """Hold these from now on, and nothing else."""
        for shard in range(SHARDS):
            self.share.drop(shard)
        for shard in shards:
            self.share.hold(shard, _LONG_MS)
        self.bridge.held.look()


@dataclass
class Fleet:
    """Two workers and a front."""

    workers: tuple[Worker, Worker]
    directory: HandMade
    lines: Lines
    routes: Routes
    door: FrontDoor
    port: int

    def give(self, key_id: str, to: int) -> None:
        """Let one worker hold an account's shard, the other all the rest, and say so."""
        shard, others = shard_of(key_id), set(range(SHARDS))
        holder, other = self.workers[to], self.workers[1 - to]
        holder.hold(shard)
        other.hold(*(others - {shard}))
        self.tell()

    def tell(self) -> None:
        """Let the directory tell what workers hold."""
        held = {shard: it.where for it in self.workers for shard in it.share.shards}
        self.directory.addresses = held


@asynccontextmanager
async def found_fleet(
    folder: Path,
    bridge: Bridge,
    sockets: BotSockets,
    exchange_id: str,
    spans: list[Span] | None = None,
) -> AsyncIterator[Fleet]:
    """Put two workers and a front over what one bridge stands on, for the time of a test.

    With `spans` the front follows each request, and the workers keep there what comes to them.
    """
    exchange = get_exchange(exchange_id)
    async with AsyncExitStack() as stack:
        workers = [await _worker(stack, bridge, sockets, exchange_id, spans) for _ in range(2)]
        directory = HandMade()
        lines = Lines(Way(Settings(folder)).dial, RELAY_KEY, os.urandom)
        routes = Routes(directory, lines, found_within_s=_FOUND_WITHIN_S)
        tracer: Tracer = NOBODY
        if spans is not None:
            tracer = Traces(1, now_ns, entropy, lambda it: routes.tell_any(encode_span(it)))
        watch = FrontWatch(monotonic_ns, tracer)
        door = FrontDoor(exchange, Venue.PAPER, bridge.book, routes, set(), watch)
        listener = listen("127.0.0.1", 0)
        server = WireServer([Served(listener, door, opening=door)])
        lines.start()
        looking = asyncio.create_task(routes.keep_looking())
        await server.start()
        stack.push_async_callback(lines.close)
        stack.callback(looking.cancel)
        stack.push_async_callback(server.stop, 5)
        fleet = Fleet((workers[0], workers[1]), directory, lines, routes, door, port_of(listener))
        fleet.tell()
        yield fleet


async def _worker(
    stack: AsyncExitStack,
    bridge: Bridge,
    sockets: BotSockets,
    exchange_id: str,
    spans: list[Span] | None,
) -> Worker:
    share = HeldShares(lambda: 0)
    # By itself it follows next to nothing.
    own_tracer = Traces(_LONG_MS, now_ns, entropy, spans.append) if spans is not None else NOBODY
    own = replace(
        bridge,
        held=HeldHere(share, bridge.clock.now_ms),
        replays=Replays(bridge.clock),
        tokens=BotTokens(os.urandom),
        tracer=own_tracer,
    )
    exchange = get_exchange(exchange_id)
    door = SeenDoor(BotAnswering(exchange, "paper", own, sockets))
    ways_in = WaysIn(
        {place_of(exchange, Venue.PAPER): door},
        lambda code, address: note_unreadable(own, "", "", code, address),
        own_tracer.take,
    )
    listener = listen("127.0.0.1", 0)
    where = f"127.0.0.1:{port_of(listener)}"
    taking = Taking(ways_in, RELAY_KEY, os.urandom, where)
    await taking.start(listener, None)
    stack.push_async_callback(taking.stop, 5)
    return Worker(share, own, door, taking, where)
