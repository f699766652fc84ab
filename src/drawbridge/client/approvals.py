"""The operations of the group “approvals”."""

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from drawbridge.client.calling import Calling, Page
from drawbridge.client.shapes import Reason

ApprovalKind = Literal["orders", "start_robot", "stop_robot", "stop_everything", "check_key"]
ApprovalState = Literal["asked", "approved", "declined", "expired", "withdrawn"]


class ApprovalTold(TypedDict):
    """A question and what became of it; what was allowed is begun before `expires_ms` only."""

    id: str
    kind: ApprovalKind
    subject: str
    title: str
    facts: Mapping[str, Any]
    asked_by: str
    asked_ms: int
    expires_ms: int
    state: ApprovalState
    answered_ms: int | None
    is_done: bool
    reason: Reason | None


class ApprovalsOperations:
    """The operations of the group “approvals”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_approvals(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[ApprovalTold]:
        """List approvals, newest first: those that wait, and those that have ended."""
        told: Page[ApprovalTold] = self._calling.ask(
            "GET", "/approvals", {}, query={"limit": limit, "cursor": cursor}
        )
        return told

    def get_approval(self, approval: str) -> ApprovalTold:
        """Tell one approval."""
        told: ApprovalTold = self._calling.ask(
            "GET", "/approvals/{approval}", {"approval": approval}
        )
        return told

    def approve(self, approval: str, *, idempotency_key: str = "") -> ApprovalTold:
        """Say yes; what was proposed is done at once, a robot's orders by the gateway."""
        told: ApprovalTold = self._calling.ask(
            "POST",
            "/approvals/{approval}/approve",
            {"approval": approval},
            idempotency_key=idempotency_key,
        )
        return told

    def decline(self, approval: str, *, idempotency_key: str = "") -> ApprovalTold:
        """Say no."""
        told: ApprovalTold = self._calling.ask(
            "POST",
            "/approvals/{approval}/decline",
            {"approval": approval},
            idempotency_key=idempotency_key,
        )
        return told
