"""How orders are filled on candles: prices, sizes, fees, partial fills. Pure, numbers only.

Loop and engine use these same functions, compiled or interpreted. Money is in floats here; the
exact amounts are made afterwards, of lot steps and prices (result.py).
"""

import math
from collections.abc import MutableSequence, Sequence
from typing import Final, NamedTuple

from drawbridge.robots.guards import BY_STOP, BY_TRAIL, NO_EXIT
from drawbridge.robots.steering import LEAVE, NOT_TURNED, SAFETY, STAY, Turn

# An amount that is a whole number of steps must not lose one to the last bit of a float.
_STEP_GRACE: Final = 1e-9
_UNLIMITED: Final = 1 << 52


class Bars(NamedTuple):
    """The columns of the candles."""

    time_ms: Sequence[int]
    open: Sequence[float]
    high: Sequence[float]
    low: Sequence[float]
    close: Sequence[float]
    volume: Sequence[float]


class Terms(NamedTuple):
    """What is traded with, as numbers.

    Units: `amount` (of a first entry), `cash`, `min_notional` and `tick` in quote currency; `step`
    and `min_quantity` in base currency; `taker` and `maker` (fees), `cost` (half the spread and
    the slippage) and `share` (of a candle's volume; 0: no limit) as fractions. `scale` multiplies
    the amount from one safety entry to the next. `fee_in_base` tells what the fee of a buy is
    taken in. `begin` is the first candle at whose close anything is decided.
    """

    amount: float
    cash: float
    step: float
    tick: float
    taker: float
    maker: float
    cost: float
    share: float
    scale: float
    min_quantity: float
    min_notional: float
    interval_ms: int
    begin: int
    direction: int
    fee_in_base: bool
    within: bool


class Record(NamedTuple):
    """Where fills and ended trades are written.

    Units: `at` in candle numbers, `lots` in lot steps (sells below zero), `price` before spread
    and slippage, `why` by guards.py and steering.py, `maker` 1 for an order that was resting; of
    trades that ended, `gain` in percent.
    """

    at: MutableSequence[int]
    lots: MutableSequence[int]
    price: MutableSequence[float]
    why: MutableSequence[int]
    maker: MutableSequence[int]
    ended_at: MutableSequence[int]
    gain: MutableSequence[float]
    stopped: MutableSequence[int]


class Book(NamedTuple):
    """What a backtest of one market reads, trades by and writes."""

    bars: Bars
    terms: Terms
    record: Record


class Account(NamedTuple):
    """Cash, lot steps held (below zero: short), and what is held beyond whole steps, in steps."""

    cash: float
    lots: int
    dust: float


class Trip(NamedTuple):
    """The open trade: average and first price, first candle, safety entries, and its money.

    Units: `entered` is the sum of its entries, `flow` what it has brought so far, in quote
    currency.
    """

    price: float
    entry: float
    opened: int
    steps: int
    entered: float
    flow: float


class Working(NamedTuple):
    """The market order that is being carried out: what (steering.py), and why.

    Units: `rest` in lots that are still to be entered; `gone` in lots that it has left so far.
    """

    order: int
    why: int
    rest: int
    gone: int


class State(NamedTuple):
    """All that is carried from candle to candle; the next one, and what is on record so far."""

    next: int
    fills: int
    ends: int
    account: Account
    trip: Trip
    working: Working
    turn: Turn


class Deal(NamedTuple):
    """A fill: candle, lots (sells below zero), price before and after costs, its fee, and why.

    `maker` is 1 for an order that was resting.
    """

    at: int
    lots: int
    raw: float
    price: float
    fee: float
    why: int
    maker: int


NO_TRIP: Final = Trip(0.0, 0.0, 0, 0, 0.0, 0.0)
IDLE: Final = Working(STAY, NO_EXIT, 0, 0)


def beginning(cash: float) -> State:
    """Give the state before the first candle."""
    return State(0, 0, 0, Account(cash, 0, 0.0), NO_TRIP, IDLE, NOT_TURNED)


def with_order(state: State, working: Working) -> State:
    """Give the state with another order to be carried out."""
    return State(
        state.next, state.fills, state.ends, state.account, state.trip, working, state.turn
    )


def on_tick(price: float, terms: Terms) -> float:
    """Give the nearest price that the market has."""
    if terms.tick <= 0.0:
        return price
    return math.floor(price / terms.tick + 0.5) * terms.tick


def at_market(at: int, lots: int, raw: float, why: int, terms: Terms) -> Deal:
    """Make a deal at market: half the spread and the slippage are against it."""
    price = raw * (1.0 + terms.cost) if lots > 0 else raw * (1.0 - terms.cost)
    return Deal(at, lots, raw, price, terms.taker, why, 0)


def at_limit(at: int, lots: int, raw: float, why: int, terms: Terms) -> Deal:
    """Make a deal of an order that was resting at its price."""
    return Deal(at, lots, raw, raw, terms.maker, why, 1)


def room_at(at: int, state: State, book: Book) -> int:
    """Give how many lots of a candle's volume may still be ours."""
    terms, record, number = book.terms, book.record, state.fills
    if terms.share <= 0.0:
        return _UNLIMITED
    room = math.floor(book.bars.volume[at] * terms.share / terms.step + _STEP_GRACE)
    while number > 0 and record.at[number - 1] == at:
        number -= 1
        room -= abs(record.lots[number])
    return max(0, room)


def is_above_minimum(lots: int, price: float, terms: Terms) -> bool:
    """Tell whether the market takes an order of so many lots."""
    quantity = lots * terms.step
    return lots > 0 and quantity >= terms.min_quantity and quantity * price >= terms.min_notional


