"""The sheet of a trial: what came of it, in plain values that a page, a chart and a script read.

Amounts are exact texts; what is not defined is null. Words are not here: pages add them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from drawbridge.core.money import plain
from drawbridge.robots.backtest.margin import cautions_of
from drawbridge.robots.backtest.result import last_price_of
from drawbridge.robots.columns import resampled
from drawbridge.robots.guards import tell_guards
from drawbridge.statistics.equity import curve_of_floats
from drawbridge.statistics.service import Ground, Report, report_on
from drawbridge.statistics.telling import as_facts, values_of
from drawbridge.trading.positions import Due

if TYPE_CHECKING:
    from drawbridge.core.orders import Fill
    from drawbridge.lab.model import Trial
    from drawbridge.robots.backtest.run import BacktestResult
    from drawbridge.robots.columns import CandleColumns, Floats, Times
    from drawbridge.robots.search.run import Found
    from drawbridge.robots.search.scoring import Score

_CHART_BARS: Final = 1_500
_CHART_TRADES: Final = 1_000
_POINTS: Final = 1_000
_TRIES: Final = 50
_SPANS_MS: Final = tuple(
    minutes * 60_000 for minutes in (1, 3, 5, 15, 30, 60, 120, 240, 480, 720, 1_440, 4_320, 10_080)
)


def sheet_of(trial: Trial, result: BacktestResult) -> dict[str, Any]:
    """Put a backtest on its sheet."""
    fills, candles = result.fills(), result.candles
    report = report_of(trial, result, fills)
    return {
        "market": trial.terms[0].symbol,
        "markets": [terms.symbol for terms in trial.terms],
        "strategy": trial.strategy.id,
        "settings": trial.strategy.tell_settings(trial.settings),
        "guards": tell_guards(trial.guards),
        "candles": _told_candles(candles),
        "compiled": result.compiled,
        "values": as_facts_by_name(report),
        "months": as_facts(report.periods.months),
        "trips": len(report.trips),
        "cautions": [{"code": it.code, "facts": it.facts} for it in cautions_of(result)],
        "fills": [_told_fill(fill) for fill in fills[-_CHART_TRADES:]],
        "bars": _bars(candles, [it for it in fills if it.symbol == trial.terms[0].symbol]),
        "equity": _points(result.times_ms + candles.interval_ms, result.equity),
    }


def report_of(trial: Trial, result: BacktestResult, fills: tuple[Fill, ...]) -> Report:
    """Make the report: figures exact from fills, equity from the backtest's own curve."""
    interval_ms = result.candles.interval_ms
    first, *more = trial.terms
    ground = Ground(
        symbol=first.symbol,
        start=first.cash,
        dust=first.quantity_step,
        prices=((int(result.candles.open_time_ms[-1]) + interval_ms, result.last_price()),),
        interval_ms=interval_ms,
        more_symbols=tuple(terms.symbol for terms in more),
        last_prices={leg.terms.symbol: last_price_of(leg.candles) for leg in result.legs},
        dues={
            leg.terms.symbol: [Due(it.time_ms, it.amount) for it in leg.funding()]
            for leg in result.legs
        },
    )
    closes_ms = (result.times_ms + interval_ms).tolist()
    curve = curve_of_floats(float(first.cash), closes_ms, result.equity)
    return report_on(fills, ground, curve)


def as_facts_by_name(report: Report) -> dict[str, object]:
    """Give every figure of a report as scripts read it."""
    return {name: as_facts(value) for name, value in values_of(report).items()}


def searched(found: Found, candles: CandleColumns) -> dict[str, Any]:
    """Put a search on the sheet: the best tries, the walk forward, and every doubt."""
    times_ms = candles.open_time_ms
    return {
        "objective": found.objective.value,
        "held_back_from_ms": int(times_ms[found.fold.cut]),
        "tried": len(found.tries),
        "tries": [
            {
                "settings": it.chosen,
                "chosen_on": _told_score(it.chosen_on[0]),
                "judged_by": _told_score(it.judged_by[0]),
            }
            for it in found.tries[:_TRIES]
        ],
        "walk": [
            {
                "from_ms": int(times_ms[step.fold.cut]),
                "until_ms": int(times_ms[step.fold.end - 1]),
                "settings": step.chosen,
                "chosen_on": _told_score(step.chosen_on),
                "judged_by": _told_score(step.judged_by),
            }
            for step in found.walk
        ],
        "overfitting": found.overfitting,
        "warnings": [{"code": it.code, "facts": it.facts} for it in found.warnings],
    }


def _told_score(score: Score) -> dict[str, float | int]:
    return {name: round(value, 6) for name, value in asdict(score).items()}


def _told_candles(candles: CandleColumns) -> dict[str, int]:
    times, interval_ms = candles.open_time_ms, candles.interval_ms
    steps = times[1:] - times[:-1]
    missing = int((steps // interval_ms - 1).sum()) if interval_ms else 0
    return {
        "count": len(candles),
        "interval_ms": interval_ms,
        "first_ms": int(times[0]),
        "last_ms": int(times[-1]),
        "gaps": int((steps > interval_ms).sum()),
        "missing": missing,
    }


def _told_fill(fill: Fill) -> dict[str, Any]:
    return {
        "market": fill.symbol,
        "time_ms": fill.time_ms,
        "side": fill.side.value,
        "price": plain(fill.price),
        "quantity": plain(fill.quantity),
        "fee": plain(fill.fee),
        "fee_currency": fill.fee_currency,
    }


def _bars(candles: CandleColumns, fills: Sequence[Fill]) -> dict[str, Any]:
    """Give candles for a chart, put together until they are few enough, with the trades on them."""
    interval_ms = _span_for(candles)
    drawn = resampled(candles, interval_ms) if interval_ms else candles
    rows = zip(
        *(
            getattr(drawn, name).tolist()
            for name in ("open_time_ms", "open", "high", "low", "close")
        ),
        strict=True,
    )
    length_ms = interval_ms or candles.interval_ms or 1
    return {
        "interval_ms": length_ms,
        "candles": [list(row) for row in rows],
        "trades": [
            {
                "at_ms": fill.time_ms - fill.time_ms % length_ms,
                "side": fill.side.value,
                "quantity": plain(fill.quantity),
            }
            for fill in fills[-_CHART_TRADES:]
        ],
    }


def _span_for(candles: CandleColumns) -> int:
    """Choose the shortest usual length of candles that a chart can show all of; 0 for their own."""
    own_ms = candles.interval_ms
    if len(candles) <= _CHART_BARS or not own_ms:
        return 0
    whole_ms = int(candles.open_time_ms[-1] - candles.open_time_ms[0])
    fitting = (it for it in _SPANS_MS if it % own_ms == 0 and whole_ms / it <= _CHART_BARS)
    return next(fitting, 0)


def _points(closes_ms: Times, equity: Floats) -> list[list[float]]:
    """Give points of the equity, with the share by which it stands below its height."""
    values = equity
    below = values / np.maximum.accumulate(values) - 1.0
    last = len(values) - 1
    at = np.unique(np.linspace(0, last, min(_POINTS, last + 1)).round().astype(np.int64))
    # The deepest point must not fall between two others.
    at = np.unique(np.append(at, int(below.argmin())))
    return [
        [time_ms, round(value, 8), round(depth, 6)]
        for time_ms, value, depth in zip(
            closes_ms[at].tolist(), values[at].tolist(), below[at].tolist(), strict=True
        )
    ]
