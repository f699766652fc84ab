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
from drawbridge.storage.database import Database, Transaction

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

    @property
    def neighbours(self) -> int:
        """How many living workers go out by our addresses, with ourselves."""
        group = self._worker.egress_group
        return max(1, sum(it.worker.egress_group == group for it in self._living))

    async def run(self) -> None:
        """Renew and claim until cancelled or left; what fails is tried again."""
        async with asyncio.TaskGroup() as group:
            giving: asyncio.Task[None] | None = None
            while not self._has_left:
                await _told(self.step)
                if giving is None or giving.done():
                    giving = group.create_task(_told(self.give_surplus))
                await asyncio.sleep(RENEW_EVERY_MS / _S)

    async def step(self) -> None:
        """Renew what is held, and claim what is free, up to a fair share.

        Raises: what the database raises; `TimeoutError` when that took longer than claims last.
        """
        async with asyncio.timeout(CLAIM_MS / _S), self._turn:
            if self._has_left:
                return
            # Before anything is asked: what the rows will say is reckoned from a later moment.
            end_ms = self._monotonic_ms() + CLAIM_MS - SLACK_MS
            before = self._claimed()
            async with self._database.transaction() as tx:
                claims, living = await self._renew_and_claim(tx, before)
            self._claims, self._living = claims, living
            for shard in before.keys() - claims.keys():
                self.share.drop(shard)
            for shard in claims.keys() - self._settling:
                self.share.hold(shard, end_ms)

    async def give_surplus(self) -> None:
        """Give back what is more than a fair share, one by one.

        Raises: what the database raises.
        """
        for shard in surplus(self.share.shards, self._workers(self._living)):
            await self._give_back((shard,))

    async def leave(self) -> None:
        """Take nothing on, finish what is being sent, and give everything back at once.

        `run` goes on until then, and ends. Raises: what the database raises; then the claims end
        by themselves.
        """
        self._is_draining = True
        try:
            await self._give_back(self.share.shards)
            async with self._changing() as tx:
                await store.erase_worker(tx, self._worker.id)
        finally:
            self._has_left = True

    def _claimed(self) -> dict[int, int]:
        """Give the claims that have not ended."""
        mine = self.share.shards | self._settling
        return {shard: attempt for shard, attempt in self._claims.items() if shard in mine}

    async def _renew_and_claim(
        self, tx: Transaction, before: store.Claims
    ) -> tuple[dict[int, int], tuple[WorkerStanding, ...]]:
        me, now_ms = self._worker, await self._database.now_ms()
        until_ms = now_ms + CLAIM_MS
        await store.say_living(tx, me, until_ms, is_draining=self._is_draining)
        await store.erase_silent(tx, now_ms - DAY_MS)
        claims = dict(await store.renew(tx, me.id, before, until_ms))
        workers = await store.list_workers(tx, now_ms)
        living = tuple(it for it in workers if it.is_living(now_ms))
        wanted = 0 if self._is_draining else fair_share(self._workers(living)) - len(claims)
        if wanted > 0:
            free = await store.list_free(tx, me.id, now_ms)
            chosen = [it for it in free if it not in before][:wanted]
            claims |= await store.claim(
                tx, me.id, {it: free[it] for it in chosen}, now_ms, until_ms
            )
        return claims, living

    @asynccontextmanager
    async def _changing(self) -> AsyncIterator[Transaction]:
        """Change rows while no step does."""
        async with asyncio.timeout(CLAIM_MS / _S), self._turn, self._database.transaction() as tx:
            yield tx

    def _workers(self, living: Iterable[WorkerStanding]) -> int:
        return sum(not it.is_draining for it in living)

    async def _give_back(self, shards: Iterable[int]) -> None:
        """Hold shards no longer from now on; others may have them when they are settled."""
        given = tuple(shards)
        for shard in given:
            self.share.drop(shard)
        self._settling.update(given)
        try:
            await asyncio.gather(*(self._settle_one(shard) for shard in given))
            async with self._changing() as tx:
                claims = {it: self._claims[it] for it in given if it in self._claims}
                await store.give_back(tx, self._worker.id, claims)
        finally:
            # Also where that failed: a claim that is not renewed ends by itself.
            self._settling.difference_update(given)
            for shard in given:
                self._claims.pop(shard, None)

    async def _settle_one(self, shard: int) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_MS / _S):
                await self._settle(shard)


async def _told(work: Callable[[], Awaitable[None]]) -> None:
    """Do it, and log by its code what went wrong."""
    try:
        await work()
    except DrawbridgeError as error:
        _log.warning("cluster: %s", error)
    except TimeoutError:
        _log.warning("cluster: the database does not answer")
