"""Run a strategy that gives signals over the candles of one market.

Several markets, and strategies that place orders, run in engine.py; both leave the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from drawbridge.core.errors import BadInput
from drawbridge.robots.backtest.compiling import can_compile, is_refusal, program_for
from drawbridge.robots.backtest.filling import Bars, Book, Record, State, Terms, beginning
from drawbridge.robots.backtest.loop import Course, Rules, walk
from drawbridge.robots.backtest.result import BacktestResult, Leg, Trade, leg_of
from drawbridge.robots.backtest.terms import BacktestTerms
from drawbridge.robots.guards import NO_GUARDS, Guards
from drawbridge.robots.steering import confirmed_side
from drawbridge.robots.strategy import NOTHING_HELD, UNSAID, Decide, Settings, Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from drawbridge.robots.columns import CandleColumns

__all__ = ["BacktestResult", "BacktestTerms", "Leg", "Trade", "can_compile", "run_backtest"]

# Compiling takes some seconds, in which so many candles are interpreted: without guards, and
# with them.
_WORTH_COMPILING: Final = 4_000_000
_WORTH_COMPILING_GUARDS: Final = 1_000_000
_CAPACITY: Final = 1 << 14
_GROWTH: Final = 4
_IN_FLOATS: Final = frozenset({"price", "gain"})


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
    and where it knows all that the strategy does. Both give the same.
    Raises: `BadInput`: "strategy_places_orders", "candles_empty"; when the compiler is forced,
    "backtest_extra_missing" and "strategy_not_compilable".
    """
    if strategy.decide is None:
        raise BadInput("strategy_places_orders", field="strategy", strategy=strategy.id)
    if len(candles) == 0:
        raise BadInput("candles_empty", field="candles")
    if compiled and not can_compile():
        raise BadInput("backtest_extra_missing", field="compiled")
    rules = rules_of(candles, terms, guards)
    run = _Run(
        strategy.decide,
        Course(strategy.look(candles, settings), settings),
        Bars(*(getattr(candles, name) for name in _BARS)),
        # Only guards ask for the time of a close, and finding the distance of candles takes time.
        terms.numbers(0 if rules.guards is None else candles.interval_ms, guards.dca_scale),
        rules,
    )
    if compiled or (compiled is None and can_compile() and _is_worth(len(candles), rules)):
        ended = run.compiled(is_forced=bool(compiled), strategy=strategy.id)
        if ended is not None:
            return _result(ended, candles, terms, compiled=True)
    return _result(run.interpreted(), candles, terms, compiled=False)


_BARS: Final = ("open_time_ms", "open", "high", "low", "close", "volume")


def rules_of(candles: CandleColumns, terms: BacktestTerms, guards: Guards) -> Rules:
    """Give what the loop is to watch; whatever is not wanted is None."""
    confirmed = confirmed_sides(candles, terms)
    # Whole numbers where whole numbers belong, and else not: the compiler tells them apart.
    kinds = map(type, NO_GUARDS)
    exact_guards = Guards(*(kind(own) for kind, own in zip(kinds, guards, strict=True)))
    is_off = confirmed is None and exact_guards == NO_GUARDS
    funding = float(terms.funding) if terms.funding else None
    sides = cast("Sequence[int] | None", confirmed)
    return Rules(None if is_off else exact_guards, sides, funding)


def confirmed_sides(candles: CandleColumns, terms: BacktestTerms) -> NDArray[np.int64] | None:
    """Give the side that all confirming strategies are on at each candle; None without any."""
    if not terms.confirm:
        return None
    stances = np.zeros(len(candles), dtype=np.int64)
    for strategy, settings in terms.confirm:
        stances += _stances(strategy, settings, candles)
    asked = len(terms.confirm)
    return np.array([confirmed_side(it, asked) for it in stances.tolist()], dtype=np.int64)


