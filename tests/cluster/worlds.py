"""Several workers over one database, by a clock that is set, and requests that arrive when told.

Whatever a slow worker asks waits at two gates: before it reaches the database, and before its
answer is heard. Between them anything may happen to the others, and the answer may be lost.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from drawbridge.cluster.membership import Membership
from drawbridge.cluster.model import RENEW_EVERY_MS, Worker
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.shards import SHARDS
from drawbridge.storage.connection import Value
from drawbridge.storage.database import Database, Row
from drawbridge.storage.engines import open_database
from drawbridge.storage.place import Place

START_MS = 1_790_000_000_000


class Line:
    """The way of one worker to the database. `is_slow`: each request waits to be let through.

    `is_broken`: the next one goes wrong as nothing should.
    """

    def __init__(self, database: Database, clock: SteppedClock) -> None:
        self.is_slow = self.is_cut = self.is_broken = False
        self.waiting: asyncio.Future[bool] | None = None
        self.where = ""
        self._moved = asyncio.Event()
        self._database = database
        self._clock = clock

    async def now_ms(self) -> int:
        """Tell the database's time, once it was asked."""
        await self._gate("ask: the time")
        return self._clock.now_ms()

    async def fetch_all(self, sql: str, *args: Value) -> Sequence[Row]:
        """Read."""
        return await self._database.fetch_all(sql, *args)

    async def at_once(self, sql: str, *args: Value) -> Sequence[Row]:
        """Ask something, once it has arrived; and hear the answer, unless it is lost."""
        await self._gate(f"ask: {sql}")
        rows = await self._database.at_once(sql, *args)
        await self._gate(f"hear: {sql}")
        return rows

    def let_through(self, *, is_lost: bool = False) -> None:
        """Let what waits go on to its next gate, or be lost."""
        if self.waiting is not None and not self.waiting.done():
            self._moved.clear()
            self.waiting.set_result(is_lost)

    async def until_waiting(self) -> None:
        """Wait until something waits at a gate."""
        await self._moved.wait()

    async def _gate(self, where: str) -> None:
        self.where = " ".join(where.split())
        if self.is_cut:
            raise ExchangeDown("database_away")
        if self.is_broken:
            # Once, and in a way that nobody here knows.
            self.is_broken = False
            raise ValueError(where)
        if not self.is_slow:
            return
        self.waiting = asyncio.get_running_loop().create_future()
        self._moved.set()
        try:
            if await self.waiting:
                raise ExchangeDown("database_away")
        finally:
            self.waiting = None


class OneOfThem:
    """A worker, its line, and what it is doing now. `settling` holds back what it gives back."""

    def __init__(self, name: str, database: Database, clock: SteppedClock, group: str) -> None:
        self.name = name
        self.line = Line(database, clock)
        self.settled: list[int] = []
        self.settles: asyncio.Event | None = None
        worker = Worker(name, f"127.0.0.1:{len(name)}", group, ("192.0.2.1",), "1.0", START_MS)
        # Its own count of time began when it did.
        began_ms = clock.now_ms()
        self.member = Membership(
            self.line,  # type: ignore[arg-type] # the part of a database that members use
            worker,
            lambda: clock.now_ms() - began_ms,
            self._settle,
        )
        self.task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin to renew and claim, unless it is still at it."""
        if self.task is None or self.task.done():
            self.line.waiting = None
            self.task = asyncio.create_task(self._go())

    async def go_to(self, gate: str) -> None:
        """Go on until it waits at the gate of that name."""
        self.line.is_slow = True
        self.begin()
        await self.rest()
        while not self.line.where.startswith(gate):
            assert self.task is not None
            assert not self.task.done(), f"{gate} was not come by"
            await self.go_on()

    async def go_on(self, gates: int = 1) -> None:
        """Pass so many gates."""
        for _ in range(gates):
            self.line.let_through()
            await self.rest()

    async def finish(self) -> None:
        """Go on to the end."""
        self.line.is_slow = False
        self.line.let_through()
        assert self.task is not None
        await self.task

    async def rest(self) -> None:
        """Wait until what it began is at a gate, or at its end."""
        if self.task is not None:
            waiting = asyncio.create_task(self.line.until_waiting())
            await asyncio.wait((self.task, waiting), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()

    async def _go(self) -> None:
        with suppress(ExchangeDown, TimeoutError):
            await self.member.step()
            await self.member.give_surplus()

    @property
    def held(self) -> frozenset[int]:
        """Give the shards that it would work for now."""
        return self.member.share.shards or frozenset()

    async def _settle(self, shard: int) -> None:
        if self.settles is not None:
            await self.settles.wait()
        self.settled.append(shard)


TO_RENEW = "ask: UPDATE shards SET until_ms"
RENEWED = "hear: UPDATE shards SET until_ms"
TO_CLAIM = "ask: UPDATE shards SET holder = ?"
CLAIMED = "hear: UPDATE shards SET holder = ?"


class World:
    """Workers by name over one database."""

    def __init__(self, database: Database) -> None:
        self.clock = SteppedClock(START_MS)
        self.database = database
        self.workers: dict[str, OneOfThem] = {}
        # Who was killed does nothing any more; what it believed is looked at all the same.
        self.dead: list[OneOfThem] = []

    def join(self, name: str, group: str = "one") -> OneOfThem:
        """Start a worker."""
        worker = OneOfThem(name, self.database, self.clock, group)
        self.workers[name] = worker
        return worker

    def kill(self, name: str) -> None:
        """End a worker at once, whatever it was doing."""
        worker = self.workers.pop(name)
        if worker.task is not None:
            worker.task.cancel()
        self.dead.append(worker)

    async def round(self) -> None:
        """Let everybody renew, claim and give back once, in time; then the next round is due."""
        for worker in list(self.workers.values()):
            with suppress(ExchangeDown):
                await worker.member.step()
                await worker.member.give_surplus()
            self.check()
        self.clock.advance(RENEW_EVERY_MS)
        self.check()

    def counts(self) -> Counter[int]:
        """Count how many believe that they hold each shard."""
        everybody = (*self.workers.values(), *self.dead)
        return Counter(shard for worker in everybody for shard in worker.held)

    def check(self) -> None:
        """Make sure that no shard has two holders."""
        twice = [shard for shard, times in self.counts().items() if times > 1]
        assert not twice, f"held twice: {twice}"

    def is_all_held(self) -> bool:
        """Tell whether every shard has a holder."""
        return len(self.counts()) == SHARDS


@asynccontextmanager
async def world(place: Place) -> AsyncIterator[World]:
    """Open a database for some workers."""
    database = await open_database(place, "app")
    try:
        yield World(database)
    finally:
        await database.close()
