"""All SQL of keys and their sealed secrets. The vault's own state is in `unlock`."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from sys import intern
from typing import Final

from drawbridge.cluster.clauses import of_shards
from drawbridge.core.ids import KeyId, OwnerId
from drawbridge.core.operations import Scope
from drawbridge.core.shards import shard_of
from drawbridge.storage.database import Database, Row, Transaction
from drawbridge.vault.lives import Dated, KeyLife
from drawbridge.vault.model import KeyRecord, KeyStatus, Proof, Standing, Venue, fold_label

KEYS: Final = """
SELECT id, owner, exchange, venue, label, public_key, status, reason, facts, scopes, expires_ms,
       account_hint, created_ms, checked_ms, check_requested_ms, check_proof, version,
       made_ms, dated, pause_before_ms, closes, watched, kin, replaces
FROM keys WHERE deleted_ms IS NULL
"""
"""All keys that are not deleted, as `read_record` reads them; a condition may follow."""
_INSERT: Final = """
INSERT INTO keys (id, owner, exchange, venue, label, label_folded, public_key, status,
                  created_ms, check_requested_ms, check_proof, shard)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_RESEALED: Final = """
UPDATE keys SET version = ?, label = ?, label_folded = ?, status = ?, reason = '', facts = '{}',
    scopes = '', expires_ms = NULL, account_hint = '', checked_ms = NULL, check_requested_ms = ?,
    check_proof = ?
WHERE id = ?
"""
_STANDING: Final = """
UPDATE keys SET status = ?, reason = ?, facts = ?, scopes = ?, expires_ms = ?,
    account_hint = CASE WHEN ? = '' THEN account_hint ELSE ? END, dated = ?
WHERE id = ?
"""
_DATED: Final = "UPDATE keys SET expires_ms = ?, dated = ? WHERE id = ?"
_LIFE: Final = """
UPDATE keys SET made_ms = ?, dated = ?, pause_before_ms = ?, closes = ?, watched = ?,
    expires_ms = ?
WHERE id = ?
"""
_CHECKED: Final = "UPDATE keys SET checked_ms = ?, check_requested_ms = NULL WHERE id = ?"
_STATUS: Final = "UPDATE keys SET status = ?, reason = ?, facts = ? WHERE id = ?"
_ASK: Final = """
UPDATE keys SET check_requested_ms = ? WHERE id = ? AND check_requested_ms IS NULL
"""
# A check that has begun ends as it began; one that still waits takes the newest choice.
_CHOOSE: Final = "UPDATE keys SET check_proof = ? WHERE id = ? AND status <> 'checking'"
_DELETED: Final = "UPDATE keys SET deleted_ms = ?, check_requested_ms = NULL WHERE id = ?"
_SHARD: Final = "UPDATE keys SET shard = ? WHERE id = ?"
_CHANGES: Final = "SELECT coalesce(max(n), 0) AS n FROM key_changes"
_CHANGED: Final = "SELECT group_concat(key_id, ' ') AS ids FROM key_changes WHERE n > ?"
_ONES: Final = " AND id IN (SELECT value FROM json_each(?))"
# As `KeyRecord.account`; the index of accounts is over the same words.
_ACCOUNT: Final = "(CASE WHEN account_hint <> '' THEN account_hint ELSE kin END)"
_SEALED: Final = """
SELECT key_id, field, sealed FROM key_secrets
WHERE key_id IN (SELECT value FROM json_each(?)) ORDER BY key_id, field
"""
_SEAL: Final = "INSERT INTO key_secrets (key_id, field, version, sealed) VALUES (?, ?, ?, ?)"
_NO_FACTS: Final[Mapping[str, object]] = {}


async def find_key(source: Database | Transaction, key_id: str) -> KeyRecord | None:
    """Find a key that is not deleted."""
    row = await source.fetch_one(f"{KEYS} AND id = ?", key_id)
    return read_record(row) if row else None


def glance_key(database: Database, key_id: str) -> KeyRecord | None:
    """Find a key that is not deleted, at once; `kept.py` keeps what this finds."""
    row = database.glance(f"{KEYS} AND id = ?", key_id)
    return read_record(row) if row else None


def glance_changes(database: Database) -> int:
    """Give the number that rises with every change of a key, at once."""
    row = database.glance(_CHANGES)
    return int(row["n"]) if row else 0


def glance_changed(database: Database, since: int) -> tuple[str, ...]:
    """Give the ids of the keys that changed since that number, at once."""
    row = database.glance(_CHANGED, since)
    return tuple(row["ids"].split()) if row and row["ids"] else ()


async def find_by_public_key(
    tx: Database | Transaction, exchange: str, venue: Venue, public_key: str
) -> KeyRecord | None:
    """Find the key with this name at the exchange, whoever owns it."""
    sql = f"{KEYS} AND exchange = ? AND venue = ? AND public_key = ?"
    row = await tx.fetch_one(sql, exchange, venue, public_key)
    return read_record(row) if row else None


