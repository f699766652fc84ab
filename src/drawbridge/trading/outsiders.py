"""Look for trades on accounts that were not made here, and raise the alarm where that was chosen.

All keys in use are looked after: those whose owner wants an alarm every minute, the others four
times an hour. What was traded before the first look is nobody's business here. Open orders of
others are found by `robots/strangers.py`.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, Protocol, TypeVar

from drawbridge.catalogue.registry import get_card
from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.clock import DAY_MS, MINUTE_MS, SECOND_MS, Clock
from drawbridge.core.errors import BadInput, DrawbridgeError, NotFound
from drawbridge.core.markets import Markets
from drawbridge.core.operations import GetOwnTrades, Operation
from drawbridge.core.orders import Fill
from drawbridge.gateway.policy import Purpose
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.storage.database import Database
from drawbridge.trading.foreign_trades import ForeignTrades, keep_look, keep_trades
from drawbridge.trading.holdings import PortfolioStore
from drawbridge.vault.model import IN_USE, KeyRecord, KeyStatus

A = TypeVar("A")

_LOOK_EVERY_MS: Final = SECOND_MS
_KEYS_EVERY_MS: Final = 10 * SECOND_MS
_WATCHED_EVERY_MS: Final = MINUTE_MS
_OTHERS_EVERY_MS: Final = 15 * MINUTE_MS
_AFTER_TROUBLE_MS: Final = MINUTE_MS
# What is foreign is so at a second look as well: an order of ours may not be on record yet.
_SURE_AFTER_MS: Final = 5 * SECOND_MS
# An exchange may tell a trade a moment after it was made.
_TOLD_LATE_MS: Final = MINUTE_MS
_MOST_MARKETS: Final = 20
_AT_ONCE: Final = 8
_ALL: Final = ""


class Road(Protocol):
    """What leads to accounts; the gateway is one."""

    async def call(self, key_id: str, operation: Operation[A], *, purpose: Purpose) -> A:
        """Carry out an operation with a key."""

    async def markets(self, exchange_id: str, venue: str) -> Markets:
        """Give the exchange's markets."""


class Keys(Protocol):
    """Where keys stand; the vault is one."""

    async def list_beside(self, *statuses: KeyStatus) -> tuple[KeyRecord, ...]:
        """List our keys in one of these states, and those that may be of the same accounts."""


