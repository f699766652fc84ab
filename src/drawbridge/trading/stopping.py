"""Cancelling what is open when a person stops something; done by the gateway's process.

The wish is a row, so that it survives a crash and is carried out as soon as the exchange can be
reached again. That nothing new is entered meanwhile is `watch.py`'s business.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.clock import SECOND_MS, Clock
from drawbridge.core.errors import DrawbridgeError
from drawbridge.storage.database import Database
from drawbridge.trading.broker import Broker
from drawbridge.trading.cancelling import end_wishes, has_wishes, list_wished
from drawbridge.trading.limit_store import LimitStore, mark_cancelled
from drawbridge.trading.model import OwnOrder
from drawbridge.trading.store import OrderStore

_AT_ONCE: Final = 32
_TRY_AGAIN_MS: Final = 5 * SECOND_MS
_WAIT_FOR_OTHERS_MS: Final = 250


class Stopping:
    """Carries out the wish to cancel."""

    def __init__(
        self,
        database: Database,
        orders: OrderStore,
        broker: Broker,
        clock: Clock,
        share: Share = WHOLE,
    ) -> None:
        """Use the app's database, the order journal, and the broker, for a share of accounts."""
        self._share = share
        self._database = database
        self._stops = LimitStore(database)
        self._orders = orders
        self._broker = broker
        self._clock = clock
        self._not_before_ms = 0

    async def step(self) -> None:
        """Cancel what is wished to be cancelled; what fails is tried again."""
        if self._clock.now_ms() < self._not_before_ms:
            return
        for stop in await self._stops.list_cancelling():
            # The stop of nobody is everybody's.
            ours = await self._orders.unsettled(stop.owner, self._share.shards)
            if not await self._cancelled(ours):
                self._not_before_ms = self._clock.now_ms() + _TRY_AGAIN_MS
            elif await self._is_over(stop.owner):
                async with self._database.transaction() as tx:
                    await mark_cancelled(tx, stop.owner)
            else:
                self._not_before_ms = self._clock.now_ms() + _WAIT_FOR_OTHERS_MS
        if await has_wishes(self._database):
            await self._cancel_wished()

    async def _is_over(self, owner: str) -> bool:
        """Tell whether other processes have cancelled theirs as well, and will find none."""
        return self._share.shards is None or not await self._orders.unsettled(owner)

    async def _cancel_wished(self) -> None:
        """Cancel what single keys and virtual keys have open."""
        if not await self._cancelled(await list_wished(self._database, self._share.shards)):
            self._not_before_ms = self._clock.now_ms() + _TRY_AGAIN_MS
        if self._share.is_house:
            await end_wishes(self._database, self._clock.now_ms())

    async def _cancelled(self, orders: Iterable[OwnOrder]) -> bool:
        turn = asyncio.Semaphore(_AT_ONCE)

        async def cancel(order: OwnOrder) -> bool:
            async with turn:
                try:
                    await self._broker.cancel(order.key_id, order.client_id)
                except DrawbridgeError:
                    # Its key is gone or its exchange is down: the others are not kept waiting.
                    return False
                return True

        return all(await asyncio.gather(*(cancel(order) for order in orders)))
