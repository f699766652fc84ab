"""When an exchange would have closed a contract's position of a backtest by itself.

A backtest trades with its own cash and no leverage, and closes nothing by force. Here is told where
a paper exchange would have: where what backs a position, with its profit and loss at the mark, is
no more than the maintenance margin of what it is worth there. Said beside the figures, so that
nobody takes them for what the account would have had.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from drawbridge.robots.backtest.result import BacktestResult, Leg

_PERCENT: Final = 100
# A twentieth in floats is not quite one; five times leverage is meant all the same.
_CRUMBS: Final = 1e-9
_HIGHEST_LEVERAGE: Final = 125
"""More than that hardly any exchange gives; who could have used it needs no warning."""


@dataclass(frozen=True, slots=True)
class Caution:
    """What a person should know about a result: the code of its sentence and its facts."""

    code: str
    facts: dict[str, object] = field(default_factory=dict)


class _Stretch(NamedTuple):
    """A position that stays as it is: average price, side, and the worst price it met."""

    average: float
    sign: int
    worst: float


def cautions_of(result: BacktestResult) -> tuple[Caution, ...]:
    """Say what the margin of contracts would have come to; nothing for spot."""
    found: list[Caution] = []
    for leg in result.legs:
        if leg.terms.is_contract and len(leg.at):
            found += _of_wallet(result, leg) if len(result.legs) == 1 else ()
            found += _of_position(leg)
    return tuple(found)


def lowest_leverage(leg: Leg) -> int | None:
    """Give the lowest leverage at which a position of its own margin would have been closed.

    None where that is beyond what exchanges give.
    """
    rate = float(leg.terms.maintenance)
    lowest = math.inf
    for it in _stretches(leg):
        # Closed where cost ÷ leverage + profit and loss is at most rate times worth.
        lost = 1.0 - it.worst / it.average if it.sign > 0 else it.worst / it.average - 1.0
        backing = lost + rate * it.worst / it.average
        if backing > 0:
            lowest = min(lowest, 1.0 / backing - _CRUMBS)
    return max(1, math.ceil(lowest)) if lowest <= _HIGHEST_LEVERAGE else None


def eaten_up_ms(result: BacktestResult, leg: Leg) -> int | None:
    """Give when all the cash together would not have covered a market's position any more."""
    candles, step = leg.candles, float(leg.terms.quantity_step)
    signed = np.bincount(leg.at, weights=leg.lots * step, minlength=len(candles))
    held = np.cumsum(signed)
    worst = np.where(held > 0, candles.low, candles.high)
    equity = float(result.cash) + leg.worth() + held * (worst - candles.close)
    needed = np.abs(held) * worst * float(leg.terms.maintenance)
    # What was entered within a candle may not have met its worst price; it counts from the next.
    is_due = (held != 0) & (signed == 0) & (equity <= needed)
    due = np.flatnonzero(is_due)
    return int(candles.open_time_ms[due[0]]) if len(due) else None


def _of_wallet(result: BacktestResult, leg: Leg) -> tuple[Caution, ...]:
    at_ms = eaten_up_ms(result, leg)
    if at_ms is None:
        return ()
    return (Caution("backtest_margin_eaten_up", {"at_ms": at_ms, "symbol": leg.terms.symbol}),)


def _of_position(leg: Leg) -> tuple[Caution, ...]:
    leverage = lowest_leverage(leg)
    if leverage is None:
        return ()
    rate = f"{float(leg.terms.maintenance) * _PERCENT:g}"
    facts = {"leverage": leverage, "symbol": leg.terms.symbol, "rate": rate}
    return (Caution("backtest_liquidated_at", facts),)


def _stretches(leg: Leg) -> Iterator[_Stretch]:
    """Follow fills at average cost; between two of them the worst candle counts.

    The candle of the next fill counts with that fill's price alone: nobody knows what came first.
    """
    held, average = 0, 0.0
    rows = list(zip(leg.at.tolist(), leg.lots.tolist(), leg.price.tolist(), strict=True))
    for number, (at, lots, price) in enumerate(rows):
        if held * lots >= 0:
            average = (average * abs(held) + price * abs(lots)) / (abs(held) + abs(lots))
        elif abs(lots) > abs(held):
            average = price
        held += lots
        if held:
            is_last = number + 1 == len(rows)
            until = len(leg.candles) if is_last else rows[number + 1][0]
            met = [price] if is_last else [price, rows[number + 1][2]]
            prices = leg.candles.low if held > 0 else leg.candles.high
            # What was entered at the open has met all of that candle.
            since = at if price == leg.candles.open[at] else at + 1
            if until > since:
                met.append(float((np.min if held > 0 else np.max)(prices[since:until])))
            yield _Stretch(average, 1 if held > 0 else -1, min(met) if held > 0 else max(met))
