"""Reading what was traded, over all keys and robots of a person: for their books."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import groupby

import orjson

from drawbridge.core.orders import Fill
from drawbridge.storage.database import Database
from drawbridge.trading.model import OwnTrade
from drawbridge.trading.store import read_fill


@dataclass(frozen=True, slots=True)
class Mark:
    """How far an origin's executions have come: where it is the same, nothing was added."""

    count: int
    newest_ms: int


class TradeStore:
    """Executions with where they were; trading's journal, read another way."""

    def __init__(self, database: Database) -> None:
        """Read from this database."""
        self._database = database

    async def fills_by_account(self, origin: str) -> tuple[tuple[Fill, ...], ...]:
        """Give the executions of all orders of an origin by account, each oldest first."""
        rows = await self._database.fetch_all(
            "SELECT fills.* FROM fills JOIN orders USING (key_id, client_order_id)"
            " WHERE orders.origin = ? ORDER BY fills.key_id, fills.time_ms, fills.trade_id",
            origin,
        )
        accounts = groupby(rows, key=lambda row: row["key_id"])
        return tuple(tuple(read_fill(row) for row in group) for _, group in accounts)

    async def marks_of(self, origins: Collection[str]) -> Mapping[str, Mark]:
        """Tell how far the executions of each origin have come; one without any is left out."""
        rows = await self._database.fetch_all(
            "SELECT orders.origin, count(*) AS many, max(fills.time_ms) AS newest_ms"
            " FROM orders JOIN fills USING (key_id, client_order_id)"
            " WHERE orders.origin IN (SELECT value FROM json_each(?)) GROUP BY orders.origin",
            orjson.dumps(list(origins)).decode(),
        )
        return {row["origin"]: Mark(row["many"], row["newest_ms"]) for row in rows}

    async def trades_of(
        self, owner: str, *, key_id: str = "", origin: str = ""
    ) -> tuple[OwnTrade, ...]:
        """Give all executions of an owner's orders, or of one key or origin of theirs.

        Oldest first, and in the same order every time; those of deleted keys are among them.
        """
        rows = await self._database.fetch_all(
            "SELECT fills.*, orders.exchange, orders.venue, orders.origin"
            " FROM fills JOIN orders USING (key_id, client_order_id)"
            " WHERE orders.owner = ? AND ? IN ('', fills.key_id) AND ? IN ('', orders.origin)"
            " ORDER BY fills.time_ms, fills.key_id, fills.symbol, fills.trade_id",
            owner,
            key_id,
            origin,
        )
        return tuple(
            OwnTrade(read_fill(row), row["key_id"], row["exchange"], row["venue"], row["origin"])
            for row in rows
        )
