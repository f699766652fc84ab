"""Use cases of leak reports: ask, and put together what is known here and what was answered.

What the exchange is asked for is a row that the gateway's process answers (`leak_asking.py`): this
half has no key. All else is read where it stands: audit log, requests of bots, orders, executions.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeVar

from drawbridge.audit.store import ToldEvent, list_events
from drawbridge.core.clock import Clock
from drawbridge.core.errors import NotFound
from drawbridge.core.money import plain
from drawbridge.rotation import leak_store
from drawbridge.rotation.leak import Deed, DeedKind, Inquiry, LeakReport
from drawbridge.storage.database import Database
from drawbridge.trading.history import OrderHistory, PastOrder, Query
from drawbridge.trading.model import OwnTrade
from drawbridge.trading.trade_history import TradeHistory, cursor_behind
from drawbridge.vault.model import KeyRecord
from drawbridge.vault.store import find_key

T = TypeVar("T")

_AT_ONCE: Final = 500
_MOST: Final = 2_000


class LeakReports:
    """What pages and commands call."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use the app's database and its clock."""
        self._database = database
        self._clock = clock
        self._orders = OrderHistory(database)
        self._trades = TradeHistory(database)

    async def ask(self, owner: str, key_id: str, since_ms: int) -> Inquiry:
        """Ask the exchange what a person's key did since then, in place of what was asked before.

        Raises: `NotFound("unknown_key")`.
        """
        key = await self._key(owner, key_id)
        async with self._database.transaction() as tx:
            await leak_store.ask(tx, key.id, since_ms, self._clock.now_ms())
        return await self._inquiry(key)

    async def find(self, owner: str, key_id: str) -> LeakReport | None:
        """Give the report about a person's key, None where nothing was ever asked.

        What the exchange told is missing from it until it has answered.
        Raises: `NotFound("unknown_key")`.
        """
        key = await self._key(owner, key_id)
        inquiry = await leak_store.find(self._database, key.id)
        if inquiry is None:
            return None
        found = [
            await self._events(key, inquiry.since_ms),
            await leak_store.list_requests(self._database, key.id, inquiry.since_ms, _MOST),
            await self._placed(key, inquiry.since_ms),
            await self._filled(key, inquiry.since_ms),
            inquiry.answer.foreign,
        ]
        deeds = sorted((it for part in found for it in part), key=lambda it: -it.at_ms)
        return LeakReport(key, inquiry, tuple(deeds), all(len(part) < _MOST for part in found))

    async def _key(self, owner: str, key_id: str) -> KeyRecord:
        key = await find_key(self._database, key_id)
        if key is None or key.owner != owner:
            raise NotFound("unknown_key")
        return key

    async def _inquiry(self, key: KeyRecord) -> Inquiry:
        inquiry = await leak_store.find(self._database, key.id)
        if inquiry is None:
            raise NotFound("unknown_key")
        return inquiry

    async def _events(self, key: KeyRecord, since_ms: int) -> list[Deed]:
        async def page(last: ToldEvent | None) -> tuple[ToldEvent, ...]:
            before = None if last is None else last.n
            return await list_events(self._database, key.id, before=before, limit=_AT_ONCE)

        return [_of_event(it) async for it in _since(page, lambda it: it.at_ms >= since_ms)]

    async def _placed(self, key: KeyRecord, since_ms: int) -> list[Deed]:
        query = Query(key_id=key.id)

        async def page(last: PastOrder | None) -> tuple[PastOrder, ...]:
            asked = query if last is None else replace(query, before=last.cursor)
            return await self._orders.find(key.owner, asked, _AT_ONCE)

        found = _since(page, lambda it: it.order.intended_ms >= since_ms)
        return [_of_order(it) async for it in found]

    async def _filled(self, key: KeyRecord, since_ms: int) -> list[Deed]:
        async def page(last: OwnTrade | None) -> tuple[OwnTrade, ...]:
            before = None if last is None else cursor_behind(last)
            return await self._trades.find(key.owner, before, _AT_ONCE, key_id=key.id)

        found = _since(page, lambda it: it.fill.time_ms >= since_ms)
        return [_of_trade(it) async for it in found]


async def _since(
    page: Callable[[T | None], Awaitable[tuple[T, ...]]], is_wanted: Callable[[T], bool]
) -> AsyncIterator[T]:
    """Go back page by page until something is too old, or there was enough."""
    last, given = None, 0
    while found := await page(last):
        for it in found:
            if given >= _MOST or not is_wanted(it):
                return
            given += 1
            yield it
        last = found[-1]


def _of_event(event: ToldEvent) -> Deed:
    by = event.facts.get("purpose") or event.facts.get("by") or ""
    return Deed(event.at_ms, DeedKind.EVENT, event.tag, by=str(by))


def _of_order(past: PastOrder) -> Deed:
    order = past.order
    return Deed(
        at_ms=order.intended_ms,
        kind=DeedKind.ORDER,
        what=order.state.value,
        by=order.origin,
        symbol=order.symbol,
        side=order.side.value,
        quantity=plain(order.quantity or order.filled),
        price="" if order.price is None else plain(order.price),
        name=order.order_id or order.client_id,
    )


def _of_trade(trade: OwnTrade) -> Deed:
    fill = trade.fill
    return Deed(
        at_ms=fill.time_ms,
        kind=DeedKind.TRADE,
        what="filled",
        by=trade.origin,
        symbol=fill.symbol,
        side=fill.side.value,
        quantity=plain(fill.quantity),
        price=plain(fill.price),
        name=fill.order_id,
    )