async def list_of_owner(source: Database | Transaction, owner: str) -> tuple[KeyRecord, ...]:
    """List a person's keys in the order in which they were added."""
    rows = await source.fetch_all(f"{KEYS} AND owner = ? ORDER BY created_ms, rowid", owner)
    return tuple(read_record(row) for row in rows)


async def list_asked(
    database: Database, shards: frozenset[int] | None = None
) -> tuple[KeyRecord, ...]:
    """List the keys (of some shards) whose check was asked for, the oldest wish first."""
    clause, args = of_shards(shards)
    sql = f"{KEYS} AND check_requested_ms IS NOT NULL{clause} ORDER BY check_requested_ms, rowid"
    return tuple(read_record(row) for row in await database.fetch_all(sql, *args))


async def list_standing(
    database: Database, statuses: Iterable[KeyStatus], shards: frozenset[int] | None = None
) -> tuple[KeyRecord, ...]:
    """List the keys of everybody (of some shards) that stand in one of these states.

    Of keys that are to replace others only those that are being checked: nobody else uses them.
    """
    clause, args = of_shards(shards)
    found: list[KeyRecord] = []
    sql = f"{KEYS} AND status = ? AND (replaces = '' OR status = 'checking'){clause}"
    for status in sorted(set(statuses)):
        rows = await database.fetch_all(f"{sql} ORDER BY rowid", status, *args)
        found.extend(read_record(row) for row in rows)
    return tuple(found)


async def list_after(database: Database, after: str, most: int) -> tuple[KeyRecord, ...]:
    """List everybody's keys by their ids, from behind that one on, at most so many."""
    rows = await database.fetch_all(f"{KEYS} AND id > ? ORDER BY id LIMIT ?", after, most)
    return tuple(map(read_record, rows))


async def list_of_shard(database: Database, shard: int) -> tuple[KeyRecord, ...]:
    """List all keys of a shard."""
    return tuple(map(read_record, await database.fetch_all(f"{KEYS} AND shard = ?", shard)))


async def list_by_ids(database: Database, key_ids: Iterable[str]) -> tuple[KeyRecord, ...]:
    """List those of these keys that are not deleted."""
    found = await database.fetch_all(KEYS + _ONES, json.dumps(list(key_ids)))
    return tuple(map(read_record, found))


async def list_of_account(database: Database, key: KeyRecord) -> tuple[KeyRecord, ...]:
    """List the keys known to be of the account of one that is known to be of some."""
    sql = f"{KEYS} AND owner = ? AND exchange = ? AND venue = ? AND {_ACCOUNT} = ?"
    found = await database.fetch_all(sql, key.owner, key.exchange, key.venue, key.account)
    return tuple(map(read_record, found))


async def list_at_place_of(database: Database, key: KeyRecord) -> tuple[KeyRecord, ...]:
    """List the keys of a key's owner at its exchange, the oldest first."""
    sql = f"{KEYS} AND owner = ? AND exchange = ? AND venue = ? ORDER BY rowid"
    found = await database.fetch_all(sql, key.owner, key.exchange, key.venue)
    return tuple(map(read_record, found))


async def count_changes(database: Database) -> int:
    """Give the number that rises with every change of a key."""
    row = await database.fetch_one(_CHANGES)
    return int(row["n"]) if row else 0


async def list_changed(database: Database, since: int) -> tuple[str, ...]:
    """Give the ids of the keys that changed since that number."""
    rows = await database.fetch_all("SELECT key_id FROM key_changes WHERE n > ?", since)
    return tuple(row["key_id"] for row in rows)


async def insert_key(tx: Transaction, key: KeyRecord) -> None:
    """Write a new key."""
    await tx.execute(
        _INSERT,
        key.id,
        key.owner,
        key.exchange,
        key.venue,
        key.label,
        fold_label(key.label),
        key.public_key,
        key.status,
        key.created_ms,
        key.check_requested_ms,
        key.check_proof,
        shard_of(key.id),
    )
    tx.wake((shard_of(key.id),))


async def fill_shards(database: Database) -> int:
    """Write the shards of keys that were written before there were any; tell of how many."""
    async with database.transaction() as tx:
        rows = await tx.fetch_all("SELECT id FROM keys WHERE shard = -1")
        await tx.execute_many(_SHARD, [(shard_of(row["id"]), row["id"]) for row in rows])
    return len(rows)


async def write_resealed(tx: Transaction, key: KeyRecord) -> None:
    """Write that a key got a new secret, which nothing is known about yet."""
    label = (key.label, fold_label(key.label))
    wish = (key.check_requested_ms, key.check_proof)
    await tx.execute(_RESEALED, key.version, *label, key.status, *wish, key.id)
    tx.wake((shard_of(key.id),))


async def write_sealed(
    tx: Transaction, key_id: str, version: int, sealed: Mapping[str, bytes]
) -> None:
    """Write a key's sealed fields in place of those that were there."""
    await erase_sealed(tx, key_id)
    for field, data in sealed.items():
        await tx.execute(_SEAL, key_id, field, version, data)


