"""The event engine: several markets with one wallet, and strategies that place orders.

Everything happens in the order of time: at each moment first the closes of candles, then the
opens, the markets in the order in which they were named. A market of a signal strategy takes the
loop's own steps, so that alone it makes exactly the loop's fills.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

import numpy as np

from drawbridge.core.errors import BadInput
from drawbridge.robots.backtest.order_lane import OrderLane
from drawbridge.robots.backtest.result import BacktestResult, Leg
from drawbridge.robots.backtest.signal_lane import SignalLane
from drawbridge.robots.backtest.wallet import Wallet
from drawbridge.robots.guards import NO_GUARDS, Guards

if TYPE_CHECKING:
    from drawbridge.robots.backtest.terms import BacktestTerms
    from drawbridge.robots.columns import CandleColumns
    from drawbridge.robots.strategy import Settings, Strategy


@dataclass(frozen=True, slots=True)
class Pair:
    """A strategy with its settings and guards on the candles of one market."""

    strategy: Strategy
    settings: Settings
    candles: CandleColumns
    terms: BacktestTerms
    guards: Guards = NO_GUARDS


class Lane(Protocol):
    """A market while it is walked through."""

    def open(self, at: int) -> None:
        """Take in a candle's open."""

    def close(self, at: int) -> None:
        """Take in the rest of a candle, and decide at its close."""

    def leg(self) -> Leg:
        """Give what was done."""

    def gains(self) -> list[float]:
        """Give what each trade that ended has brought, in percent."""


def run_engine(pairs: Sequence[Pair], cash: Decimal | None = None) -> BacktestResult:
    """Run strategies over the candles of their markets, paid out of one wallet.

    `cash` is what the wallet begins with; None takes that of the first market's terms.
    Raises: `BadInput`: "no_markets", "candles_empty", "quote_differs", "market_twice",
    "orders_take_no_guards".
    """
    _check(pairs)
    cash = pairs[0].terms.cash if cash is None else cash
    wallet = Wallet(float(cash))
    lanes = [_lane(number, pair, wallet) for number, pair in enumerate(pairs)]
    for number, is_open, at in _events(pairs):
        if is_open:
            lanes[number].open(at)
        else:
            lanes[number].close(at)
    gains = np.array([gain for lane in lanes for gain in lane.gains()])
    return BacktestResult(tuple(lane.leg() for lane in lanes), cash, compiled=False, gains=gains)


def _check(pairs: Sequence[Pair]) -> None:
    if not pairs:
        raise BadInput("no_markets", field="markets")
    quote, symbols = pairs[0].terms.quote, set()
    for pair in pairs:
        symbol = pair.terms.symbol
        if len(pair.candles) == 0:
            raise BadInput("candles_empty", field="candles")
        if pair.terms.quote != quote:
            raise BadInput("quote_differs", field="symbol", symbol=symbol, quote=quote)
        if symbol in symbols:
            raise BadInput("market_twice", field="symbol", symbol=symbol)
        symbols.add(symbol)
        if pair.strategy.orders and (pair.guards != NO_GUARDS or pair.terms.confirm):
            field = "guards" if pair.guards != NO_GUARDS else "confirm"
            raise BadInput("orders_take_no_guards", field=field, strategy=pair.strategy.id)


def _lane(number: int, pair: Pair, wallet: Wallet) -> Lane:
    if pair.strategy.orders:
        return OrderLane(number, pair, wallet)
    return SignalLane(number, pair, wallet)


def _events(pairs: Sequence[Pair]) -> Iterator[tuple[int, bool, int]]:
    """Give all closes and opens of all candles in the order of time, closes first."""
    moments, numbers, kinds, candles = [], [], [], []
    for number, pair in enumerate(pairs):
        times, count = pair.candles.open_time_ms, len(pair.candles)
        # A candle alone tells no length; it closes behind its open in any case.
        for kind, moment in ((1, times), (0, times + max(1, pair.candles.interval_ms))):
            moments.append(moment)
            numbers.append(np.full(count, number))
            kinds.append(np.full(count, kind))
            candles.append(np.arange(count))
    columns = [np.concatenate(it) for it in (numbers, kinds, candles)]
    order = np.lexsort((columns[0], columns[1], np.concatenate(moments)))
    rows = zip(*(column[order].tolist() for column in columns), strict=True)
    return ((number, bool(kind), at) for number, kind, at in rows)
