"""Open orders of an account that were not placed here: found, kept for showing, never touched.

An order is ours when it bears a client order id of ours or the name that the exchange gave to an
order of ours; whatever else it resembles, it is somebody else's.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.money import plain
from drawbridge.core.orders import Order, Side
from drawbridge.storage.database import Database, Row, Transaction
from drawbridge.vault.model import KeyRecord

_MOST_KEPT: Final = 50
_LIVELY_MS: Final = MINUTE_MS
_OPEN: Final = (
    "state IN ('intended', 'unknown', 'open', 'partially_filled') AND exchange = ?3 AND venue = ?4"
)
# Another key of ours may be one of the same account, so its open orders count as well.
_OURS: Final = (
    "SELECT client_order_id AS name FROM orders WHERE key_id = ?1"  # noqa: S608 - a constant above
    " AND client_order_id IN (SELECT value FROM json_each(?2))"
    f" UNION SELECT client_order_id FROM orders WHERE {_OPEN}"
    f" UNION SELECT exchange_order_id FROM orders WHERE {_OPEN} AND exchange_order_id <> ''"
)
# The second condition on the state is the narrower; the first is that of the index.
_LEAVING: Final = (
    "SELECT 1 FROM orders WHERE state IN ('intended', 'unknown', 'open', 'partially_filled')"
    " AND state IN ('intended', 'unknown') AND intended_ms > ?"
    " AND exchange = ? AND venue = ? AND symbol = ? LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class ForeignOrder:
    """An open order that was not placed here; one at market has no `price`."""

    key_id: str
    symbol: str
    order_id: str
    side: Side
    quantity: Decimal
    price: Decimal | None
    seen_ms: int


class ForeignOrders:
    """Tell foreign orders from ours, and read those that are kept."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database

    async def foreign_among(
        self, key: KeyRecord, symbol: str, orders: Sequence[Order], now_ms: int
    ) -> tuple[Order, ...] | None:
        """Give those of a key's open orders in a market that are not ours.

        None while that cannot be told, because the name of an order that is under way is not
        known yet.
        """
        place = (key.exchange, key.venue.value)
        leaving = await self._database.fetch_one(_LEAVING, now_ms - _LIVELY_MS, *place, symbol)
        if leaving is not None:
            return None
        told = json.dumps([order.client_id for order in orders])
        ours = {row["name"] for row in await self._database.fetch_all(_OURS, key.id, told, *place)}
        foreign = [
            it
            for it in orders
            if it.symbol == symbol and it.client_id not in ours and it.order_id not in ours
        ]
        # Whoever has more of them does not need each of them listed.
        return tuple(sorted(foreign, key=lambda it: it.order_id)[:_MOST_KEPT])

    async def places(self) -> tuple[tuple[str, str], ...]:
        """Give the keys and markets of which some are kept."""
        rows = await self._database.fetch_all("SELECT DISTINCT key_id, symbol FROM foreign_orders")
        return tuple((row["key_id"], row["symbol"]) for row in rows)

    async def list_of(self, key_ids: Iterable[str], symbol: str) -> tuple[ForeignOrder, ...]:
        """List those that are kept of some keys in a market, dearest first."""
        rows = await self._database.fetch_all(
            "SELECT * FROM foreign_orders WHERE symbol = ?"
            " AND key_id IN (SELECT value FROM json_each(?))",
            *(symbol, json.dumps([*key_ids])),
        )
        found = (_foreign(row) for row in rows)
        return tuple(sorted(found, key=lambda it: it.price or Decimal(0), reverse=True))


async def keep_foreign(
    tx: Transaction, key_id: str, symbol: str, orders: Sequence[Order], now_ms: int
) -> int:
    """Keep just these as a key's foreign orders in a market; tells how many of them are new."""
    ids = json.dumps([order.order_id for order in orders])
    await tx.execute(
        "DELETE FROM foreign_orders WHERE key_id = ? AND symbol = ?"
        " AND order_id NOT IN (SELECT value FROM json_each(?))",
        *(key_id, symbol, ids),
    )
    new = 0
    for order in orders:
        price = None if order.price is None else plain(order.price)
        new += await tx.execute(
            "INSERT INTO foreign_orders VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            *(key_id, symbol, order.order_id, order.side.value, plain(order.quantity)),
            *(price, now_ms),
        )
    return new


def _foreign(row: Row) -> ForeignOrder:
    return ForeignOrder(
        key_id=row["key_id"],
        symbol=row["symbol"],
        order_id=row["order_id"],
        side=Side(row["side"]),
        quantity=Decimal(row["quantity"]),
        price=None if row["price"] is None else Decimal(row["price"]),
        seen_ms=row["seen_ms"],
    )
