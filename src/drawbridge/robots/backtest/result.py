"""What a backtest did: exact fills and trades out of its record, and its equity as an array.

Loop and engine leave the same record: candle, lot steps, price and why. Prices and steps are
taken as exact numbers here, so that fills, fees and every figure made of them are exact. Figures
are the business of statistics.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from drawbridge.core.money import ONE, ZERO
from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.robots.backtest.filling import Record
from drawbridge.robots.backtest.loop import FUNDING_MS
from drawbridge.robots.backtest.terms import BacktestTerms, FeeIn
from drawbridge.robots.guards import BY_PROFIT, BY_STOP, BY_TRAIL
from drawbridge.robots.steering import BY_SIGNAL, SAFETY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from drawbridge.robots.columns import CandleColumns, Floats, Times

WANTED: Final = 6
"""Why, beside guards.py and steering.py: an order strategy wanted it."""


_ALMOST_A_STEP: Final = 1 - 1e-6


class Why(StrEnum):
    """Why a fill was made, and why a trade ended. `END`: it was open when candles ended."""

    SIGNAL = "signal"
    STOP = "stop"
    TRAIL = "trail"
    PROFIT = "profit"
    SAFETY = "safety"
    WANTED = "wanted"
    END = "end"


_WHYS: Final = {
    BY_SIGNAL: Why.SIGNAL,
    BY_STOP: Why.STOP,
    BY_TRAIL: Why.TRAIL,
    BY_PROFIT: Why.PROFIT,
    SAFETY: Why.SAFETY,
    WANTED: Why.WANTED,
}


@dataclass(frozen=True, slots=True)
class Trade:
    """A position from its first entry to its last exit, or until the candles ended.

    Units: prices are averages, `quantity` is the most that was held, `profit` in quote currency
    is what its fills brought, their fees in quote currency taken off. `closed_ms` is None while
    it is open.
    """

    opened_ms: int
    open_price: Decimal
    quantity: Decimal
    closed_ms: int | None = None
    close_price: Decimal | None = None
    side: Side = Side.BUY
    why: Why = Why.END
    profit: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class FundingPaid:
    """What a position paid (below zero: got) at a funding, in quote currency."""

    time_ms: int
    amount: Decimal


class Executed(NamedTuple):
    """A fill and why it was made."""

    fill: Fill
    why: Why


@dataclass(frozen=True)
class Leg:
    """One market of a backtest: its terms, its candles, and the record of its fills.

    Units: as `Record` in filling.py.
    """

    terms: BacktestTerms
    candles: CandleColumns
    at: NDArray[np.int64]
    lots: NDArray[np.int64]
    price: Floats
    why: NDArray[np.int64]
    maker: NDArray[np.int64]

    @cached_property
    def executed(self) -> tuple[Executed, ...]:
        """Give every fill exactly, with why it was made, in the order of time."""
        columns = (self.at, self.lots, self.price, self.why, self.maker)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return tuple(
            Executed(self._fill(number, at, lots, self._exact(at, lots, price, maker), maker),
                     _WHYS[why])
            for number, (at, lots, price, why, maker) in enumerate(rows, 1)
        )  # fmt: skip

    def trades(self) -> tuple[Trade, ...]:
        """Give the trades; the last one may be open."""
        return tuple(_trades_of(self.executed, self.terms))

    def funding(self) -> tuple[FundingPaid, ...]:
        """Give every funding of the position."""
        if not self.terms.funding:
            return ()
        indexes = np.nonzero(self._due())[0]
        held = self._held_before(self.lots.astype(np.float64))[indexes]
        return tuple(
            FundingPaid(
                int(self.candles.open_time_ms[at]),
                int(self._due()[at]) * self.terms.funding * int(lots) * self.terms.quantity_step
                * exact(float(self.candles.open[at])),
            )
            for at, lots in zip(indexes.tolist(), held.tolist(), strict=True)
            if lots
        )  # fmt: skip

    def worth(self) -> Floats:
        """Give what the market's fills have brought by each close, what is held included."""
        numbers = self.terms.numbers(0, 1.0)
        value = self.lots.astype(np.float64) * numbers.step
        signs = np.where(self.lots > 0, 1.0, -1.0)
        price = np.where(self.maker == 1, self.price, self.price * (1.0 + signs * numbers.cost))
        fee = np.where(self.maker == 1, numbers.maker, numbers.taker)
        is_received = (self.lots > 0) & numbers.fee_in_base
        got = self.received() * numbers.step
        paid: Floats = value * price + np.where(is_received, 0.0, np.abs(value) * price * fee)
        worth: Floats = self._summed(got) * self.candles.close - self._summed(paid)
        if self.terms.funding:
            due = self._due() * float(self.terms.funding) * self._held_before(value)
            worth -= np.cumsum(due * self.candles.open)
        return worth

    def received(self) -> Floats:
        """Give what each fill brought in lot steps, a fee in base currency taken off."""
        numbers, lots = self.terms.numbers(0, 1.0), self.lots.astype(np.float64)
        fee = np.where(self.maker == 1, numbers.maker, numbers.taker)
        received: Floats = np.where((lots > 0) & numbers.fee_in_base, lots * (1.0 - fee), lots)
        return received

    def _exact(self, at: int, lots: int, price: float, maker: int) -> Decimal:
        """Give a fill's price: as it was written, or on the market's tick; at market with costs."""
        raw, tick = exact(price), self.terms.price_tick
        if tick and price != self.candles.open[at]:
            raw = (raw / tick).to_integral_value(ROUND_HALF_UP) * tick
        if maker or not self.terms.cost:
            return raw
        return raw * (ONE + self.terms.cost if lots > 0 else ONE - self.terms.cost)

    def _fill(self, number: int, at: int, lots: int, price: Decimal, maker: int) -> Fill:
        terms, quantity = self.terms, abs(lots) * self.terms.quantity_step
        rate = terms.resting_fee if maker else terms.fee
        in_base = terms.fee_in is FeeIn.RECEIVED and lots > 0
        return Fill(
            trade_id=f"backtest-{number}",
            order_id=f"backtest-{number}",
            client_id="",
            symbol=terms.symbol,
            side=Side.BUY if lots > 0 else Side.SELL,
            type=OrderType.LIMIT if maker else OrderType.MARKET,
            price=price,
            quantity=quantity,
            fee=quantity * rate if in_base else price * quantity * rate,
            fee_currency=terms.base if in_base else terms.quote,
            is_maker=bool(maker),
            time_ms=int(self.candles.open_time_ms[at]),
        )

    def _due(self) -> NDArray[np.int64]:
        """Count the fundings that fell between each candle's open and the one before."""
        periods = self.candles.open_time_ms // FUNDING_MS
        return np.diff(periods, prepend=periods[:1])

    def _summed(self, amounts: Floats) -> Floats:
        """Sum up amounts of fills, as of each candle."""
        return np.cumsum(np.bincount(self.at, weights=amounts, minlength=len(self.candles)))

    def _held_before(self, amounts: Floats) -> Floats:
        """Sum up amounts of fills, as of each candle's open."""
        return np.concatenate(([0.0], self._summed(amounts)))[:-1]


