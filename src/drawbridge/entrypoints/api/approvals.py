"""Approvals: what robots and assistants ask before they act, and the answers of people."""

from typing import Annotated

from fastapi import APIRouter, Path

from drawbridge.approvals.model import DONE, Approval, ApprovalKind, ApprovalState
from drawbridge.approvals.words import subject_of
from drawbridge.entrypoints.api.caller import Approver, Caller, Reader
from drawbridge.entrypoints.api.paging import AskedPage, Page, cut
from drawbridge.entrypoints.api.shapes import (
    LONGEST_TEXT,
    Facts,
    Moment,
    Reason,
    Told,
    tell_facts,
    tell_reason,
)

router = APIRouter(tags=["approvals"])

ApprovalPath = Annotated[str, Path(max_length=LONGEST_TEXT, examples=["approval_4f7q2mabcdefghij"])]


class ApprovalTold(Told):
    """A question and what became of it; what was allowed is begun before `expires_ms` only.

    `subject` is the id of the robot or key that it is about. `is_done` and `reason` tell what
    came of a yes.
    """

    id: str
    kind: ApprovalKind
    subject: str
    title: str
    facts: Facts
    asked_by: str
    asked_ms: Moment
    expires_ms: Moment
    state: ApprovalState
    answered_ms: Moment | None
    is_done: bool
    reason: Reason | None


@router.get("/approvals")
async def list_approvals(caller: Reader, paging: AskedPage) -> Page[ApprovalTold]:
    """List approvals, newest first: those that wait, and those that have ended."""
    found = await caller.house.approvals.list_newest(caller.owner)
    now_ms = caller.house.clock.now_ms()
    return cut(found, paging, lambda it: _tell_approval(it, now_ms), lambda it: it.id)


@router.get("/approvals/{approval}")
async def get_approval(caller: Reader, approval: ApprovalPath) -> ApprovalTold:
    """Tell one approval."""
    found = await caller.house.approvals.get(caller.owner, approval)
    return _tell_approval(found, caller.house.clock.now_ms())


@router.post("/approvals/{approval}/approve")
async def approve(caller: Approver, approval: ApprovalPath) -> ApprovalTold:
    """Say yes; what was proposed is done at once, a robot's orders by the gateway."""
    return await _answer(caller, approval, is_yes=True)


@router.post("/approvals/{approval}/decline")
async def decline(caller: Approver, approval: ApprovalPath) -> ApprovalTold:
    """Say no."""
    return await _answer(caller, approval, is_yes=False)


async def _answer(caller: Caller, approval: str, *, is_yes: bool) -> ApprovalTold:
    house, owner = caller.house, caller.owner
    answered = await house.answering.answer(owner, approval, is_yes=is_yes, by=owner)
    return _tell_approval(answered, house.clock.now_ms())


def _tell_approval(approval: Approval, now_ms: int) -> ApprovalTold:
    question, outcome = approval.question, approval.outcome
    is_done = outcome == DONE
    facts = tell_facts(question.facts)
    return ApprovalTold(
        id=approval.id,
        kind=question.kind,
        subject=question.subject,
        title=subject_of(approval),
        facts=facts,
        asked_by=question.asked_by,
        asked_ms=approval.asked_ms,
        expires_ms=approval.expires_ms,
        state=approval.state_at(now_ms),
        answered_ms=approval.answered_ms,
        is_done=is_done,
        reason=tell_reason(outcome, facts) if outcome and not is_done else None,
    )
