"""All SQL of the licence server: licences, slots, marks, what was answered, what is revoked."""

from dataclasses import dataclass
from typing import Final

from drawbridge.licences.model import Revocations
from drawbridge.storage.database import Database, Row, Transaction

_LICENCES: Final = """
SELECT id, holder, document, recovery_hash, issued_ms, installation, serial, nonce, answer,
       asked_ms, revoked_ms, refused_code, refused_ms, refused_times FROM licences
"""
_SLOT_OF: Final = """
SELECT slots.n, slots.licence_id, slots.is_active, marks.is_current FROM marks
JOIN slots ON slots.n = marks.slot_n WHERE marks.mark = ?
"""
_REVOKE: Final = """
UPDATE licences SET revoked_ms = ?, installation = '',
    revoked_number = (SELECT coalesce(max(revoked_number), 0) + 1 FROM licences)
WHERE id = ? AND revoked_ms IS NULL
"""


@dataclass(frozen=True, slots=True)
class Issued:
    """A licence as the operator's books hold it."""

    id: str
    holder: str
    document: str
    recovery_hash: bytes
    issued_ms: int
    installation: str = ""
    serial: int = 0
    nonce: str = ""
    answer: str = ""
    asked_ms: int | None = None
    revoked_ms: int | None = None
    refused_code: str = ""
    refused_ms: int | None = None
    refused_times: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one account under a licence, as a mark leads to it."""

    n: int
    licence_id: str
    is_active: bool
    is_current: bool


async def insert_licence(tx: Transaction, issued: Issued) -> None:
    """Write a new licence."""
    await tx.execute(
        "INSERT INTO licences (id, holder, document, recovery_hash, issued_ms)"
        " VALUES (?, ?, ?, ?, ?)",
        *(issued.id, issued.holder, issued.document, issued.recovery_hash, issued.issued_ms),
    )


async def find_licence(source: Database | Transaction, licence_id: str) -> Issued | None:
    """Find a licence, also one that is revoked."""
    row = await source.fetch_one(f"{_LICENCES} WHERE id = ?", licence_id)
    return None if row is None else _issued(row)


async def list_licences(source: Database) -> tuple[Issued, ...]:
    """List all licences, oldest first."""
    rows = await source.fetch_all(f"{_LICENCES} ORDER BY issued_ms, id")
    return tuple(map(_issued, rows))


async def revoke(tx: Transaction, licence_id: str, now_ms: int) -> bool:
    """Revoke a licence under the next number; tells whether it was not revoked before."""
    return bool(await tx.execute(_REVOKE, now_ms, licence_id))


async def read_revocations(source: Database | Transaction, now_ms: int) -> Revocations:
    """Read which licences are revoked."""
    rows = await source.fetch_all(
        "SELECT id, revoked_number FROM licences WHERE revoked_number IS NOT NULL"
    )
    number = max((row["revoked_number"] for row in rows), default=0)
    return Revocations(number, now_ms, frozenset(row["id"] for row in rows))


async def write_holder(tx: Transaction, licence_id: str, installation: str) -> None:
    """Write which installation holds a licence, empty for none."""
    sql = "UPDATE licences SET installation = ? WHERE id = ?"
    await tx.execute(sql, installation, licence_id)


async def write_answer(
    tx: Transaction, licence_id: str, serial: int, nonce: str, answer: str, now_ms: int
) -> None:
    """Write what was answered."""
    await tx.execute(
        "UPDATE licences SET serial = ?, nonce = ?, answer = ?, asked_ms = ? WHERE id = ?",
        *(serial, nonce, answer, now_ms, licence_id),
    )


async def note_refused(tx: Transaction, licence_id: str, code: str, now_ms: int) -> None:
    """Count that something was refused to whoever showed this licence."""
    await tx.execute(
        "UPDATE licences SET refused_code = ?, refused_ms = ?, refused_times = refused_times + 1"
        " WHERE id = ?",
        *(code, now_ms, licence_id),
    )


async def note_event(tx: Transaction, licence_id: str, act: str, mark: str, now_ms: int) -> None:
    """Write what was done."""
    await tx.execute(
        "INSERT INTO events (at_ms, licence_id, act, mark) VALUES (?, ?, ?, ?)",
        *(now_ms, licence_id, act, mark),
    )


async def find_slot(tx: Transaction, mark: str) -> Slot | None:
    """Find the slot that a mark is bound to, under whichever licence."""
    row = await tx.fetch_one(_SLOT_OF, mark)
    if row is None:
        return None
    return Slot(row["n"], row["licence_id"], bool(row["is_active"]), bool(row["is_current"]))


async def count_active(source: Database | Transaction, licence_id: str) -> int:
    """Count the accounts that take a slot now."""
    sql = "SELECT count(*) AS n FROM slots WHERE licence_id = ? AND is_active"
    row = await source.fetch_one(sql, licence_id)
    return int(row["n"]) if row else 0


async def list_marks(tx: Transaction, licence_id: str, *, is_active: bool) -> frozenset[str]:
    """List the present marks of a licence's accounts, those that trade or those set aside."""
    rows = await tx.fetch_all(
        "SELECT mark FROM marks JOIN slots ON slots.n = marks.slot_n"
        " WHERE slots.licence_id = ? AND slots.is_active = ? AND marks.is_current = 1",
        *(licence_id, int(is_active)),
    )
    return frozenset(row["mark"] for row in rows)


