"""Equity over time from fills and prices.

Exact amounts; the series of a chart may convert them. Where no price is known at a moment, the
price of the last fill values what is held. How deep it fell stands in `drawdown.py`.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from drawbridge.core.markets import currencies_of
from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill, Side

Amount = TypeVar("Amount", Decimal, float)


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """What an account was worth at a moment, in quote currency."""

    time_ms: int
    equity: Decimal


@dataclass(frozen=True, slots=True)
class Curve(Generic[Amount]):
    """What something was worth over time, as two columns of one length, oldest first.

    Units: `start` is what it was worth before the first moment, in the same currency. Money is
    exact in Decimal; a backtest may hand in its floats, and what is told of them is rounded.
    """

    start: Amount
    times_ms: Sequence[int]
    values: Sequence[Amount]


def curve_of(start: Decimal, points: Sequence[EquityPoint]) -> Curve[Decimal]:
    """Put points into columns."""
    return Curve(start, [it.time_ms for it in points], [it.equity for it in points])


def curve_of_floats(start: float, times_ms: Iterable[int], values: Iterable[float]) -> Curve[float]:
    """Take a backtest's arrays, of whatever kind, as columns of plain numbers.

    Raises: ValueError for what is no number, which is our mistake.
    """
    times, numbers = _plain(times_ms, int), _plain(values, float)
    if not all(map(math.isfinite, numbers)):
        message = "an equity that is no number"
        raise ValueError(message)
    return Curve(float(start), times, numbers)


def _plain(column: Iterable[Any], kind: Callable[[Any], Any]) -> list[Any]:
    """Give a column as a list of Python's own numbers; arrays know a quick way."""
    quick: Callable[[], list[Any]] | None = getattr(column, "tolist", None)
    return quick() if quick else list(map(kind, column))


def equity_of(
    fills: Iterable[Fill], prices: Iterable[tuple[int, Decimal]], symbol: str, start: Decimal
) -> tuple[EquityPoint, ...]:
    """Value an account that began with `start` in quote currency and made these fills.

    There is one point for each price and each fill; at the same moment the fill comes first. A
    contract is valued as if its goods were held: profit and loss are the same.
    """
    base, quote = currencies_of(symbol)
    cash, held, price = start, ZERO, ZERO
    moments: list[tuple[int, int, Fill | Decimal]] = [
        (fill.time_ms, 0, fill) for fill in fills if fill.symbol == symbol
    ]
    moments += [(time_ms, 1, price) for time_ms, price in prices]
    points: list[EquityPoint] = []
    for time_ms, _, what in sorted(moments, key=lambda moment: moment[:2]):
        if isinstance(what, Fill):
            sign = 1 if what.side is Side.BUY else -1
            price = what.price
            cash -= sign * what.quote_quantity
            held += sign * what.quantity
            cash -= what.fee if what.fee_currency == quote else ZERO
            held -= what.fee if what.fee_currency == base else ZERO
        else:
            price = what
        points.append(EquityPoint(time_ms, cash + held * price))
    return tuple(points)
