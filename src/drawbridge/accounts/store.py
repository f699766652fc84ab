"""All SQL of the accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from drawbridge.accounts.model import SESSION_IDLE_MS, SESSION_LONGEST_MS, Owner
from drawbridge.accounts.roles import Role
from drawbridge.accounts.throttle import REMEMBERED_MS, Limit, Tried
from drawbridge.core.ids import OwnerId
from drawbridge.storage.database import Database, Row, Transaction

_OWNER: Final = """
SELECT owners.id, owners.name, owners.created_ms, owners.language, owners.role, owners.sees,
       owners.ended_ms, owners.password_hash,
       second_factors.confirmed_ms IS NOT NULL AS second_factor
FROM owners LEFT JOIN second_factors ON second_factors.owner = owners.id
"""
_OWNER_BY_NAME: Final = _OWNER + "WHERE owners.name_folded = ?"
_OWNER_BY_ID: Final = _OWNER + "WHERE owners.id = ?"
_SESSION: Final = """
SELECT owners.id, owners.name, owners.created_ms, owners.language, owners.role, owners.sees,
       owners.ended_ms, sessions.seen_ms,
       second_factors.confirmed_ms IS NOT NULL AS second_factor
FROM sessions JOIN owners ON owners.id = sessions.owner
LEFT JOIN second_factors ON second_factors.owner = owners.id
WHERE sessions.token_hash = ? AND sessions.seen_ms > ? AND sessions.created_ms > ?
  AND owners.ended_ms IS NULL
"""
_FACTOR: Final = """
SELECT sealed_secret, started_ms, confirmed_ms IS NOT NULL AS confirmed, last_step
FROM second_factors WHERE owner = ?
"""
_SET_FACTOR: Final = """
INSERT INTO second_factors (owner, sealed_secret, started_ms) VALUES (?, ?, ?)
ON CONFLICT (owner) DO UPDATE SET sealed_secret = excluded.sealed_secret,
    started_ms = excluded.started_ms, confirmed_ms = NULL, last_step = 0
"""
_TRIED: Final = """
SELECT count(*) AS count, coalesce(max(at_ms), 0) AS last_ms FROM attempts
WHERE subject = ? AND at_ms > ?
"""


@dataclass(frozen=True, slots=True)
class Known:
    """An owner with the hash of their password."""

    owner: Owner
    password_hash: str


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor as it is kept."""

    sealed_secret: bytes
    started_ms: int
    confirmed: bool
    last_step: int


async def count_owners(source: Database | Transaction) -> int:
    """Count the people who can log in."""
    row = await source.fetch_one("SELECT count(*) AS n FROM owners")
    return int(row["n"]) if row else 0


async def find_by_name(source: Database | Transaction, folded_name: str) -> Known | None:
    """Find a person by the folded form of their name."""
    row = await source.fetch_one(_OWNER_BY_NAME, folded_name)
    return Known(_owner(row), row["password_hash"]) if row else None


async def find_by_id(source: Database | Transaction, owner: str) -> Known | None:
    """Find a person by id."""
    row = await source.fetch_one(_OWNER_BY_ID, owner)
    return Known(_owner(row), row["password_hash"]) if row else None


async def list_owners(source: Database | Transaction) -> tuple[Owner, ...]:
    """List everybody who can log in, the first one first."""
    rows = await source.fetch_all(_OWNER + "ORDER BY owners.created_ms, owners.id")
    return tuple(_owner(row) for row in rows)


async def insert_owner(tx: Transaction, owner: Owner, folded_name: str, password_hash: str) -> None:
    """Write a new person. Raises: `Conflict("row_exists")` when the name is taken."""
    sql = "INSERT INTO owners (id, name, name_folded, password_hash, created_ms, role, sees)"
    args = (owner.id, owner.name, folded_name, password_hash, owner.created_ms)
    await tx.execute(f"{sql} VALUES (?, ?, ?, ?, ?, ?, ?)", *args, owner.role, owner.sees)


async def set_password(tx: Transaction, owner: str, password_hash: str) -> None:
    """Write a new hash and end every session of the person."""
    await tx.execute("UPDATE owners SET password_hash = ? WHERE id = ?", password_hash, owner)
    await tx.execute("DELETE FROM sessions WHERE owner = ?", owner)


async def set_language(tx: Transaction, owner: str, language: str) -> None:
    """Write down which language a person has chosen."""
    await tx.execute("UPDATE owners SET language = ? WHERE id = ?", language, owner)


async def insert_session(
    tx: Transaction, token_hash: bytes, owner: str, now_ms: int, address: str
) -> None:
    """Write a new session and forget those of everybody that have ended."""
    await tx.execute(
        "DELETE FROM sessions WHERE seen_ms <= ? OR created_ms <= ?",
        now_ms - SESSION_IDLE_MS,
        now_ms - SESSION_LONGEST_MS,
    )
    await tx.execute(
        "INSERT INTO sessions (token_hash, owner, created_ms, seen_ms, address)"
        " VALUES (?, ?, ?, ?, ?)",
        *(token_hash, owner, now_ms, now_ms, address),
    )


