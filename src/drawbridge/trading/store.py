"""Reading the order journal. It is written by the gateway alone; see `gateway/journal.py`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from drawbridge.cluster.clauses import of_keys_in
from drawbridge.core.errors import NotFound
from drawbridge.core.orders import Fill, OrderType, Side, TimeInForce
from drawbridge.storage.database import Database, Row
from drawbridge.trading.model import OrderState, OwnOrder

_UNSETTLED = "state IN ('intended', 'unknown', 'open', 'partially_filled')"
_MOST_ROWS = 10_000
_KNOWN = (
    "WITH asked (key_id, client_order_id) AS"
    " (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))"
    " SELECT key_id, client_order_id FROM asked JOIN orders USING (key_id, client_order_id)"
)
_FILLS_OF_ORIGIN = (
    "SELECT fills.* FROM fills JOIN orders USING (key_id, client_order_id)"
    " WHERE orders.origin = ? ORDER BY fills.time_ms, fills.trade_id"
)
# From the keys' fills, because an origin may have orders on thousands of keys.
_FILLS_OF_EACH = (
    "WITH asked (origin, key_id) AS"
    " (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))"
    " SELECT asked.origin AS asked_origin, fills.* FROM asked"
    " JOIN fills ON fills.key_id = asked.key_id"
    " JOIN orders ON orders.key_id = fills.key_id AND orders.origin = asked.origin"
    " AND orders.client_order_id = fills.client_order_id"
    " ORDER BY fills.time_ms, fills.trade_id"
)
# The sum is one of floating numbers and only chooses.
_LACKS = (
    "CAST(orders.filled AS DOUBLE PRECISION) * 0.999999999 > (SELECT coalesce(sum("
    "CAST(fills.quantity AS DOUBLE PRECISION)), 0) FROM fills"
    " WHERE fills.key_id = orders.key_id"
    " AND fills.client_order_id = orders.client_order_id)"
)
# As the condition of an index says it, so that an order is looked at until its fills are known.
_NOT_KNOWN = "filled <> known_filled"
_IS_THERE = "SELECT 1 FROM orders WHERE key_id = ? AND client_order_id = ?"


class OrderStore:
    """Orders and fills as they are on disk."""

    def __init__(self, database: Database) -> None:
        """Read from this database."""
        self._database = database

    async def find_order(self, key_id: str, client_id: str) -> OwnOrder | None:
        """Give one order, or None when it was never intended."""
        # Every order is looked for before it is placed, and hardly ever found.
        if self._database.glance(_IS_THERE, key_id, client_id) is None:
            return None
        row = await self._database.fetch_one(
            "SELECT * FROM orders WHERE key_id = ? AND client_order_id = ?", key_id, client_id
        )
        return None if row is None else read_order(row)

    async def known_among(
        self, intentions: Iterable[tuple[str, str]]
    ) -> frozenset[tuple[str, str]]:
        """Tell which of these were ever intended; each is a key's id and a client order id."""
        rows = await self._database.fetch_all(_KNOWN, json.dumps(list(intentions)))
        return frozenset((row["key_id"], row["client_order_id"]) for row in rows)

    async def get_order(self, key_id: str, client_id: str) -> OwnOrder:
        """Give one order. Raises: `NotFound("unknown_order")`."""
        order = await self.find_order(key_id, client_id)
        if order is None:
            raise NotFound("unknown_order", client_order_id=client_id)
        return order

    async def orders_of(self, origin: str) -> tuple[OwnOrder, ...]:
        """Give all orders that an origin wanted, oldest first."""
        rows = await self._database.fetch_all(
            "SELECT * FROM orders WHERE origin = ? ORDER BY intended_ms, client_order_id LIMIT ?",
            origin,
            _MOST_ROWS,
        )
        return tuple(read_order(row) for row in rows)

    async def unsettled(
        self, owner: str = "", shards: frozenset[int] | None = None
    ) -> tuple[OwnOrder, ...]:
        """Give the orders to which something may still happen, oldest first; or an owner's.

        With `shards` those of accounts in these. Why: probe orders are left out; verification
        ends those itself.
        """
        clause, args = of_keys_in(shards, "orders.key_id")
        rows = await self._database.fetch_all(
            f"SELECT * FROM orders WHERE {_UNSETTLED} AND origin NOT LIKE 'check:%'"  # noqa: S608 - constants of our own
            f" AND ? IN ('', owner){clause} ORDER BY intended_ms LIMIT ?",
            owner,
            *args,
            _MOST_ROWS,
        )
        return tuple(read_order(row) for row in rows)

    async def unsettled_of(self, subject: str) -> tuple[OwnOrder, ...]:
        """Give the orders of a key (`key:<id>`) or an origin to which something may still happen.

        Those of a key without those of its checks.
        """
        kind, _, name = subject.partition(":")
        of_key = (f"key_id = ? AND {_UNSETTLED} AND origin NOT LIKE 'check:%'", name)
        of_origin = (f"origin = ? AND {_UNSETTLED}", subject)
        where, asked = of_key if kind == "key" else of_origin
        rows = await self._database.fetch_all(
            f"SELECT * FROM orders WHERE {where}",  # noqa: S608 - constants of this file
            asked,
        )
        return tuple(read_order(row) for row in rows)

    async def orders_by_exchange_id(
        self, key_id: str, order_ids: tuple[str, ...]
    ) -> tuple[OwnOrder, ...]:
        """Give those of a key's orders that the exchange knows by these ids."""
        rows = await self._database.fetch_all(
            "SELECT * FROM orders WHERE key_id = ? AND exchange_order_id <> ''"
            " AND exchange_order_id IN (SELECT value FROM json_each(?))",
            key_id,
            json.dumps(order_ids),
        )
        return tuple(read_order(row) for row in rows)

    async def fills_of_order(self, key_id: str, client_id: str) -> tuple[Fill, ...]:
        """Give an order's executions, oldest first."""
        rows = await self._database.fetch_all(
            "SELECT * FROM fills WHERE key_id = ? AND client_order_id = ?"
            " ORDER BY time_ms, trade_id",
            key_id,
            client_id,
        )
        return tuple(read_fill(row) for row in rows)

    async def fills_of(self, origin: str) -> tuple[Fill, ...]:
        """Give the executions of all orders of an origin, oldest first."""
        rows = await self._database.fetch_all(_FILLS_OF_ORIGIN, origin)
        return tuple(read_fill(row) for row in rows)

    async def fills_of_each(
        self, asked: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], Sequence[Fill]]:
        """Give the executions of orders of origins with a key each, oldest first."""
        found: dict[tuple[str, str], list[Fill]] = {}
        for row in await self._database.fetch_all(_FILLS_OF_EACH, json.dumps(asked)):
            of_both = found.setdefault((row["asked_origin"], row["key_id"]), [])
            of_both.append(read_fill(row))
        return found

    async def fills_of_key(self, key_id: str, since_ms: int = 0) -> tuple[Fill, ...]:
        """Give the executions of all orders of a key (later than a moment), oldest first."""
        rows = await self._database.fetch_all(
            "SELECT * FROM fills WHERE key_id = ? AND time_ms > ?"
            " ORDER BY time_ms, symbol, trade_id",
            *(key_id, since_ms),
        )
        return tuple(read_fill(row) for row in rows)

    async def orders_to_add_up(
        self, shards: frozenset[int] | None = None
    ) -> tuple[tuple[OwnOrder, bool], ...]:
        """Give the orders whose fills nobody has added up, oldest first, and if some are missing.

        Why: what exactly is missing is reckoned by whoever asks.
        """
        clause, args = of_keys_in(shards, "orders.key_id")
        rows = await self._database.fetch_all(
            f"SELECT orders.*, {_LACKS} AS lacks FROM orders"  # noqa: S608 - constants of our own
            f" WHERE {_NOT_KNOWN} AND origin NOT LIKE 'check:%'"
            f"{clause} ORDER BY intended_ms LIMIT ?",
            *args,
            _MOST_ROWS,
        )
        return tuple((read_order(row), bool(row["lacks"])) for row in rows)