async def erase_sealed(tx: Transaction, key_id: str) -> None:
    """Erase a key's sealed fields; the database overwrites the bytes on disk."""
    await tx.execute("DELETE FROM key_secrets WHERE key_id = ?", key_id)


async def read_sealed(
    database: Database, key_ids: Iterable[str]
) -> dict[str, tuple[tuple[str, bytes], ...]]:
    """Read the sealed fields of keys by their ids: name and bytes."""
    rows = await database.fetch_all(_SEALED, json.dumps(list(key_ids)))
    found: dict[str, tuple[tuple[str, bytes], ...]] = {}
    for row in rows:
        found[row["key_id"]] = (*found.get(row["key_id"], ()), (row["field"], row["sealed"]))
    return found


async def write_standing(
    tx: Transaction, key_id: str, standing: Standing, *, status: KeyStatus
) -> None:
    """Write what a check found; `status` is where the key stands after it."""
    hint = standing.account_hint
    await tx.execute(
        _STANDING,
        status,
        standing.reason,
        facts_text(standing.facts),
        " ".join(sorted(standing.scopes)),
        standing.expires_ms,
        hint,
        hint,
        standing.dated,
        key_id,
    )


async def write_scopes(tx: Transaction, key_id: str, scopes: Iterable[Scope]) -> None:
    """Write what a key may do, as it was found out anew."""
    await tx.execute("UPDATE keys SET scopes = ? WHERE id = ?", " ".join(sorted(scopes)), key_id)


async def write_dated(tx: Transaction, key_id: str, expires_ms: int | None, dated: Dated) -> None:
    """Write when a key ends, as it was found out anew."""
    await tx.execute(_DATED, expires_ms, dated, key_id)


async def write_kin(tx: Transaction, key_id: str, kin: str) -> None:
    """Write that a key was proven to be of the account that bears this name here."""
    await tx.execute("UPDATE keys SET kin = ? WHERE id = ?", kin, key_id)


async def write_life(tx: Transaction, key: KeyRecord) -> None:
    """Write what a person said of a key's life, and when it ends by that."""
    life = key.life
    choices = (life.pause_before_ms, int(life.closes), int(life.watched))
    await tx.execute(_LIFE, life.made_ms, life.dated, *choices, key.expires_ms, key.id)


async def write_checked(tx: Transaction, key_id: str, now_ms: int) -> None:
    """Write that a check has ended, and with it every wish for one."""
    await tx.execute(_CHECKED, now_ms, key_id)


async def write_status(
    tx: Transaction,
    key_id: str,
    status: KeyStatus,
    reason: str = "",
    facts: Mapping[str, object] | None = None,
) -> None:
    """Write a new state with its reason."""
    await tx.execute(_STATUS, status, reason, facts_text(facts or {}), key_id)


async def ask_for_check(tx: Transaction, key_id: str, proof: Proof, now_ms: int) -> bool:
    """Write the wish for a check; False when it stood there already."""
    tx.wake((shard_of(key_id),))
    await tx.execute(_CHOOSE, proof, key_id)
    return bool(await tx.execute(_ASK, now_ms, key_id))


async def write_deleted(tx: Transaction, key_id: str, now_ms: int) -> None:
    """Write that a key is deleted; its row stays, because history refers to it."""
    await tx.execute(_DELETED, now_ms, key_id)


def facts_text(facts: Mapping[str, object]) -> str:
    """Write facts down; amounts and the like are kept as the texts that sentences show."""
    return json.dumps(dict(facts), sort_keys=True, default=str)


@lru_cache(maxsize=256)
def _scopes(text: str) -> frozenset[Scope]:
    return frozenset(Scope(name) for name in text.split())


@lru_cache(maxsize=256)
def _life(made_ms: int | None, dated: str, pause_ms: int, closes: int, watched: int) -> KeyLife:
    return KeyLife(made_ms, Dated(dated), pause_ms, bool(closes), bool(watched))


def read_record(row: Row) -> KeyRecord:
    """Read a row of keys."""
    return KeyRecord(
        id=KeyId(row["id"]),
        # Thousands of keys may be kept in memory: what they have in common is there once.
        owner=OwnerId(intern(row["owner"])),
        exchange=intern(row["exchange"]),
        venue=Venue(row["venue"]),
        label=row["label"],
        public_key=row["public_key"],
        status=KeyStatus(row["status"]),
        created_ms=row["created_ms"],
        reason=row["reason"],
        facts=_NO_FACTS if row["facts"] == "{}" else json.loads(row["facts"]),
        scopes=_scopes(row["scopes"]),
        expires_ms=row["expires_ms"],
        checked_ms=row["checked_ms"],
        check_requested_ms=row["check_requested_ms"],
        check_proof=Proof(row["check_proof"]),
        account_hint=row["account_hint"],
        version=row["version"],
        life=_life(
            row["made_ms"],
            row["dated"],
            row["pause_before_ms"],
            row["closes"],
            row["watched"],
        ),
        kin=row["kin"],
        replaces=row["replaces"],
    )
