"""From what a signal strategy says to where the position should be. Pure, numbers only.

Compiled in a backtest and interpreted at work, as guards.py is. A turn acts at most once: who is
stopped out, locked or late waits for the next turn.
"""

from typing import Final, NamedTuple

from drawbridge.robots.guards import (
    NO_EXIT,
    Bar,
    Ended,
    Guards,
    exit_of,
    in_hours,
    is_locked,
    safety_of,
)
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held

LONG: Final = 1
SHORT: Final = -1
BOTH: Final = 0
"""Which positions a robot may take: only long, only short, or one after the other."""

LEAVE: Final = 2
STAY: Final = 0
"""What to do: LEAVE, STAY, or enter on the side LONG or SHORT (leaving the other one first)."""


BY_SIGNAL: Final = 4
SAFETY: Final = 5
"""Why, beside the exits that guards name: the strategy said so, or a safety entry was due."""


UNASKED: Final = 2
"""What confirming strategies say where there are none."""


class Turn(NamedTuple):
    """What was said last, for how many candles, and whether that began with a turn.

    A strategy's first word is no turn: where it stood before is not known.
    """

    stance: int = UNSAID
    stood: int = 0
    is_turn: bool = False


NOT_TURNED: Final = Turn()


def turned(turn: Turn, said: int) -> Turn:
    """Take in what is said at one more candle; who says nothing stays where he was."""
    if said in (UNSAID, turn.stance):
        return Turn(turn.stance, turn.stood + 1, turn.is_turn)
    return Turn(said, 1, turn.stance != UNSAID)


def side_of(stance: int, direction: int) -> int:
    """Give the side on which a stance wants to be: LONG, SHORT or 0 for out of the market."""
    if stance == IN and direction != SHORT:
        return LONG
    if stance == OUT and direction != LONG:
        return SHORT
    return 0


def steer(turn: Turn, direction: int, confirm: int, quantity: float) -> int:
    """Tell what to do at a candle's close, before guards have their say about entries.

    A position on the wrong side is left at once; a side is entered when its turn has stood for
    `confirm` candles.
    """
    side = side_of(turn.stance, direction)
    if side != 0 and turn.is_turn and turn.stood == confirm and quantity * side <= 0.0:
        return side
    if turn.stance != UNSAID and quantity * side <= 0.0 and quantity != 0.0:
        return LEAVE
    return STAY


class Choice(NamedTuple):
    """What to do (LEAVE, STAY or a side to enter), and why: an exit of guards.py or one here.

    SAFETY with the side of the position adds to it.
    """

    order: int
    why: int


class Close(NamedTuple):
    """What is known at a candle's close, beside prices.

    `at` is the candle's number, on the count on which `Ended.at` counts; `time_ms` when it
    closed; `price` its close. `confirmed` is the side that all confirming strategies are on, 0
    when they are not of one mind, UNASKED when there are none. `at_closes` tells whether guards
    end positions at closes, or whether ticks did that before.
    """

    at: int
    time_ms: int
    price: float
    confirmed: int
    at_closes: bool


STAYING: Final = Choice(STAY, NO_EXIT)
"""To do nothing."""


def choose(
    guards: Guards, turn: Turn, direction: int, held: Held, close: Close, ended: Ended
) -> Choice:
    """Tell what to do at a candle's close, guards and confirming strategies included.

    Why signals first: a turn to the other side leaves the position anyway, and acts only now.
    """
    order = steer(turn, direction, guards.confirm, held.quantity)
    if order in (LONG, SHORT):
        if may_enter(guards, order, close, ended):
            return Choice(order, BY_SIGNAL)
        order = LEAVE if held.quantity != 0.0 else STAY
    if order == LEAVE:
        return Choice(LEAVE, BY_SIGNAL)
    if close.at_closes and held.quantity != 0.0:
        return guarded(guards, held, close.price)
    return STAYING


def guarded(guards: Guards, held: Held, price: float) -> Choice:
    """Tell what guards do about a position at one price: end it, add to it or leave it alone."""
    bar = Bar(price, price, price, price)
    _, by = exit_of(guards, held, bar)
    if by != NO_EXIT:
        return Choice(LEAVE, by)
    if safety_of(guards, held, bar) > 0.0:
        return Choice(LONG if held.quantity > 0.0 else SHORT, SAFETY)
    return STAYING


def may_enter(guards: Guards, side: int, close: Close, ended: Ended) -> bool:
    """Tell whether hours, confirming strategies and what happened before allow an entry."""
    if close.confirmed not in (side, UNASKED):
        return False
    return in_hours(guards, close.time_ms) and not is_locked(guards, ended, close.at)


def confirmed_side(stances: int, asked: int) -> int:
    """Give the side that all of the `asked` strategies are on, from the sum of their stances."""
    if stances == asked:
        return LONG
    return SHORT if stances == -asked else 0
