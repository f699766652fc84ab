"""From what a signal strategy says to where the position should be. Pure, numbers only.

Compiled in a backtest and interpreted at work, as guards.py is. A turn acts at most once: who is
stopped out, locked or late waits for the next turn.
"""

from typing import Final, NamedTuple

from drawbridge.robots.strategy import IN, OUT, UNSAID

LONG: Final = 1
SHORT: Final = -1
BOTH: Final = 0
"""Which positions a robot may take: only long, only short, or one after the other."""

LEAVE: Final = 2
STAY: Final = 0
"""What to do: LEAVE, STAY, or enter on the side LONG or SHORT (leaving the other one first)."""


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
