"""The loop of a backtest, as numba compiles it and as Python runs it without numba.

One pair, one position at a time, long only: what a strategy says at a candle's close is filled
at the next candle's open. Nothing here allocates, and nothing here is exact money.
"""

import math
from collections.abc import Callable, MutableSequence, Sequence
from typing import Any, Final, NamedTuple

from drawbridge.robots.strategy import IN, OUT, UNSAID, Step

# An amount that is a whole number of steps must not lose one to the last bit of a float.
_STEP_GRACE = 1e-9


class Terms(NamedTuple):
    """What an entry spends (quote), the lot step (base), the fee as a fraction, the cash."""

    amount: float
    quantity_step: float
    fee: float
    cash: float


class Prices(NamedTuple):
    """The columns of the candles."""

    open: Sequence[float]
    high: Sequence[float]
    low: Sequence[float]
    close: Sequence[float]
    volume: Sequence[float]


class Record(NamedTuple):
    """Where the loop writes: at which candle each fill fell, its lot steps, and the equity.

    Shape: fills alternate, buy first; the lot of a sell is that of its buy.
    """

    at: MutableSequence[int]
    lots: MutableSequence[int]
    equity: MutableSequence[float]


class Began(NamedTuple):
    """The strategy's first state and its settings, named tuples of its own."""

    state: Any
    settings: Any


class Account(NamedTuple):
    """What is held: cash, lot steps of the base currency, and the same as a quantity."""

    cash: float
    lot: int
    quantity: float


class Moves(NamedTuple):
    """The two rules of the loop, handed in because the compiler needs them compiled as well."""

    fill: Callable[[int, float, Account, Terms], Account]
    order: Callable[[int, int, Account], int]


def fill(order: int, price: float, held: Account, terms: Terms) -> Account:
    """Carry out an order. An entry that the cash does not cover, fee included, is left out."""
    if order == OUT:
        return Account(held.cash + held.quantity * price * (1.0 - terms.fee), 0, 0.0)
    lot = math.floor(terms.amount / price / terms.quantity_step + _STEP_GRACE)
    quantity = lot * terms.quantity_step
    cost = quantity * price * (1.0 + terms.fee)
    if cost > held.cash:
        return held
    return Account(held.cash - cost, lot, quantity)


def order(said: int, stance: int, held: Account) -> int:
    """Tell what to do at the next open: leave when out, enter when out has turned into in."""
    if said == OUT and held.lot > 0:
        return OUT
    if said == IN and stance == OUT and held.lot == 0:
        return IN
    return UNSAID


def walk(
    step: Step, moves: Moves, began: Began, prices: Prices, terms: Terms, record: Record
) -> int:
    """Walk through the candles and give the number of fills."""
    held, state = Account(terms.cash, 0, 0.0), began.state
    stance, ordered, fills = UNSAID, UNSAID, 0
    for i in range(len(prices.close)):
        if ordered != UNSAID:
            before = held
            held = moves.fill(ordered, prices.open[i], before, terms)
            if held.lot != before.lot:
                record.at[fills] = i
                record.lots[fills] = max(held.lot, before.lot)
                fills += 1
        state, said = step(
            state,
            began.settings,
            prices.open[i],
            prices.high[i],
            prices.low[i],
            prices.close[i],
            prices.volume[i],
        )
        ordered = moves.order(said, stance, held)
        if said != UNSAID:
            stance = said
        record.equity[i] = held.cash + held.quantity * prices.close[i]
    return fills


MOVES: Final = Moves(fill, order)
