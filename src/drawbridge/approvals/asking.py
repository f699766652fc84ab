"""Asking, answering and ending a question, each inside the transaction of the change.

The row, its audit event and its notice are one transaction, as everywhere.
"""

from collections.abc import Iterable
from typing import Final

from drawbridge.approvals import store
from drawbridge.approvals.model import Approval, ApprovalKind, ApprovalState
from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.cluster.waking import wake_workers_of
from drawbridge.core.errors import Conflict
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.storage.database import Transaction

_ANSWERS: Final = {True: ApprovalState.APPROVED, False: ApprovalState.DECLINED}


async def ask(tx: Transaction, approval: Approval) -> None:
    """Write a question down and tell the person; asking the same one twice is asking once."""
    if not await store.insert(tx, approval):
        return
    await _audit(tx, Tag.APPROVALS_APPROVAL_ASKED, approval, approval.asked_ms)
    await tell(tx, notice_of(approval), approval.asked_ms)


async def answer(
    tx: Transaction, approval: Approval, now_ms: int, *, is_yes: bool, by: str
) -> None:
    """Write an answer down.

    Raises: `Conflict("approval_expired")` after its time, `Conflict("approval_answered")` when
    it was answered or withdrawn before: the first answer counts.
    """
    if not await store.set_state(tx, approval.id, _ANSWERS[is_yes], now_ms, by):
        is_over = approval.state_at(now_ms) is ApprovalState.EXPIRED
        raise Conflict("approval_expired" if is_over else "approval_answered")
    await wake_workers_of(tx, (approval.question.owner,))
    tag = Tag.APPROVALS_APPROVAL_GIVEN if is_yes else Tag.APPROVALS_APPROVAL_DECLINED
    await _audit(tx, tag, approval, now_ms, by=by)


async def end(
    tx: Transaction, approvals: Iterable[Approval], state: ApprovalState, now_ms: int
) -> None:
    """Write down that questions have ended without an answer."""
    for approval in approvals:
        if await store.set_state(tx, approval.id, state, now_ms):
            await _audit(tx, Tag.APPROVALS_APPROVAL_ENDED, approval, now_ms, state=state.value)


async def _audit(tx: Transaction, tag: Tag, approval: Approval, now_ms: int, **facts: str) -> None:
    question = approval.question
    told = {"kind": question.kind.value, "subject": question.subject, **facts}
    if tag is Tag.APPROVALS_APPROVAL_ASKED:
        told["asked_by"] = question.asked_by
    await append(tx, AuditEvent(tag, question.owner, approval.id, told), now_ms)


def notice_of(approval: Approval) -> Notice:
    """Give a question as a person is told of it."""
    question = approval.question
    is_about_orders = question.kind is ApprovalKind.ORDERS
    kind = NoticeKind.ORDER_ASKED if is_about_orders else NoticeKind.ACT_PROPOSED
    facts = {
        **question.facts,
        "asked": question.kind.value,
        "asked_by": question.asked_by,
        "until_ms": approval.expires_ms,
    }
    return Notice(kind, question.owner, approval.id, facts)