async def find_session(
    database: Database, token_hash: bytes, now_ms: int
) -> tuple[Owner, int] | None:
    """Find whose session it is and when it was last seen; None when it has ended."""
    oldest = (now_ms - SESSION_IDLE_MS, now_ms - SESSION_LONGEST_MS)
    row = await database.fetch_one(_SESSION, token_hash, *oldest)
    return (_owner(row), row["seen_ms"]) if row else None


async def touch_session(tx: Transaction, token_hash: bytes, now_ms: int) -> None:
    """Write down that a session was seen."""
    await tx.execute("UPDATE sessions SET seen_ms = ? WHERE token_hash = ?", now_ms, token_hash)


async def delete_session(tx: Transaction, token_hash: bytes) -> str | None:
    """End a session and tell whose it was."""
    sql = "SELECT owner FROM sessions WHERE token_hash = ?"
    row = await tx.fetch_one(sql, token_hash)
    await tx.execute("DELETE FROM sessions WHERE token_hash = ?", token_hash)
    return str(row["owner"]) if row else None


async def find_factor(tx: Transaction, owner: str) -> Factor | None:
    """Find a person's second factor, confirmed or not."""
    row = await tx.fetch_one(_FACTOR, owner)
    if row is None:
        return None
    confirmed = bool(row["confirmed"])
    return Factor(row["sealed_secret"], row["started_ms"], confirmed, row["last_step"])


async def start_factor(tx: Transaction, owner: str, sealed: bytes, now_ms: int) -> None:
    """Write a second factor that waits for its first code."""
    await tx.execute(_SET_FACTOR, owner, sealed, now_ms)


async def confirm_factor(
    tx: Transaction, owner: str, code_hashes: Sequence[bytes], now_ms: int
) -> None:
    """Make the second factor count, with new recovery codes."""
    sql = "UPDATE second_factors SET confirmed_ms = ? WHERE owner = ?"
    await tx.execute(sql, now_ms, owner)
    await put_recovery_codes(tx, owner, code_hashes)


async def put_recovery_codes(tx: Transaction, owner: str, code_hashes: Sequence[bytes]) -> None:
    """Write recovery codes in place of those that there were."""
    await tx.execute("DELETE FROM recovery_codes WHERE owner = ?", owner)
    for hashed in code_hashes:
        sql = "INSERT INTO recovery_codes (owner, code_hash) VALUES (?, ?)"
        await tx.execute(sql, owner, hashed)


async def use_step(tx: Transaction, owner: str, step: int) -> None:
    """Write down that no code up to this step counts any more."""
    await tx.execute("UPDATE second_factors SET last_step = ? WHERE owner = ?", step, owner)


async def use_recovery_code(tx: Transaction, owner: str, code_hash: bytes, now_ms: int) -> bool:
    """Use a recovery code up; False when there is no such code or it was used before."""
    sql = "UPDATE recovery_codes SET used_ms = ? WHERE owner = ? AND code_hash = ?"
    return bool(await tx.execute(f"{sql} AND used_ms IS NULL", now_ms, owner, code_hash))


async def delete_factor(tx: Transaction, owner: str) -> None:
    """Take the second factor and its recovery codes away."""
    await tx.execute("DELETE FROM recovery_codes WHERE owner = ?", owner)
    await tx.execute("DELETE FROM second_factors WHERE owner = ?", owner)


async def read_tried(tx: Transaction, limits: Sequence[Limit], now_ms: int) -> tuple[Tried, ...]:
    """Read how often the subjects of these limits tried."""
    tried = []
    for limit in limits:
        row = await tx.fetch_one(_TRIED, limit.subject, now_ms - REMEMBERED_MS)
        tried.append(Tried(row["count"], row["last_ms"]) if row else Tried(0, 0))
    return tuple(tried)


async def insert_attempts(tx: Transaction, limits: Sequence[Limit], now_ms: int) -> tuple[int, ...]:
    """Write an attempt down for every subject and give the rows' ids."""
    await tx.execute("DELETE FROM attempts WHERE at_ms <= ?", now_ms - REMEMBERED_MS)
    ids = []
    for limit in limits:
        sql = "INSERT INTO attempts (subject, at_ms) VALUES (?, ?) RETURNING id"
        row = await tx.fetch_one(sql, limit.subject, now_ms)
        ids.append(int(row["id"]) if row else 0)
    return tuple(ids)


async def forget_attempts(tx: Transaction, limits: Sequence[Limit], ids: Sequence[int]) -> None:
    """Take back attempts that succeeded, and clear the first, narrowest subject."""
    for attempt in ids:
        await tx.execute("DELETE FROM attempts WHERE id = ?", attempt)
    await tx.execute("DELETE FROM attempts WHERE subject = ?", limits[0].subject)


def _owner(row: Row) -> Owner:
    return Owner(
        OwnerId(row["id"]),
        row["name"],
        row["created_ms"],
        bool(row["second_factor"]),
        row["language"],
        Role(row["role"]),
        row["sees"],
        row["ended_ms"],
    )
