"""All that a walk through candles needs, made once: series, numbers, rules and a record.

The loop takes them compiled or interpreted (run.py), the engine one by one (signal_lane.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import numpy as np

from drawbridge.core.errors import BadInput
from drawbridge.robots.backtest.filling import Bars, Record, Terms
from drawbridge.robots.backtest.loop import Course, Rules
from drawbridge.robots.guards import NO_GUARDS, Guards
from drawbridge.robots.steering import confirmed_side
from drawbridge.robots.strategy import NOTHING_HELD, UNSAID, Decide, Settings, Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from drawbridge.robots.backtest.terms import BacktestTerms
    from drawbridge.robots.columns import CandleColumns

_BARS: Final = ("open_time_ms", "open", "high", "low", "close", "volume")
_IN_FLOATS: Final = frozenset({"price", "gain"})


class Prepared(NamedTuple):
    """What decides, what it looks at, and by which rules it trades."""

    decide: Decide
    course: Course
    bars: Bars
    numbers: Terms
    rules: Rules

    def one_by_one(self) -> Prepared:
        """Give the same for Python, which reads single numbers quickly out of views.

        Why not out of lists: a strategy may reckon with slices, and lists would not refuse but
        do something else than arrays.
        """
        course = Course(_viewed(self.course.seen), self.course.settings)
        return self._replace(course=course, bars=_viewed(self.bars))


def prepare(
    strategy: Strategy,
    settings: Settings,
    candles: CandleColumns,
    terms: BacktestTerms,
    guards: Guards,
) -> Prepared:
    """Let a strategy look at the candles, and gather what else a walk needs.

    Raises: `BadInput`: "strategy_places_orders", "confirm_needs_signals".
    """
    if strategy.decide is None:
        raise BadInput("strategy_places_orders", field="strategy", strategy=strategy.id)
    rules = rules_of(candles, terms, guards)
    return Prepared(
        strategy.decide,
        Course(strategy.look(candles, settings), settings),
        Bars(*(getattr(candles, name) for name in _BARS)),
        # Only guards ask for the time of a close, and finding the distance of candles takes time.
        terms.numbers(0 if rules.guards is None else candles.interval_ms, guards.dca_scale),
        rules,
    )


def rules_of(candles: CandleColumns, terms: BacktestTerms, guards: Guards) -> Rules:
    """Give what the walk is to watch; whatever is not wanted is None."""
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
    seen = _viewed(strategy.look(candles, settings))
    for at in range(len(candles)):
        stance = decide(seen, at, settings, NOTHING_HELD) or stance
        stances.append(stance)
    return np.array(stances, dtype=np.int64)


def record_in_arrays(capacity: int) -> Record:
    """Make a record for the compiled loop; nothing is on it, not even zeros."""
    kinds = ("f8" if name in _IN_FLOATS else "i8" for name in Record._fields)
    return Record(*(cast("Any", np.empty(capacity, dtype=kind)) for kind in kinds))


def record_in_lists(capacity: int) -> Record:
    """Make a record for Python."""
    zeros = (0.0 if name in _IN_FLOATS else 0 for name in Record._fields)
    return Record(*(cast("Any", [zero] * capacity) for zero in zeros))


def copied(record: Record, longer: Record) -> Record:
    """Write all that is on a record on a longer one."""
    for old, new in zip(record, longer, strict=True):
        cast("Any", new)[: len(cast("Any", old))] = old
    return longer


def _viewed(columns: Any) -> Any:  # noqa: ANN401  a named tuple, of a strategy's own perhaps
    return type(columns)(
        *(memoryview(cast("Any", it)) if isinstance(it, np.ndarray) else it for it in columns)
    )
