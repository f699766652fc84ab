"""All SQL of what is watched: counts over rows, by states that a closed list names."""

from collections.abc import Mapping
from typing import Final

from drawbridge.storage.database import Database

_ROBOTS: Final = """
SELECT status AS word, count(*) AS n FROM robots WHERE deleted_ms IS NULL GROUP BY status
"""
# By their index: whatever has ended is not looked at.
_ORDERS: Final = """
SELECT state AS word, count(*) AS n FROM orders
WHERE state IN ('intended', 'unknown', 'open', 'partially_filled') GROUP BY state
"""
_UNROUTED: Final = "SELECT count(*) AS n FROM notices WHERE routed_ms IS NULL"
_UNDELIVERED: Final = "SELECT count(*) AS n FROM notice_deliveries WHERE state = 'waiting'"
_WORKERS: Final = "SELECT count(*) AS n FROM workers WHERE seen_until_ms > ?"
_SIGNALS: Final = "SELECT count(*) AS n FROM signal_shards WHERE acted_ms IS NULL"
_ACCOUNTS: Final = """
SELECT shard, count(*) AS n FROM keys WHERE deleted_ms IS NULL GROUP BY shard
"""
_ANY_WORKER: Final = "SELECT 1 AS n FROM workers LIMIT 1"
_UNHELD: Final = "SELECT count(*) AS n FROM shards WHERE until_ms <= ?"


async def answers(database: Database) -> bool:
    """Tell whether the database answers. Raises: what it raises."""
    return await database.fetch_one("SELECT 1 AS n") is not None


def has_workers(database: Database) -> bool:
    """Tell at once whether any worker ever said that it shares the accounts."""
    return database.glance(_ANY_WORKER) is not None


async def count_robots(database: Database) -> Mapping[tuple[str, ...], int]:
    """Count robots by their status."""
    return await _by_word(database, _ROBOTS)


async def count_open_orders(database: Database) -> Mapping[tuple[str, ...], int]:
    """Count orders that have not ended by their state."""
    return await _by_word(database, _ORDERS)


async def count_waiting_notices(database: Database) -> int:
    """Count notices and deliveries that nobody has carried out yet."""
    return await _count(database, _UNROUTED) + await _count(database, _UNDELIVERED)


async def count_workers(database: Database, now_ms: int) -> int:
    """Count the workers that were heard of lately."""
    return await _count(database, _WORKERS, now_ms)


async def count_unheld(database: Database, now_ms: int) -> int:
    """Count the shards that no worker holds now."""
    return await _count(database, _UNHELD, now_ms)


async def count_waiting_signals(database: Database) -> int:
    """Count signals by the shards that have not acted on them."""
    return await _count(database, _SIGNALS)


async def count_accounts(database: Database) -> Mapping[int, int]:
    """Count the accounts in each shard."""
    return {row["shard"]: row["n"] for row in await database.fetch_all(_ACCOUNTS)}


async def _by_word(database: Database, sql: str) -> Mapping[tuple[str, ...], int]:
    return {(row["word"],): row["n"] for row in await database.fetch_all(sql)}


async def _count(database: Database, sql: str, *args: int) -> int:
    row = await database.fetch_one(sql, *args)
    return 0 if row is None else int(row["n"])
