"""All SQL of replacements."""

import json
from typing import Final

from drawbridge.cluster.clauses import of_keys_in
from drawbridge.core.errors import Conflict
from drawbridge.core.shards import shard_of
from drawbridge.rotation.replacement import AccountProof, Replacement, ReplacementState
from drawbridge.storage.database import Database, Row, Transaction
from drawbridge.trading.model import OwnOrder
from drawbridge.trading.store import read_order
from drawbridge.vault.store import facts_text

_OPEN: Final = "SELECT * FROM replacements WHERE ended_ms IS NULL"
_INSERT: Final = """
INSERT INTO replacements (id, owner, key_id, stand_in_id, state, begun_ms, changed_ms)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
# Moved only from where it was seen: pages and the gateway's process both move it.
_MOVE: Final = """
UPDATE replacements SET state = ?, stand_in_id = ?, proof = ?, reason = ?, facts = ?,
    switched_ms = ?, asked_ms = ?, ended_ms = ?, changed_ms = ?
WHERE id = ? AND state = ? AND changed_ms = ?
"""
# An order that the exchange knows, wished for after the swap: it was signed with the new secret.
_ANSWERED: Final = """
SELECT 1 FROM orders WHERE owner = ? AND intended_ms > ? AND key_id = ?
    AND exchange_order_id <> '' LIMIT 1
"""


async def find_open(source: Database | Transaction, key_id: str) -> Replacement | None:
    """Find the replacement of a key that is under way."""
    row = await source.fetch_one(f"{_OPEN} AND key_id = ?", key_id)
    return _read(row) if row else None


async def find_latest(source: Database | Transaction, key_id: str) -> Replacement | None:
    """Find the newest replacement of a key, also one that has ended."""
    row = await source.fetch_one(
        "SELECT * FROM replacements WHERE key_id = ? ORDER BY begun_ms DESC, rowid DESC LIMIT 1",
        key_id,
    )
    return _read(row) if row else None


async def list_open(
    source: Database | Transaction, shards: frozenset[int] | None = None
) -> tuple[Replacement, ...]:
    """List everybody's replacements (of keys in some shards) that are under way, oldest first."""
    clause, args = of_keys_in(shards, "replacements.key_id")
    rows = await source.fetch_all(f"{_OPEN}{clause} ORDER BY begun_ms, rowid", *args)
    return tuple(map(_read, rows))


async def list_open_of(source: Database | Transaction, owner: str) -> tuple[Replacement, ...]:
    """List a person's replacements that are under way, oldest first."""
    rows = await source.fetch_all(f"{_OPEN} AND owner = ? ORDER BY begun_ms, rowid", owner)
    return tuple(map(_read, rows))


async def insert(tx: Transaction, it: Replacement) -> None:
    """Write a new replacement."""
    await tx.execute(
        _INSERT, it.id, it.owner, it.key_id, it.stand_in_id, it.state, it.begun_ms, it.changed_ms
    )
    tx.wake((shard_of(it.key_id),))


async def move(tx: Transaction, before: Replacement, after: Replacement) -> None:
    """Write where a replacement stands now. Raises: `Conflict("replacement_has_changed")`."""
    moved = await tx.execute(
        _MOVE,
        *(after.state.value, after.stand_in_id, after.proof.value, after.reason),
        facts_text(after.facts),
        *(after.switched_ms, after.asked_ms, after.ended_ms, after.changed_ms),
        *(before.id, before.state.value, before.changed_ms),
    )
    if not moved:
        raise Conflict("replacement_has_changed")
    tx.wake((shard_of(before.key_id),))


async def was_answered(database: Database, it: Replacement) -> bool:
    """Tell whether an order of the key was answered since the swap."""
    if it.switched_ms is None:
        return False
    return await database.fetch_one(_ANSWERED, it.owner, it.switched_ms, it.key_id) is not None


async def latest_orders(database: Database, key_id: str, most: int) -> tuple[OwnOrder, ...]:
    """Give a key's newest orders that the exchange took in."""
    rows = await database.fetch_all(
        "SELECT * FROM orders WHERE key_id = ? AND exchange_order_id <> ''"
        " AND state NOT IN ('rejected', 'refused') ORDER BY intended_ms DESC LIMIT ?",
        *(key_id, most),
    )
    return tuple(map(read_order, rows))


def _read(row: Row) -> Replacement:
    return Replacement(
        id=row["id"],
        owner=row["owner"],
        key_id=row["key_id"],
        stand_in_id=row["stand_in_id"],
        state=ReplacementState(row["state"]),
        begun_ms=row["begun_ms"],
        changed_ms=row["changed_ms"],
        proof=AccountProof(row["proof"]),
        reason=row["reason"],
        facts=json.loads(row["facts"]),
        switched_ms=row["switched_ms"],
        asked_ms=row["asked_ms"],
        ended_ms=row["ended_ms"],
    )
