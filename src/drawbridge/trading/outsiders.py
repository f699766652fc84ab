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
from drawbridge.core.due import Due
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
from drawbridge.vault.model import KeyRecord
from drawbridge.vault.roster import News

A = TypeVar("A")

_LOOK_EVERY_MS: Final = SECOND_MS
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

    async def news(self, seen: int) -> News:
        """Give what is new about our keys since that version."""

    async def list_of_account(self, key: KeyRecord) -> tuple[KeyRecord, ...]:
        """List the keys known to be of a key's account, itself among them, whoever has them."""


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
        self._database = database
        self._trades = ForeignTrades(database)
        self._road = road
        self._keys = keys
        self._portfolios = portfolios
        self._clock = clock
        self._looked_ms = 0
        self._seen = 0
        self._in_use: dict[str, KeyRecord] = {}
        # Apart, so that who wants an alarm does not wait until all others were looked at.
        self._watched: Due[str] = Due()
        self._others: Due[str] = Due()
        self._suspects: dict[str, dict[str, frozenset[tuple[str, str]]]] = {}
        # Exchanges that answer only market by market.
        self._by_market: set[str] = set()

    async def step(self) -> None:
        """Look at the accounts that are due."""
        now_ms = self._clock.now_ms()
        if now_ms < self._looked_ms + _LOOK_EVERY_MS:
            return
        self._looked_ms = now_ms
        await self._take_in(now_ms)
        due = self._watched.take(now_ms, _AT_ONCE, again_ms=_WATCHED_EVERY_MS)
        due += self._others.take(now_ms, _AT_ONCE - len(due), again_ms=_OTHERS_EVERY_MS)
        await asyncio.gather(*(self._look(self._in_use[it], now_ms) for it in due))

    async def _take_in(self, now_ms: int) -> None:
        """Take note of the keys that have come, changed or gone since the last look."""
        news = await self._keys.news(self._seen)
        for key_id in (*news.gone, *(it.id for it in news.keys if not it.is_in_use)):
            self._in_use.pop(key_id, None)
            self._suspects.pop(key_id, None)
            self._watched.drop(key_id)
            self._others.drop(key_id)
        for key in (it for it in news.keys if it.is_in_use):
            self._in_use[key.id] = key
            to, other = self._queues_of(key)
            other.drop(key.id)
            if key.id not in to:
                to.put(key.id, now_ms)
        self._seen = news.version

    def _queues_of(self, key: KeyRecord) -> tuple[Due[str], Due[str]]:
        """Give where a key waits, and where it does not."""
        queues = (self._watched, self._others)
        return queues if key.life.watched else queues[::-1]

    def _put_off(self, key: KeyRecord, until_ms: int) -> None:
        """Look at a key again then, if it is still one of ours."""
        queue, _ = self._queues_of(key)
        if key.id in queue:
            queue.put(key.id, until_ms)

    async def _look(self, key: KeyRecord, now_ms: int) -> None:
        try:
            # Chosen among all keys of an account, so that two processes never choose one each.
            if key.account and _first(await self._keys.list_of_account(key)) != key.id:
                return
            is_over = await self._look_through(key, now_ms)
        except DrawbridgeError:
            # Whatever it is, whoever uses the key tells of it.
            self._put_off(key, now_ms + _AFTER_TROUBLE_MS)
            return
        if not is_over:
            self._put_off(key, now_ms + _SURE_AFTER_MS)

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
        of_key = self._suspects.setdefault(key.id, {})
        before = of_key.get(symbol, frozenset())
        now = of_key[symbol] = frozenset((it.symbol, it.trade_id) for it in foreign)
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


def _first(keys: Iterable[KeyRecord]) -> str:
    """Choose one of an account's keys, one of which an alarm is wanted first; by its id."""
    in_use = (it for it in keys if it.is_in_use)
    order = sorted(in_use, key=lambda it: (not it.life.watched, it.created_ms, it.id))
    return order[0].id if order else ""


def _until(fills: Sequence[Fill], since_ms: int, now_ms: int) -> int:
    """Tell until when all trades are known now.

    Exchanges answer at most a page, and some at most a day: then the rest is asked for next.
    """
    newest_ms = max((it.time_ms for it in fills), default=since_ms)
    if newest_ms > since_ms:
        return newest_ms
    return max(since_ms, min(now_ms - _TOLD_LATE_MS, since_ms + DAY_MS))
