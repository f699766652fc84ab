"""All SQL of approvals."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from drawbridge.approvals.model import Approval, ApprovalKind, ApprovalState, Question
from drawbridge.core.errors import NotFound
from drawbridge.core.money import plain
from drawbridge.storage.database import Database, Row, Transaction

_MOST: Final = 200


class ApprovalStore:
    """Read approvals; whoever changes one does it inside a transaction, with what stands below."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database

    async def find(self, owner: str, approval_id: str) -> Approval | None:
        """Give one of this owner's."""
        row = await self._database.fetch_one(
            "SELECT * FROM approvals WHERE id = ? AND owner = ?", approval_id, owner
        )
        return None if row is None else _approval(row)

    async def list_of(self, owner: str, limit: int) -> tuple[Approval, ...]:
        """List an owner's, newest first."""
        rows = await self._database.fetch_all(
            "SELECT * FROM approvals WHERE owner = ? ORDER BY asked_ms DESC, id LIMIT ?",
            *(owner, min(limit, _MOST)),
        )
        return tuple(map(_approval, rows))

    async def list_open(self, owner: str, now_ms: int) -> tuple[Approval, ...]:
        """List those of an owner that wait for an answer, the one that ends first in front."""
        rows = await self._database.fetch_all(
            "SELECT * FROM approvals WHERE owner = ? AND state = 'asked' AND expires_ms > ?"
            " ORDER BY expires_ms, id LIMIT ?",
            *(owner, now_ms, _MOST),
        )
        return tuple(map(_approval, rows))

    def count_open(self, owner: str, now_ms: int) -> int:
        """Count at once those of an owner that wait for an answer."""
        row = self._database.glance(
            "SELECT count(*) AS many FROM approvals"
            " WHERE state = 'asked' AND owner = ? AND expires_ms > ?",
            *(owner, now_ms),
        )
        return 0 if row is None else int(row["many"])

    async def list_by_id(self, ids: Sequence[str]) -> Mapping[str, Approval]:
        """Give approvals by their ids, whoever owns them."""
        rows = await self._database.fetch_all(
            "SELECT * FROM approvals WHERE id IN (SELECT value FROM json_each(?))", json.dumps(ids)
        )
        return {row["id"]: _approval(row) for row in rows}

    async def list_over(self, now_ms: int) -> tuple[Approval, ...]:
        """List those whose time has ended without an answer, whoever owns them."""
        rows = await self._database.fetch_all(
            "SELECT * FROM approvals WHERE state = 'asked' AND expires_ms <= ?"
            " ORDER BY expires_ms LIMIT ?",
            *(now_ms, _MOST),
        )
        return tuple(map(_approval, rows))


async def insert(tx: Transaction, approval: Approval) -> bool:
    """Write a new one; tells whether it is new, because what was asked before stays as it is."""
    question = approval.question
    changed = await tx.execute(
        "INSERT INTO approvals"
        " (id, owner, kind, subject, facts, asked_by, asked_ms, expires_ms, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'asked') ON CONFLICT DO NOTHING",
        *(approval.id, question.owner, question.kind.value, question.subject),
        *(json.dumps(question.facts, default=_told), question.asked_by),
        *(approval.asked_ms, approval.expires_ms),
    )
    return changed == 1


async def get(tx: Transaction, owner: str, approval_id: str) -> Approval:
    """Give one of this owner's. Raises: `NotFound("unknown_approval")`."""
    row = await tx.fetch_one(
        "SELECT * FROM approvals WHERE id = ? AND owner = ?", approval_id, owner
    )
    if row is None:
        raise NotFound("unknown_approval", approval=approval_id)
    return _approval(row)


async def list_by_id(tx: Transaction, ids: Sequence[str]) -> tuple[Approval, ...]:
    """List approvals by their ids, whoever owns them."""
    rows = await tx.fetch_all(
        "SELECT * FROM approvals WHERE id IN (SELECT value FROM json_each(?))", json.dumps(ids)
    )
    return tuple(map(_approval, rows))


async def count_proposed(tx: Transaction, owner: str, now_ms: int) -> int:
    """Count an owner's proposals that wait for an answer."""
    row = await tx.fetch_one(
        "SELECT count(*) AS many FROM approvals"
        " WHERE state = 'asked' AND owner = ? AND expires_ms > ? AND kind <> ?",
        *(owner, now_ms, ApprovalKind.ORDERS.value),
    )
    return 0 if row is None else int(row["many"])


async def find_same(tx: Transaction, question: Question, now_ms: int) -> Approval | None:
    """Give the open one that asks for the very same."""
    row = await tx.fetch_one(
        "SELECT * FROM approvals WHERE state = 'asked' AND owner = ? AND expires_ms > ?"
        " AND kind = ? AND subject = ?",
        *(question.owner, now_ms, question.kind.value, question.subject),
    )
    return None if row is None else _approval(row)


async def set_state(
    tx: Transaction, approval_id: str, state: ApprovalState, now_ms: int, by: str = ""
) -> bool:
    """Write down how a question ended; tells whether it was still open.

    A yes or a no that comes after the end is none.
    """
    is_answer = state in {ApprovalState.APPROVED, ApprovalState.DECLINED}
    changed = await tx.execute(
        "UPDATE approvals SET state = ?, answered_ms = ?, answered_by = ?"
        " WHERE id = ? AND state = 'asked' AND (? = 0 OR expires_ms > ?)",
        *(state.value, now_ms, by, approval_id, int(is_answer), now_ms),
    )
    return changed == 1


async def set_outcome(tx: Transaction, approval_id: str, outcome: str) -> None:
    """Write down what came of a yes."""
    await tx.execute("UPDATE approvals SET outcome = ? WHERE id = ?", outcome, approval_id)


def _told(fact: object) -> str:
    """Give a fact as JSON can hold it; amounts stay exact as texts."""
    return plain(fact) if isinstance(fact, Decimal) else str(fact)


def _approval(row: Row) -> Approval:
    question = Question(
        owner=row["owner"],
        kind=ApprovalKind(row["kind"]),
        subject=row["subject"],
        facts=json.loads(row["facts"]),
        asked_by=row["asked_by"],
    )
    return Approval(
        id=row["id"],
        question=question,
        asked_ms=row["asked_ms"],
        expires_ms=row["expires_ms"],
        state=ApprovalState(row["state"]),
        answered_ms=row["answered_ms"],
        answered_by=row["answered_by"],
        outcome=row["outcome"],
    )
