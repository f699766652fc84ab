"""How the loop of a backtest hears a strategy out: candle by candle, or in blocks.

Both give the same. Python asks candle by candle; what the compiler makes of blocks compares
several candles at once. What follows from what is said is the business of loop.py.
"""

from typing import Final

from drawbridge.robots.backtest.filling import Book, State
from drawbridge.robots.backtest.loop import Course, better, held_of, moved
from drawbridge.robots.strategy import NOTHING_HELD, UNSAID, Decide, Held

# So many candles are asked about at once. Of fewer, the compiler makes single steps again.
_BLOCK: Final = 32
# Tells the compiler that a candle's number does not count from the end, as below zero it would.
_NOT_NEGATIVE: Final = (1 << 40) - 1


def heard(
    decide: Decide, course: Course, book: Book, state: State, best: float, end: int
) -> tuple[int, int]:
    """Ask the strategy until it says something new; give the candle and what was said.

    Why two loops: this is where a backtest spends its time, and who holds nothing need not be
    told what is held.
    """
    seen, settings, stance = course.seen, course.settings, state.turn.stance
    if state.account.lots == 0:
        for at in range(state.next, end):
            said = decide(seen, at, settings, NOTHING_HELD)
            if said != stance and said != UNSAID:  # noqa: PLR1714  quicker than a tuple
                return at, said
        return end - 1, UNSAID
    trip, quantity = state.trip, state.account.lots * book.terms.step
    if trip.opened == state.next:
        best = trip.entry
    is_long = quantity > 0.0
    prices = book.bars.high if is_long else book.bars.low
    for at in range(state.next, end):
        price = prices[at]
        if (price > best) if is_long else (price < best):
            best = price
        held = Held(quantity, trip.price, trip.entry, best, at + 1 - trip.opened, trip.steps)
        said = decide(seen, at, settings, held)
        if said != stance and said != UNSAID:  # noqa: PLR1714  quicker than a tuple
            return at, said
    return end - 1, UNSAID


def heard_in_blocks(
    decide: Decide, course: Course, book: Book, state: State, best: float, end: int
) -> tuple[int, int]:
    """Do what `heard` does, in blocks of candles: what the compiler makes of it is much quicker.

    Why: a loop that may end at any candle goes through them one by one. A block is asked to its
    end, so that one instruction compares several candles; where there were news, a bit tells.
    """
    first = state.next & _NOT_NEGATIVE
    while first + _BLOCK <= end:
        news, last = news_of(decide, course, book, state, best, first)
        if news != 0:
            while news & 1 == 0:
                best = better(state, best, first, book)
                news >>= 1
                first += 1
            best = better(state, best, first, book)
            held = told_of(state, best, first, book)
            return first, decide(course.seen, first, course.settings, held)
        first, best = (first + _BLOCK) & _NOT_NEGATIVE, last
    return heard(decide, course, book, moved(state, first), best, end)


def news_of(
    decide: Decide, course: Course, book: Book, state: State, best: float, first: int
) -> tuple[int, float]:
    """Ask the strategy about a whole block: a bit for each candle at which it says something new.

    Gives the best price after the block as well.
    """
    stance, news = state.turn.stance, 0
    for number in range(_BLOCK):
        at = first + number
        best = better(state, best, at, book)
        said = decide(course.seen, at, course.settings, told_of(state, best, at, book))
        # No `and`: it would be a branch.
        news |= int((said != stance) & (said != UNSAID)) << number
    return news, best


def told_of(state: State, best: float, at: int, book: Book) -> Held:
    """Tell a strategy of the position, as of the close of a candle."""
    if state.account.lots == 0:
        return NOTHING_HELD
    return held_of(state, best, at + 1, book.terms.step)


HEARING: Final = (heard, heard_in_blocks, news_of, told_of)
"""Every function here, for the compiler to know."""
