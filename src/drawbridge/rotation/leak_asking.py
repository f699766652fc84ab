"""Asking an exchange what was done on a key's account; done by the gateway's process.

Exchanges that tell all markets at once are asked so. Others are asked market by market: those in
which the person ever traded, and those of what the account holds. What could not be asked is told
as a gap, so that nobody takes silence for "nothing happened".
"""

from collections import Counter
from collections.abc import Callable, Collection, Coroutine
from typing import Final, Protocol, TypeAlias, TypeVar

from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput, DrawbridgeError, NotFound
from drawbridge.core.markets import Market, Markets
from drawbridge.core.operations import (
    GetBalances,
    GetClosedOrders,
    GetOpenOrders,
    GetOwnTrades,
    Operation,
)
from drawbridge.core.orders import Fill, Order
from drawbridge.gateway.policy import Purpose
from drawbridge.rotation import leak_store
from drawbridge.rotation.leak import Answer, Gap, Inquiry, foreign_deeds
from drawbridge.storage.database import Database
from drawbridge.vault.model import KeyRecord
from drawbridge.vault.store import find_key

A = TypeVar("A")
T = TypeVar("T", bound=Order | Fill)
Make: TypeAlias = Callable[[str, int, int], Operation[tuple[T, ...]]]
"""Makes a question of a market (empty: all), since when, and how many are known already."""

# What may be missing from an answer.
OPEN: Final = "open_orders"
CLOSED: Final = "closed_orders"
TRADES: Final = "trades"
HOLDINGS: Final = "holdings"
CUT: Final = "cut"

_NOT_OFFERED: Final = "unsupported_operation"
_MOST_MARKETS: Final = 60
_MOST_TOLD: Final = 10_000
_MOST_FOREIGN: Final = 2_000
# No exchange gives less at once where there is more.
_SMALLEST_PAGE: Final = 40
_USUAL_QUOTES: Final = 4


class Road(Protocol):
    """The way to exchanges; the gateway is one."""

    def call(
        self, key_id: str, operation: Operation[A], *, purpose: Purpose
    ) -> Coroutine[None, None, A]:
        """Carry out an operation with a key. Raises: as `Gateway.cross`."""

    async def markets(self, exchange_id: str, venue: str) -> Markets:
        """Give the exchange's markets."""


class LeakInquiries:
    """Answers what people ask about keys that may have leaked."""

    def __init__(self, database: Database, road: Road, clock: Clock, share: Share = WHOLE) -> None:
        """Use the app's database, and ask over the one road about the keys of a share."""
        self._share = share
        self._database = database
        self._road = road
        self._clock = clock

    async def step(self) -> None:
        """Answer what is open, one after the other."""
        for inquiry in await leak_store.list_open(self._database):
            if not self._share.holds(inquiry.key_id):
                continue
            key = await find_key(self._database, inquiry.key_id)
            answer = Answer() if key is None else await self._answered(key, inquiry)
            if not self._share.holds(inquiry.key_id):
                # What could not be asked for want of the account is no gap: it is asked anew.
                continue
            async with self._database.transaction() as tx:
                await leak_store.write_answer(tx, inquiry, answer, self._clock.now_ms())

    async def _answered(self, key: KeyRecord, inquiry: Inquiry) -> Answer:
        account = _Account(self._database, self._road, key, inquiry.since_ms)
        orders = await account.orders()
        trades = await account.trades()
        ours = await leak_store.ours_among(self._database, key, [*orders, *trades])
        return Answer(
            orders=len(orders),
            trades=len(trades),
            foreign=foreign_deeds(orders, trades, ours)[:_MOST_FOREIGN],
            markets=account.asked,
            gaps=account.gaps,
        )


