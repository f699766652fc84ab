"""What a signal strategy with its guards decides at a candle's close. Pure: seats are only read.

The choice itself is steering.py's, the same that a backtest runs compiled; here is what stands
around it at work: candles that were slept through, exact sizes, and a name for every decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, NamedTuple

from drawbridge.approvals.model import Approval
from drawbridge.core.markets import Candle
from drawbridge.robots import guards as guard
from drawbridge.robots.columns import columns_from
from drawbridge.robots.guards import Ended
from drawbridge.robots.model import Decision, DecisionState, Plan, Standing, Trigger
from drawbridge.robots.risk import Refusal, size_entry
from drawbridge.robots.running.charts import Chart
from drawbridge.robots.running.seat import Course, Seat, course_of, is_entry, side_into
from drawbridge.robots.steering import (
    BOTH,
    BY_SIGNAL,
    LEAVE,
    NOT_TURNED,
    SAFETY,
    STAY,
    STAYING,
    UNASKED,
    Choice,
    Close,
    Turn,
    choose,
    confirmed_side,
    guarded,
    may_enter,
    side_of,
    steer,
    turned,
)
from drawbridge.robots.strategy import NOTHING_HELD, UNSAID

# A position's best price is on disk at most so many candles late; those are on disk as well.
_WRITTEN_EVERY: Final = 400
ENTRY_GOOD_FOR_CANDLES: Final = 2
"""A decision is made when its candle has closed; an entry that could not be placed for so many
candles after that would buy at a price that is gone."""

TOO_LATE: Final = "robot_entry_too_late"
"""Why such an entry was left out."""

_STOPPING: Final = frozenset({guard.BY_STOP, guard.BY_TRAIL})
_LEAVES: Final = {
    BY_SIGNAL: "leave",
    guard.BY_STOP: "stop",
    guard.BY_TRAIL: "trail",
    guard.BY_PROFIT: "profit",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a seat decided: where it stands then, and its decisions, or why it may not.

    `is_news`: the standing is to be written down, because something was said or has ended.
    `missed` are entries that came too late to be made; `asked` waits for the answer to
    `question`, and `withdrawn` needs no answer any more (questions.py).
    """

    standing: Standing
    is_news: bool = False
    decisions: tuple[Decision, ...] = ()
    missed: tuple[Decision, ...] = ()
    asked: tuple[Decision, ...] = ()
    question: Approval | None = None
    withdrawn: tuple[Decision, ...] = ()
    refusal: Refusal | None = None


def is_too_late(plan: Plan, moment_ms: int, now_ms: int) -> bool:
    """Tell whether an entry at the close of a candle is not worth its price any more."""
    age_ms = now_ms - moment_ms - plan.interval_ms
    return age_ms > ENTRY_GOOD_FOR_CANDLES * plan.interval_ms


def judge_candles(seat: Seat, chart: Chart, now_ms: int) -> Verdict:
    """Decide at the close of every candle that the seat has not seen yet, the oldest first.

    It ends at the first one that asks for orders: the next is judged once those are settled, so
    that a candle which comes while an order is under way is decided on late, and never lost. An
    entry that is too old by then is told as missed; an exit is made up for at the newest candle.
    """
    candle, before = chart.newest, seat.standing
    if candle is None or candle.open_time_ms <= before.at_ms:
        return Verdict(before)
    standing, begin = _begun(seat, chart)
    missed, verdict = list[Decision](), Verdict(standing)
    for at in range(begin, chart.count):
        standing = _shown(seat, standing, chart, at)
        choice = _chosen(seat, standing, chart, at)
        if choice.order == STAY:
            continue
        moment = _Moment(standing.at_ms, chart.close_of(at), is_newest=at == chart.count - 1)
        seat_then = replace(seat, standing=standing)
        if seat.is_started and is_too_late(seat.plan, standing.at_ms, now_ms):
            missed += _missed(seat_then, choice, moment)
            choice = _made_up_for(seat_then, choice, moment)
        verdict = decide(seat_then, choice, moment.price, moment.time_ms)
        if verdict.decisions or verdict.refusal is not None:
            break
    is_news = (
        bool(verdict.decisions or missed)
        or standing.turn.stance != before.turn.stance
        or standing.at_ms - seat.written_ms >= _WRITTEN_EVERY * seat.plan.interval_ms
    )
    return replace(verdict, standing=standing, is_news=is_news, missed=tuple(missed))


def judge_price(seat: Seat, price: Decimal, time_ms: int) -> Verdict:
    """Let guards judge a price between candles."""
    candle_ms = time_ms - time_ms % seat.plan.interval_ms
    held = seat.seen_by_strategy(seat.standing, float(price), candle_ms)
    if not held.quantity:
        return Verdict(seat.standing)
    return decide(seat, guarded(seat.course.guards, held, float(price)), price, time_ms)


