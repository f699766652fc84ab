"""Trades on an account that were not made here: told from ours, kept for showing, never counted.

A trade is ours when its order is: when that bears a client order id of ours, or the name that the
exchange gave to an order of ours. Who looks for them stands in `outsiders.py`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.money import plain
from drawbridge.core.orders import Fill, Side
from drawbridge.storage.database import Database, Row, Transaction
from drawbridge.vault.model import KeyRecord

_LIVELY_MS: Final = MINUTE_MS
# Another key of ours may be one of the same account, so its orders count as well.
_KEYS: Final = "SELECT id FROM keys WHERE owner = ? AND exchange = ? AND venue = ?"
_KNOWN: Final = (
    "SELECT symbol, trade_id FROM foreign_trades WHERE key_id = ?1"
    " AND trade_id IN (SELECT value FROM json_each(?3))"
    " UNION SELECT symbol, trade_id FROM fills"
    " WHERE key_id IN (SELECT value FROM json_each(?2))"
    " AND trade_id IN (SELECT value FROM json_each(?3))"
)
_BY_OUR_NAME: Final = (
    "SELECT client_order_id AS name FROM orders"
    " WHERE key_id IN (SELECT value FROM json_each(?))"
    " AND client_order_id IN (SELECT value FROM json_each(?))"
)
# Looks through all orders of these keys, so it is asked last and of few.
_BY_THEIR_NAME: Final = (
    "SELECT exchange_order_id AS name FROM orders"
    " WHERE key_id IN (SELECT value FROM json_each(?))"
    " AND exchange_order_id IN (SELECT value FROM json_each(?))"
)
_LEAVING: Final = (
    "SELECT 1 FROM orders WHERE state IN ('intended', 'unknown', 'open', 'partially_filled')"
    " AND state IN ('intended', 'unknown') AND intended_ms > ?"
    " AND exchange = ? AND venue = ? LIMIT 1"
)
_MARKETS: Final = (
    "SELECT symbol FROM orders WHERE key_id = ? GROUP BY symbol ORDER BY max(intended_ms) DESC"
    " LIMIT ?"
)
_KEPT: Final = (
    "SELECT * FROM foreign_trades WHERE key_id IN (SELECT id FROM keys"
    " WHERE owner = ? AND exchange = ? AND venue = ?"
    " AND (id = ? OR (? <> '' AND ? IN (account_hint, kin))))"
    " ORDER BY time_ms DESC, trade_id DESC LIMIT ?"
)
_KEEP: Final = (
    "INSERT INTO foreign_trades VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_LOOKED: Final = (
    "INSERT INTO foreign_looks VALUES (?, ?, ?)"
    " ON CONFLICT (key_id, symbol) DO UPDATE SET until_ms = excluded.until_ms"
)


@dataclass(frozen=True, slots=True)
class ForeignTrade:
    """A trade that was not made here; `order_id` is what the exchange calls its order."""

    key_id: str
    symbol: str
    trade_id: str
    order_id: str
    side: Side
    quantity: Decimal
    price: Decimal
    time_ms: int
    seen_ms: int


class ForeignTrades:
    """Tell trades of others from ours, and read those that are kept."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database

    async def foreign_among(
        self, key: KeyRecord, fills: Sequence[Fill], now_ms: int
    ) -> tuple[Fill, ...] | None:
        """Give those of an account's trades that are not ours and not known yet.

        None while that cannot be told, because the name of an order that is under way is not
        known yet.
        """
        place = (key.exchange, key.venue.value)
        leaving = await self._database.fetch_one(_LEAVING, now_ms - _LIVELY_MS, *place)
        if leaving is not None:
            return None
        rows = await self._database.fetch_all(_KEYS, key.owner, *place)
        keys = json.dumps([row["id"] for row in rows])
        trades = json.dumps([fill.trade_id for fill in fills])
        rows = await self._database.fetch_all(_KNOWN, key.id, keys, trades)
        known = {(row["symbol"], row["trade_id"]) for row in rows}
        left = [fill for fill in fills if (fill.symbol, fill.trade_id) not in known]
        ours = await self._named(_BY_OUR_NAME, keys, (fill.client_id for fill in left))
        left = [fill for fill in left if fill.client_id not in ours]
        ours = await self._named(_BY_THEIR_NAME, keys, (fill.order_id for fill in left))
        return tuple(fill for fill in left if fill.order_id not in ours)

    async def _named(self, sql: str, keys: str, names: Iterable[str]) -> set[str]:
        asked = sorted({name for name in names if name})
        if not asked:
            return set()
        return {row["name"] for row in await self._database.fetch_all(sql, keys, json.dumps(asked))}

    async def list_of(self, key: KeyRecord, limit: int) -> tuple[ForeignTrade, ...]:
        """List those of a key's account, by whichever of its keys they were found, newest first."""
        place = (key.owner, key.exchange, key.venue.value)
        rows = await self._database.fetch_all(
            _KEPT, *place, key.id, key.account, key.account, limit
        )
        return tuple(_trade(row) for row in rows)

    async def markets_of(self, key_id: str, limit: int) -> tuple[str, ...]:
        """List the markets in which a key placed orders, the last one first."""
        rows = await self._database.fetch_all(_MARKETS, key_id, limit)
        return tuple(row["symbol"] for row in rows)

    async def looks_of(self, key_id: str) -> Mapping[str, int]:
        """Give until when a key's account was looked through, by market; empty is all of them."""
        rows = await self._database.fetch_all(
            "SELECT symbol, until_ms FROM foreign_looks WHERE key_id = ?", key_id
        )
        return {row["symbol"]: row["until_ms"] for row in rows}


async def keep_trades(
    tx: Transaction, key_id: str, fills: Iterable[Fill], now_ms: int
) -> Mapping[str, int]:
    """Keep trades of others; tells how many of them are new, by market."""
    new: dict[str, int] = {}
    for fill in fills:
        told = (fill.side.value, plain(fill.quantity), plain(fill.price), fill.time_ms, now_ms)
        place = (key_id, fill.symbol, fill.trade_id, fill.order_id)
        if await tx.execute(_KEEP, *place, *told):
            new[fill.symbol] = new.get(fill.symbol, 0) + 1
    return new


async def keep_look(tx: Transaction, key_id: str, symbol: str, until_ms: int) -> None:
    """Write down until when a key's account was looked through in a market."""
    await tx.execute(_LOOKED, key_id, symbol, until_ms)


def _trade(row: Row) -> ForeignTrade:
    return ForeignTrade(
        key_id=row["key_id"],
        symbol=row["symbol"],
        trade_id=row["trade_id"],
        order_id=row["order_id"],
        side=Side(row["side"]),
        quantity=Decimal(row["quantity"]),
        price=Decimal(row["price"]),
        time_ms=row["time_ms"],
        seen_ms=row["seen_ms"],
    )
