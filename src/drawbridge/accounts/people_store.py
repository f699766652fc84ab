"""All SQL of roles and of ending people."""

from collections.abc import Mapping
from typing import Final

from drawbridge.accounts import store
from drawbridge.accounts.model import Owner
from drawbridge.accounts.roles import Role
from drawbridge.storage.database import Database, Transaction

_SESSIONS: Final = """
SELECT owner, count(*) AS n, max(seen_ms) AS seen_ms FROM sessions
WHERE seen_ms > ? AND created_ms > ?{} GROUP BY owner
"""
# Everything that lets somebody in, or speaks for them, without their password.
_WAYS_IN: Final = (
    "DELETE FROM sessions WHERE owner = ?",
    "DELETE FROM api_tokens WHERE owner = ?",
    "DELETE FROM telegram_links WHERE owner = ?",
    "DELETE FROM telegram_codes WHERE owner = ?",
    "DELETE FROM key_passes WHERE owner = ?",
)


async def count_sessions(
    database: Database, seen_after_ms: int, begun_after_ms: int, of: str = ""
) -> Mapping[str, tuple[int, int]]:
    """Tell of everybody with open sessions how many they are, and when one was seen last.

    `of`: only of this person.
    """
    person = (of,) if of else ()
    sql = _SESSIONS.format(" AND owner = ?" if of else "")
    rows = await database.fetch_all(sql, seen_after_ms, begun_after_ms, *person)
    return {str(row["owner"]): (int(row["n"]), int(row["seen_ms"])) for row in rows}


async def count_standing_owners(tx: Transaction) -> int:
    """Count the owners who are not ended."""
    sql = "SELECT count(*) AS n FROM owners WHERE role = ? AND ended_ms IS NULL"
    row = await tx.fetch_one(sql, Role.OWNER)
    return int(row["n"]) if row else 0


async def list_lookers(tx: Transaction, person: str) -> tuple[Owner, ...]:
    """List who is shown this person's things and is not ended."""
    everybody = await store.list_owners(tx)
    return tuple(it for it in everybody if it.sees == person and it.ended_ms is None)


async def write_role(tx: Transaction, person: str, role: Role, sees: str) -> None:
    """Write down what somebody is, and whose things they are shown."""
    await tx.execute("UPDATE owners SET role = ?, sees = ? WHERE id = ?", role, sees, person)


async def write_ended(tx: Transaction, person: str, ended_ms: int | None) -> None:
    """Write down since when somebody is ended, None for not at all."""
    await tx.execute("UPDATE owners SET ended_ms = ? WHERE id = ?", ended_ms, person)


async def delete_sessions(tx: Transaction, person: str) -> int:
    """End all sessions of somebody, and tell how many there were."""
    return await tx.execute("DELETE FROM sessions WHERE owner = ?", person)


async def delete_ways_in(tx: Transaction, person: str) -> None:
    """End sessions, tokens, chat, codes and passes of somebody."""
    for sql in _WAYS_IN:
        await tx.execute(sql, person)


async def delete_invitations(tx: Transaction, inviter: str) -> tuple[str, ...]:
    """Take back what somebody has invited to, and give the ids."""
    sql = "SELECT id FROM invitations WHERE inviter = ? ORDER BY made_ms, id"
    rows = await tx.fetch_all(sql, inviter)
    await tx.execute("DELETE FROM invitations WHERE inviter = ?", inviter)
    return tuple(str(row["id"]) for row in rows)
