"""Counter-candle: rows of falling and rising candles, and the gain."""

from drawbridge.robots.strategies.counter_candle import COUNTER_CANDLE
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held
from tests.kit.strategies import candles_of, said_over


def bars(moves: str) -> list[tuple[float, float, float, float]]:
    """Make a candle for each sign: it falls, rises or stands still around 10."""
    closes = {"-": 9.0, "+": 11.0, "=": 10.0}
    return [(10.0, 11.0, 9.0, closes[move]) for move in moves]


def test_it_enters_after_the_row_and_leaves_after_the_other() -> None:
    said = said_over(COUNTER_CANDLE, candles_of(bars("--+---++")), falling=3, rising=2, gain=0)

    assert said == [UNSAID] * 5 + [IN, UNSAID, OUT]


def test_a_candle_that_stands_still_breaks_a_row() -> None:
    said = said_over(COUNTER_CANDLE, candles_of(bars("--=--")), falling=3, gain=0)

    assert said == [UNSAID] * 5


def test_the_gain_ends_it_before_the_row_does() -> None:
    holding = Held(quantity=1.0, price=10.0, entry=10.0, best=11.0, since=1)

    said = said_over(COUNTER_CANDLE, candles_of(bars("=+")), holding, falling=3, rising=2, gain=10)
    assert said == [UNSAID, OUT]


def test_without_a_gain_only_the_row_ends_it() -> None:
    holding = Held(quantity=1.0, price=1.0, entry=1.0, best=11.0, since=1)

    assert said_over(COUNTER_CANDLE, candles_of(bars("=+")), holding, gain=0) == [UNSAID] * 2
