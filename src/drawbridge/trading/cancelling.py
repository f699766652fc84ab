"""All SQL of wishes to cancel what a key or a virtual key still has open.

The wish is a row beside what stopped them, in the same transaction; the gateway's process carries
it out (`stopping.py`).
"""

import json
from collections.abc import Iterable
from typing import Final

from drawbridge.cluster.clauses import of_keys_in
from drawbridge.cluster.waking import wake_workers_of
from drawbridge.core.clock import DAY_MS, SECOND_MS
from drawbridge.storage.database import Database, Transaction
from drawbridge.trading.limit_store import key_subject
from drawbridge.trading.model import OwnOrder
from drawbridge.trading.store import read_order

_MOST_ROWS: Final = 10_000
# What had left for the exchange in that moment has an answer by then, or is known as unknown.
_UNDER_WAY_MS: Final = 15 * SECOND_MS
# Where a key is gone for good, nobody tries for ever.
_GIVEN_UP_MS: Final = DAY_MS
_WISHED: Final = (
    "state IN ('intended', 'unknown', 'open', 'partially_filled') AND origin NOT LIKE 'check:%'"
    " AND (('key:' || key_id) IN (SELECT subject FROM cancel_wishes)"
    " OR origin IN (SELECT subject FROM cancel_wishes))"
)
_WISH: Final = (
    "INSERT INTO cancel_wishes (subject, owner, asked_ms) VALUES (?, ?, ?)"
    " ON CONFLICT (subject) DO UPDATE SET asked_ms = excluded.asked_ms"
)
_DONE: Final = (
    "DELETE FROM cancel_wishes WHERE asked_ms <= ?1"
    " OR (asked_ms <= ?2 AND subject NOT IN (SELECT value FROM json_each(?3)))"
)


async def wish_to_cancel(tx: Transaction, subjects: Iterable[tuple[str, str]], now_ms: int) -> None:
    """Wish for the open orders of these to be cancelled.

    Each is a `limit_store.key_subject` or a virtual key's origin, with whose it is.
    """
    wishes = [(subject, owner, now_ms) for subject, owner in subjects]
    await tx.execute_many(_WISH, wishes)
    await wake_workers_of(tx, [owner for _, owner, _ in wishes])


async def has_wishes(database: Database) -> bool:
    """Tell whether anything is still to be cancelled, or watched for."""
    return await database.fetch_one("SELECT 1 FROM cancel_wishes LIMIT 1") is not None


async def is_wished(database: Database, subject: str) -> bool:
    """Tell whether the orders of this one are still being cancelled."""
    sql = "SELECT 1 FROM cancel_wishes WHERE subject = ?"
    return await database.fetch_one(sql, subject) is not None


async def list_wished(
    database: Database, shards: frozenset[int] | None = None
) -> tuple[OwnOrder, ...]:
    """List the open orders (of accounts in some shards) that are to be cancelled, oldest first."""
    clause, args = of_keys_in(shards, "orders.key_id")
    rows = await database.fetch_all(
        f"SELECT * FROM orders WHERE {_WISHED}{clause} ORDER BY intended_ms LIMIT ?",  # noqa: S608 - constants of our own
        *args,
        _MOST_ROWS,
    )
    return tuple(read_order(row) for row in rows)


async def end_wishes(database: Database, now_ms: int) -> None:
    """End the wishes of which nothing is open any more, and nothing can come any more."""
    still = await list_wished(database)
    subjects = {it.origin for it in still} | {key_subject(it.key_id) for it in still}
    async with database.transaction() as tx:
        given_up_ms, quiet_ms = now_ms - _GIVEN_UP_MS, now_ms - _UNDER_WAY_MS
        await tx.execute(_DONE, given_up_ms, quiet_ms, json.dumps(sorted(subjects)))
