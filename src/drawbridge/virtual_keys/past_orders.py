"""A virtual key's orders as the order journal has them: all SQL of what was used up before."""

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from drawbridge.core.clock import DAY_MS
from drawbridge.core.markets import is_contract
from drawbridge.core.orders import Side
from drawbridge.storage.database import Database, Row
from drawbridge.virtual_keys.tally import UNTOLD, OpenOrder
from drawbridge.virtual_keys.usage import PastOrder

_ORDERS: Final = """
SELECT client_order_id, symbol, side, quantity, quote_quantity, price, state, filled, filled_quote,
       intended_ms
FROM orders WHERE origin = ?
"""
_AMONG: Final = "AND client_order_id IN (SELECT value FROM json_each(?))"
_NEVER: Final = frozenset({"refused", "never_arrived", "rejected"})
_GOING_ON: Final = frozenset({"intended", "unknown", "open", "partially_filled"})


class PastOrders:
    """The order journal, as far as virtual keys wrote it."""

    def __init__(self, database: Database) -> None:
        """Read this database."""
        self._database = database

    async def orders_of(self, origin: str) -> Sequence[PastOrder]:
        """Give all orders of an origin, oldest first."""
        rows = await self._database.fetch_all(f"{_ORDERS} ORDER BY intended_ms", origin)
        return [_past(row) for row in rows]

    async def orders_among(self, origin: str, ids: Iterable[str]) -> Sequence[PastOrder]:
        """Give those orders of an origin that have these client order ids."""
        rows = await self._database.fetch_all(f"{_ORDERS} {_AMONG}", origin, json.dumps([*ids]))
        return [_past(row) for row in rows]


def _past(row: Row) -> PastOrder:
    state = row["state"]
    order = None if state in _NEVER else _order(row)
    return PastOrder(row["client_order_id"], order, state not in _GOING_ON)


def _order(row: Row) -> OpenOrder:
    quantity, price = _amount(row["quantity"]), _amount(row["price"])
    reserved = _amount(row["quote_quantity"])
    if reserved is None and quantity is not None and price is not None:
        reserved = quantity * price
    side = Side(row["side"])
    return OpenOrder(
        symbol=row["symbol"],
        side=side,
        day=row["intended_ms"] // DAY_MS,
        reserved=UNTOLD if reserved is None else reserved,
        quantity=quantity,
        # Which of two ways a contract's order went is not on record; it may have added.
        adds=side is Side.BUY or is_contract(row["symbol"]),
        filled=Decimal(row["filled"]),
        filled_quote=Decimal(row["filled_quote"]),
    )


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
