"""Hearing a strategy out in blocks, as the compiled loop does, and candle by candle."""

from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from drawbridge.robots.backtest.filling import Account, Bars, Book, Trip, beginning
from drawbridge.robots.backtest.hearing import heard, heard_in_blocks
from drawbridge.robots.backtest.loop import Course, best_before
from drawbridge.robots.backtest.prepared import record_in_lists
from drawbridge.robots.backtest.terms import read_terms
from drawbridge.robots.steering import Turn
from drawbridge.robots.strategy import IN, OUT, UNSAID, Held
from tests.kit import random_backtests as draws

TERMS = read_terms(
    {"symbol": "BTC/USD", "amount": "100", "cash": "1000", "fee": "0", "quantity_step": "0.1"}
).numbers(60_000, 1.0)


class Seen(NamedTuple):
    """Closing prices."""

    close: Any


class Settings(NamedTuple):
    """How far prices fall from the best one, and after how many candles it is over anyway."""

    fall: float
    most: int


def decide(seen: Seen, at: int, settings: Settings, held: Held) -> int:
    """Follow the best price of the position, and its age: all that changes while one waits."""
    if held.quantity == 0.0:
        return IN if seen.close[at] % 1.0 < settings.fall else UNSAID
    is_fallen = abs(held.best - seen.close[at]) > settings.fall * held.entry
    return OUT if is_fallen or held.since > settings.most else UNSAID


@given(st.data())
def test_blocks_hear_what_is_heard_candle_by_candle(data: st.DataObject) -> None:
    """Law: the same candle and the same word, whatever is held and wherever it begins and ends."""
    draw = data.draw
    candles = draw(draws.candles(most=200))
    begin = draw(st.integers(0, len(candles) - 1))
    end = draw(st.integers(begin + 1, len(candles)))
    opened = draw(st.integers(0, begin))
    entry = float(candles.open[opened])
    bars = Bars(
        candles.open_time_ms.tolist(),
        candles.open.tolist(),
        candles.high.tolist(),
        candles.low.tolist(),
        candles.close.tolist(),
        candles.volume.tolist(),
    )
    state = beginning(1000.0)._replace(
        next=begin,
        account=Account(1000.0, draw(st.sampled_from([-3, 0, 5])), 0.0),
        trip=Trip(entry, entry, opened, 0, entry, 0.0),
        turn=Turn(draw(st.sampled_from([IN, OUT, UNSAID])), 1, is_turn=True),
    )
    settings = Settings(draw(st.sampled_from([0.0, 0.01, 0.05, 0.5])), draw(st.integers(0, 200)))
    book, course = Book(bars, TERMS, record_in_lists(1)), Course(Seen(bars.close), settings)
    best = best_before(state, book)

    one_by_one = heard(decide, course, book, state, best, end)

    assert heard_in_blocks(decide, course, book, state, best, end) == one_by_one
