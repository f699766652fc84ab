"""Bringing the order journal up to date with the exchange, at start and on a timer.

Unknown outcomes are looked up by client order id; open orders are read again; executions are
fetched until they add up to what was filled. Nothing is ever sent a second time.
"""

from drawbridge.catalogue.registry import get_card
from drawbridge.core.clock import Clock
from drawbridge.core.errors import DrawbridgeError, NotFound
from drawbridge.core.operations import GetOrder, GetOwnTrades
from drawbridge.core.orders import Fill
from drawbridge.gateway.crossing import Gateway, KeyBook
from drawbridge.gateway.journal import NEVER_ARRIVED, OrderJournal
from drawbridge.gateway.lookup import Sought, look_up
from drawbridge.gateway.policy import Purpose
from drawbridge.trading.model import OwnOrder, missing_fills
from drawbridge.trading.store import OrderStore


class Reconciliation:
    """Look up what is not known of our orders."""

    def __init__(
        self,
        gateway: Gateway,
        keys: KeyBook,
        store: OrderStore,
        journal: OrderJournal,
        clock: Clock,
    ) -> None:
        """Join the parts."""
        self._gateway = gateway
        self._keys = keys
        self._store = store
        self._journal = journal
        self._clock = clock

    async def reconcile(self) -> int:
        """Bring every unsettled order up to date; tell how many are still unsettled.

        Why: one order that cannot be read (its key was deleted, its exchange is down) must not
        keep the others from being read.
        """
        remaining = 0
        for order in await self._store.unsettled():
            try:
                remaining += not (await self.refresh(order)).state.is_settled
            except DrawbridgeError:
                remaining += 1
        for order in await self._store.orders_without_fills():
            try:
                await self._fetch_fills(order)
            except DrawbridgeError:
                remaining += 1
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
        held = await self._store.fills_of_order(order.key_id, order.client_id)
        if not missing_fills(order, held):
            return
        fills = await self._own_trades(order)
        if fills:
            told = order.as_order()
            await self._journal.settle(order.key_id, order.client_id, told, fills)

    async def _own_trades(self, order: OwnOrder) -> tuple[Fill, ...]:
        operation = GetOwnTrades(symbol=order.symbol, order_id=order.order_id)
        try:
            trades = await self._gateway.call(order.key_id, operation, purpose=Purpose.CLEAN_UP)
        except NotFound:
            return ()
        return tuple(fill for fill in trades if fill.order_id == order.order_id)
