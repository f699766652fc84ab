"""Run one strategy over the candles of one market.

Several markets with one wallet run in engine.py, and so do strategies that place orders; all
leave the same kind of result.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from drawbridge.core.errors import BadInput
from drawbridge.robots.backtest.compiling import can_compile, is_refusal, program_for
from drawbridge.robots.backtest.engine import Pair, run_engine
from drawbridge.robots.backtest.filling import Book, Record, State, beginning
from drawbridge.robots.backtest.hearing import heard
from drawbridge.robots.backtest.loop import walk
from drawbridge.robots.backtest.prepared import (
    Prepared,
    copied,
    prepare,
    record_in_arrays,
    record_in_lists,
)
from drawbridge.robots.backtest.result import BacktestResult, Leg, Trade, leg_of
from drawbridge.robots.backtest.terms import BacktestTerms
from drawbridge.robots.guards import NO_GUARDS, Guards
from drawbridge.robots.strategy import Settings, Strategy

if TYPE_CHECKING:
    from drawbridge.robots.columns import CandleColumns

__all__ = ["BacktestResult", "BacktestTerms", "Leg", "Trade", "can_compile", "run_backtest"]

# Compiling takes some seconds, in which so many candles are interpreted: without guards, and
# with them.
_WORTH_COMPILING: Final = 4_000_000
_WORTH_COMPILING_GUARDS: Final = 1_000_000
# The first record: so many rows, or, where it is more, one for so many candles.
_CAPACITY: Final = 1 << 12
_CANDLES_A_ROW: Final = 16
_GROWTH: Final = 4


def run_backtest(
    strategy: Strategy,
    settings: Settings,
    candles: CandleColumns,
    terms: BacktestTerms,
    *,
    guards: Guards = NO_GUARDS,
    compiled: bool | None = None,
) -> BacktestResult:
    """Run a strategy over candles.

    `compiled` forces or forbids the compiler; None compiles where it is installed and worth it,
    and where it knows all that the strategy does. Both give the same. Strategies that place
    orders are interpreted whatever is said.
    Raises: `BadInput`: "candles_empty", "orders_take_no_guards"; when the compiler is forced,
    "backtest_extra_missing" and "strategy_not_compilable".
    """
    if len(candles) == 0:
        raise BadInput("candles_empty", field="candles")
    if compiled and not can_compile():
        raise BadInput("backtest_extra_missing", field="compiled")
    if strategy.decide is None:
        return run_engine((Pair(strategy, settings, candles, terms, guards),))
    prepared = prepare(strategy, settings, candles, terms, guards)
    if compiled is None:
        wants = strategy.compiles and can_compile() and _is_worth(len(candles), prepared)
    else:
        wants = compiled
    if wants:
        ended = _compiled(prepared, strategy.id, is_forced=bool(compiled))
        if ended is not None:
            return _result(ended, candles, terms, compiled=True)
    return _result(_interpreted(prepared), candles, terms, compiled=False)


def _compiled(prepared: Prepared, strategy: str, *, is_forced: bool) -> tuple[State, Record] | None:
    """Run compiled; None when the compiler does not know what the strategy does.

    Raises: `BadInput("strategy_not_compilable")` when it is forced.
    """
    try:
        return _walked(prepared, program_for(prepared.decide), record_in_arrays)
    except Exception as fault:
        # numba's errors are known only where numba is loaded.
        if not is_refusal(fault):
            raise
    if is_forced:
        raise BadInput("strategy_not_compilable", field="compiled", strategy=strategy)
    return None


def _interpreted(prepared: Prepared) -> tuple[State, Record]:
    """Run interpreted. Series are read number by number, or, if they must be, as arrays."""
    by_numbers, loop = prepared.one_by_one(), partial(walk, partial(heard, prepared.decide))
    try:
        return _walked(by_numbers, loop, record_in_lists)
    except (AttributeError, TypeError, NotImplementedError):
        # A strategy that does with its series what only arrays can do.
        return _walked(by_numbers._replace(course=prepared.course), loop, record_in_lists)


def _walked(
    prepared: Prepared, loop: Callable[..., Any], record_of: Callable[[int], Record]
) -> tuple[State, Record]:
    """Walk to the end, on a longer record whenever one is full."""
    capacity = max(_CAPACITY, len(prepared.bars.close) // _CANDLES_A_ROW)
    state = beginning(prepared.numbers.cash)
    record = record_of(capacity)
    while True:
        book = Book(prepared.bars, prepared.numbers, record)
        state = loop(prepared.course, book, prepared.rules, state)
        if state.next >= len(prepared.bars.close):
            return state, record
        capacity *= _GROWTH
        record = copied(record, record_of(capacity))


def _is_worth(candles: int, prepared: Prepared) -> bool:
    without_guards = prepared.rules.guards is None
    return candles >= (_WORTH_COMPILING if without_guards else _WORTH_COMPILING_GUARDS)


def _result(
    ended: tuple[State, Record], candles: CandleColumns, terms: BacktestTerms, *, compiled: bool
) -> BacktestResult:
    state, record = ended
    leg = leg_of(terms, candles, record, state.fills)
    gains = np.asarray(record.gain[: state.ends], dtype=np.float64)
    return BacktestResult((leg,), terms.cash, compiled, gains)
