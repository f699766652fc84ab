"""What is known here of backups: when each was made, and the recovery key they are made for.

All SQL of backups. Of a recovery key there is what makes backups, and nothing that reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from drawbridge.core.clock import DAY_MS
from drawbridge.storage.database import Database, Row, Transaction

OLD_MS: Final = 30 * DAY_MS
"""After so long somebody is reminded to make another one."""

_CURRENT: Final = """
SELECT fingerprint, public_key, sealed_origin, made_ms FROM recovery_keys WHERE ended_ms IS NULL
"""
_BACKUPS: Final = """
SELECT made_ms, name, size_bytes, digest, fingerprint FROM backups ORDER BY n DESC LIMIT ?
"""
_END: Final = "UPDATE recovery_keys SET ended_ms = ? WHERE ended_ms IS NULL"
_INSERT_KEY: Final = """
INSERT INTO recovery_keys (fingerprint, public_key, sealed_origin, made_ms) VALUES (?, ?, ?, ?)
"""
_INSERT: Final = """
INSERT INTO backups (made_ms, name, size_bytes, digest, fingerprint) VALUES (?, ?, ?, ?, ?)
"""
_COUNTS: Final[Mapping[str, str]] = {
    "people": "SELECT count(*) AS n FROM owners",
    "keys": "SELECT count(*) AS n FROM keys WHERE deleted_ms IS NULL",
    "robots": "SELECT count(*) AS n FROM robots",
    "orders": "SELECT count(*) AS n FROM orders",
}


@dataclass(frozen=True, slots=True)
class RecoveryRow:
    """The recovery key that backups are made for now."""

    fingerprint: str
    public_key: bytes
    sealed_origin: bytes
    made_ms: int


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made; `name` is that of its file, empty where a browser took it."""

    made_ms: int
    name: str
    size_bytes: int
    digest: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Kept:
    """How backups stand. `recovery_made_ms` is None while there is no recovery key."""

    recovery_made_ms: int | None = None
    last: Backup | None = None

    def is_old(self, now_ms: int) -> bool:
        """Tell whether the last one is so old that another should be made."""
        return self.last is not None and now_ms - self.last.made_ms > OLD_MS


async def read_kept(source: Database | Transaction) -> Kept:
    """Tell how backups stand."""
    key, backups = await find_recovery_row(source), await list_backups(source, 1)
    return Kept(key.made_ms if key else None, backups[0] if backups else None)


async def find_recovery_row(source: Database | Transaction) -> RecoveryRow | None:
    """Find the recovery key that backups are made for."""
    row = await source.fetch_one(_CURRENT)
    if row is None:
        return None
    return RecoveryRow(row["fingerprint"], row["public_key"], row["sealed_origin"], row["made_ms"])


async def list_backups(source: Database | Transaction, most: int) -> tuple[Backup, ...]:
    """List backups, the newest first."""
    return tuple(map(_backup, await source.fetch_all(_BACKUPS, most)))


async def put_recovery_row(tx: Transaction, row: RecoveryRow) -> None:
    """Have backups made for this key from now on, in place of the one before."""
    await tx.execute(_END, row.made_ms)
    await tx.execute(_INSERT_KEY, row.fingerprint, row.public_key, row.sealed_origin, row.made_ms)


async def put_backup(tx: Transaction, made: Backup) -> None:
    """Write down that a backup was made."""
    told = (made.made_ms, made.name, made.size_bytes, made.digest, made.fingerprint)
    await tx.execute(_INSERT, *told)


async def count_contents(database: Database) -> dict[str, int]:
    """Count what a backup holds, for a person who looks whether it is the right one."""
    counted = {}
    for what, sql in _COUNTS.items():
        row = await database.fetch_one(sql)
        counted[what] = int(row["n"]) if row else 0
    return counted


def _backup(row: Row) -> Backup:
    return Backup(row["made_ms"], row["name"], row["size_bytes"], row["digest"], row["fingerprint"])
