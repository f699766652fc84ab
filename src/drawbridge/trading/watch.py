"""Asking limits and stops before an order is placed.

What is limited stands in `limits.py`, how it is counted in `exposure.py`. Where nothing is set,
asking costs a look at memory; where something is, the orders of one account or robot are judged
one after the other, so that two of them cannot slip through where there is room for one. A robot
whose accounts are several processes' business is judged by one at a time (`solitude.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, NoReturn, Protocol, TypeVar

from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.clock import SECOND_MS, Clock
from drawbridge.core.errors import ExchangeDown, Forbidden
from drawbridge.core.operations import GetOrderBook, GetTickers, Operation, PlaceOrder
from drawbridge.core.orders import Side
from drawbridge.gateway.crossing import KeyBook
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.storage.database import Database
from drawbridge.trading.exposure import (
    Stake,
    count_exposure,
    open_symbols,
    quote_of,
    waiting_of,
    waiting_to_be,
)
from drawbridge.trading.last_look import check_stop
from drawbridge.trading.limit_store import KeptRules, Limited, LimitStore, key_subject
from drawbridge.trading.limits import (
    Exposure,
    average_price,
    is_entry,
    judge,
    quantity_of,
)
from drawbridge.trading.solitude import Solitude
from drawbridge.trading.stakes import Stakes
from drawbridge.trading.store import OrderStore
from drawbridge.vault.model import KeyRecord

A = TypeVar("A")

_PRICE_GOOD_FOR_MS: Final = SECOND_MS
_MOST_PRICES: Final = 10_000
_OF_KEY: Final = key_subject("")


class Roads(Protocol):
    """Where prices come from; the gateway is one."""

    async def call_public(self, exchange_id: str, venue: str, operation: Operation[A]) -> A:
        """Carry out an operation that needs no key."""


@dataclass(frozen=True, slots=True)
class _Coming:
    """An order that was let through and may not be on disk yet."""

    key_id: str
    origin: str
    order: PlaceOrder

    def is_of(self, subject: str) -> bool:
        return subject in {key_subject(self.key_id), self.origin}


class Watch:
    """What the broker asks before it places an order."""

    def __init__(
        self,
        database: Database,
        orders: OrderStore,
        keys: KeyBook,
        roads: Roads,
        clock: Clock,
        share: Share = WHOLE,
    ) -> None:
        """Use the app's database, the order journal, the vault's keys, and the gateway.

        With a `share` that is not everything, somebody has to call `release` for each row of an
        order as soon as it is written.
        """
        self._database = database
        self._solitude = None if share.shards is None else Solitude(database)
        # What ends the solitude of an order that is coming.
        self._leaving: dict[tuple[str, str], Callable[[], None]] = {}
        self._rules = KeptRules(LimitStore(database))
        self._stakes = Stakes(database)
        self._orders = orders
        self._keys = keys
        self._roads = roads
        self._clock = clock
        self._coming: dict[tuple[str, str], _Coming] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._prices: dict[tuple[str, str, str], tuple[Decimal, int]] = {}

    def admits_all(self) -> bool:
        """Tell at once that nobody has set a limit or a stop, so that nothing is to be asked."""
        rules = self._rules.glance()
        return rules is not None and rules.is_empty

    async def admit(self, key_id: str, origin: str, order: PlaceOrder) -> None:
        """Let an order through; `release` it once it is on disk, or came to nothing.

        Raises: `Forbidden` with `rule` "limit", naming the limit and what it would become;
        `ExchangeDown` when there is no price to judge by: nothing happened.
        """
        rules = self._rules.glance() or await self._rules.read()
        if rules.is_empty:
            return
        if rules.stopped:
            now_ms = self._clock.now_ms()
            stopped = await self._keys.get_record(key_id)
            await check_stop(rules, self._stakes, stopped, order, now_ms)
        subjects = [key_subject(key_id), origin]
        limited = [rules.limited[it] for it in subjects if it in rules.limited]
        if not limited:
            return
        key = await self._keys.get_record(key_id)
        async with self._in_turn(limited):
            leave = await self._alone(limited)
            try:
                for one in limited:
                    await self._judge(one, key, order)
            except BaseException:
                leave()
                raise
            self._coming[key_id, order.client_id] = _Coming(key_id, origin, order)
            # Of the same intention twice, the first is still on its way; its room is its row's.
            self._leaving.pop((key_id, order.client_id), _at_ease)()
            self._leaving[key_id, order.client_id] = leave

    def release(self, key_id: str, client_id: str) -> None:
        """Count an order by its row from now on."""
        if self._coming:
            self._coming.pop((key_id, client_id), None)
        if self._leaving and (leave := self._leaving.pop((key_id, client_id), None)):
            leave()

    async def _alone(self, limited: list[Limited]) -> Callable[[], None]:
        """Be the only process that judges a robot; an account is one process's business anyway."""
        if self._solitude is not None:
            for one in limited:
                if not one.subject.startswith(_OF_KEY):
                    return await self._solitude.enter(f"limit:{one.subject}")
        return _at_ease

    @asynccontextmanager
    async def _in_turn(self, limited: list[Limited]) -> AsyncIterator[None]:
        # Always the account's lock before the robot's, so that nobody waits in a circle.
        async with AsyncExitStack() as stack:
            for one in limited:
                lock = self._turns.setdefault(one.subject, asyncio.Lock())
                await stack.enter_async_context(lock)
            yield

    async def _judge(self, limited: Limited, key: KeyRecord, order: PlaceOrder) -> None:
        exposure = await self._measured(limited, key, order)
        refused = judge(limited.limits, exposure, order)
        if refused is not None:
            await self._refuse(limited, refused.code, refused.facts)

    async def _refuse(self, limited: Limited, code: str, facts: Mapping[str, object]) -> NoReturn:
        told = {"name": limited.name, "reason": code, "about": {**facts, "name": limited.name}}
        notice = Notice(NoticeKind.LIMIT_HIT, limited.owner, limited.subject, told)
        async with self._database.transaction() as tx:
            await tell(tx, notice, self._clock.now_ms())
        raise Forbidden(code, name=limited.name, **facts)

    async def _measured(self, limited: Limited, key: KeyRecord, order: PlaceOrder) -> Exposure:
        # Who is just coming is noted before the rows are read: whoever reaches the disk in
        # between is then met twice and counted once, and never missed.
        coming = {
            it.order.client_id: it.order
            for it in self._coming.values()
            if it.is_of(limited.subject) and it.order.client_id != order.client_id
        }
        now_ms = self._clock.now_ms()
        held = await self._stakes.read(limited.subject, now_ms)
        rows = await self._orders.unsettled_of(limited.subject)
        waiting = [it for it in rows if it.client_id not in coming]
        needed = {order.symbol, *open_symbols(held, quote_of(order.symbol))}
        needed |= {row.symbol for row in waiting if row.price is None}
        needed |= {it.symbol for it in coming.values() if it.price is None}
        prices = await self._prices_of(key, needed)
        stake = Stake(
            [
                *(waiting_of(row, prices) for row in waiting),
                *(waiting_to_be(it, prices) for it in coming.values()),
            ],
            held,
        )
        exposure = count_exposure(order, stake, prices)
        if limited.limits.collar is None or order.price is not None:
            return exposure
        return replace(exposure, expected=await self._expected(key, order, exposure))

    async def _expected(
        self, key: KeyRecord, order: PlaceOrder, exposure: Exposure
    ) -> Decimal | None:
        if not is_entry(order, exposure.held):
            return None
        asked = GetOrderBook(order.symbol)
        book = await self._roads.call_public(key.exchange, key.venue, asked)
        levels = book.asks if order.side is Side.BUY else book.bids
        return average_price(levels, quantity_of(order, exposure.last))

    async def _prices_of(self, key: KeyRecord, symbols: set[str]) -> Mapping[str, Decimal]:
        """Give the last prices of markets, at most a second old."""
        now_ms = self._clock.now_ms()
        place = (key.exchange, key.venue)
        stale = sorted(
            symbol
            for symbol in symbols
            if self._prices.get((*place, symbol), (None, 0))[1] <= now_ms - _PRICE_GOOD_FOR_MS
        )
        if stale:
            if len(self._prices) > _MOST_PRICES:
                self._prices.clear()
            for ticker in await self._roads.call_public(*place, GetTickers(tuple(stale))):
                self._prices[(*place, ticker.symbol)] = (ticker.last, now_ms)
        found = {it: self._prices.get((*place, it), (Decimal(0), 0))[0] for it in symbols}
        for symbol, price in found.items():
            if price <= 0:
                raise ExchangeDown("limit_without_price", symbol=symbol)
        return found


def _at_ease() -> None:
    """Leave nothing: nobody was kept waiting."""