class _Account:
    """One account that is asked about, and what could not be learnt of it."""

    def __init__(self, database: Database, road: Road, key: KeyRecord, since_ms: int) -> None:
        self._database = database
        self._road = road
        self._key = key
        self._since_ms = since_ms
        self._markets: tuple[str, ...] | None = None
        self._gaps: dict[Gap, None] = {}

    @property
    def asked(self) -> tuple[str, ...]:
        """Give the markets that were asked one by one; none where all were told at once."""
        return self._markets or ()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Give what could not be asked, each once."""
        return tuple(self._gaps)

    async def orders(self) -> tuple[Order, ...]:
        """Give what is open, and what has ended since."""
        still_open = await self._everywhere(OPEN, lambda symbol, _since, _at: GetOpenOrders(symbol))
        ended = await self._everywhere(CLOSED, _closed_orders)
        late = [it for it in ended if _time_of(it) >= self._since_ms]
        return tuple({_name_of(it): it for it in (*still_open, *late)}.values())

    async def trades(self) -> tuple[Fill, ...]:
        """Give the executions since."""
        found = await self._everywhere(TRADES, _own_trades)
        return tuple(it for it in found if it.time_ms >= self._since_ms)

    async def _everywhere(self, part: str, make: Make[T]) -> list[T]:
        """Ask about all markets at once, or about each where the exchange wants one named."""
        try:
            return await self._walk(make, "")
        except (BadInput, NotFound):
            pass
        except DrawbridgeError as error:
            self._miss(part, error.code)
            return []
        found: list[T] = []
        for symbol in await self._symbols():
            try:
                found += await self._walk(make, symbol)
            except DrawbridgeError as error:
                is_not_offered = error.code == _NOT_OFFERED
                self._miss(part, error.code, "" if is_not_offered else symbol)
                if is_not_offered:
                    break
        return found

    async def _walk(self, make: Make[T], symbol: str) -> list[T]:
        """Leaf through all that is told, however the exchange leafs."""
        seen: dict[tuple[str, str], T] = {}
        page = await self._call(make(symbol, self._since_ms, 0))
        while page:
            known = len(seen)
            seen.update({_name_of(it): it for it in page})
            if len(seen) == known or len(page) < _SMALLEST_PAGE:
                break
            if len(seen) >= _MOST_TOLD:
                self._miss(CUT, "leak_more_than_told", symbol)
                break
            page = await self._next(make, symbol, seen)
        return list(seen.values())

    async def _next(
        self, make: Make[T], symbol: str, seen: dict[tuple[str, str], T]
    ) -> tuple[T, ...]:
        """Ask behind what is known: by its number, else from the newest of it on."""
        try:
            page = await self._call(make(symbol, self._since_ms, len(seen)))
        except (BadInput, NotFound):
            page = ()
        if any(_name_of(it) not in seen for it in page):
            return page
        return await self._call(make(symbol, max(map(_time_of, seen.values())), 0))

    async def _symbols(self) -> tuple[str, ...]:
        """Give the markets to ask about, where they must be named; looked up once."""
        if self._markets is None:
            known = await leak_store.list_symbols(self._database, self._key)
            wanted = tuple(dict.fromkeys((*known, *await self._of_holdings())))
            if len(wanted) > _MOST_MARKETS:
                self._miss(CUT, "leak_more_markets")
            self._markets = wanted[:_MOST_MARKETS]
        return self._markets

    async def _of_holdings(self) -> list[str]:
        try:
            balances = await self._call(GetBalances())
            markets = await self._road.markets(self._key.exchange, self._key.venue)
        except DrawbridgeError as error:
            self._miss(HOLDINGS, error.code)
            return []
        held = {it.currency for it in balances if it.total}
        return _traded_with(held, [it for it in markets if it.active])

    async def _call(self, operation: Operation[A]) -> A:
        return await self._road.call(self._key.id, operation, purpose=Purpose.INQUIRY)

    def _miss(self, part: str, code: str, symbol: str = "") -> None:
        self._gaps[Gap(part, code, symbol)] = None


def _traded_with(held: Collection[str], markets: Collection[Market]) -> list[str]:
    """Give the markets in which what is held may have been bought: against it, or the usual."""
    quotes = Counter(market.quote for market in markets)
    usual = {name for name, _ in quotes.most_common(_USUAL_QUOTES)}
    return sorted(it.symbol for it in markets if it.base in held and it.quote in {*held, *usual})


def _closed_orders(symbol: str, since_ms: int, at: int) -> Operation[tuple[Order, ...]]:
    return GetClosedOrders(symbol, since_ms=since_ms, offset=at)


def _own_trades(symbol: str, since_ms: int, at: int) -> Operation[tuple[Fill, ...]]:
    return GetOwnTrades(symbol, since_ms=since_ms, offset=at)


def _name_of(it: Order | Fill) -> tuple[str, str]:
    return it.symbol, it.trade_id if isinstance(it, Fill) else it.order_id


def _time_of(it: Order | Fill) -> int:
    return it.time_ms if isinstance(it, Fill) else max(it.created_ms, it.updated_ms)