def read_order(row: Row) -> OwnOrder:
    """Read a row of orders."""
    return OwnOrder(
        key_id=row["key_id"],
        client_id=row["client_order_id"],
        origin=row["origin"],
        symbol=row["symbol"],
        side=Side(row["side"]),
        type=OrderType(row["type"]),
        time_in_force=TimeInForce(row["time_in_force"]),
        post_only=bool(row["post_only"]),
        quantity=_amount(row["quantity"]),
        quote_quantity=_amount(row["quote_quantity"]),
        price=_amount(row["price"]),
        state=OrderState(row["state"]),
        reason=row["reason"],
        order_id=row["exchange_order_id"],
        filled=Decimal(row["filled"]),
        filled_quote=Decimal(row["filled_quote"]),
        fee=Decimal(row["fee"]),
        fee_currency=row["fee_currency"],
        intended_ms=row["intended_ms"],
        updated_ms=row["updated_ms"],
    )


def read_fill(row: Row) -> Fill:
    """Read a row of fills."""
    return Fill(
        trade_id=row["trade_id"],
        order_id=row["exchange_order_id"],
        client_id=row["client_order_id"],
        symbol=row["symbol"],
        side=Side(row["side"]),
        type=OrderType(row["type"]),
        price=Decimal(row["price"]),
        quantity=Decimal(row["quantity"]),
        fee=Decimal(row["fee"]),
        fee_currency=row["fee_currency"],
        is_maker=bool(row["is_maker"]),
        time_ms=row["time_ms"],
    )


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
