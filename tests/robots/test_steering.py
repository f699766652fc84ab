"""From what a strategy says to what is done, worked out by hand."""

import pytest

from drawbridge.robots.guards import BY_STOP, NO_EXIT, NO_GUARDS, Ended, Guards
from drawbridge.robots.steering import (
    BOTH,
    BY_SIGNAL,
    LEAVE,
    LONG,
    NOT_TURNED,
    SAFETY,
    SHORT,
    STAY,
    UNASKED,
    Choice,
    Close,
    Turn,
    choose,
    confirmed_side,
    side_of,
    steer,
    turned,
)
from drawbridge.robots.strategy import IN, NOTHING_HELD, OUT, UNSAID, Held

HELD = Held(quantity=1.0, price=100.0, entry=100.0, best=100.0, since=3)
CLOSE = Close(at=10, time_ms=0, price=100.0, confirmed=UNASKED, at_closes=True)
NONE_ENDED = Ended([], [], [], 0)
UP, DOWN = Turn(IN, 1, is_turn=True), Turn(OUT, 1, is_turn=True)


def test_the_first_word_is_no_turn() -> None:
    first = turned(NOT_TURNED, IN)

    assert first == Turn(IN, 1, is_turn=False)
    assert turned(first, OUT) == DOWN
    assert turned(turned(DOWN, OUT), UNSAID) == Turn(OUT, 3, is_turn=True)


@pytest.mark.parametrize(
    ("stance", "direction", "side"),
    [
        (IN, LONG, LONG), (OUT, LONG, 0), (UNSAID, LONG, 0),
        (IN, SHORT, 0), (OUT, SHORT, SHORT),
        (IN, BOTH, LONG), (OUT, BOTH, SHORT),
    ],
)  # fmt: skip
def test_a_stance_means_a_side_by_the_direction(stance: int, direction: int, side: int) -> None:
    assert side_of(stance, direction) == side


@pytest.mark.parametrize(
    ("turn", "direction", "confirm", "quantity", "order"),
    [
        (UP, LONG, 1, 0.0, LONG),
        (UP, LONG, 1, 1.0, STAY),
        (UP, LONG, 2, 0.0, STAY),
        (UP._replace(stood=2), LONG, 2, 0.0, LONG),
        (UP._replace(stood=3), LONG, 2, 0.0, STAY),
        (UP._replace(is_turn=False), LONG, 1, 0.0, STAY),
        (DOWN, LONG, 5, 1.0, LEAVE),
        (DOWN, LONG, 1, 0.0, STAY),
        (DOWN, BOTH, 1, 1.0, SHORT),
        (DOWN, BOTH, 2, 1.0, LEAVE),
        (UP, BOTH, 1, -1.0, LONG),
        (UP, SHORT, 1, -1.0, LEAVE),
    ],
)
def test_what_is_done_at_a_close(
    turn: Turn, direction: int, confirm: int, quantity: float, order: int
) -> None:
    assert steer(turn, direction, confirm, quantity) == order


def chosen(
    guards: Guards = NO_GUARDS,
    turn: Turn = UP,
    held: Held = NOTHING_HELD,
    close: Close = CLOSE,
    ended: Ended = NONE_ENDED,
) -> Choice:
    return choose(guards, turn, BOTH, held, close, ended)


def test_a_turn_enters_when_nothing_is_against_it() -> None:
    assert chosen() == Choice(LONG, BY_SIGNAL)
    assert chosen(turn=DOWN) == Choice(SHORT, BY_SIGNAL)


def test_hours_locks_and_confirming_strategies_keep_from_entering_and_not_from_leaving() -> None:
    hours = Guards(from_minute=60, until_minute=120)
    lock = Guards(cool_down=5)
    before = Ended([8], [1.0], [0], 1)
    doubt = CLOSE._replace(confirmed=0)
    for guards, close, ended in (
        (hours, CLOSE, NONE_ENDED),
        (lock, CLOSE, before),
        (NO_GUARDS, doubt, NONE_ENDED),
    ):
        assert chosen(guards, close=close, ended=ended) == Choice(STAY, NO_EXIT)
        short = HELD._replace(quantity=-1.0)
        assert chosen(guards, held=short, close=close, ended=ended) == Choice(LEAVE, BY_SIGNAL)


def test_confirming_strategies_must_all_be_on_the_side() -> None:
    assert confirmed_side(2, 2) == LONG
    assert confirmed_side(-2, 2) == SHORT
    assert confirmed_side(0, 2) == confirmed_side(1, 2) == 0
    assert chosen(close=CLOSE._replace(confirmed=LONG)) == Choice(LONG, BY_SIGNAL)
    assert chosen(close=CLOSE._replace(confirmed=SHORT)).order == STAY


def test_guards_end_and_add_to_positions_at_closes() -> None:
    still = UP._replace(stood=7)
    guards = Guards(stop_loss=5.0, dca_steps=1, dca_drop=2.0)

    def at(price: float, *, at_closes: bool = True) -> Choice:
        close = CLOSE._replace(price=price, at_closes=at_closes)
        return chosen(guards, still, HELD, close)

    assert at(99.0) == Choice(STAY, NO_EXIT)
    assert at(98.0) == Choice(LONG, SAFETY)
    assert at(95.0) == Choice(LEAVE, BY_STOP)
    assert at(95.0, at_closes=False) == Choice(STAY, NO_EXIT)


def test_a_turn_comes_before_a_stop() -> None:
    guards = Guards(stop_loss=5.0)
    close = CLOSE._replace(price=90.0)

    assert chosen(guards, DOWN, HELD, close) == Choice(SHORT, BY_SIGNAL)
