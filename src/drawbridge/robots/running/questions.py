"""Robots that ask before each order: what is asked, what the answer does, and when it counts.

A decision that waits for an answer keeps nothing else waiting: guards go on judging, and what
protects a position never asks. Unanswered is no, and a yes counts only until its time has ended.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from drawbridge.approvals.model import DONE, Approval, ApprovalKind, ApprovalState, Question
from drawbridge.approvals.store import ApprovalStore
from drawbridge.core.clock import HOUR_MS, Clock
from drawbridge.core.ids import id_from
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.robots.decision_store import Changes
from drawbridge.robots.model import Decision, DecisionState
from drawbridge.robots.running.deciding import ENTRY_GOOD_FOR_CANDLES, Verdict
from drawbridge.robots.running.seat import Seat, is_entry, protects
from drawbridge.robots.running.writing import Pen
from drawbridge.storage.database import Database

LONGEST_MS: Final = 4 * HOUR_MS
"""No question of a robot waits longer, however long its candles are."""

TOO_LATE: Final = "approval_too_late"
"""Why an order that was allowed was not sent: the time of the answer had ended by then."""

# How the names of decisions begin that came from outside (signalling.py).
_BY_SIGNAL: Final = "signal"
_WHY: Final[Mapping[ApprovalState, str]] = {
    ApprovalState.APPROVED: TOO_LATE,
    ApprovalState.DECLINED: "approval_declined",
    ApprovalState.EXPIRED: "approval_expired",
    ApprovalState.WITHDRAWN: "approval_withdrawn",
}
_TOLD: Final = frozenset({TOO_LATE, "approval_expired"})
"""Of these a person is told; what they said themselves they know."""


def asked_first(seat: Seat, verdict: Verdict, price: Decimal, now_ms: int) -> Verdict:
    """Turn into a question what a person wants to be asked before.

    What is asked already is not asked twice, and whatever else is decided withdraws it. After a
    no, the same is asked again at the next candle and not at every price in between.
    """
    if not seat.plan.asks:
        return verdict
    pending = tuple(seat.asked.values())
    free = tuple(it for it in verdict.decisions if protects(it))
    asked = tuple(it for it in verdict.decisions if not protects(it))
    if asked and not free and (_alike(asked) == _alike(pending) or _was_no(seat, asked, now_ms)):
        return replace(verdict, decisions=())
    has_turned = verdict.standing.turn.stance != seat.standing.turn.stance
    withdrawn = pending if verdict.decisions or has_turned else ()
    if not asked:
        return replace(verdict, withdrawn=withdrawn)
    question = _question(seat, asked, price, now_ms)
    waiting = tuple(
        replace(
            it,
            state=DecisionState.ASKED,
            approval=question.id,
            until_ms=question.expires_ms,
        )
        for it in asked
    )
    return replace(verdict, decisions=free, asked=waiting, question=question, withdrawn=withdrawn)


def write_down(changes: Changes, verdict: Verdict) -> None:
    """Put what is asked, and what needs no answer any more, among what is to be written."""
    changes.made += verdict.asked
    if verdict.question is not None:
        changes.questions.append(verdict.question)
    _withdraw(changes, verdict.withdrawn)


def take_up(seat: Seat, verdict: Verdict) -> None:
    """Take up what was decided, once it is on disk."""
    for decision in verdict.withdrawn:
        seat.asked.pop(decision.tag, None)
    seat.asked |= {decision.tag: decision for decision in verdict.asked}
    seat.open |= {decision.tag: decision for decision in verdict.decisions}


class Questions:
    """Hears what people answered."""

    def __init__(self, database: Database, pen: Pen, clock: Clock) -> None:
        """Read answers from the app's database, write with this pen."""
        self._approvals = ApprovalStore(database)
        self._pen = pen
        self._clock = clock

    async def hear(self, seat: Seat) -> None:
        """Take in what was answered: what is allowed is open from now on, all else is dropped."""
        if not seat.asked:
            return
        ids = sorted({it.approval for it in seat.asked.values()})
        known, now_ms = await self._approvals.list_by_id(ids), self._clock.now_ms()
        changes = Changes()
        for decision in seat.asked.values():
            approval = known.get(decision.approval)
            if approval is None or not approval.is_open(now_ms):
                _settle(changes, seat, decision, approval, now_ms)
        if changes:
            await self._pen.write(changes)
            for decision in changes.moved:
                del seat.asked[decision.tag]
                if decision.state is DecisionState.OPEN:
                    seat.open[decision.tag] = decision
            refused = [it for it in changes.moved if it.state is DecisionState.DROPPED]
            if refused:
                interval_ms = seat.plan.interval_ms
                next_candle_ms = now_ms - now_ms % interval_ms + interval_ms
                seat.unasked = frozenset(_alike(refused)), next_candle_ms

    async def withdraw(self, seat: Seat) -> None:
        """Ask for nothing any more: the seat stops, rests or begins anew."""
        if not seat.asked:
            return
        changes = Changes()
        _withdraw(changes, seat.asked.values())
        await self._pen.write(changes)
        seat.asked.clear()


