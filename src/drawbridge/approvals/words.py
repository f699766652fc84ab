"""Approvals in words, the same for page, chat and command line."""

from drawbridge.approvals.asking import notice_of
from drawbridge.approvals.model import DONE, Approval, ApprovalKind, ApprovalState
from drawbridge.notices.words import order_asked, said
from drawbridge.wording.say import say, say_reason


def question_of(approval: Approval) -> str:
    """Ask, with the end of the time to answer."""
    return said(notice_of(approval)).title


def subject_of(approval: Approval) -> str:
    """Tell in a few words what is asked for."""
    facts = dict(approval.question.facts)
    if not is_about_orders(approval):
        return say(f"approval.act.{approval.kind.value}", **facts)
    orders = facts["orders"]
    told = [order_asked(it) for it in orders] if isinstance(orders, list) else []
    return say("approval.orders", **{**facts, "orders": told})


def state_of(approval: Approval, now_ms: int) -> str:
    """Tell where a question stands, and what came of a yes."""
    state = approval.state_at(now_ms)
    told = say(f"approval.status.{state.value}")
    if state is not ApprovalState.APPROVED:
        return told
    return f"{told}. {outcome_of(approval)}"


def is_about_orders(approval: Approval) -> bool:
    """Tell whether a robot asks for orders, which the gateway's process places."""
    return approval.kind is ApprovalKind.ORDERS


def outcome_of(approval: Approval) -> str:
    """Tell what came of a yes."""
    if not approval.outcome:
        return say("approval.end.pending")
    if approval.outcome == DONE:
        # Whether an order is filled, the robot's page tells.
        return say("approval.end.passed_on" if is_about_orders(approval) else "approval.end.done")
    return say_reason(approval.outcome, approval.question.facts)
