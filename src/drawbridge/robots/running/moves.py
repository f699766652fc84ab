"""Moving robots from state to state: on disk with the audit event and the notice of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Final

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, DrawbridgeError
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.robots import store
from drawbridge.robots.decision_store import Changes
from drawbridge.robots.model import Account, Robot, RobotStatus
from drawbridge.robots.risk import KEY_EXPIRES, Refusal
from drawbridge.robots.running.seat import Seat
from drawbridge.robots.running.writing import Pen
from drawbridge.robots.store import Reason
from drawbridge.storage.database import Transaction

_TOLD: Final[Mapping[RobotStatus, tuple[Tag, NoticeKind]]] = {
    RobotStatus.STARTING: (Tag.ROBOTS_ROBOT_RESUMED, NoticeKind.ROBOT_RESUMED),
    RobotStatus.STARTED: (Tag.ROBOTS_ROBOT_STARTED, NoticeKind.ROBOT_STARTED),
    # Only who pauses in the end is moved there by itself: what it holds is closed before.
    RobotStatus.STOPPING: (Tag.ROBOTS_ROBOT_PAUSED, NoticeKind.ROBOT_PAUSED),
    RobotStatus.STOPPED: (Tag.ROBOTS_ROBOT_STOPPED, NoticeKind.ROBOT_STOPPED),
    RobotStatus.PAUSED: (Tag.ROBOTS_ROBOT_PAUSED, NoticeKind.ROBOT_PAUSED),
}

ALL_WELL: Final = Refusal("")


@dataclass(frozen=True, slots=True)
class _Move:
    """What is to become of a robot on an account; `step` is its market's, where it is news."""

    robot: Robot
    account: Account
    status: RobotStatus
    refusal: Refusal
    step: Decimal | None = None


class Moves:
    """What moves robots on."""

    def __init__(self, pen: Pen, clock: Clock) -> None:
        """Write with this pen."""
        self._pen = pen
        self._clock = clock

    async def move(self, seat: Seat, status: RobotStatus, refusal: Refusal | None = None) -> None:
        """Move a robot on, on one account, with its reason, its audit event and its notice.

        Raises: `Conflict("robot_has_changed")` when a person has moved it meanwhile.
        """
        step = seat.book.step
        is_news = seat.market is not None and seat.robot.quantity_step != step
        moved = _Move(
            seat.robot, seat.account, status, refusal or ALL_WELL, step if is_news else None
        )
        seat.account = await self._moved(moved)
        # What was read before is older than this.
        seat.told = None
        seat.not_before_ms = seat.failures = 0

    async def pause_unread(self, robot: Robot, account: Account, error: DrawbridgeError) -> None:
        """Pause a robot that could not even be read, such as one whose strategy is gone."""
        if account.status is not RobotStatus.PAUSED:
            refusal = Refusal(error.code, error.facts)
            await self._moved(_Move(robot, account, RobotStatus.PAUSED, refusal))

    async def _moved(self, move: _Move) -> Account:
        now_ms = self._clock.now_ms()
        write = partial(_write, move, now_ms)
        await self._pen.write(Changes(), write, key_ids=(move.account.key_id,))
        refusal = move.refusal
        return replace(
            move.account,
            status=move.status,
            reason=refusal.code,
            facts=refusal.facts,
            changed_ms=now_ms,
        )

    async def give_up(self, seat: Seat, refusal: Refusal) -> None:
        """Pause, or when it was to stop anyway, stop and say what was left undone."""
        if is_winding_up(seat):
            await self.end(seat)
        elif seat.status is RobotStatus.STOPPING:
            await self.move(seat, RobotStatus.STOPPED, refusal)
        elif seat.status is not RobotStatus.PAUSED:
            await self.move(seat, RobotStatus.PAUSED, refusal)

    async def end(self, seat: Seat) -> None:
        """Come to rest after closing: stopped, or paused where that was only for the key's end."""
        if is_winding_up(seat):
            refusal = Refusal(seat.account.reason, seat.account.facts)
            await self.move(seat, RobotStatus.PAUSED, refusal)
        else:
            await self.move(seat, RobotStatus.STOPPED)

    async def note(self, seats: list[Seat], code: str, facts: Mapping[str, object]) -> None:
        """Write down what robots wait for, only where that is news; no code is that all is well."""
        news = [it for it in seats if it.account.reason != code and not it.is_left]
        if not news:
            return
        reasons = [Reason(seat.robot.id, seat.key_id, code, facts, seat.status) for seat in news]
        try:
            await self._pen.write(Changes(reasons=reasons))
        except Conflict:
            # One of them was just taken over by another process; the others tell it once more.
            return
        for seat in news:
            seat.account = replace(seat.account, reason=code, facts=facts)


def is_winding_up(seat: Seat) -> bool:
    """Tell whether a robot closes what it holds because its key ends, and pauses then."""
    return seat.status is RobotStatus.STOPPING and seat.account.reason == KEY_EXPIRES


async def _write(move: _Move, now_ms: int, tx: Transaction) -> None:
    robot, account, status, code = move.robot, move.account, move.status, move.refusal.code
    tag, kind = _TOLD[status]
    # First of all, because it may find that somebody else has moved the robot.
    await store.set_status(tx, robot, account, status, now_ms)
    if code:
        await store.set_reasons(tx, [Reason(robot.id, account.key_id, code, move.refusal.facts)])
    if account.leaves and status is RobotStatus.STOPPED:
        await store.remove_account(tx, robot, account.key_id)
    if move.step is not None:
        await store.set_market(tx, robot, move.step)
    await store.sum_up(tx, (robot.id,))
    event = AuditEvent(tag, robot.owner, robot.id, {"name": robot.name, "reason": code})
    await append(tx, event, now_ms)
    # Who comes from closing has told of the pause before.
    if not (account.status is RobotStatus.STOPPING and status is RobotStatus.PAUSED):
        await tell(tx, _notice(kind, robot, code, move.refusal.facts), now_ms)


def _notice(kind: NoticeKind, robot: Robot, code: str, about: Mapping[str, object]) -> Notice:
    facts: dict[str, object] = {"name": robot.name}
    if code:
        facts |= {"reason": code, "about": dict(about)}
    return Notice(kind, robot.owner, robot.id, facts)