def is_covered(lots: int, price: float, account: Account, terms: Terms) -> bool:
    """Tell whether there is money for an entry.

    Why lots below zero count twice: what a short sale brought lies in cash, and stands in,
    together with as much again, for buying it back.
    """
    fee = 0.0 if terms.fee_in_base else terms.taker
    free = account.cash + 2 * min(0, account.lots) * terms.step * price
    return lots * terms.step * price * (1.0 + fee) <= free


def sized(amount: float, price: float, terms: Terms) -> int:
    """Give the lots of an entry that spends at most an amount; 0 when the market takes none."""
    lots = math.floor(amount / price / terms.step + _STEP_GRACE)
    return lots if is_above_minimum(lots, price, terms) else 0


def amount_of(why: int, steps: int, terms: Terms) -> float:
    """Give what an entry may spend; `steps` counts the safety entries before it."""
    if why != SAFETY:
        return terms.amount
    return float(terms.amount * terms.scale ** (steps + 1))


def after(account: Account, deal: Deal, terms: Terms) -> Account:
    """Give the account after a fill, its fee taken."""
    value = deal.lots * terms.step * deal.price
    if terms.fee_in_base and deal.lots > 0:
        received = account.dust + deal.lots * (1.0 - deal.fee)
        whole = math.floor(received + _STEP_GRACE)
        left = max(0.0, received - whole)
        return Account(account.cash - value, account.lots + whole, left)
    cash = account.cash - value - abs(value) * deal.fee
    return Account(cash, account.lots + deal.lots, account.dust)


def booked(state: State, deal: Deal, book: Book) -> State:
    """Write a fill down and carry it out: account, trade, and what is left of the order."""
    record, before, working = book.record, state.account, state.working
    record.at[state.fills] = deal.at
    record.lots[state.fills] = deal.lots
    record.price[state.fills] = deal.raw
    record.why[state.fills] = deal.why
    record.maker[state.fills] = deal.maker
    account = after(before, deal, book.terms)
    flow = account.cash - before.cash
    trip, ends = state.trip, state.ends
    if before.lots * deal.lots >= 0:
        trip = entered_trip(state, flow, deal, book.terms)
    else:
        trip = Trip(trip.price, trip.entry, trip.opened, trip.steps, trip.entered, trip.flow + flow)
        if account.lots == 0:
            ended(trip, deal, ends, record)
            trip, ends = NO_TRIP, ends + 1
    return State(state.next, state.fills + 1, ends, account, trip, working, state.turn)


def entered_trip(state: State, flow: float, deal: Deal, terms: Terms) -> Trip:
    """Give the trade after one more entry."""
    trip, before, lots = state.trip, abs(state.account.lots), abs(deal.lots)
    entered = lots * terms.step * deal.price
    if before == 0:
        return Trip(deal.price, deal.price, deal.at, 0, entered, flow)
    price = (trip.price * before + deal.price * lots) / (before + lots)
    entered += trip.entered
    return Trip(price, trip.entry, trip.opened, trip.steps, entered, trip.flow + flow)


def ended(trip: Trip, deal: Deal, number: int, record: Record) -> None:
    """Write down a trade that has ended."""
    record.ended_at[number] = deal.at
    record.gain[number] = trip.flow / trip.entered * 100.0
    record.stopped[number] = 1 if deal.why in (BY_STOP, BY_TRAIL) else 0


def stepped(trip: Trip) -> Trip:
    """Count one more safety entry."""
    return Trip(trip.price, trip.entry, trip.opened, trip.steps + 1, trip.entered, trip.flow)


def carried_out(state: State, at: int, book: Book) -> State:
    """Carry out the waiting order at a candle's open, as far as the candle's volume goes."""
    lots, order = state.account.lots, state.working.order
    if order == LEAVE or lots * order < 0:
        state = left(state, at, book)
    if order != LEAVE and state.account.lots * order >= 0:
        state = entered(state, at, book)
    return state


def left(state: State, at: int, book: Book) -> State:
    """Carry out (a part of) leaving the position at market.

    What the market does not take, because it is too little, is held until it can be sold.
    """
    order, why, rest, gone = state.working
    held, raw = state.account.lots, book.bars.open[at]
    if not is_above_minimum(gone + abs(held), raw, book.terms):
        return state
    lots = min(abs(held), room_at(at, state, book))
    if lots > 0:
        signed = -lots if held > 0 else lots
        state = booked(state, at_market(at, signed, raw, why, book.terms), book)
    if state.account.lots == 0 and order == LEAVE:
        return with_order(state, IDLE)
    return with_order(state, Working(order, why, rest, gone + lots))


def entered(state: State, at: int, book: Book) -> State:
    """Carry out (a part of) an entry at market; one that cannot be paid is dropped."""
    side, why, rest, gone = state.working
    terms, raw = book.terms, book.bars.open[at]
    lots = min(rest, room_at(at, state, book))
    deal = at_market(at, lots * side, raw, why, terms)
    if not is_covered(rest, deal.price, state.account, terms):
        return with_order(state, IDLE)
    if lots > 0:
        state = booked(state, deal, book)
        if why == SAFETY and gone == 0:
            state = with_trip(state, stepped(state.trip))
    return with_order(state, IDLE if rest == lots else Working(side, why, rest - lots, gone + lots))


def with_trip(state: State, trip: Trip) -> State:
    """Give the state with another story of its trade."""
    return State(
        state.next, state.fills, state.ends, state.account, trip, state.working, state.turn
    )


FILLING: Final = (
    beginning, with_order, on_tick, at_market, at_limit, room_at, is_above_minimum, is_covered,
    sized, amount_of, after, booked, entered_trip, ended, stepped, carried_out, left, entered,
    with_trip,
)  # fmt: skip
"""Every function here, for the compiler to know."""
