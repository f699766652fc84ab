"""Trades written straight into the order journal's tables, for tests of what is read from them."""

from dataclasses import dataclass

from drawbridge.core.money import plain
from drawbridge.core.orders import Fill
from drawbridge.storage.database import Database


@dataclass(frozen=True)
class Whose:
    """Whose trade it was, with which key, where, and who wanted it."""

    owner: str
    key_id: str
    exchange: str = "binance"
    venue: str = "paper"
    origin: str = "person"


async def record_trades(database: Database, whose: Whose, *fills: Fill) -> None:
    """Write one filled order for each fill."""
    async with database.transaction() as tx:
        for fill in fills:
            order = f"c-{fill.trade_id}"
            await tx.execute(
                "INSERT INTO orders (key_id, client_order_id, owner, exchange, venue, origin,"
                " symbol, side, type, time_in_force, post_only, quantity, state, filled,"
                " intended_ms, updated_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'market', 'gtc', 0, ?, 'filled', ?, ?, ?)",
                whose.key_id,
                order,
                whose.owner,
                whose.exchange,
                whose.venue,
                whose.origin,
                fill.symbol,
                fill.side.value,
                plain(fill.quantity),
                plain(fill.quantity),
                fill.time_ms,
                fill.time_ms,
            )
            await tx.execute(
                "INSERT INTO fills VALUES (?, ?, ?, ?, ?, ?, 'market', ?, ?, ?, ?, 0, ?)",
                whose.key_id,
                fill.trade_id,
                order,
                fill.order_id,
                fill.symbol,
                fill.side.value,
                plain(fill.price),
                plain(fill.quantity),
                plain(fill.fee),
                fill.fee_currency,
                fill.time_ms,
            )
