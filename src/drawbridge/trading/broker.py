"""Placing and cancelling our own orders: the same intention never makes two orders.

The caller derives the client order id from what makes its intention unique, so that after a
crash the second attempt finds the first one's row. How orders are looked up at the exchange is
`reconcile.py`'s work.
"""

from collections.abc import Iterable
from typing import Final

from drawbridge.catalogue.card import MarketBuys
from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import Conflict, DrawbridgeError, ExchangeDown, OutcomeUnknown
from drawbridge.core.operations import CancelOrder, GetTicker, PlaceOrder
from drawbridge.core.orders import Fill, Order
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.policy import Purpose
from drawbridge.trading.market_buys import as_limit, buys_by_quantity
from drawbridge.trading.model import OrderState, OwnOrder, missing_fills
from drawbridge.trading.reconcile import Reconciliation
from drawbridge.trading.store import OrderStore
from drawbridge.trading.watch import Watch

_CAME_TO_NOTHING: Final = frozenset({OrderState.REFUSED, OrderState.NEVER_ARRIVED})
_GONE: Final = frozenset({"unknown_order", "unknown_order_cancel"})


class Broker:
    """What robots and people place orders with."""

    def __init__(
        self,
        gateway: Gateway,
        store: OrderStore,
        reconciliation: Reconciliation,
        watch: Watch,
    ) -> None:
        """Join the parts."""
        self._gateway = gateway
        self._store = store
        self._reconciliation = reconciliation
        self._watch = watch

    async def known_among(
        self, intentions: Iterable[tuple[str, str]]
    ) -> frozenset[tuple[str, str]]:
        """Tell which of these were intended before; each is a key's id and a client order id."""
        return await self._store.known_among(intentions)

    async def place(
        self, key_id: str, origin: str, order: PlaceOrder, *, is_new: bool = False
    ) -> Order:
        """Place an order, or give the one that the same intention placed before.

        `is_new`: the caller has just asked `known_among`, which is cheaper for many than to look
        for each. Should another call be faster, its order is given all the same.
        Raises: `OutcomeUnknown` while nobody knows: look it up; `Conflict(
        "order_already_intended")` for an intention that came to nothing before; `ExchangeDown`
        when nothing happened now; `Forbidden` with the rule "limit" for what limits and stops
        keep from being placed; `ExchangeRefused` and its like for a definite no.
        """
        known = None if is_new else await self._store.find_order(key_id, order.client_id)
        if known is None:
            if not self._watch.admits_all():
                await self._watch.admit(key_id, origin, order)
            try:
                worded = await self._worded(key_id, order) if buys_by_quantity(order) else order
                placed = await self._gateway.call(
                    key_id, worded, purpose=Purpose.TRADE, origin=origin
                )
            except Conflict:
                # Another call of the same intention was faster.
                known = await self._store.get_order(key_id, order.client_id)
            else:
                return placed.order
            finally:
                self._watch.release(key_id, order.client_id)
        if known.state in _CAME_TO_NOTHING:
            raise Conflict("order_already_intended", client_order_id=order.client_id)
        if known.state.is_unknown:
            raise OutcomeUnknown("answer_lost", client_order_id=order.client_id)
        return known.as_order()

    async def look_up(self, key_id: str, client_id: str) -> Order | None:
        """Give an order as it stands at the exchange now, with all its fills on record.

        None when it was never intended, was refused, or certainly never arrived.
        Raises: `OutcomeUnknown` while nobody knows, `ExchangeDown` when it could not be asked.
        """
        known = await self._store.find_order(key_id, client_id)
        if known is None or known.state in _CAME_TO_NOTHING:
            return None
        known = await self._refreshed(known)
        if known.state in _CAME_TO_NOTHING:
            return None
        fills = await self._store.fills_of_order(key_id, client_id)
        if missing_fills(known, fills):
            raise ExchangeDown("fills_not_told_yet", client_order_id=client_id)
        return known.as_order()

    async def cancel(self, key_id: str, client_id: str) -> Order | None:
        """Cancel an order and give it as it ended, with what it had filled by then.

        Raises: as `look_up`; cancelling again is harmless.
        """
        known = await self._store.find_order(key_id, client_id)
        if known is None:
            return None
        if known.state.is_unknown:
            known = await self._refreshed(known)
        if not known.state.is_settled:
            await self._cancel(known)
        return await self.look_up(key_id, client_id)

    async def fills_of(self, origin: str) -> tuple[Fill, ...]:
        """Give every fill of this origin's orders, in the order of time."""
        return await self._store.fills_of(origin)

    async def _worded(self, key_id: str, order: PlaceOrder) -> PlaceOrder:
        """Give an order that buys by quantity as the key's exchange has words for it."""
        exchange_id, venue = await self._gateway.place_of(key_id)
        if get_card(exchange_id).market_buys is MarketBuys.BY_QUANTITY:
            return order
        market = (await self._gateway.markets(exchange_id, venue)).get(order.symbol)
        asked = GetTicker(order.symbol)
        ticker = await self._gateway.call_public(exchange_id, venue, asked)
        return as_limit(order, market, ticker)

    async def _refreshed(self, known: OwnOrder) -> OwnOrder:
        try:
            return await self._reconciliation.refresh(known)
        except ExchangeDown as error:
            if not known.state.is_unknown:
                raise
            raise OutcomeUnknown(error.code, client_order_id=known.client_id) from None

    async def _cancel(self, known: OwnOrder) -> None:
        operation = CancelOrder(known.symbol, known.order_id, known.client_id)
        try:
            await self._gateway.call(known.key_id, operation, purpose=Purpose.CLEAN_UP)
        except DrawbridgeError as error:
            # Not found may mean filled a moment ago: reading it tells.
            if error.code not in _GONE:
                raise