def judge_signal(
    seat: Seat, chart: Chart, side: int, price: Decimal, named: tuple[str, int]
) -> Verdict:
    """Carry a signal from outside into decisions: a side to be on, or LEAVE.

    `named` is what names the signal for ever, so that it acts once, and the moment. Guards may
    keep from entering.
    """
    candle, (name, now_ms) = chart.newest, named
    if candle is None:
        return Verdict(seat.standing)
    held = seat.held_at(price)
    if side == LEAVE:
        choice = Choice(LEAVE if held else STAY, BY_SIGNAL)
    else:
        choice = _allowed(seat, chart, candle, side)
    return decide(seat, choice, price, now_ms, name)


def decide(seat: Seat, choice: Choice, price: Decimal, moment_ms: int, name: str = "") -> Verdict:
    """Make decisions of a choice, sized at a price; what is held against it is left first."""
    if choice.order == STAY:
        return Verdict(seat.standing)
    held, name = seat.held_at(price), name or str(moment_ms)
    decisions = []
    if choice.order == LEAVE or held * choice.order < 0:
        if held:
            kind = _LEAVES[choice.why]
            decisions.append(leaving(seat, held, f"{kind}:{name}", moment_ms))
        if choice.order == LEAVE:
            return Verdict(seat.standing, decisions=tuple(decisions))
    sized = _sized(seat, choice, price)
    if isinstance(sized, Refusal):
        return Verdict(seat.standing, decisions=tuple(decisions), refusal=sized)
    kind = "safety" if choice.why == SAFETY else "enter"
    entry = Decision(
        robot_id=seat.robot.id,
        key_id=seat.key_id,
        tag=f"{kind}:{name}",
        moment_ms=moment_ms,
        side=side_into(choice.order),
        quantity=sized,
    )
    return Verdict(seat.standing, decisions=(*decisions, entry))


def leaving(seat: Seat, held: Decimal, tag: str, moment_ms: int) -> Decision:
    """Decide to close a position."""
    return Decision(
        robot_id=seat.robot.id,
        key_id=seat.key_id,
        tag=tag,
        moment_ms=moment_ms,
        side=side_into(-1 if held > 0 else 1),
        quantity=abs(held),
        reduces=seat.plan.is_contract,
    )


def turn_of(plan: Plan, candles: Sequence[Candle]) -> Turn:
    """Tell where a strategy stands after these candles."""
    course, columns, turn = course_of(plan), columns_from(candles), NOT_TURNED
    if course.strategy.decide is None:
        return turn
    seen = course.strategy.look(columns, course.settings)
    for at in range(len(columns)):
        turn = turned(turn, course.strategy.decide(seen, at, course.settings, NOTHING_HELD))
    return turn


def _sized(seat: Seat, choice: Choice, price: Decimal) -> Decimal | Refusal:
    if seat.market is None:
        return Refusal("robot_no_candles", {"symbol": seat.plan.symbol})
    amount = seat.account.stake.amount
    if choice.why == SAFETY:
        scale = Decimal(str(seat.course.guards.dca_scale))
        amount *= scale ** (seat.standing.steps + 1)
    return size_entry(seat.market, price, amount)


def _allowed(seat: Seat, chart: Chart, candle: Candle, side: int) -> Choice:
    """Let direction and guards say whether a side may be entered now; else what is against it."""
    held, direction = seat.held_at(candle.close), seat.plan.direction.side
    if held * side > 0:
        return Choice(STAY, BY_SIGNAL)
    close, ended = _close(seat, seat.standing, chart, chart.count - 1), _ended(seat, seat.standing)
    if direction in (BOTH, side) and may_enter(seat.course.guards, side, close, ended):
        return Choice(side, BY_SIGNAL)
    return Choice(LEAVE if held else STAY, BY_SIGNAL)


class _Moment(NamedTuple):
    """The close of a candle at which something is to be done."""

    time_ms: int
    price: Decimal
    is_newest: bool


def _chosen(seat: Seat, standing: Standing, chart: Chart, at: int) -> Choice:
    """Choose what to do at the close of a candle."""
    price, guards, turn = chart.float_close_of(at), seat.course.guards, standing.turn
    held = seat.seen_by_strategy(standing, price, standing.at_ms)
    direction = seat.plan.direction.side
    if not held.quantity and steer(turn, direction, guards.confirm, held.quantity) == STAY:
        return STAYING  # what nearly all robots do at nearly all candles
    close, ended = _close(seat, standing, chart, at), _ended(seat, standing)
    choice = choose(guards, turn, direction, held, close, ended)
    if seat.plan.asks and choice.order != STAY and close.at_closes:
        # A stop is due here as well: it goes out at once, where the signal would have to ask.
        stop = guarded(guards, held, price)
        return stop if stop.why in _STOPPING else choice
    return choice


