"""The loop of a backtest, as numba compiles it and as Python runs it without numba.

What is said at a candle's close is carried out at the next candle's open; guards act there as
well, or within the candle at their own prices. Whatever is switched off is handed in as None, so
that the compiler leaves it out. Nothing here is exact money.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from drawbridge.robots.backtest.filling import (
    FILLING,
    IDLE,
    Account,
    Book,
    State,
    Terms,
    Trip,
    Working,
    amount_of,
    at_limit,
    at_market,
    booked,
    carried_out,
    is_above_minimum,
    is_covered,
    on_tick,
    room_at,
    sized,
    stepped,
    with_order,
    with_trip,
)
from drawbridge.robots.guards import BY_PROFIT, NO_EXIT, Bar, Ended, Guards, exit_of, safety_of
from drawbridge.robots.steering import (
    BY_SIGNAL,
    LEAVE,
    LONG,
    SAFETY,
    SHORT,
    STAY,
    UNASKED,
    Choice,
    Close,
    Turn,
    choose,
    steer,
    turned,
)
from drawbridge.robots.strategy import NOTHING_HELD, UNSAID, Held

FUNDING_MS: Final = 8 * 3_600_000
# No candle makes more fills than this: leaving, entering, twenty safety entries and an exit.
SLACK: Final = 24


class Course(NamedTuple):
    """What decides: the strategy's series and its settings, named tuples of its own."""

    seen: Any
    settings: Any


class Rules(NamedTuple):
    """What may be switched off; None is off.

    `confirmed` has the side of the confirming strategies at each candle; `funding` is what longs
    pay every eight hours, as a fraction.
    """

    guards: Guards | None = None
    confirmed: Sequence[int] | None = None
    funding: float | None = None


# Asks the strategy until it says something new (hearing.py), or until a candle's number. It is
# handed the course, the book, the state, the best price and that number.
Hear: TypeAlias = Callable[[Course, Book, State, float, int], tuple[int, int]]


def walk(hear: Hear, course: Course, book: Book, rules: Rules, state: State) -> State:
    """Walk through the candles from where the state is; stop early when the record is full."""
    count, capacity = len(book.bars.close), len(book.record.at) - SLACK
    is_guarded, is_funded = rules.guards is not None, rules.funding is not None
    best = best_before(state, book)
    while state.next < count:
        at = state.next
        if is_guarded or is_funded or state.working.order != STAY:
            if state.fills > capacity:
                return state
            state = opened(rules.funding, state, at, book)
        if is_guarded:
            state = judged(rules.guards, state, at, best, book)
        else:
            best = best_before(state, book)
        end = count if is_quiet(rules.guards, state) and not is_funded else at + 1
        at, said = hear(course, book, state, best, end)
        if is_guarded:
            best = better(state, best, at, book)
        if is_guarded or said != UNSAID:
            state = closed(rules, moved(state, at), said, best, book)
        else:
            state = moved(state, at + 1)
    return state


def is_quiet(guards: Guards | None, state: State) -> bool:
    """Tell whether nothing can happen until the strategy says something new."""
    if state.working.order != STAY:
        return False
    if guards is None:
        return True
    return state.account.lots == 0 and guards.confirm == 1


def moved(state: State, at: int) -> State:
    """Give the state in front of another candle, the strategy having said nothing new."""
    turn = state.turn
    turn = Turn(turn.stance, turn.stood + at - state.next, turn.is_turn)
    return State(at, state.fills, state.ends, state.account, state.trip, state.working, turn)


def held_of(state: State, best: float, until: int, step: float) -> Held:
    """Tell a strategy and guards of the position, as of the candles before number `until`."""
    trip = state.trip
    quantity = state.account.lots * step
    return Held(quantity, trip.price, trip.entry, best, until - trip.opened, trip.steps)


def better(state: State, best: float, at: int, book: Book) -> float:
    """Give the best price of the position, one more candle taken in."""
    if state.trip.opened == at:
        best = state.trip.entry
    if state.account.lots > 0:
        return max(best, book.bars.high[at])
    return min(best, book.bars.low[at])


def best_before(state: State, book: Book) -> float:
    """Give the best price of the position before the next candle."""
    best = 0.0
    if state.account.lots != 0:
        for at in range(state.trip.opened, state.next):
            best = better(state, best, at, book)
    return best


def opened(funding: float | None, state: State, at: int, book: Book) -> State:
    """Take in a candle's open: what is due for the position, and the order that waits."""
    state = funded(funding, state, at, book)
    if state.working.order != STAY:
        state = carried_out(state, at, book)
    return state


def funded(funding: float | None, state: State, at: int, book: Book) -> State:
    """Pay (or get) what was due since the candle before, at this one's open."""
    if funding is None:
        return state
    times, account, trip = book.bars.time_ms, state.account, state.trip
    due = times[at] // FUNDING_MS - times[max(0, at - 1)] // FUNDING_MS
    if due == 0 or account.lots == 0:
        return state
    paid = due * funding * account.lots * book.terms.step * book.bars.open[at]
    account = Account(account.cash - paid, account.lots, account.dust)
    trip = Trip(trip.price, trip.entry, trip.opened, trip.steps, trip.entered, trip.flow - paid)
    return State(state.next, state.fills, state.ends, account, trip, state.working, state.turn)


