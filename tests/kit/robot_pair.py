"""Two runners of robots over one database, each for the accounts of its share."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from drawbridge.cluster.share import HeldShares
from drawbridge.core.clock import SteppedClock
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import Order, Side
from drawbridge.core.shards import shard_of
from drawbridge.robots.running.runner import Robots
from drawbridge.robots.wishes import Wish
from drawbridge.trading.fanout import IN_FLIGHT
from drawbridge.trading.signal_words import Action, Message
from drawbridge.trading.signals import Hook, SignalStore, insert_signal
from tests.kit.faulty_database import FaultyDatabase
from tests.kit.robot_bench import FALLING, WISH, Bench
from tests.kit.robots import (
    KEY,
    OWNER,
    SECOND_KEY,
    MemoryExchange,
    outside_of,
)

BOTH = replace(WISH, also_on={SECOND_KEY: "200"})
ONE, TWO = shard_of(KEY), shard_of(SECOND_KEY)
LONG_MS = 10**9


@dataclass
class Desk:
    """The exchange, before which one process's orders can be held up."""

    exchange: MemoryExchange
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    queue: asyncio.Event = field(default_factory=asyncio.Event)
    # Of the first key's orders, after they were placed.
    told: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    queued: int = 0

    def __post_init__(self) -> None:
        self.gate.set()
        self.queue.set()
        self.told.set()

    async def known_among(
        self, intentions: Iterable[tuple[str, str]]
    ) -> frozenset[tuple[str, str]]:
        self.queued += 1
        await self.queue.wait()
        return await self.exchange.known_among(intentions)

    async def place(
        self, key_id: str, origin: str, order: PlaceOrder, *, is_new: bool = False
    ) -> Order:
        self.waiting += 1
        await self.gate.wait()
        # Whether it is new was asked before; the journal's row tells it here.
        is_new = is_new and order.client_id not in self.exchange.keys_of
        return await self.exchange.place(key_id, origin, order, is_new=is_new)

    async def look_up(self, key_id: str, client_id: str) -> Order | None:
        if key_id == KEY:
            await self.told.wait()
        return await self.exchange.look_up(key_id, client_id)

    async def cancel(self, key_id: str, client_id: str) -> Order | None:
        return await self.exchange.cancel(key_id, client_id)


class Worker:
    """A runner with a share of its own."""

    def __init__(self, bench: Bench, *shards: int) -> None:
        self.monotonic = SteppedClock(0)
        self.share = HeldShares(self.monotonic.now_ms)
        for shard in shards:
            self.share.hold(shard, LONG_MS)
        self.bench = bench
        self.desk = Desk(bench.exchange)
        self.database = FaultyDatabase(bench.database)
        self.runner = self._runner(IN_FLIGHT)

    async def begin_anew(self, at_once: int) -> None:
        """Begin as after a restart, with room for so many accounts of a robot at once."""
        await self.runner.close()
        self.runner = self._runner(at_once)

    def _runner(self, at_once: int) -> Robots:
        it = self.bench.exchange
        parts = (self.database.as_database, replace(outside_of(it), desk=self.desk), it.clock)
        return Robots(*parts, lambda below: below - 1, self.share, at_once=at_once)


@dataclass
class Pair:
    """Two workers, and the bench whose own runner works for nobody."""

    bench: Bench
    ann: Worker
    bob: Worker

    async def begin(self, wish: Wish = BOTH) -> None:
        self.bench.exchange.tell(*FALLING)
        self.bench.id = (await self.bench.service.create(OWNER, wish)).id
        await self.bench.service.start(OWNER, self.bench.id)
        await self.step(3)

    async def step(self, times: int = 2) -> None:
        for _ in range(times):
            self.bench.exchange.clock.advance(1_100)
            await self.ann.runner.step()
            await self.bob.runner.step()

    async def tell(self, *closes: float) -> None:
        for close in closes:
            self.bench.exchange.tell(close)
            await self.step()

    def move(self, shard: int) -> None:
        """Let a shard go from Ann to Bob."""
        self.ann.share.drop(shard)
        self.bob.share.hold(shard, LONG_MS)

    def placed_on(self, key_id: str) -> list[Side]:
        it = self.bench.exchange
        return [order.side for order in it.placed if it.keys_of.get(order.client_id) == key_id]

    async def send(self, action: Action, name: str) -> None:
        now_ms = self.bench.exchange.clock.now_ms()
        hook = Hook("h", OWNER, self.bench.id, "R", b"", 0)
        async with self.bench.database.transaction() as tx:
            await insert_signal(tx, hook, Message(name, action, now_ms), now_ms)

    async def outcomes(self) -> list[str]:
        signals = await SignalStore(self.bench.database).list_of(OWNER, self.bench.id, 10)
        return [it.outcome if it.acted_ms else "waits" for it in reversed(signals)]