def _missed(seat: Seat, choice: Choice, moment: _Moment) -> tuple[Decision, ...]:
    """Give the entry that would have been made at a candle that is too old now."""
    if choice.why != BY_SIGNAL or choice.order == LEAVE:
        return ()
    made = decide(seat, choice, moment.price, moment.time_ms).decisions
    late = DecisionState.DROPPED
    return tuple(replace(it, state=late, reason=TOO_LATE) for it in made if is_entry(it))


def _made_up_for(seat: Seat, choice: Choice, moment: _Moment) -> Choice:
    """Give what is still to be done about a candle that is too old: to leave, at the newest."""
    held = seat.held_at(moment.price)
    leaves = choice.order == LEAVE or held * choice.order < 0
    return Choice(LEAVE, choice.why) if leaves and moment.is_newest else STAYING


def _begun(seat: Seat, chart: Chart) -> tuple[Standing, int]:
    """Give the number of the first candle that a seat is to judge, and where it stood before.

    Who begins, or slept longer than its chart reaches, judges the newest one alone.
    """
    standing, newest = seat.standing, chart.count - 1
    begin = chart.number_of(standing.at_ms)
    is_anew = not standing.at_ms or standing.at_ms < chart.time_of(0)
    if seat.is_started and not is_anew:
        return standing, begin
    if is_anew:
        standing = standing._replace(turn=NOT_TURNED)
    if seat.book.is_flat:
        standing = _told(seat, standing, chart, range(begin, newest))
    else:
        for at in range(begin, newest):
            standing = _shown(seat, standing, chart, at)
    if is_anew and not seat.is_started:
        standing = _joining(seat, standing)
    return standing, newest


def _told(seat: Seat, standing: Standing, chart: Chart, numbers: range) -> Standing:
    """Give where a seat that holds nothing stands after some candles: often some hundred."""
    course, turn = seat.course, standing.turn
    decide_ = course.strategy.decide
    if decide_ is None or seat.plan.trigger is Trigger.SIGNAL or not numbers:
        return standing
    settings, seen = course.settings, chart.look(course.strategy, course.settings)
    for at in numbers:
        turn = turned(turn, decide_(seen, at, settings, NOTHING_HELD))
    return standing._replace(turn=turn)


def _joining(seat: Seat, standing: Standing) -> Standing:
    """Let a robot that joins pretend to have been out, so that being in counts as a turn."""
    stance = standing.turn.stance
    if seat.plan.joins and side_of(stance, seat.plan.direction.side):
        return standing._replace(turn=Turn(-stance))
    return standing


def _shown(seat: Seat, standing: Standing, chart: Chart, at: int) -> Standing:
    """Give where a seat stands after one more candle."""
    time_ms, turn, best, course = chart.time_of(at), standing.turn, standing.best, seat.course
    if standing.entered_ms and time_ms >= standing.entered_ms:
        low, high = chart.range_of(at)
        best = max(best, high) if seat.book.quantity > 0 else min(best, low)
        standing = standing._replace(best=best)
    if course.strategy.decide is not None and seat.plan.trigger is not Trigger.SIGNAL:
        held = seat.seen_by_strategy(standing, chart.float_close_of(at), time_ms)
        seen = chart.look(course.strategy, course.settings)
        turn = turned(turn, course.strategy.decide(seen, at, course.settings, held))
    return standing._replace(turn=turn, at_ms=time_ms)


def _ended(seat: Seat, standing: Standing) -> Ended:
    """Tell guards of the positions that ended, on the count of candles."""
    trips, interval_ms = standing.trips, seat.plan.interval_ms
    return Ended(
        [trip.at_ms // interval_ms for trip in trips],
        [trip.gain for trip in trips],
        [trip.stopped for trip in trips],
        len(trips),
    )


def _close(seat: Seat, standing: Standing, chart: Chart, at: int) -> Close:
    interval_ms, time_ms = seat.plan.interval_ms, chart.time_of(at)
    return Close(
        at=time_ms // interval_ms,
        time_ms=time_ms + interval_ms,
        price=chart.float_close_of(at),
        confirmed=_confirmed(seat.course, chart, at),
        # A close from before the entry, which came late, says nothing about the position.
        at_closes=not seat.watches_ticks and time_ms >= standing.entered_ms,
    )


def _confirmed(course: Course, chart: Chart, at: int) -> int:
    """Give the side that all confirming strategies are on, each by what it said last."""
    if not course.confirming:
        return UNASKED
    stances = 0
    for strategy, settings in course.confirming:
        seen = chart.look(strategy, settings)
        stances += _said_last(strategy.decide, seen, settings, at)
    return confirmed_side(stances, len(course.confirming))


def _said_last(decide_: object, seen: object, settings: object, newest: int) -> int:
    if not callable(decide_):
        return UNSAID
    for at in range(newest, -1, -1):
        said = int(decide_(seen, at, settings, NOTHING_HELD))
        if said != UNSAID:
            return said
    return UNSAID