def judged(guards: Guards | None, state: State, at: int, best: float, book: Book) -> State:
    """Let guards act within a candle, where they watch every price.

    Why in this order: nobody knows which price came first. Safety entries that lie nearer than
    the stop come before it, because the price passed them; a target is not reached any more in
    a candle in which a safety entry was made.
    """
    if guards is None:
        return state
    if not book.terms.within or state.account.lots == 0 or state.working.order == LEAVE:
        return state
    bars, before = book.bars, state.trip.steps
    bar = Bar(bars.open[at], bars.high[at], bars.low[at], bars.close[at])
    if state.trip.opened == at:
        best = state.trip.entry
    while True:
        held = held_of(state, best, at, book.terms.step)
        price, by = exit_of(guards, held, bar)
        safety = safety_of(guards, held, bar)
        sign = 1.0 if held.quantity > 0 else -1.0
        is_first = by in (NO_EXIT, BY_PROFIT) or (safety - price) * sign > 0
        steps = state.trip.steps
        if safety > 0.0 and is_first:
            state = saved(state, at, safety, bar, book)
        if state.trip.steps == steps:
            break
    if by == NO_EXIT or (by == BY_PROFIT and state.trip.steps > before):
        return state
    return ended_within(state, Exit(at, price, by), bar, book)


class Exit(NamedTuple):
    """Where and why a guard ends a position."""

    at: int
    price: float
    by: int


def saved(state: State, at: int, price: float, bar: Bar, book: Book) -> State:
    """Make a safety entry within a candle, as a limit order that was resting there."""
    terms, side = book.terms, LONG if state.account.lots > 0 else SHORT
    raw = price if price == bar.open else on_tick(price, terms)
    lots = sized(amount_of(SAFETY, state.trip.steps, terms), raw, terms)
    lots = min(lots, room_at(at, state, book))
    if lots == 0 or not is_covered(lots, raw, state.account, terms):
        return state
    state = booked(state, at_limit(at, lots * side, raw, SAFETY, terms), book)
    return with_trip(state, stepped(state.trip))


def ended_within(state: State, exit_: Exit, bar: Bar, book: Book) -> State:
    """End a position within a candle: at a target by a limit order, at a stop by a market order.

    What the candle's volume does not take of a stop is left at the next opens.
    """
    terms, held = book.terms, state.account.lots
    raw = exit_.price if exit_.price == bar.open else on_tick(exit_.price, terms)
    lots = min(abs(held), room_at(exit_.at, state, book))
    signed = -lots if held > 0 else lots
    if not is_above_minimum(abs(held), raw, terms):
        return state
    if exit_.by == BY_PROFIT:
        deal = at_limit(exit_.at, signed, raw, exit_.by, terms)
    else:
        deal = at_market(exit_.at, signed, raw, exit_.by, terms)
    if lots > 0:
        state = booked(state, deal, book)
    if state.account.lots == 0 or exit_.by == BY_PROFIT:
        return with_order(state, IDLE)
    return with_order(state, Working(LEAVE, exit_.by, 0, lots))


def closed(rules: Rules, state: State, said: int, best: float, book: Book) -> State:
    """Take in what is said at a candle's close, and decide what is carried out at the next open."""
    turn, working, at = turned(state.turn, said), state.working, state.next
    if at >= book.terms.begin:
        held = NOTHING_HELD
        if state.account.lots != 0:
            held = held_of(state, best, at + 1, book.terms.step)
        close = close_of(rules.confirmed, at, book)
        choice = chosen(rules.guards, turn, held, close, state, book)
        lots = entry_lots(choice, state.trip.steps, close.price, book.terms)
        working = replaced(working, choice, lots, turn.stance != state.turn.stance)
    return State(at + 1, state.fills, state.ends, state.account, state.trip, working, turn)


def close_of(confirmed: Sequence[int] | None, at: int, book: Book) -> Close:
    """Gather what is known at a close."""
    terms, bars = book.terms, book.bars
    side = asked(confirmed, at)
    time_ms = bars.time_ms[at] + terms.interval_ms
    return Close(at, time_ms, bars.close[at], side, not terms.within)


def asked(confirmed: Sequence[int] | None, at: int) -> int:
    """Give the side of the confirming strategies."""
    if confirmed is None:
        return UNASKED
    return confirmed[at]


def chosen(
    guards: Guards | None, turn: Turn, held: Held, close: Close, state: State, book: Book
) -> Choice:
    """Choose with guards, or without any."""
    if guards is None:
        return Choice(steer(turn, book.terms.direction, 1, held.quantity), BY_SIGNAL)
    record = book.record
    before = Ended(record.ended_at, record.gain, record.stopped, state.ends)
    return choose(guards, turn, book.terms.direction, held, close, before)


def entry_lots(choice: Choice, steps: int, price: float, terms: Terms) -> int:
    """Size an entry by the price at which it is decided, as a robot does that places it then."""
    if choice.order in (STAY, LEAVE):
        return 0
    return sized(amount_of(choice.why, steps, terms), price, terms)


def replaced(
    working: Working,
    choice: Choice,
    lots: int,
    is_turn: bool,  # noqa: FBT001  the compiler knows no keyword-only arguments
) -> Working:
    """Give the order that is to be carried out from now on.

    A turn ends whatever was under way. Otherwise an exit that is under way goes on as it is, and
    a safety entry waits for what is under way. An entry that the market does not take is none,
    but the other side is left for it.
    """
    order, why = choice
    if not is_turn:
        if order in (STAY, working.order):
            return working
        if why == SAFETY and working.order != STAY:
            return working
    if order in (LONG, SHORT) and lots == 0:
        order = STAY if why == SAFETY else LEAVE
    if order == STAY:
        return IDLE
    return Working(order, why, lots, 0)


COMPILED: Final = (
    *FILLING, is_quiet, moved, held_of, better, best_before, opened, funded, judged, saved,
    ended_within, closed, close_of, asked, chosen, entry_lots, replaced,
)  # fmt: skip
"""What the loop calls, for the compiler to know."""
