"""How far the vault's key has been replaced: begun, everything sealed anew, old one destroyed.

All SQL of it, and no key: who seals anew is `app/resealing.py`, who holds keys is `keyholder`.
"""

from dataclasses import dataclass
from typing import Final

from drawbridge.core.clock import SECOND_MS
from drawbridge.core.errors import Conflict
from drawbridge.sealing.envelope import Binding
from drawbridge.storage.database import Database, Transaction

SETTLED_MS: Final = 10 * SECOND_MS
"""So long after a new key leads it is looked once more whether all is sealed to it.

Why: a page may have read the public half just before it was replaced, and seal to it just now.
"""

_LAST: Final = """
SELECT n, old, new, begun_ms, resealed, damaged, resealed_ms, destroyed_ms
FROM vault_rotations ORDER BY n DESC LIMIT 1
"""
_BEGIN: Final = "INSERT INTO vault_rotations (old, new, begun_ms) VALUES (?, ?, ?)"
_COUNT: Final = "UPDATE vault_rotations SET resealed = resealed + ? WHERE n = ?"
_DONE: Final = "UPDATE vault_rotations SET resealed_ms = ?, damaged = ? WHERE n = ?"
# Read in one statement, because the version is bound in: between two, both may be replaced.
_OTHERWISE: Final = """
SELECT s.key_id, s.field, s.sealed, k.owner, k.exchange, k.version, k.venue
FROM key_secrets s JOIN keys k ON k.id = s.key_id
WHERE (s.key_id, s.field) > (?, ?) AND substr(s.sealed, 1, ?) <> ?
ORDER BY s.key_id, s.field LIMIT ?
"""
# Only where it is still what was opened: whoever wrote a new secret meanwhile is left alone.
_RESEAL: Final = "UPDATE key_secrets SET sealed = ? WHERE key_id = ? AND field = ? AND sealed = ?"
_DESTROYED: Final = "UPDATE vault_rotations SET destroyed_ms = ? WHERE n = ?"


@dataclass(frozen=True, slots=True)
class Rotation:
    """The last time that the vault's key was replaced, and how far that has come."""

    n: int
    old: str
    new: str
    begun_ms: int
    resealed: int
    damaged: int
    resealed_ms: int | None
    destroyed_ms: int | None

    def check_destroying(self) -> None:
        """Refuse to destroy the old key while something may need it.

        Raises: `Conflict("vault_no_old_key")`, `Conflict("vault_resealing")`.
        """
        if self.destroyed_ms is not None:
            raise Conflict("vault_no_old_key")
        if self.resealed_ms is None:
            raise Conflict("vault_resealing", count=self.resealed)


@dataclass(frozen=True, slots=True)
class SealedValue:
    """A sealed value as it lies in its row, and what it is bound to."""

    owner: str
    holder: str
    field: str
    sealed: bytes
    binding: Binding


async def find_rotation(source: Database | Transaction) -> Rotation | None:
    """Find the last rotation."""
    row = await source.fetch_one(_LAST)
    return Rotation(**dict(row)) if row else None


async def begin_rotation(tx: Transaction, old: str, new: str, now_ms: int) -> None:
    """Write down that a new key leads."""
    await tx.execute(_BEGIN, old, new, now_ms)


async def count_resealed(tx: Transaction, n: int, count: int) -> None:
    """Write down that more values are sealed anew."""
    await tx.execute(_COUNT, count, n)


async def end_resealing(tx: Transaction, n: int, damaged: int, now_ms: int) -> None:
    """Write down that everything that opens is sealed anew."""
    await tx.execute(_DONE, now_ms, damaged, n)


async def end_rotation(tx: Transaction, n: int, now_ms: int) -> None:
    """Write down that the old key is destroyed."""
    await tx.execute(_DESTROYED, now_ms, n)


async def list_sealed_otherwise(
    database: Database, header: bytes, after: tuple[str, str], most: int
) -> tuple[SealedValue, ...]:
    """List secrets of keys that do not begin with this header, behind a key and field."""
    rows = await database.fetch_all(_OTHERWISE, *after, len(header), header, most)
    return tuple(
        SealedValue(
            row["owner"],
            row["key_id"],
            row["field"],
            row["sealed"],
            Binding(
                row["owner"],
                row["exchange"],
                row["key_id"],
                row["field"],
                row["version"],
                row["venue"],
            ),
        )
        for row in rows
    )


async def reseal(tx: Transaction, value: SealedValue, sealed: bytes) -> bool:
    """Write a secret sealed anew; False where it was replaced meanwhile."""
    return bool(await tx.execute(_RESEAL, sealed, value.holder, value.field, value.sealed))