class Outsiders:
    """Looks through accounts, a few at a time."""

    def __init__(
        self,
        database: Database,
        road: Road,
        keys: Keys,
        portfolios: PortfolioStore,
        clock: Clock,
        share: Share = WHOLE,
    ) -> None:
        """Use the app's database, and ask over this road with the keys of a share."""
        self._share = share
        self._listed_of = share.version
        self._database = database
        self._trades = ForeignTrades(database)
        self._road = road
        self._keys = keys
        self._portfolios = portfolios
        self._clock = clock
        self._looked_ms = 0
        self._listed_ms = 0
        self._in_use: dict[str, KeyRecord] = {}
        self._due_ms: dict[str, int] = {}
        self._suspects: dict[tuple[str, str], frozenset[tuple[str, str]]] = {}
        # Exchanges that answer only market by market.
        self._by_market: set[str] = set()

    async def step(self) -> None:
        """Look at the accounts that are due."""
        now_ms = self._clock.now_ms()
        if now_ms < self._looked_ms + _LOOK_EVERY_MS:
            return
        self._looked_ms = now_ms
        has_changed = self._listed_of != self._share.version
        if has_changed or now_ms >= self._listed_ms + _KEYS_EVERY_MS:
            await self._list(now_ms)
        due = [key_id for key_id, due_ms in self._due_ms.items() if due_ms <= now_ms]
        await asyncio.gather(*(self._look(self._in_use[it], now_ms) for it in due[:_AT_ONCE]))

    async def _list(self, now_ms: int) -> None:
        self._listed_ms, self._listed_of = now_ms, self._share.version
        before = self._in_use
        # Chosen among all keys of an account, so that two processes never choose one each.
        chosen = _one_each(await self._keys.list_beside(*IN_USE))
        self._in_use = {it: key for it, key in chosen.items() if self._share.holds(it)}
        for key_id, key in self._in_use.items():
            known = before.get(key_id)
            if known is None or known.life.watched is not key.life.watched:
                self._due_ms[key_id] = now_ms
        self._due_ms = {it: due for it, due in self._due_ms.items() if it in self._in_use}
        self._suspects = {it: ids for it, ids in self._suspects.items() if it[0] in self._in_use}

    async def _look(self, key: KeyRecord, now_ms: int) -> None:
        every_ms = _WATCHED_EVERY_MS if key.life.watched else _OTHERS_EVERY_MS
        self._due_ms[key.id] = now_ms + every_ms
        try:
            is_over = await self._look_through(key, now_ms)
        except DrawbridgeError:
            # Whatever it is, whoever uses the key tells of it.
            self._due_ms[key.id] = now_ms + _AFTER_TROUBLE_MS
            return
        if not is_over:
            self._due_ms[key.id] = now_ms + _SURE_AFTER_MS

    async def _look_through(self, key: KeyRecord, now_ms: int) -> bool:
        """Look at each market; False where there is something to look at once more soon."""
        looks, over = await self._trades.looks_of(key.id), True
        for symbol in await self._places(key):
            if symbol not in looks:
                async with self._database.lane() as tx:
                    await keep_look(tx, key.id, symbol, now_ms)
                continue
            try:
                over &= await self._look_at(key, symbol, looks[symbol], now_ms)
            except (BadInput, NotFound):
                if symbol == _ALL:
                    self._by_market.add(key.exchange)
                    return False
        return over

    async def _look_at(self, key: KeyRecord, symbol: str, since_ms: int, now_ms: int) -> bool:
        asked = GetOwnTrades(symbol=symbol, since_ms=since_ms)
        fills = await self._road.call(key.id, asked, purpose=Purpose.READ)
        fills = tuple(it for it in fills if it.time_ms >= since_ms)
        foreign = await self._trades.foreign_among(key, fills, now_ms)
        if foreign is None or not self._is_sure(key, symbol, foreign):
            return False
        until_ms = _until(fills, since_ms, now_ms)
        if until_ms > since_ms:
            await self._keep(key, symbol, foreign, until_ms, now_ms)
        return until_ms >= now_ms - 2 * _TOLD_LATE_MS or until_ms == since_ms

    def _is_sure(self, key: KeyRecord, symbol: str, foreign: Sequence[Fill]) -> bool:
        """Tell whether all of them were foreign at the last look as well."""
        place = (str(key.id), symbol)
        before = self._suspects.get(place, frozenset())
        now = self._suspects[place] = frozenset((it.symbol, it.trade_id) for it in foreign)
        return now <= before

    async def _keep(
        self, key: KeyRecord, symbol: str, foreign: Iterable[Fill], until_ms: int, now_ms: int
    ) -> None:
        async with self._database.lane() as tx:
            if not self._share.holds(key.id):
                return
            await keep_look(tx, key.id, symbol, until_ms)
            new = await keep_trades(tx, key.id, foreign, now_ms)
            if not key.life.watched:
                return
            for market, count in new.items():
                about = {"label": key.label, "exchange": get_card(key.exchange).name}
                facts = {**about, "symbol": market, "count": count}
                notice = Notice(NoticeKind.FOREIGN_TRADES, key.owner, key.id, facts)
                await tell(tx, notice, now_ms)

    async def _places(self, key: KeyRecord) -> Sequence[str]:
        """Choose where to look: everywhere at once, or where the key trades or could have."""
        if key.exchange not in self._by_market:
            return (_ALL,)
        traded = await self._trades.markets_of(key.id, _MOST_MARKETS)
        shown = await self._portfolios.find(key.id)
        if shown is None or shown.portfolio is None:
            return traded
        held = {it.currency for it in shown.portfolio.holdings if it.free + it.held}
        markets = await self._road.markets(key.exchange, key.venue)
        could = sorted(it.symbol for it in markets if {it.base, it.quote} <= held)
        return tuple(dict.fromkeys((*traded, *could)))[:_MOST_MARKETS]


def _one_each(keys: Iterable[KeyRecord]) -> dict[str, KeyRecord]:
    """Choose one key for each account, one of which an alarm is wanted first; by its id."""
    chosen: dict[tuple[str, ...], KeyRecord] = {}
    for key in sorted(keys, key=lambda it: (not it.life.watched, it.created_ms, it.id)):
        account = (key.owner, key.exchange, key.venue.value, key.account)
        chosen.setdefault(account if key.account else (key.id,), key)
    return {str(key.id): key for key in chosen.values()}


def _until(fills: Sequence[Fill], since_ms: int, now_ms: int) -> int:
    """Tell until when all trades are known now.

    Exchanges answer at most a page, and some at most a day: then the rest is asked for next.
    """
    newest_ms = max((it.time_ms for it in fills), default=since_ms)
    if newest_ms > since_ms:
        return newest_ms
    return max(since_ms, min(now_ms - _TOLD_LATE_MS, since_ms + DAY_MS))
