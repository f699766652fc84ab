"""Take snapshots of accounts in the gateway's process, and ask what was traded between them.

No exchange is asked as long as our own trades explain every balance.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeVar

from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.clock import DAY_MS, HOUR_MS
from drawbridge.core.derivatives import GetFundingPayments, GetMarginAccounts, GetPositions
from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.markets import MarketKind, Markets
from drawbridge.core.operations import GetOwnTrades, Operation
from drawbridge.core.orders import Fill
from drawbridge.gateway.crossing import KeyBook
from drawbridge.gateway.policy import Purpose
from drawbridge.statistics.account import Held, Snapshot
from drawbridge.statistics.store import SnapshotStore
from drawbridge.statistics.transfers import Change, change_of, settle
from drawbridge.trading.holdings import Portfolio, Shown

A = TypeVar("A")

_MOST_TRADES: Final = 10_000
_MOST_MARKETS: Final = 20
_MOST_DAYS: Final = 100


class Exchanges(Protocol):
    """How exchanges are asked; the gateway is one."""

    async def call(self, key_id: str, operation: Operation[A], *, purpose: Purpose) -> A:
        """Ask with a key."""

    async def markets(self, exchange_id: str, venue: str) -> Markets:
        """Give the markets of an exchange."""


class Fills(Protocol):
    """Where our own trades stand; trading's store is one."""

    async def fills_of_key(self, key_id: str, since_ms: int = 0) -> tuple[Fill, ...]:
        """Give the executions of all orders of a key, or those later than a moment."""


class Readings(Protocol):
    """Where what was last read of accounts stands; trading's portfolios do."""

    async def find(self, key_id: str) -> Shown | None:
        """Give what was last read of a key's account."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that a snapshot is made of."""

    exchanges: Exchanges
    keys: KeyBook
    fills: Fills
    readings: Readings


class Snapshots:
    """The snapshots of keys' accounts."""

    def __init__(self, sources: Sources, store: SnapshotStore, share: Share = WHOLE) -> None:
        """Read from these and keep there."""
        self._from = sources
        self._store = store
        # When each key's newest snapshot was taken, so that the disk is not asked every second.
        self._last_ms: dict[str, int] = {}
        self._share = share
        self._known_of = share.version

    async def take(self, key_id: str) -> None:
        """Take a snapshot if a new hour has begun, or the account was asked for since the last.

        What the exchange cannot tell now is left to the next one: the snapshot is kept and waits.
        """
        shown = await self._from.readings.find(key_id)
        if shown is None or shown.portfolio is None:
            return
        if self._known_of != self._share.version:
            # Another process may have taken some since.
            self._known_of = self._share.version
            self._last_ms.clear()
        if key_id not in self._last_ms:
            self._last_ms[key_id] = await self._store.find_last_ms(key_id) or 0
        if not _is_due(shown, shown.portfolio.as_of_ms, self._last_ms[key_id]):
            return
        taken = snapshot_of(shown.portfolio)
        before = await self._store.find_settled(key_id)
        try:
            taken = await self._with_wallets(key_id, taken)
            if before is None:
                taken = settle(taken, taken, ())
            else:
                taken = await self._settled(key_id, before, taken)
        finally:
            await self._store.keep(key_id, taken)
            self._last_ms[key_id] = taken.at_ms

    async def _with_wallets(self, key_id: str, taken: Snapshot) -> Snapshot:
        """Ask for amounts without the profit of open positions, where there are contracts.

        Why: that profit moves with every price, and would look like something that came or went.
        """
        markets = await self._markets(key_id)
        if _has_no_contracts(markets):
            return taken
        try:
            accounts = await self._from.exchanges.call(
                key_id, GetMarginAccounts(), purpose=Purpose.READ
            )
        except (BadInput, NotFound):
            return taken
        return replace(taken, wallets={it.currency: it.wallet for it in accounts if it.wallet})

    async def _settled(self, key_id: str, before: Snapshot, taken: Snapshot) -> Snapshot:
        since_ms = before.settled_ms or before.at_ms
        own = await self._from.fills.fills_of_key(key_id, since_ms)
        known = {_name_of(fill): fill for fill in own}
        settled = settle(before, taken, map(change_of, known.values()))
        if not settled.transfers:
            return settled
        markets = await self._markets(key_id)
        changes = await self._funding(key_id, markets, since_ms)
        span = _asked_from(since_ms, taken.at_ms)
        for fill in await self._trades(key_id, markets, _names(before, taken), span):
            known.setdefault(_name_of(fill), fill)
        changes += map(change_of, known.values())
        return settle(before, taken, changes)

    async def _markets(self, key_id: str) -> Markets:
        key = await self._from.keys.get_record(key_id)
        return await self._from.exchanges.markets(key.exchange, key.venue)

    async def _trades(
        self, key_id: str, markets: Markets, names: set[str], span: range
    ) -> list[Fill]:
        """Ask for all trades of a time; where that is not told, market by market.

        Raises: `DrawbridgeError` when the exchange cannot be asked; then nothing is known.
        """
        try:
            return await self._leaf_through(key_id, "", span)
        except (BadInput, NotFound) as error:
            refusal = error
        first = await self._positions(key_id, markets)
        symbols, found, answered = _worth_asking(markets, names, first), list[Fill](), 0
        for symbol in symbols:
            try:
                found += await self._leaf_through(key_id, symbol, span)
                answered += 1
            except (BadInput, NotFound) as error:
                refusal = error  # of this market, which may be gone; the others may answer
        if symbols and not answered:
            raise refusal
        return found

    async def _positions(self, key_id: str, markets: Markets) -> list[str]:
        """Name the contracts of which there is a position."""
        if _has_no_contracts(markets):
            return []
        positions = await self._from.exchanges.call(key_id, GetPositions(), purpose=Purpose.READ)
        return [position.symbol for position in positions if position.quantity]

    async def _leaf_through(self, key_id: str, symbol: str, span: range) -> list[Fill]:
        """Ask day by day, because exchanges answer for a limited time at once, page by page."""
        found: dict[tuple[str, str], Fill] = {}
        for since_ms in span:
            asked_ms, newest_ms, offset = since_ms, since_ms, 0
            while len(found) < _MOST_TRADES:
                page = await self._page(key_id, symbol, asked_ms, offset)
                news = {_name_of(fill): fill for fill in page if _name_of(fill) not in found}
                found |= news
                newest_ms = max(newest_ms, *(fill.time_ms for fill in page), since_ms)
                if news:
                    offset += len(page)
                elif newest_ms > asked_ms:
                    # It does not count pages: what follows is found by the time of the last.
                    asked_ms, offset = newest_ms, 0
                else:
                    break
        return list(found.values())

    async def _page(self, key_id: str, symbol: str, since_ms: int, offset: int) -> tuple[Fill, ...]:
        operation = GetOwnTrades(symbol=symbol, since_ms=since_ms, offset=offset)
        try:
            return await self._from.exchanges.call(key_id, operation, purpose=Purpose.READ)
        except BadInput:
            if not offset:
                raise
            return ()  # It was the place in the list that is not known there.

    async def _funding(self, key_id: str, markets: Markets, since_ms: int) -> list[Change]:
        """Ask what positions paid or were paid, where there are contracts."""
        if _has_no_contracts(markets):
            return []
        operation = GetFundingPayments(since_ms=since_ms)
        try:
            payments = await self._from.exchanges.call(key_id, operation, purpose=Purpose.READ)
        except (BadInput, NotFound):
            return []
        return [Change(it.time_ms, {it.currency: it.amount}) for it in payments]


