"""Looking through a person's executions: all of them, the newest first, a page at a time."""

import re
from dataclasses import dataclass
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.storage.database import Database
from drawbridge.trading.model import OwnTrade
from drawbridge.trading.store import read_fill

_CURSOR: Final = re.compile(r"([0-9]{1,15})~([^~]{1,100})~([^~]{1,50})~([^~]{1,100})")
_FIND: Final = (
    "SELECT fills.*, orders.exchange, orders.venue, orders.origin"
    " FROM fills JOIN orders USING (key_id, client_order_id)"
    " WHERE orders.owner = ? AND ? IN ('', fills.key_id) AND ? IN ('', orders.origin)"
    " AND (fills.time_ms, fills.key_id, fills.symbol, fills.trade_id) < (?, ?, ?, ?)"
    " ORDER BY fills.time_ms DESC, fills.key_id DESC, fills.symbol DESC, fills.trade_id DESC"
    " LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class TradeCursor:
    """Where a page ended: the next one begins with what is older."""

    time_ms: int
    key_id: str
    symbol: str
    trade_id: str

    def __str__(self) -> str:
        """Write it for an address."""
        return f"{self.time_ms}~{self.key_id}~{self.symbol}~{self.trade_id}"


_NEWEST: Final = TradeCursor(1 << 62, "", "", "")


class TradeHistory:
    """The executions of a person's orders; trading's journal, read another way."""

    def __init__(self, database: Database) -> None:
        """Read from this database."""
        self._database = database

    async def find(
        self,
        owner: str,
        before: TradeCursor | None,
        limit: int,
        *,
        key_id: str = "",
        origin: str = "",
    ) -> tuple[OwnTrade, ...]:
        """Give at most so many executions, of one key or origin if they are named."""
        at = before or _NEWEST
        place = (at.time_ms, at.key_id, at.symbol, at.trade_id)
        rows = await self._database.fetch_all(_FIND, owner, key_id, origin, *place, limit)
        return tuple(
            OwnTrade(read_fill(row), row["key_id"], row["exchange"], row["venue"], row["origin"])
            for row in rows
        )


def cursor_behind(trade: OwnTrade) -> TradeCursor:
    """Give the place behind an execution."""
    fill = trade.fill
    return TradeCursor(fill.time_ms, trade.key_id, fill.symbol, fill.trade_id)


def read_trade_cursor(text: str) -> TradeCursor | None:
    """Read a cursor as an address carries it; nothing is none. Raises: `BadInput("bad_cursor")`."""
    if not text:
        return None
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise BadInput("bad_cursor", field="cursor")
    return TradeCursor(int(found[1]), found[2], found[3], found[4])
