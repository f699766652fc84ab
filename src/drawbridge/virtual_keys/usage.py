"""Judging a request and reserving what it may use up, in one step between two turns of the loop.

Nothing is awaited in that step, so however many requests of a bot come at once, each is judged
by what those before it have reserved. A reservation is settled by the order's outcome; while
nobody knows the outcome, it stays. After a start it is read from the order journal.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from drawbridge.core.clock import DAY_MS, SECOND_MS
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import Order
from drawbridge.core.refusals import Refused
from drawbridge.virtual_keys.asked import Asked, Usage
from drawbridge.virtual_keys.model import VirtualKey, judge, origin_of
from drawbridge.virtual_keys.tally import MOST_OPEN, UNTOLD, OpenOrder, Tally

_AT_ONCE: Final = 500
# No key may make more requests a second than are remembered.
MOST_PER_SECOND: Final = 1_000


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order as the journal knows it; `order` is None where it never came to be."""

    client_id: str
    order: OpenOrder | None
    has_ended: bool


class Journal(Protocol):
    """Where orders of the past are read; `past_orders.py` has one."""

    async def orders_of(self, origin: str, /) -> Sequence[PastOrder]:
        """Give all of a key's orders, oldest first."""

    async def orders_among(self, origin: str, ids: Iterable[str], /) -> Sequence[PastOrder]:
        """Give those of a key's orders that have these client order ids."""


class Usages:
    """What virtual keys have used up; one of these lives in the gateway's process."""

    def __init__(self, journal: Journal) -> None:
        """Read the order journal at the first order of each key."""
        self._journal = journal
        self._tallies: dict[str, Tally] = {}
        self._asked: dict[str, deque[int]] = {}
        self._turn = asyncio.Lock()

    async def prepare(self, virtual: VirtualKey, now_ms: int) -> None:
        """Read what a key has used up, once; `admit` judges orders only after this."""
        if virtual.id in self._tallies:
            return
        async with self._turn:
            if virtual.id not in self._tallies:
                past = await self._journal.orders_of(virtual.origin)
                self._tallies[virtual.id] = await _tally_of(past, now_ms)

    def admit(self, virtual: VirtualKey, asked: Asked, client_id: str = "") -> Refused | None:
        """Judge a request and, where it is an order, reserve what it may use up.

        An order that is admitted must be settled or released under its client order id.
        """
        order = asked.order
        recent = self._count(virtual.id, asked.now_ms) if virtual.is_paced else 0
        # A key whose orders were not read is our own mistake, and ends here.
        tally = None if order is None else self._tallies[virtual.id]
        weighed = asked
        if tally is not None and virtual.is_counted:
            weighed = replace(asked, usage=_usage(tally, asked, recent))
        elif recent:
            weighed = replace(asked, usage=Usage({}, {}, {}, recent))
        refused = judge(virtual, weighed)
        if refused is not None or order is None or tally is None or order.dry_run:
            return refused
        return _reserve(tally, client_id, weighed, order)

    def settle(self, virtual_id: str, client_id: str, told: Order) -> None:
        """Follow what an answer tells of an order, whoever asked for it.

        Some exchanges tell of a cancelled order that it has ended and no more. What it had filled
        by then is not known from that, so its reservation stays until somebody tells.
        """
        tally = self._tallies.get(virtual_id)
        if tally is None:
            return
        tells_amounts = told.quantity > 0 or told.filled > 0 or told.quote_quantity is not None
        has_ended = told.status.is_final and tells_amounts
        tally.follow(client_id, told.filled, told.filled_quote, has_ended=has_ended)

    def release(self, virtual_id: str, client_id: str) -> None:
        """Give back what was reserved for an order that was definitely not taken."""
        tally = self._tallies.get(virtual_id)
        if tally is not None:
            tally.release(client_id)

    def forget(self, virtual_id: str) -> None:
        """Drop what is remembered of a key that was revoked."""
        self._tallies.pop(virtual_id, None)
        self._asked.pop(virtual_id, None)

    async def catch_up(self) -> None:
        """Settle what the journal knows by now: what was looked up for want of an answer."""
        for virtual_id, tally in list(self._tallies.items()):
            if not tally.open:
                continue
            for past in await self._journal.orders_among(origin_of(virtual_id), tally.open):
                _follow(tally, past)

    def _count(self, virtual_id: str, now_ms: int) -> int:
        """Count a request, also one that is refused: who hammers is not let in any sooner."""
        asked = self._asked.setdefault(virtual_id, deque(maxlen=MOST_PER_SECOND))
        while asked and asked[0] <= now_ms - SECOND_MS:
            asked.popleft()
        asked.append(now_ms)
        return len(asked) - 1


def _usage(tally: Tally, asked: Asked, recent: int) -> Usage:
    currency = asked.currency
    return Usage(
        {currency: tally.turnover(currency, asked.now_ms // DAY_MS)},
        {currency: tally.exposure(currency)},
        {asked.symbol: tally.held(asked.symbol)},
        recent,
    )


def _follow(tally: Tally, past: PastOrder) -> None:
    if past.order is None:
        tally.release(past.client_id)
        return
    filled, quote = past.order.filled, past.order.filled_quote
    tally.follow(past.client_id, filled, quote, has_ended=past.has_ended)


def _reserve(tally: Tally, client_id: str, asked: Asked, order: PlaceOrder) -> Refused | None:
    if client_id in tally.open:
        # The order under this id may exist: what is reserved for it must stay.
        return Refused("virtual_order_repeated", {"rule": "client_id"})
    if len(tally.open) >= MOST_OPEN:
        return Refused("virtual_too_many_open", {"rule": "open_orders", "limit": MOST_OPEN})
    notional = asked.notional
    open_order = OpenOrder(
        symbol=order.symbol,
        side=order.side,
        day=asked.now_ms // DAY_MS,
        reserved=UNTOLD if notional is None else notional,
        quantity=order.quantity,
        adds=asked.adds,
    )
    tally.reserve(client_id, open_order)
    return None


async def _tally_of(orders: Sequence[PastOrder], now_ms: int) -> Tally:
    tally = Tally()
    tally.begin_day(now_ms // DAY_MS)
    for number, past in enumerate(orders):
        if not number % _AT_ONCE:
            await asyncio.sleep(0)
        if past.order is not None:
            tally.take_known(past.client_id, past.order, has_ended=past.has_ended)
    return tally