def snapshot_of(portfolio: Portfolio) -> Snapshot:
    """Take down what was read of an account; not settled yet."""
    held = {
        it.currency: Held(it.free + it.held, it.value)
        for it in portfolio.holdings
        if it.free + it.held
    }
    return Snapshot(portfolio.as_of_ms, portfolio.currency, held)


def _has_no_contracts(markets: Markets) -> bool:
    return all(market.kind is MarketKind.SPOT for market in markets)


def _is_due(shown: Shown, as_of_ms: int, last_ms: int) -> bool:
    if as_of_ms <= last_ms:
        return False
    return as_of_ms // HOUR_MS > last_ms // HOUR_MS or as_of_ms >= shown.asked_ms > last_ms


def _asked_from(since_ms: int, until_ms: int) -> range:
    """Give the moments from which trades are asked: each day, or fewer after a very long time."""
    step_ms = max(DAY_MS, -(-(until_ms - since_ms) // _MOST_DAYS))
    return range(since_ms, max(until_ms, since_ms + 1), step_ms)


def _name_of(fill: Fill) -> tuple[str, str]:
    """Name a trade; exchanges count them for each market from one on."""
    return (fill.symbol, fill.trade_id)


def _names(*snapshots: Snapshot) -> set[str]:
    return {name for snapshot in snapshots for name in snapshot.held}


def _worth_asking(markets: Markets, names: Iterable[str], first: Iterable[str]) -> list[str]:
    """Choose a bounded number of markets: those `first`, then those that could move what is held.

    Of contracts, only the currency in which they are settled is ever held.
    """
    held = set(names)
    could = (
        market.symbol
        for market in sorted(markets, key=lambda market: market.symbol)
        if ({market.settle} if market.settle else {market.base, market.quote}) <= held
    )
    known = (symbol for symbol in first if markets.find(symbol))
    return list(itertools.islice(dict.fromkeys((*known, *could)), _MOST_MARKETS))
