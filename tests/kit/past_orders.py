"""Rows of the order journal as the gateway leaves them, for whoever reads them."""

from dataclasses import dataclass

from drawbridge.storage.database import Database

_INSERT = (
    "INSERT INTO orders (key_id, client_order_id, owner, exchange, venue, origin, symbol, side,"
    " type, time_in_force, post_only, quantity, price, state, exchange_order_id, intended_ms,"
    " updated_ms) VALUES"
    " (?, ?, ?, 'binance', 'paper', ?, ?, 'buy', 'limit', 'gtc', 0, '0.5', '20000', ?, ?, ?, ?)"
)


@dataclass(frozen=True)
class PastRow:
    """A limit order to buy, as it stands on disk."""

    owner: str
    client_id: str
    at_ms: int
    key: str = "key_a"
    origin: str = "robot:a"
    symbol: str = "BTC/USDT"
    state: str = "filled"


async def write_orders(database: Database, *rows: PastRow) -> None:
    """Write orders down."""
    async with database.transaction() as tx:
        for row in rows:
            ids = (row.key, row.client_id, row.owner, row.origin, row.symbol, row.state)
            await tx.execute(_INSERT, *ids, f"x{row.client_id}", row.at_ms, row.at_ms)
