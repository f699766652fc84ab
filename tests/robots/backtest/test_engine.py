"""The event engine: the loop's fills on one market, one wallet for several."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.core.orders import Side
from drawbridge.robots.backtest.engine import Pair, run_engine
from drawbridge.robots.backtest.run import run_backtest
from drawbridge.robots.backtest.terms import BacktestTerms, read_terms
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.guards import Guards
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategy import IN, OUT
from tests.kit import random_backtests as draws
from tests.kit.scripted import Settings, bars, scripted

ROUND = (OUT, IN, 0, OUT, 0)


def terms(symbol: str, **changes: str) -> BacktestTerms:
    chosen = {"symbol": symbol, "amount": "100", "cash": "150", "fee": "0", "quantity_step": "0.1"}
    return read_terms(chosen | changes)


def pair(said: tuple[int, ...], candles: CandleColumns, chosen: BacktestTerms) -> Pair:
    return Pair(scripted(said), Settings(), candles, chosen)


@settings(max_examples=250, deadline=None)
@given(draws.scripts(), draws.candles(), draws.terms(), draws.guards)
def test_on_one_market_the_engine_makes_exactly_the_fills_of_the_loop(
    said: list[int], candles: CandleColumns, chosen: BacktestTerms, guards: Guards
) -> None:
    """Law: loop and engine are two ways through the same rules."""
    strategy = scripted(said)
    loop = run_backtest(strategy, Settings(), candles, chosen, guards=guards, compiled=False)

    engine = run_engine((Pair(strategy, Settings(), candles, chosen, guards),))

    assert engine.legs[0].executed == loop.legs[0].executed
    assert engine.equity.tolist() == loop.equity.tolist()
    assert engine.gains.tolist() == loop.gains.tolist()


@pytest.mark.parametrize("name", ["ema_cross", "bollinger", "donchian", "gain_trail"])
def test_built_in_strategies_trade_alike_in_loop_and_engine(name: str) -> None:
    random = np.random.default_rng(5)
    closes = np.round(100 * np.exp(np.cumsum(random.normal(0, 0.02, 1_000))), 2)
    strategy = get_strategy(name)
    chosen = strategy.read_settings({})
    candles = bars(*closes.tolist())

    loop = run_backtest(strategy, chosen, candles, terms("BTC/USD"), compiled=False)
    engine = run_engine((Pair(strategy, chosen, candles, terms("BTC/USD")),))

    assert len(loop.fills()) > 5
    assert engine.fills() == loop.fills()


def test_who_comes_first_is_paid_first() -> None:
    candles = bars(10, 10, 10, 10, 10)
    pairs = [pair(ROUND, candles, terms(symbol)) for symbol in ("BTC/USD", "ETH/USD")]

    result = run_engine(pairs)

    # There are 150: enough for one of them.
    assert [len(leg.at) for leg in result.legs] == [2, 0]
    assert [fill.symbol for fill in result.fills()] == ["BTC/USD", "BTC/USD"]
    assert len(run_engine(pairs, Decimal(200)).fills()) == 4


def test_what_one_market_brings_the_next_one_may_spend() -> None:
    candles = bars(10, 10, 10, 10, 10, 10)
    first = pair((OUT, IN, OUT, 0, 0, 0), candles, terms("BTC/USD"))
    second = pair((OUT, OUT, IN, 0, 0, 0), candles, terms("ETH/USD"))

    result = run_engine((first, second))

    # The sale of the one and the purchase of the other fall on the same open.
    assert [(fill.symbol, fill.side) for fill in result.fills()] == [
        ("BTC/USD", Side.BUY),
        ("BTC/USD", Side.SELL),
        ("ETH/USD", Side.BUY),
    ]


def test_candles_of_different_lengths_come_in_the_order_of_time() -> None:
    slow = bars(10, 10, 10, 10, minutes=3)
    fast = bars(*[20] * 12)
    first = pair((OUT, IN, OUT, 0), slow, terms("BTC/USD"))
    second = pair((OUT, 0, 0, 0, 0, 0, IN, 0, 0, OUT, 0, 0), fast, terms("ETH/USD"))

    result = run_engine((first, second))

    # The slow one buys at minute 6 and sells at 9; at minute 7 there is nothing left to pay with.
    assert [(fill.symbol, fill.time_ms // 60_000) for fill in result.fills()] == [
        ("BTC/USD", 6),
        ("BTC/USD", 9),
    ]
    assert len(result.times_ms) == len(result.equity) == 12


def test_the_equity_of_several_markets_is_that_of_the_wallet() -> None:
    first = pair((OUT, IN, 0, 0), bars(10, 10, 10, 20), terms("BTC/USD"))
    second = pair((OUT, IN, 0, 0), bars(5, 5, 5, 4), terms("ETH/USD"))

    result = run_engine((first, second), Decimal(300))

    assert result.equity.tolist() == [300, 300, 300, 300 + 100 - 20]


def test_a_short_position_of_one_market_is_not_spent_by_another() -> None:
    short = terms("BTC/USD:USD", direction="short")
    first = pair((IN, OUT, 0, 0, 0), bars(10, 10, 10, 10, 10), short)
    second = pair((OUT, 0, IN, 0, 0), bars(10, 10, 10, 10, 10), terms("ETH/USD:USD"))

    # Of 150 and 100 more from the short sale, 200 stand in for buying it back.
    assert [len(leg.at) for leg in run_engine((first, second)).legs] == [1, 0]
    assert [len(leg.at) for leg in run_engine((first, second), Decimal(200)).legs] == [1, 1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(draws.scripts(), draws.candles(30)), min_size=2, max_size=3))
def test_a_wallet_is_never_overdrawn(lanes: list[tuple[list[int], CandleColumns]]) -> None:
    """Law: whatever several markets do, purchases are paid with what is there."""
    pairs = [
        pair(tuple(said), candles, terms(f"C{number}/USD", fee="0.01"))
        for number, (said, candles) in enumerate(lanes)
    ]

    cash = Decimal(150)
    for fill in run_engine(pairs).fills():
        sign = 1 if fill.side is Side.BUY else -1
        cash -= sign * fill.quote_quantity + fill.fee
        if fill.side is Side.BUY:
            assert cash > Decimal("-0.000001")


def test_markets_that_do_not_fit_together_are_refused() -> None:
    candles = bars(10, 10)
    one = pair(ROUND, candles, terms("BTC/USD"))
    for pairs, code in (
        ((), "no_markets"),
        ((one, one), "market_twice"),
        ((one, pair(ROUND, candles, terms("ETH/BTC"))), "quote_differs"),
        ((replace(one, candles=candles.last(0)),), "candles_empty"),
    ):
        with pytest.raises(BadInput, match=code):
            run_engine(pairs)