def _stances(strategy: Strategy, settings: Settings, candles: CandleColumns) -> NDArray[np.int64]:
    """Give where a strategy stands after each candle: by what it said last."""
    if strategy.decide is None:
        raise BadInput("confirm_needs_signals", field="confirm", strategy=strategy.id)
    decide, stance, stances = strategy.decide, UNSAID, []
    seen = _read_one_by_one(strategy.look(candles, settings))
    for at in range(len(candles)):
        stance = decide(seen, at, settings, NOTHING_HELD) or stance
        stances.append(stance)
    return np.array(stances, dtype=np.int64)


class _Run:
    """One run of the loop, on whichever machine."""

    def __init__(
        self, decide: Decide, course: Course, bars: Bars, numbers: Terms, rules: Rules
    ) -> None:
        self._decide = decide
        self._course = course
        self._bars = bars
        self._numbers = numbers
        self._rules = rules

    def compiled(self, *, is_forced: bool, strategy: str) -> tuple[State, Record] | None:
        """Run compiled; None when the compiler does not know what the strategy does.

        Raises: `BadInput("strategy_not_compilable")` when it is forced.
        """
        program = program_for(self._decide)
        try:
            return self._walked(program.walk, program.decide, self._course, _arrays)
        except Exception as fault:
            # numba's errors are known only where numba is loaded.
            if not is_refusal(fault):
                raise
        if is_forced:
            raise BadInput("strategy_not_compilable", field="compiled", strategy=strategy)
        return None

    def interpreted(self) -> tuple[State, Record]:
        """Run interpreted. Series are read number by number, or, if they must be, as arrays."""
        self._bars = _read_one_by_one(self._bars)
        one_by_one = Course(_read_one_by_one(self._course.seen), self._course.settings)
        try:
            return self._walked(walk, self._decide, one_by_one, _lists)
        except (AttributeError, TypeError, NotImplementedError):
            # A strategy that does with its series what only arrays can do.
            return self._walked(walk, self._decide, self._course, _lists)

    def _walked(
        self,
        loop: Callable[..., State],
        decide: Decide,
        course: Course,
        columns: Callable[[int], Record],
    ) -> tuple[State, Record]:
        """Walk to the end, on a longer record whenever one is full."""
        capacity, state = _CAPACITY, beginning(self._numbers.cash)
        record = columns(capacity)
        while True:
            state = loop(
                decide, course, Book(self._bars, self._numbers, record), self._rules, state
            )
            if state.next >= len(self._bars.close):
                return state, record
            capacity *= _GROWTH
            longer = columns(capacity)
            for old, new in zip(record, longer, strict=True):
                cast("Any", new)[: len(cast("Any", old))] = old
            record = longer


def _arrays(capacity: int) -> Record:
    kinds = ("f8" if name in _IN_FLOATS else "i8" for name in Record._fields)
    return Record(*(cast("Any", np.zeros(capacity, dtype=kind)) for kind in kinds))


def _lists(capacity: int) -> Record:
    zeros = (0.0 if name in _IN_FLOATS else 0 for name in Record._fields)
    return Record(*(cast("Any", [zero] * capacity) for zero in zeros))


def _read_one_by_one(seen: Any) -> Any:  # noqa: ANN401  a named tuple of the strategy's own
    """Give series out of which Python reads numbers quickly.

    Why not lists: a strategy may reckon with slices, and lists would not refuse but do something
    else than arrays.
    """
    return type(seen)(
        *(memoryview(cast("Any", it)) if isinstance(it, np.ndarray) else it for it in seen)
    )


def _is_worth(candles: int, rules: Rules) -> bool:
    return candles >= (_WORTH_COMPILING if rules.guards is None else _WORTH_COMPILING_GUARDS)


def _result(
    ended: tuple[State, Record], candles: CandleColumns, terms: BacktestTerms, *, compiled: bool
) -> BacktestResult:
    state, record = ended
    leg = leg_of(terms, candles, record, state.fills)
    gains = np.asarray(record.gain[: state.ends], dtype=np.float64)
    return BacktestResult((leg,), terms.cash, compiled, gains)
