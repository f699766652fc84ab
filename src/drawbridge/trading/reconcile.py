"""Bringing the order journal up to date with the exchange, at start and on a timer.

Unknown outcomes are looked up by client order id; open orders are read again; executions are
fetched until they add up to what was filled. Nothing is ever sent a second time.
"""

from typing import Final

from drawbridge.catalogue.registry import get_card
from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.clock import MINUTE_MS, Clock
from drawbridge.core.errors import BadInput, DrawbridgeError, NotFound
from drawbridge.core.money import plain
from drawbridge.core.operations import GetOrder, GetOwnTrades
from drawbridge.core.orders import Fill
from drawbridge.gateway.crossing import Gateway, KeyBook
from drawbridge.gateway.journal import NEVER_ARRIVED, KnownFills, OrderJournal
from drawbridge.gateway.lookup import Sought, look_up
from drawbridge.gateway.policy import Purpose
from drawbridge.trading.model import OwnOrder, missing_fills
from drawbridge.trading.store import OrderStore

_CLOCKS_DIFFER_BY_MS: Final = MINUTE_MS
_MOST_TRADES: Final = 10_000


class Reconciliation:
    """Look up what is not known of our orders."""

    def __init__(
        self,
        gateway: Gateway,
        keys: KeyBook,
        store: OrderStore,
        journal: OrderJournal,
        clock: Clock,
        share: Share = WHOLE,
    ) -> None:
        """Join the parts."""
        self._share = share
        self._gateway = gateway
        self._keys = keys
        self._store = store
        self._journal = journal
        self._clock = clock

    async def reconcile(self, gained: frozenset[int] | None = None) -> int:
        """Bring every unsettled order of our share up to date; tell how many are still unsettled.

        `gained`: only those of accounts in these shards, which have just come to us.
        Why: one order that cannot be read (its key was deleted, its exchange is down) must not
        keep the others from being read.
        """
        shards, remaining = self._share.shards if gained is None else gained, 0
        for order in await self._store.unsettled(shards=shards):
            if not self._share.holds(order.key_id):
                continue
            try:
                remaining += not (await self.refresh(order)).state.is_settled
            except DrawbridgeError:
                remaining += 1
        return remaining + await self._add_up(shards)

    async def _add_up(self, shards: frozenset[int] | None) -> int:
        """Fetch the fills that are missing; tell of how many orders that did not succeed."""
        remaining, known = 0, list[KnownFills]()
        for order, lacks in await self._store.orders_to_add_up(shards):
            if not self._share.holds(order.key_id):
                continue
            if not lacks:
                known.append((order.key_id, order.client_id, plain(order.filled)))
                continue
            try:
                await self._fetch_fills(order)
            except DrawbridgeError:
                remaining += 1
        # So that none of these is looked at again, however many there come to be.
        await self._journal.know_fills(known)
        return remaining

    async def refresh(self, order: OwnOrder) -> OwnOrder:
        """Read an order at the exchange and give it as it stands now.

        Raises: `ExchangeDown("not_certain_yet")` while it may still arrive; what asking raises.
        """
        if order.state.is_unknown:
            await self._look_up(order)
        elif not order.state.is_settled:
            # The answer is journalled by the gateway as it passes.
            operation = GetOrder(order.symbol, order.order_id, order.client_id)
            await self._gateway.call(order.key_id, operation, purpose=Purpose.CLEAN_UP)
        known = await self._store.get_order(order.key_id, order.client_id)
        await self._fetch_fills(known)
        return known

    async def _look_up(self, order: OwnOrder) -> None:
        key = await self._keys.get_record(order.key_id)
        rule = get_card(key.exchange).stamp
        sought = Sought(order.key_id, order.symbol, order.client_id, order.intended_ms)
        if await look_up(self._gateway, self._clock, rule, sought) is None:
            await self._journal.fail(order.key_id, order.client_id, NEVER_ARRIVED, order.reason)

    async def _fetch_fills(self, order: OwnOrder) -> None:
        if not await self._misses_fills(order):
            return
        operation = GetOwnTrades(symbol=order.symbol, order_id=order.order_id)
        await self._keep_fills(order.key_id, await self._own_trades(order, operation))
        if await self._misses_fills(order):
            await self._leaf_through(order)

    async def _leaf_through(self, order: OwnOrder) -> None:
        """Go through all trades since an order was meant, page by page.

        Why: not every exchange finds trades by their order; it then gives the latest ones. What
        else is met on the way is kept as well, so that a thousand orders are one walk.
        """
        since_ms, seen = order.intended_ms - _CLOCKS_DIFFER_BY_MS, set[tuple[str, str]]()
        while len(seen) < _MOST_TRADES:
            operation = GetOwnTrades(since_ms=since_ms, offset=len(seen))
            page = await self._own_trades(order, operation)
            news = {(fill.symbol, fill.trade_id) for fill in page} - seen
            if not news:
                return
            seen |= news
            await self._keep_fills(order.key_id, page)
            if not await self._misses_fills(order):
                return

    async def _misses_fills(self, order: OwnOrder) -> bool:
        return missing_fills(order, await self._store.fills_of_order(order.key_id, order.client_id))

    async def _own_trades(self, order: OwnOrder, operation: GetOwnTrades) -> tuple[Fill, ...]:
        try:
            return await self._gateway.call(order.key_id, operation, purpose=Purpose.CLEAN_UP)
        except (BadInput, NotFound):
            # Not asked for in this way here; what is missing is told by another answer.
            return ()

    async def _keep_fills(self, key_id: str, fills: tuple[Fill, ...]) -> None:
        """Write down the fills of our own orders; other programs' orders have no row."""
        of_order: dict[str, list[Fill]] = {}
        for fill in fills:
            of_order.setdefault(fill.order_id, []).append(fill)
        for known in await self._store.orders_by_exchange_id(key_id, tuple(of_order)):
            own = tuple(of_order[known.order_id])
            await self._journal.settle(key_id, known.client_id, known.as_order(), own)
