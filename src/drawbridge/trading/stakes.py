"""What a limited account or robot holds, and what it has realised today; followed as it goes on.

An order under limits costs as much as the fills since the last one, and not as much as all that
ever were. A fill that is told late, after younger ones, has all of them followed anew.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from drawbridge.core.clock import DAY_MS
from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill
from drawbridge.storage.database import Database
from drawbridge.trading.positions import Position, follow
from drawbridge.trading.store import read_fill

_FLAT: Final = Position()
_OF_KEY: Final = "FROM fills WHERE fills.key_id = ?"
_OF_ORIGIN: Final = "FROM fills JOIN orders USING (key_id, client_order_id) WHERE orders.origin = ?"
_SINCE: Final = "AND fills.time_ms >= ? ORDER BY fills.time_ms, fills.trade_id"


@dataclass(frozen=True, slots=True)
class Held:
    """Positions by symbol, and what was realised by symbol since midnight, UTC."""

    positions: Mapping[str, Position] = field(default_factory=dict)
    realised: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def symbols(self) -> frozenset[str]:
        """Give every market in which something is held, or was realised today."""
        return frozenset(
            {*self.realised, *(it for it, of in self.positions.items() if of.quantity)}
        )

    def position(self, symbol: str) -> Position:
        """Give the position in a market."""
        return self.positions.get(symbol, _FLAT)


@dataclass(frozen=True, slots=True)
class Followed:
    """What was followed: how many fills, the last moment and its trades, and what came of it."""

    midnight_ms: int
    count: int = 0
    last_ms: int = 0
    last_trades: frozenset[tuple[str, str]] = frozenset()
    held: Held = Held()


class Stakes:
    """Reads what limited subjects hold; one of these lives beside the watch."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database
        # By subject: as bounded as the limits that people set.
        self._followed: dict[str, Followed] = {}

    async def read(self, subject: str, now_ms: int) -> Held:
        """Give what a subject (`key:<id>` or a robot's origin) holds."""
        midnight_ms = now_ms - now_ms % DAY_MS
        known = self._followed.get(subject, Followed(midnight_ms))
        count = await self._count(subject)
        if (known.count, known.midnight_ms) != (count, midnight_ms):
            known = await self._further(subject, known, count, midnight_ms)
            self._followed[subject] = known
        return known.held

    async def _further(
        self, subject: str, known: Followed, count: int, midnight_ms: int
    ) -> Followed:
        fills = await self._since(subject, known.last_ms)
        news = [it for it in fills if trade_of(it) not in known.last_trades]
        if known.count + len(news) < count:
            # One of them is older than what was followed.
            known, news = Followed(midnight_ms), list(await self._since(subject, 0))
        # A long history is a second's work, which is not to keep orders waiting.
        return await asyncio.to_thread(further, known, news, midnight_ms)

    async def _count(self, subject: str) -> int:
        rows, name = _rows_of(subject)
        counted = await self._database.fetch_one(f"SELECT count(*) AS many {rows}", name)
        return int(counted["many"]) if counted else 0

    async def _since(self, subject: str, time_ms: int) -> Sequence[Fill]:
        rows, name = _rows_of(subject)
        found = await self._database.fetch_all(f"SELECT fills.* {rows} {_SINCE}", name, time_ms)
        return tuple(map(read_fill, found))


def further(known: Followed, fills: Sequence[Fill], midnight_ms: int) -> Followed:
    """Follow younger fills, oldest first; what was realised before this midnight is forgotten."""
    is_same_day = known.midnight_ms == midnight_ms
    positions = dict(known.held.positions)
    realised = dict(known.held.realised) if is_same_day else {}
    for symbol, of in _by_symbol(fills).items():
        before = [it for it in of if it.time_ms < midnight_ms]
        today = [it for it in of if it.time_ms >= midnight_ms]
        start = follow(before, symbol, start=positions.get(symbol, _FLAT)).position
        journey = follow(today, symbol, start=start)
        positions[symbol] = journey.position
        if today:
            realised[symbol] = realised.get(symbol, ZERO) + journey.realised
    last_ms = max((it.time_ms for it in fills), default=known.last_ms)
    last = {trade_of(it) for it in fills if it.time_ms == last_ms}
    if last_ms == known.last_ms:
        last |= known.last_trades
    return Followed(
        midnight_ms,
        known.count + len(fills),
        last_ms,
        frozenset(last),
        Held(positions, realised),
    )


def trade_of(fill: Fill) -> tuple[str, str]:
    """Give what names a fill: trades are numbered by the exchange, for each account anew."""
    return fill.client_id, fill.trade_id


def _by_symbol(fills: Iterable[Fill]) -> dict[str, list[Fill]]:
    found: dict[str, list[Fill]] = {}
    for fill in fills:
        found.setdefault(fill.symbol, []).append(fill)
    return found


def _rows_of(subject: str) -> tuple[str, str]:
    kind, _, name = subject.partition(":")
    return (_OF_KEY, name) if kind == "key" else (_OF_ORIGIN, subject)