async def insert_slot(tx: Transaction, licence_id: str, now_ms: int) -> int:
    """Make a slot that is active, and give its number."""
    row = await tx.fetch_one(
        "INSERT INTO slots (licence_id, is_active, since_ms) VALUES (?, 1, ?) RETURNING n",
        *(licence_id, now_ms),
    )
    return int(row["n"]) if row else 0


async def write_active(tx: Transaction, slot_n: int, now_ms: int, *, is_active: bool) -> None:
    """Take a slot up, or set it aside."""
    sql = "UPDATE slots SET is_active = ?, since_ms = ? WHERE n = ?"
    await tx.execute(sql, int(is_active), now_ms, slot_n)


async def put_mark(tx: Transaction, mark: str, slot_n: int, now_ms: int) -> None:
    """Bind a mark to a slot as the one by which the account is known now."""
    await tx.execute(
        "INSERT INTO marks (mark, slot_n, is_current, since_ms) VALUES (?, ?, 1, ?)"
        " ON CONFLICT (mark) DO UPDATE SET slot_n = excluded.slot_n, is_current = 1,"
        " since_ms = excluded.since_ms",
        *(mark, slot_n, now_ms),
    )


async def retire_marks(tx: Transaction, slot_n: int) -> None:
    """Let all marks of a slot be such by which its account was known before."""
    await tx.execute("UPDATE marks SET is_current = 0 WHERE slot_n = ?", slot_n)


async def join_slots(tx: Transaction, slot_n: int, into_n: int) -> None:
    """Let what two slots were taken for be one account; its older marks stay bound to it."""
    await tx.execute("UPDATE marks SET slot_n = ?, is_current = 0 WHERE slot_n = ?", into_n, slot_n)
    await tx.execute("DELETE FROM slots WHERE n = ?", slot_n)


async def drop_slot(tx: Transaction, slot_n: int) -> None:
    """Drop a slot with all by which its account was known."""
    await tx.execute("DELETE FROM marks WHERE slot_n = ?", slot_n)
    await tx.execute("DELETE FROM slots WHERE n = ?", slot_n)


async def use_proof(tx: Transaction, digest: bytes, now_ms: int) -> bool:
    """Write that a proof was used; False when it was before."""
    sql = "INSERT INTO used_proofs (digest, at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING"
    return bool(await tx.execute(sql, digest, now_ms))


def _issued(row: Row) -> Issued:
    return Issued(**dict(row))
