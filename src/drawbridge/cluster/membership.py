"""One worker among others: it says that it lives, claims its fair share, and gives back the rest.

The rows are the only place where workers meet. When the database does not answer, nothing has to
be done: what is held here ends by itself, before others may claim it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Final

from drawbridge.cluster import store
from drawbridge.cluster.model import (
    CLAIM_MS,
    RENEW_EVERY_MS,
    SETTLE_MS,
    SLACK_MS,
    Worker,
    WorkerStanding,
    fair_share,
    surplus,
)
from drawbridge.cluster.share import HeldShares
from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import DrawbridgeError
from drawbridge.storage.database import Database

_log: Final = logging.getLogger(__name__)
_S: Final = 1_000

Settle = Callable[[int], Awaitable[None]]
"""Wait until nothing of a shard is on its way any more. It is not held any longer by then."""


class Membership:
    """The claims of this process. `share` is what it holds now."""

    def __init__(
        self, database: Database, worker: Worker, monotonic_ms: Callable[[], int], settle: Settle
    ) -> None:
        """Hold nothing; `run` claims. `monotonic_ms` must also run while the process is stopped."""
        self.share: Final = HeldShares(monotonic_ms)
        self._database = database
        self._worker = worker
        self._monotonic_ms = monotonic_ms
        self._settle = settle
        self._claims: dict[int, int] = {}
        self._settling: set[int] = set()
        self._living: tuple[WorkerStanding, ...] = ()
        self._is_draining = self._has_left = False
        # What was heard of the rows is taken over before they are asked again.
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Renew and claim until cancelled or left; what fails is tried again."""
        async with asyncio.TaskGroup() as group:
            giving: asyncio.Task[None] | None = None
            while not self._has_left:
                await told(self.step)
                if giving is None or giving.done():
                    giving = group.create_task(told(self.give_surplus))
                await asyncio.sleep(RENEW_EVERY_MS / _S)

    async def step(self) -> None:
        """Renew what is held, and claim what is free, up to a fair share.

        Raises: what the database raises; `TimeoutError` when that took longer than claims last.
        """
        async with self._in_time():
            if self._has_left:
                return
            # Before anything is asked: what the rows will say is reckoned from a later moment.
            end_ms = self._monotonic_ms() + CLAIM_MS - SLACK_MS
            now_ms = await self._database.now_ms()
            await self._renew(now_ms, end_ms)
            await self._look_around(now_ms)
            if not self._is_draining:
                await self._claim(now_ms, end_ms)

    async def give_surplus(self) -> None:
        """Give back what is more than a fair share, one by one.

        Raises: what the database raises.
        """
        for shard in surplus(self.share.shards, self._sharers()):
            await self._give_back((shard,))

    async def leave(self) -> None:
        """Take nothing on, finish what is being sent, and give everything back at once.

        `run` goes on until then, and ends. Raises: what the database raises; then the claims end
        by themselves.
        """
        self._is_draining = True
        try:
            await self._give_back(self.share.shards)
            async with self._in_time():
                await store.erase_worker(self._database, self._worker.id)
        finally:
            self._has_left = True

    async def _renew(self, now_ms: int, end_ms: int) -> None:
        mine = self.share.shards | self._settling
        claims = {shard: it for shard, it in self._claims.items() if shard in mine}
        self._claims = claims
        renewed = await store.renew(self._database, self._worker.id, claims, now_ms + CLAIM_MS)
        self._claims = {}
        self._hold(renewed, end_ms)
        for shard in claims.keys() - renewed.keys():
            self.share.drop(shard)

    async def _look_around(self, now_ms: int) -> None:
        until_ms, is_draining = now_ms + CLAIM_MS, self._is_draining
        await store.say_living(self._database, self._worker, until_ms, is_draining=is_draining)
        await store.erase_silent(self._database, now_ms - DAY_MS)
        self._living = await store.list_living(self._database, now_ms)
        group = self._worker.egress_group
        # Also those that leave: they finish what they began.
        self.share.neighbours = sum(it.worker.egress_group == group for it in self._living)

    async def _claim(self, now_ms: int, end_ms: int) -> None:
        wanted = fair_share(self._sharers()) - len(self._claims)
        if wanted <= 0:
            return
        me = self._worker.id
        own, others = await store.list_free(self._database, me, now_ms)
        own = {shard: it for shard, it in own.items() if shard not in self._claims}
        # Who comes back after the database was away takes what it had, and looks again for more:
        # the others come back in the same moment.
        chosen = list((own or others).items())[:wanted]
        claimed = await store.claim(self._database, me, dict(chosen), now_ms, now_ms + CLAIM_MS)
        self._hold(claimed, end_ms)

    def _hold(self, claims: store.Claims, end_ms: int) -> None:
        self._claims.update(claims)
        for shard in claims.keys() - self._settling:
            self.share.hold(shard, end_ms)

    def _sharers(self) -> int:
        return sum(not it.is_draining for it in self._living)

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        """Ask the rows while nobody else here does, and no longer than claims last."""
        async with asyncio.timeout(CLAIM_MS / _S), self._turn:
            yield

    async def _give_back(self, shards: Iterable[int]) -> None:
        """Hold shards no longer from now on; others may have them when they are settled."""
        given = tuple(shards)
        for shard in given:
            self.share.drop(shard)
        self._settling.update(given)
        try:
            await asyncio.gather(*(self._settle_one(shard) for shard in given))
            async with self._in_time():
                claims = {it: self._claims[it] for it in given if it in self._claims}
                await store.give_back(self._database, self._worker.id, claims)
        finally:
            # Also where that failed: a claim that is not renewed ends by itself.
            self._settling.difference_update(given)
            for shard in given:
                self._claims.pop(shard, None)

    async def _settle_one(self, shard: int) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_MS / _S):
                await self._settle(shard)


async def told(work: Callable[[], Awaitable[None]]) -> None:
    """Do it, and log by its code what went wrong."""
    try:
        await work()
    except DrawbridgeError as error:
        _log.warning("cluster: %s", error)
    except TimeoutError:
        _log.warning("cluster: the database does not answer")
    except Exception as error:  # noqa: BLE001  Who stops renewing lives on and never holds anything.
        _log.error("cluster: %s", type(error).__name__, exc_info=error)