def _settle(
    changes: Changes, seat: Seat, decision: Decision, approval: Approval | None, now_ms: int
) -> None:
    if approval is not None and approval.is_allowed(now_ms):
        changes.moved.append(replace(decision, state=DecisionState.OPEN))
        changes.outcomes.append((approval.id, DONE))
        return
    state = ApprovalState.WITHDRAWN if approval is None else approval.state_at(now_ms)
    reason = _WHY[state]
    changes.moved.append(replace(decision, state=DecisionState.DROPPED, reason=reason))
    if state is ApprovalState.APPROVED:
        changes.outcomes.append((decision.approval, TOO_LATE))
    if reason in _TOLD:
        changes.notices.append(_not_placed(seat, decision, reason))


def _withdraw(changes: Changes, decisions: Iterable[Decision]) -> None:
    reason = _WHY[ApprovalState.WITHDRAWN]
    for decision in decisions:
        changes.moved.append(replace(decision, state=DecisionState.DROPPED, reason=reason))
        changes.withdrawn.append(decision.approval)


def _question(seat: Seat, decisions: tuple[Decision, ...], price: Decimal, now_ms: int) -> Approval:
    """Ask for all that was decided at once: a turn from long to short is one question.

    Why its id is derived: after any crash the same decision asks the same question.
    """
    first, interval_ms = decisions[0], seat.plan.interval_ms
    until_ms = now_ms + min(ENTRY_GOOD_FOR_CANDLES * interval_ms, LONGEST_MS)
    if any(map(is_entry, decisions)):
        # Beyond that, the price of the entry is gone, whoever says yes.
        good_ms = first.moment_ms + (1 + ENTRY_GOOD_FOR_CANDLES) * interval_ms
        until_ms = min(until_ms, good_ms)
    facts: dict[str, object] = {
        "name": seat.robot.name,
        "symbol": seat.plan.symbol,
        "price": price,
        "orders": [
            {"side": it.side.value, "quantity": str(it.quantity), "why": _kind(it)}
            for it in decisions
        ],
    }
    asked = Question(seat.robot.owner, ApprovalKind.ORDERS, seat.robot.id, facts, seat.robot.name)
    seed = f"{first.robot_id}\x1f{first.key_id}\x1f{first.tag}"
    approval_id = id_from("approval", hashlib.sha256(seed.encode()).digest())
    return Approval(approval_id, asked, now_ms, until_ms)


def _was_no(seat: Seat, decisions: Iterable[Decision], now_ms: int) -> bool:
    """Tell whether all of this was just answered with no; a new signal from outside is news."""
    kinds, until_ms = seat.unasked
    is_news = any(it.tag.partition(":")[2].startswith(_BY_SIGNAL) for it in decisions)
    return now_ms < until_ms and not is_news and kinds.issuperset(_alike(decisions))


def _alike(decisions: Iterable[Decision]) -> tuple[tuple[str, str], ...]:
    """Give what makes two decisions the same question."""
    return tuple((_kind(it), it.side.value) for it in decisions)


def _kind(decision: Decision) -> str:
    return decision.tag.partition(":")[0]


def _not_placed(seat: Seat, decision: Decision, reason: str) -> Notice:
    facts = {
        "name": seat.robot.name,
        "symbol": seat.plan.symbol,
        "side": decision.side.value,
        "quantity": decision.quantity,
        "client_order_id": decision.client_id,
        "time_ms": decision.moment_ms,
        "reason": reason,
        "about": {"name": seat.robot.name},
    }
    return Notice(NoticeKind.ORDER_REFUSED, seat.robot.owner, seat.robot.id, facts)
