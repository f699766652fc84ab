"""Laws of backtests, over random candles, terms, guards and scripts."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawbridge.core.orders import Side
from drawbridge.robots.backtest.result import BacktestResult
from drawbridge.robots.backtest.run import run_backtest
from drawbridge.robots.backtest.terms import BacktestTerms, Judged
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.guards import Guards
from drawbridge.robots.model import Direction
from drawbridge.robots.strategies import get_strategy
from tests.kit import random_backtests as draws
from tests.kit.scripted import Settings, scripted

EMA = get_strategy("ema_cross")
EMA_SETTINGS = EMA.read_settings({"fast": 2, "slow": 5})


def run(
    said: list[int], candles: CandleColumns, terms: BacktestTerms, guards: Guards
) -> BacktestResult:
    return run_backtest(scripted(said), Settings(), candles, terms, guards=guards, compiled=False)


@settings(max_examples=150, deadline=None)
@given(draws.candles(), draws.terms(), draws.guards)
def test_compiled_and_interpreted_backtests_agree_to_the_last_bit(
    candles: CandleColumns, terms: BacktestTerms, guards: Guards
) -> None:
    """Law: the compiler changes how fast a backtest is and nothing else."""
    results = [
        run_backtest(EMA, EMA_SETTINGS, candles, terms, guards=guards, compiled=compiled)
        for compiled in (True, False)
    ]

    assert [it.compiled for it in results] == [True, False]
    compiled, interpreted = results
    assert compiled.legs[0].executed == interpreted.legs[0].executed
    assert compiled.equity.tolist() == interpreted.equity.tolist()
    assert compiled.gains.tolist() == interpreted.gains.tolist()
    assert compiled.trades() == interpreted.trades()


@settings(max_examples=150, deadline=None)
@given(draws.scripts(), draws.candles(), draws.terms(), draws.guards, st.integers(1, 60))
def test_what_happens_does_not_depend_on_what_comes_after(
    said: list[int], candles: CandleColumns, terms: BacktestTerms, guards: Guards, count: int
) -> None:
    """Law: with the future hidden, everything up to then is the same."""
    count = min(count, len(candles))
    hidden = run(said, candles.between(0, count), terms, guards)
    whole = run(said, candles, terms, guards)

    known = [it for it in whole.legs[0].executed if it.fill.time_ms <= hidden.times_ms[-1]]
    # Closing times are told by the smallest distance of candles, which the future may lower.
    if hidden.candles.interval_ms == whole.candles.interval_ms:
        assert list(hidden.legs[0].executed) == known
        assert hidden.equity.tolist() == whole.equity.tolist()[:count]


@settings(max_examples=150, deadline=None)
@given(draws.scripts(), draws.candles(), draws.terms(), draws.guards)
def test_equity_is_what_exact_fills_make_of_the_cash(
    said: list[int], candles: CandleColumns, terms: BacktestTerms, guards: Guards
) -> None:
    """Law: no money is made or lost but by fills, fees and funding."""
    result = run(said, candles, terms, guards)
    cash, held = terms.cash, Decimal(0)
    for fill in result.fills():
        sign = 1 if fill.side is Side.BUY else -1
        in_base = fill.fee_currency == terms.base
        held += sign * fill.quantity - (fill.fee if in_base else 0)
        cash -= sign * fill.quote_quantity + (0 if in_base else fill.fee)
    cash -= sum((it.amount for it in result.funding()), Decimal(0))

    assert result.equity[-1] == pytest.approx(float(cash + held * result.last_price()))
    if not result.fills():
        assert set(result.equity.tolist()) == {float(terms.cash)}


@settings(max_examples=150, deadline=None)
@given(draws.scripts(), draws.candles(), draws.terms(), draws.guards)
def test_nothing_is_traded_that_the_terms_forbid(
    said: list[int], candles: CandleColumns, terms: BacktestTerms, guards: Guards
) -> None:
    """Law: sides, steps, volumes and prices are what the market and the terms allow."""
    result, held = run(said, candles, terms, guards), 0
    taken: dict[int, int] = {}
    leg = result.legs[0]
    for at, lots in zip(leg.at.tolist(), leg.lots.tolist(), strict=True):
        held += lots
        taken[at] = taken.get(at, 0) + abs(lots)
        if terms.direction is Direction.LONG:
            assert held >= 0
        if terms.direction is Direction.SHORT:
            assert held <= 0
    step, share = float(terms.quantity_step), float(terms.volume_share)
    for at, lots in taken.items():
        assert not share or lots * step <= candles.volume[at] * share + 1e-6
    for fill, at in zip(result.fills(), leg.at.tolist(), strict=True):
        cost = float(terms.cost)
        tick = float(terms.price_tick) or 1e-9
        lowest, highest = candles.low[at] * (1 - cost) - tick, candles.high[at] * (1 + cost) + tick
        assert lowest <= float(fill.price) <= highest
        if terms.judged is Judged.AT_CLOSE:
            assert not fill.is_maker


@settings(max_examples=100, deadline=None)
@given(draws.scripts(), draws.candles(), draws.terms(), draws.guards)
def test_trades_are_the_fills_in_order(
    said: list[int], candles: CandleColumns, terms: BacktestTerms, guards: Guards
) -> None:
    """Law: profits of trades are what came in, and each trade ends before the next begins."""
    result = run(said, candles, terms, guards)
    trades = result.trades()

    flow = sum(
        (-it.quote_quantity if it.side is Side.BUY else it.quote_quantity for it in result.fills()),
        Decimal(0),
    )
    fees = sum((it.fee for it in result.fills() if it.fee_currency == terms.quote), Decimal(0))
    assert sum((it.profit for it in trades), Decimal(0)) == flow - fees
    assert all(it.closed_ms is not None for it in trades[:-1])
    for before, after in pairwise(trades):
        assert before.closed_ms is not None
        assert before.closed_ms <= after.opened_ms
    opened = [int(candles.open_time_ms[at]) for at in result.entries().tolist()]
    assert opened == [it.opened_ms for it in trades]