@dataclass(frozen=True)
class BacktestResult:
    """What a backtest did, in one market or in several with one wallet.

    `compiled` tells whether the loop ran compiled, or interpreted and slower. Without a market
    named, everything is about the first one.
    """

    legs: tuple[Leg, ...]
    cash: Decimal
    compiled: bool
    gains: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def terms(self) -> BacktestTerms:
        """Give the terms of the first market."""
        return self.legs[0].terms

    @property
    def candles(self) -> CandleColumns:
        """Give the candles of the first market."""
        return self.legs[0].candles

    @property
    def first(self) -> int:
        """Give the number of the first candle at whose close anything could be decided."""
        return self.terms.warm_up

    @property
    def last(self) -> int:
        """Give the number of the last candle."""
        return len(self.candles) - 1

    def fills(self) -> tuple[Fill, ...]:
        """Give every fill exactly, in the order of time."""
        fills = [it.fill for leg in self.legs for it in leg.executed]
        return tuple(sorted(fills, key=lambda fill: fill.time_ms) if len(self.legs) > 1 else fills)

    def trades(self) -> tuple[Trade, ...]:
        """Give the trades of all markets in the order in which they began."""
        trades = [trade for leg in self.legs for trade in leg.trades()]
        return tuple(sorted(trades, key=lambda trade: trade.opened_ms))

    def entries(self) -> NDArray[np.int64]:
        """Give the candles of the first market at which trades began, in the order of time."""
        leg = self.legs[0]
        held = np.concatenate(([0.0], np.cumsum(leg.received())))[:-1]
        # Less than a lot step is what fees left behind: nothing is held, and a trade begins,
        # except where fees left so little of what was bought just before.
        is_flat, bought_before = np.abs(held) < _ALMOST_A_STEP, np.roll(leg.lots, 1) > 0
        entries: NDArray[np.int64] = leg.at[is_flat & ~((held > 0.0) & bought_before)]
        return entries

    def funding(self) -> tuple[FundingPaid, ...]:
        """Give every funding, of all markets in the order of time."""
        paid = [it for leg in self.legs for it in leg.funding()]
        return tuple(sorted(paid, key=lambda it: it.time_ms))

    @cached_property
    def times_ms(self) -> Times:
        """Give the opening times of the candles that `equity` has values for."""
        if len(self.legs) == 1:
            return self.candles.open_time_ms
        return np.unique(np.concatenate([leg.candles.open_time_ms for leg in self.legs]))

    @cached_property
    def equity(self) -> Floats:
        """Give cash and the value of what is held at the close of each candle of `times_ms`.

        Why only when it is asked for: it takes longer than the backtest itself.
        """
        equity = np.full(len(self.times_ms), float(self.cash))
        for leg in self.legs:
            if len(self.legs) == 1:
                equity += leg.worth()
                continue
            # What a market was worth at its last candle holds until it has another one.
            numbers = np.searchsorted(leg.candles.open_time_ms, self.times_ms, side="right")
            equity += np.concatenate(([0.0], leg.worth()))[numbers]
        return equity

    def last_price(self) -> Decimal:
        """Give the last close, at which an open position is valued."""
        return last_price_of(self.candles)

    def equity_points(self, most: int) -> tuple[tuple[int, float], ...]:
        """Give at most `most` points of the equity for a chart, the last one always among them."""
        last = len(self.times_ms) - 1
        stride = max(1, -(-len(self.times_ms) // max(1, most)))
        indexes = range(last, -1, -stride)
        return tuple((int(self.times_ms[i]), float(self.equity[i])) for i in reversed(indexes))


def leg_of(terms: BacktestTerms, candles: CandleColumns, record: Record, fills: int) -> Leg:
    """Make a leg of a record; only its first `fills` rows are meant."""
    whole = (np.asarray(it[:fills], dtype=np.int64) for it in (record.at, record.lots))
    at, lots = whole
    price = np.asarray(record.price[:fills], dtype=np.float64)
    why, maker = (np.asarray(it[:fills], dtype=np.int64) for it in (record.why, record.maker))
    return Leg(terms, candles, at, lots, price, why, maker)


def last_price_of(candles: CandleColumns) -> Decimal:
    """Give the last close, at which what is still held is valued."""
    return exact(float(candles.close[-1]))


def exact(price: float) -> Decimal:
    """Take a price as it was written: the shortest text that gives this float."""
    return Decimal(repr(price)) if price else ZERO


@dataclass(slots=True)
class _Walk:
    """A trade while its fills are followed: sums of entries and exits, and what is held."""

    opened_ms: int
    side: Side
    held: Decimal = ZERO
    most: Decimal = ZERO
    flow: Decimal = ZERO
    entered: list[Fill] = field(default_factory=list)
    left: list[Fill] = field(default_factory=list)

    def take(self, fill: Fill, base: str) -> None:
        """Take one fill."""
        sign = 1 if fill.side is Side.BUY else -1
        (self.entered if fill.side is self.side else self.left).append(fill)
        in_base = fill.fee_currency == base
        self.held += sign * fill.quantity - (fill.fee if in_base else ZERO)
        self.flow -= sign * fill.quote_quantity + (ZERO if in_base else fill.fee)
        self.most = max(self.most, abs(self.held))

    def trade(self, why: Why) -> Trade:
        """Give the trade as it stands."""
        open_price = _average(self.entered)
        if why is Why.END:
            return Trade(self.opened_ms, open_price, self.most, side=self.side, profit=self.flow)
        return Trade(
            self.opened_ms, open_price, self.most, self.left[-1].time_ms, _average(self.left),
            self.side, why, self.flow,
        )  # fmt: skip


def _trades_of(executed: tuple[Executed, ...], terms: BacktestTerms) -> Iterator[Trade]:
    """Follow fills from flat to flat; what is less than a lot step cannot be sold, and is flat.

    An entry of which fees leave less than that is part of the trade that the next one makes.
    """
    walk: _Walk | None = None
    dust = ZERO
    for fill, why in executed:
        if walk is None:
            walk = _Walk(fill.time_ms, fill.side, held=dust)
        walk.take(fill, terms.base)
        if walk.left and abs(walk.held) < terms.quantity_step:
            yield walk.trade(why)
            dust = walk.held
            walk = None
    if walk is not None:
        yield walk.trade(Why.END)


def _average(fills: list[Fill]) -> Decimal:
    if len({fill.price for fill in fills}) == 1:
        return fills[0].price
    return sum((fill.quote_quantity for fill in fills), ZERO) / sum(
        (fill.quantity for fill in fills), ZERO
    )
