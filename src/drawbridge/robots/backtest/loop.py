"""The loop of a backtest, as numba compiles it and as Python runs it without numba.

One pair, one position at a time: what a strategy says at a candle's close is filled at the next
candle's open. Nothing here allocates, and nothing here is exact money.
"""

import math
from collections.abc import MutableSequence, Sequence
from typing import Any, Final, NamedTuple

from drawbridge.robots.steering import LEAVE, LONG, NOT_TURNED, STAY, steer, turned
from drawbridge.robots.strategy import NOTHING_HELD, Decide

# An amount that is a whole number of steps must not lose one to the last bit of a float.
_STEP_GRACE = 1e-9


class Terms(NamedTuple):
    """What an entry spends (quote), the lot step (base), the fee as a fraction, the cash."""

    amount: float
    quantity_step: float
    fee: float
    cash: float


class Prices(NamedTuple):
    """The columns of the candles that fills are made of."""

    open: Sequence[float]
    close: Sequence[float]


class Record(NamedTuple):
    """Where the loop writes: at which candle each fill fell, its lot steps, and the equity.

    Shape: fills alternate, buy first; the lot of a sell is that of its buy.
    """

    at: MutableSequence[int]
    lots: MutableSequence[int]
    equity: MutableSequence[float]


class Course(NamedTuple):
    """What decides: the strategy's series and its settings, named tuples of its own."""

    seen: Any
    settings: Any


class Account(NamedTuple):
    """What is held: cash, lot steps of the base currency, and the same as a quantity."""

    cash: float
    lot: int
    quantity: float


def fill(order: int, price: float, held: Account, terms: Terms) -> Account:
    """Carry out an order. An entry that the cash does not cover, fee included, is left out."""
    if order == LEAVE:
        return Account(held.cash + held.quantity * price * (1.0 - terms.fee), 0, 0.0)
    lot = math.floor(terms.amount / price / terms.quantity_step + _STEP_GRACE)
    quantity = lot * terms.quantity_step
    cost = quantity * price * (1.0 + terms.fee)
    if cost > held.cash:
        return held
    return Account(held.cash - cost, lot, quantity)


def walk(decide: Decide, course: Course, prices: Prices, terms: Terms, record: Record) -> int:
    """Walk through the candles and give the number of fills."""
    held, turn, fills, ordered = Account(terms.cash, 0, 0.0), NOT_TURNED, 0, STAY
    for i in range(len(prices.close)):
        if ordered != STAY:
            before = held
            held = fill(ordered, prices.open[i], before, terms)
            if held.lot != before.lot:
                record.at[fills] = i
                record.lots[fills] = max(held.lot, before.lot)
                fills += 1
            ordered = STAY
        turn = turned(turn, decide(course.seen, i, course.settings, NOTHING_HELD))
        ordered = steer(turn, LONG, 1, held.quantity)
        record.equity[i] = held.cash + held.quantity * prices.close[i]
    return fills


COMPILED: Final = (fill, steer, turned)
"""What the loop calls, for the compiler to know."""
