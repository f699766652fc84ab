"""All SQL of virtual keys: their rows, their sealed fields, what has changed, how they are used."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from sys import intern
from typing import Final

from drawbridge.core.clock import HOUR_MS
from drawbridge.core.ids import KeyId, OwnerId
from drawbridge.storage.database import Database, Row, Transaction
from drawbridge.vault.model import Venue, fold_label
from drawbridge.virtual_keys.model import VirtualKey, VirtualKeyId
from drawbridge.virtual_keys.restrictions import Restriction
from drawbridge.virtual_keys.written import decode_restrictions, encode_restrictions

_KEYS: Final = """
SELECT id, owner, key_id, exchange, venue, label, public, restrictions, created_ms, revoked_ms
FROM virtual_keys
"""
_INSERT: Final = """
INSERT INTO virtual_keys (id, owner, key_id, exchange, venue, label, label_folded, public,
                          restrictions, created_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SEAL: Final = "INSERT INTO virtual_key_secrets (virtual_id, field, sealed) VALUES (?, ?, ?)"
_CHANGES: Final = "SELECT coalesce(max(n), 0) AS n FROM virtual_key_changes"
_CHANGED: Final = "SELECT virtual_id FROM virtual_key_changes WHERE n > ? ORDER BY n"
_CHANGED_AT_ONCE: Final = """
SELECT group_concat(virtual_id, ' ') AS ids FROM virtual_key_changes WHERE n > ?
"""
_USE: Final = """
INSERT INTO virtual_uses (virtual_id, hour_ms, rule, times, last_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (virtual_id, hour_ms, rule) DO UPDATE SET
    times = virtual_uses.times + excluded.times,
    last_ms = max(virtual_uses.last_ms, excluded.last_ms)
"""


@dataclass(frozen=True, slots=True)
class Use:
    """How often a virtual key did something in one hour; `rule` is empty for what passed."""

    virtual_id: str
    hour_ms: int
    rule: str
    times: int
    last_ms: int


async def find_virtual_key(source: Database | Transaction, virtual_id: str) -> VirtualKey | None:
    """Find a virtual key, also one that is revoked."""
    row = await source.fetch_one(f"{_KEYS} WHERE id = ?", virtual_id)
    return _virtual_key(row) if row else None


async def list_of_owner(source: Database | Transaction, owner: str) -> tuple[VirtualKey, ...]:
    """List a person's virtual keys, also revoked ones, oldest first."""
    rows = await source.fetch_all(f"{_KEYS} WHERE owner = ? ORDER BY created_ms, rowid", owner)
    return tuple(map(_virtual_key, rows))


async def count_living(tx: Transaction, key_id: str) -> int:
    """Count the virtual keys behind which this key stands and that are not revoked."""
    sql = "SELECT count(*) AS n FROM virtual_keys WHERE key_id = ? AND revoked_ms IS NULL"
    row = await tx.fetch_one(sql, key_id)
    return int(row["n"]) if row else 0


async def insert(tx: Transaction, virtual: VirtualKey, sealed: Mapping[str, bytes]) -> None:
    """Write a new virtual key with its sealed fields."""
    await tx.execute(
        _INSERT,
        *(virtual.id, virtual.owner, virtual.key_id, virtual.exchange, virtual.venue.value),
        *(virtual.label, fold_label(virtual.label), virtual.public),
        *(encode_restrictions(virtual.restrictions), virtual.created_ms),
    )
    await tx.execute_many(_SEAL, [(virtual.id, field, data) for field, data in sealed.items()])


async def write_restrictions(
    tx: Transaction, virtual_id: str, restrictions: tuple[Restriction, ...]
) -> None:
    """Write what a virtual key is held to from now on."""
    sql = "UPDATE virtual_keys SET restrictions = ? WHERE id = ?"
    await tx.execute(sql, encode_restrictions(restrictions), virtual_id)


async def write_revoked(tx: Transaction, virtual_id: str, now_ms: int) -> None:
    """Write that a virtual key has ended, and erase what its signatures were held against."""
    await tx.execute("UPDATE virtual_keys SET revoked_ms = ? WHERE id = ?", now_ms, virtual_id)
    await tx.execute("DELETE FROM virtual_key_secrets WHERE virtual_id = ?", virtual_id)


async def read_sealed(database: Database, virtual_id: str) -> dict[str, bytes]:
    """Read the sealed fields of a virtual key."""
    sql = "SELECT field, sealed FROM virtual_key_secrets WHERE virtual_id = ?"
    return {row["field"]: row["sealed"] for row in await database.fetch_all(sql, virtual_id)}


def glance_by_public(database: Database, exchange: str, public: str) -> VirtualKey | None:
    """Find a virtual key by what a bot sends, at once; `book.py` keeps what this finds."""
    row = database.glance(f"{_KEYS} WHERE exchange = ? AND public = ?", exchange, public)
    return _virtual_key(row) if row else None


def glance_changes(database: Database) -> int:
    """Give the number that rises with every change of a virtual key, at once."""
    row = database.glance(_CHANGES)
    return int(row["n"]) if row else 0


def glance_changed(database: Database, since: int) -> tuple[str, ...]:
    """Give the ids of those that changed since that number, at once."""
    row = database.glance(_CHANGED_AT_ONCE, since)
    return tuple(row["ids"].split()) if row and row["ids"] else ()


async def read_changed(database: Database, since: int) -> tuple[str, ...]:
    """Give the ids of those that changed since that number, in the order in which they did."""
    return tuple(row["virtual_id"] for row in await database.fetch_all(_CHANGED, since))


async def add_uses(tx: Transaction, uses: Iterable[Use]) -> None:
    """Add to what was counted before."""
    rows = [(it.virtual_id, it.hour_ms, it.rule, it.times, it.last_ms) for it in uses]
    await tx.execute_many(_USE, rows)


async def list_uses(database: Database, virtual_id: str, since_ms: int) -> tuple[Use, ...]:
    """List how a virtual key was used since then, by hour and rule."""
    sql = "SELECT * FROM virtual_uses WHERE virtual_id = ? AND hour_ms >= ? ORDER BY hour_ms, rule"
    first_ms = since_ms - since_ms % HOUR_MS
    return tuple(map(_use, await database.fetch_all(sql, virtual_id, first_ms)))


async def read_last_uses(database: Database, virtual_ids: Iterable[str]) -> dict[str, int]:
    """Tell when each was last used, whether it passed or not; those never used are left out."""
    sql = "SELECT max(last_ms) AS last_ms FROM virtual_uses WHERE virtual_id = ?"
    found: dict[str, int] = {}
    for virtual_id in virtual_ids:
        row = await database.fetch_one(sql, virtual_id)
        if row is not None and row["last_ms"] is not None:
            found[virtual_id] = row["last_ms"]
    return found


def _use(row: Row) -> Use:
    return Use(row["virtual_id"], row["hour_ms"], row["rule"], row["times"], row["last_ms"])


def _virtual_key(row: Row) -> VirtualKey:
    return VirtualKey(
        id=VirtualKeyId(row["id"]),
        # One text for all of a person's keys.
        owner=OwnerId(intern(row["owner"])),
        key_id=KeyId(intern(row["key_id"])),
        exchange=intern(row["exchange"]),
        venue=Venue(row["venue"]),
        label=row["label"],
        public=row["public"],
        restrictions=decode_restrictions(row["restrictions"]),
        created_ms=row["created_ms"],
        revoked_ms=row["revoked_ms"],
    )
