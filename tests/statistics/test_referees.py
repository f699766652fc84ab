"""Scenario 57: our ratios are those of two independent libraries, for any returns.

Where they define a figure otherwise than we do, it is left to the hand-worked examples: neither
library waits a month before it compounds to a year, and both would divide by nothing.
"""

from decimal import Decimal

import empyrical
import numpy as np
import pandas as pd
import pytest
import quantstats.stats as quantstats
from hypothesis import given, settings
from hypothesis import strategies as st

from drawbridge.core.clock import DAY_MS
from drawbridge.statistics.days import days_of
from drawbridge.statistics.drawdown import drawdown_of
from drawbridge.statistics.equity import Curve, curve_of_floats
from drawbridge.statistics.performance import Trading, figures_of
from drawbridge.statistics.ratios import DAYS_PER_YEAR, Ratios, ratios_of
from drawbridge.trading.positions import Trip

START = 10_000.0
RETURNS = st.lists(
    st.floats(-0.09, 0.1, allow_nan=False).map(lambda it: round(it, 4)), min_size=31, max_size=120
)
RATES = st.sampled_from([0.0, 0.02, 0.05])


def _series(returns: list[float]) -> pd.Series:
    return pd.Series(returns, pd.date_range("2026-01-01", periods=len(returns), freq="D"))


def _curve(returns: list[float]) -> Curve[float]:
    values = START * np.cumprod(1 + np.array(returns))
    return curve_of_floats(START, ((day + 1) * DAY_MS for day in range(len(returns))), values)


def _ours(returns: list[float], rate: float = 0.0) -> Ratios:
    curve = _curve(returns)
    return ratios_of(days_of(curve), drawdown_of(curve), Decimal(str(rate)))


def _same(ours: Decimal | None, theirs: float) -> bool:
    """Compare; what is not defined here has no finite size there."""
    if ours is None:
        return not np.isfinite(theirs) or abs(theirs) > 1e5  # a deviation of the last bits
    return bool(float(ours) == pytest.approx(theirs, rel=1e-4, abs=2e-6))


@settings(max_examples=60, deadline=None)
@given(RETURNS, RATES)
def test_empyrical_reckons_the_same(returns: list[float], rate: float) -> None:
    ours, series = _ours(returns, rate), _series(returns)
    daily = (1 + rate) ** (1 / DAYS_PER_YEAR) - 1
    year = {"annualization": DAYS_PER_YEAR}
    assert _same(ours.sharpe, empyrical.sharpe_ratio(series, daily, **year))
    assert _same(ours.sortino, empyrical.sortino_ratio(series, daily, **year))
    assert _same(ours.volatility, empyrical.annual_volatility(series, **year))
    assert _same(ours.cagr, empyrical.annual_return(series, **year))
    assert _same(ours.calmar, empyrical.calmar_ratio(series, **year))
    assert _same(ours.total_return, empyrical.cum_returns_final(series))
    assert _same(drawdown_of(_curve(returns)).share, -empyrical.max_drawdown(series))


@settings(max_examples=60, deadline=None)
@given(RETURNS.filter(lambda it: max(it) > 0 > min(it)), RATES)
def test_quantstats_reckons_the_same(returns: list[float], rate: float) -> None:
    ours, series = _ours(returns, rate), _series(returns)
    assert _same(ours.sharpe, quantstats.sharpe(series, rate, periods=DAYS_PER_YEAR))
    assert _same(ours.sortino, quantstats.sortino(series, rate, periods=DAYS_PER_YEAR))
    assert _same(ours.volatility, quantstats.volatility(series, periods=DAYS_PER_YEAR))
    assert _same(ours.cagr, quantstats.cagr(series, periods=DAYS_PER_YEAR))
    assert _same(ours.calmar, quantstats.calmar(series, periods=DAYS_PER_YEAR))
    assert _same(drawdown_of(_curve(returns)).share, -quantstats.max_drawdown(series))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-50, 50).filter(bool), min_size=2, max_size=60))
def test_quantstats_reckons_the_same_of_trades(profits: list[int]) -> None:
    """Of trips that won or lost; quantstats counts one of nothing neither as trade nor as end."""
    trips = tuple(
        Trip(at, at + 1, is_long=True, quantity=Decimal(1), profit=Decimal(profit))
        for at, profit in enumerate(profits)
    )
    trading = Trading(trips, Decimal(sum(profits)), Decimal(0), Decimal(0), ())
    ours = figures_of(trading, drawdown_of(_curve([0.0])))
    theirs = pd.Series([profit / 1000 for profit in profits])
    assert _same(ours.win_rate, quantstats.win_rate(theirs, prepare_returns=False))
    assert ours.most_wins_in_a_row == quantstats.consecutive_wins(theirs, prepare_returns=False)
    assert ours.most_losses_in_a_row == quantstats.consecutive_losses(theirs, prepare_returns=False)
    if ours.wins and ours.losses:
        factor = quantstats.profit_factor(theirs, prepare_returns=False)  # type: ignore[no-untyped-call]  # typed in parts
        payoff = quantstats.payoff_ratio(theirs, prepare_returns=False)  # type: ignore[no-untyped-call]  # typed in parts
        assert _same(ours.profit_factor, factor)
        assert _same(ours.payoff_ratio, payoff)
