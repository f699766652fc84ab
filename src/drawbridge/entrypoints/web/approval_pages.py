"""Approvals: what waits for an answer, with two buttons and the time left, and what has ended."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.approvals.model import Approval, ApprovalState
from drawbridge.approvals.words import state_of, subject_of
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.pages.fields import Fields
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.wording.say import say_error

_HERE: Final = "/approvals"


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question that waits."""

    id: str
    subject: str
    asked_by: str
    left_ms: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class AnswerView:
    """A question that was answered or has ended."""

    at_ms: int
    subject: str
    asked_by: str
    state: str
    is_good: bool


@dataclass(frozen=True, slots=True)
class ApprovalPages:
    """The page of approvals."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show what waits for an answer, and what was asked before."""
        return await self._page(visit, "approvals/list.html")

    async def show_live(self, visit: Visit) -> Response:
        """Show only what changes, for the page that watches it."""
        return await self._page(visit, "approvals/live.html")

    async def approve(self, visit: Visit, fields: Fields) -> Response:
        """Say yes."""
        return await self._answer(visit, fields, is_yes=True)

    async def decline(self, visit: Visit, fields: Fields) -> Response:
        """Say no."""
        return await self._answer(visit, fields, is_yes=False)

    async def _answer(self, visit: Visit, fields: Fields, *, is_yes: bool) -> Response:
        person = visit.person
        try:
            await self.house.answering.answer(
                person.account, fields.line("approval"), is_yes=is_yes, by=person.id
            )
        except DrawbridgeError as error:
            # The page as it stands now, because meanwhile the question may have ended.
            problem, status = say_error(error), error.http_status
            return await self._page(visit, "approvals/list.html", problem, status)
        return go(_HERE, "approval_given" if is_yes else "approval_declined")

    async def _page(
        self, visit: Visit, name: str, problem: str = "", status: int = 200
    ) -> Response:
        account, approvals = visit.person.account, self.house.approvals
        now_ms = self.house.clock.now_ms()
        newest = await approvals.list_newest(account)
        facts = {
            "problem": problem,
            "questions": [_question(it, now_ms) for it in await approvals.list_open(account)],
            "answers": [_answer(it, now_ms) for it in newest if not it.is_open(now_ms)],
        }
        return self.site.page(visit, name, facts, status)


def _question(approval: Approval, now_ms: int) -> QuestionView:
    return QuestionView(
        id=approval.id,
        subject=subject_of(approval),
        asked_by=approval.question.asked_by,
        left_ms=approval.expires_ms - now_ms,
        expires_ms=approval.expires_ms,
    )


def _answer(approval: Approval, now_ms: int) -> AnswerView:
    return AnswerView(
        at_ms=approval.answered_ms or approval.expires_ms,
        subject=subject_of(approval),
        asked_by=approval.question.asked_by,
        state=state_of(approval, now_ms),
        is_good=approval.state is ApprovalState.APPROVED,
    )
