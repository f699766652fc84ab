"""Approvals: what waits for an answer, and the two buttons that give it."""

from typing import Final

from aiogram import F, Router
from aiogram.types import CallbackQuery

from drawbridge.approvals.model import Approval, ApprovalState
from drawbridge.approvals.words import question_of, state_of, subject_of
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.telegram.screens import (
    Go,
    Screen,
    back_to,
    button,
    home_row,
    listed,
    named,
)
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.wording.say import say, say_error

LIST: Final = "approvals"
APPROVE, DECLINE = "approve", "decline"


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="approvals")
    router.callback_query.register(show_approvals, Go.filter(F.to == LIST))
    router.callback_query.register(show_approval, Go.filter(F.to == "approval"))
    router.callback_query.register(answer, Go.filter(F.to.in_({APPROVE, DECLINE})))
    return router


async def show_approvals(_query: CallbackQuery, visit: Visit) -> None:
    """List what waits for an answer."""
    found = await visit.house.approvals.list_open(visit.account)
    buttons = [named(subject_of(it), "approval", it.id) for it in found]
    lead, rows = listed(buttons, say("approval.lead" if found else "approval.none"))
    await visit.show(Screen(f"{say('approval.title')}\n\n{lead}", (*rows, home_row())))


async def show_approval(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Show one question with its buttons."""
    approval = await visit.house.approvals.get(visit.account, callback_data.what)
    await visit.show(_screen(visit, approval))


async def answer(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Take an answer; what became of the question then stands in its place."""
    is_yes = callback_data.to == APPROVE
    approvals, account = visit.house.approvals, visit.account
    first = ""
    try:
        await visit.house.answering.answer(
            account, callback_data.what, is_yes=is_yes, by=visit.owner.id
        )
    except DrawbridgeError as error:
        # The question is shown all the same, without buttons that would be pressed in vain.
        first = say_error(error)
    await visit.show(_screen(visit, await approvals.get(account, callback_data.what), first))


def _screen(visit: Visit, approval: Approval, first: str = "") -> Screen:
    now_ms = visit.house.clock.now_ms()
    if not approval.is_open(now_ms):
        parts = [subject_of(approval), state_of(approval, now_ms), first]
        is_coming = approval.state is ApprovalState.APPROVED and not approval.outcome
        look = ((button("look", "approval", approval.id),),) if is_coming else ()
        return Screen("\n\n".join(part for part in parts if part), (*look, back_to(LIST)))
    left = say("approval.time_left", left_ms=approval.expires_ms - now_ms)
    answers = (button(APPROVE, APPROVE, approval.id), button(DECLINE, DECLINE, approval.id))
    return Screen(f"{question_of(approval)}\n\n{left}", (answers, back_to(LIST)))
