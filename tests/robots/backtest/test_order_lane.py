"""Strategies that place orders, in a backtest: when limits fill, at what price, what returns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.core.orders import Side
from drawbridge.robots.backtest.result import BacktestResult, Why
from drawbridge.robots.backtest.run import run_backtest
from drawbridge.robots.backtest.terms import BacktestTerms, read_terms
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.guards import Guards
from drawbridge.robots.strategies import STRATEGIES, get_strategy
from drawbridge.robots.strategy import FilledWant, Memory, Scene, Strategy, Want
from tests.kit import random_backtests as draws
from tests.kit.scripted import Settings, bars

BUY_AT_9 = Want("a", Side.BUY, Decimal(5), Decimal(9))


@dataclass
class Placing:
    """A strategy that wants what a test says at each candle, and remembers what it was told."""

    wants: Callable[[int], tuple[Want, ...]]
    scenes: list[Scene] = field(default_factory=list)

    def strategy(self) -> Strategy:
        return Strategy(
            id="placing",
            parameters=(),
            settings=Settings,
            look=lambda _candles, _settings: Settings(),
            reach=lambda _settings: 1,
            orders=self.orders,
        )

    def orders(
        self, memory: Memory, _settings: Settings, scene: Scene
    ) -> tuple[Memory, tuple[Want, ...]]:
        self.scenes.append(scene)
        return memory, self.wants(scene.at)

    @property
    def returned(self) -> list[FilledWant]:
        return [it for scene in self.scenes for it in scene.filled]


def terms(**changes: str) -> BacktestTerms:
    chosen = {"symbol": "BTC/USD", "amount": "100", "cash": "100", "fee": "0"}
    return read_terms(chosen | {"quantity_step": "1"} | changes)


def run(placing: Placing, candles: CandleColumns, **changes: str) -> BacktestResult:
    return run_backtest(placing.strategy(), Settings(), candles, terms(**changes))


def always(*wants: Want) -> Placing:
    return Placing(lambda _at: wants)


def rows(result: BacktestResult) -> list[tuple[int, Side, Decimal, Decimal, bool]]:
    return [
        (it.time_ms // 60_000, it.side, it.quantity, it.price, it.is_maker) for it in result.fills()
    ]


def test_an_order_at_market_is_filled_at_the_next_open_with_costs() -> None:
    placing = always(Want("a", Side.BUY, Decimal(5)))

    result = run(placing, bars(10, (12, 13, 11, 12), 12), slippage="0.01", fee="0.01")

    assert rows(result) == [(1, Side.BUY, Decimal(5), Decimal("12.12"), False)]
    assert result.legs[0].executed[0].why is Why.WANTED
    (told,) = placing.returned
    assert (told.quantity, told.price) == (Decimal(5), Decimal("12.12"))
    assert placing.scenes[-1].held == 5
    assert placing.scenes[-1].cost == Decimal("60.6") * Decimal("1.01")


def test_a_limit_waits_until_a_candle_comes_to_it_and_is_filled_once() -> None:
    placing = always(BUY_AT_9)

    result = run(placing, bars(10, (10, 10, 9.5, 10), (10, 11, 8, 10), (10, 10, 8, 10)))

    assert rows(result) == [(2, Side.BUY, Decimal(5), Decimal(9), True)]
    assert [len(scene.filled) for scene in placing.scenes] == [0, 0, 1, 0]


def test_a_limit_that_is_only_touched_is_filled_if_the_terms_say_so() -> None:
    candles = bars(10, (10, 10, 9, 10), (10, 10, 9, 10))

    assert len(rows(run(always(BUY_AT_9), candles))) == 1
    assert rows(run(always(BUY_AT_9), candles, reached="passed")) == []


def test_a_limit_that_rested_is_filled_at_an_open_that_is_better() -> None:
    result = run(always(BUY_AT_9), bars(10, 10, (7, 10, 7, 10), 10), spread="0.1")

    assert rows(result) == [(2, Side.BUY, Decimal(5), Decimal(7), True)]


def test_a_new_limit_beyond_the_open_takes_from_the_book() -> None:
    result = run(
        always(BUY_AT_9), bars(10, (8, 10, 8, 10), 10), slippage="0.01", maker_fee="0.001", fee="0"
    )

    assert rows(result) == [(1, Side.BUY, Decimal(5), Decimal("8.08"), False)]


def test_a_sale_mirrors_a_purchase() -> None:
    sell = Want("b", Side.SELL, Decimal(5), Decimal(11))
    placing = Placing(lambda at: (Want("a", Side.BUY, Decimal(5)),) if at == 0 else (sell,))

    result = run(placing, bars(10, 10, (10, 11, 10, 10), (12, 12, 12, 12)))

    assert rows(result) == [
        (1, Side.BUY, Decimal(5), Decimal(10), False),
        (2, Side.SELL, Decimal(5), Decimal(11), True),
    ]
    assert result.gains.tolist() == [10.0]


def test_the_volume_is_shared_and_the_rest_waits() -> None:
    wants = (Want("a", Side.BUY, Decimal(5)), Want("b", Side.BUY, Decimal(3)))
    placing = Placing(lambda _at: wants)

    result = run(placing, bars(10, 10, 10, 10, volume=10.0), volume_share="0.4")

    assert [row[:3] for row in rows(result)] == [
        (1, Side.BUY, Decimal(4)),
        (2, Side.BUY, Decimal(1)),
        (2, Side.BUY, Decimal(3)),
    ]
    assert [it.tag for it in placing.returned] == ["a", "b"]


def test_what_is_wanted_no_longer_is_cancelled_and_comes_back_with_what_it_had() -> None:
    placing = Placing(lambda at: (Want("a", Side.BUY, Decimal(5), Decimal(10)),) if at < 2 else ())

    run(placing, bars(10, 10, (11, 11, 11, 11), 11, 11, volume=10.0), volume_share="0.2")

    (told,) = placing.returned
    assert (told.tag, told.quantity, told.price) == ("a", Decimal(2), Decimal(10))
    assert [len(scene.filled) for scene in placing.scenes] == [0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("want", "changes"),
    [
        (Want("a", Side.BUY, Decimal("0.5"), Decimal(9)), {}),
        (Want("a", Side.BUY, Decimal(0), Decimal(9)), {}),
        (Want("a", Side.BUY, Decimal(5), Decimal(9)), {"min_quantity": "6"}),
        (Want("a", Side.BUY, Decimal(5), Decimal(9)), {"min_notional": "46"}),
        (Want("a", Side.BUY, Decimal(12), Decimal(9)), {}),
        (Want("a", Side.SELL, Decimal(1), Decimal(11)), {}),
    ],
)
def test_what_an_exchange_would_refuse_comes_back_empty_and_is_not_placed_again(
    want: Want, changes: dict[str, str]
) -> None:
    placing = always(want)

    result = run_backtest(placing.strategy(), Settings(), bars(10, 10, 10, 8), terms(**changes))

    assert result.fills() == ()
    assert [(it.tag, it.quantity) for it in placing.returned] == [("a", Decimal(0))]


def test_a_fee_in_what_is_received_is_told_and_lowers_what_is_held() -> None:
    placing = always(Want("a", Side.BUY, Decimal(5)))

    run(placing, bars(10, 10, 10), fee="0.01", fee_in="received")

    assert placing.returned[0].fee == Decimal("0.05")
    assert placing.scenes[-1].held == Decimal("4.95")


def test_guards_are_not_for_strategies_that_place_orders() -> None:
    placing = always()
    with pytest.raises(BadInput, match="orders_take_no_guards"):
        run_backtest(
            placing.strategy(), Settings(), bars(10), terms(), guards=Guards(stop_loss=2.0)
        )


def test_an_amount_that_is_too_small_for_a_strategy_is_refused() -> None:
    grid = get_strategy("grid")

    with pytest.raises(BadInput, match="amount_too_small_for_strategy"):
        run_backtest(
            grid, grid.read_settings({}), bars(10, 10), terms(amount="1", quantity_step="0.1")
        )


@pytest.mark.parametrize("name", [it.id for it in STRATEGIES.values() if it.orders])
def test_each_built_in_strategy_trades_within_its_means(name: str) -> None:
    random = np.random.default_rng(7)
    closes = np.round(100 * np.exp(np.cumsum(random.normal(0, 0.01, 600))), 2).tolist()
    rows_of = [(it, round(it * 1.01, 2), round(it * 0.99, 2), it) for it in closes]
    strategy = get_strategy(name)
    chosen = terms(
        amount="1000", cash="1000", fee="0.001", quantity_step="0.0001", price_tick="0.01",
        fee_in="received", min_notional="5",
    )  # fmt: skip

    result = run_backtest(strategy, strategy.read_settings({}), bars(*rows_of), chosen)

    held, cash = Decimal(0), chosen.cash
    for fill in result.fills():
        sign = 1 if fill.side is Side.BUY else -1
        held += sign * fill.quantity - (fill.fee if fill.fee_currency == "BTC" else 0)
        cash -= sign * fill.quote_quantity + (fill.fee if fill.fee_currency == "USD" else 0)
        assert held >= 0
        assert cash >= 0
    assert len(result.fills()) >= 2
    assert result.equity[-1] == pytest.approx(float(cash + held * result.last_price()))


@settings(max_examples=60, deadline=None)
@given(draws.candles(), st.sampled_from(["0", "0.05"]), st.integers(1, 50))
def test_orders_do_not_depend_on_what_comes_after(
    candles: CandleColumns, share: str, count: int
) -> None:
    """Law: with the future hidden, everything up to then is the same."""
    strategy = get_strategy("trailing_grid")
    chosen = terms(amount="1000", cash="1000", quantity_step="0.001", volume_share=share)
    settings_ = strategy.read_settings({"lots": 3, "gap": 3})
    count = min(count, len(candles))

    hidden = run_backtest(strategy, settings_, candles.between(0, count), chosen)
    whole = run_backtest(strategy, settings_, candles, chosen)

    assert hidden.equity.tolist() == whole.equity.tolist()[:count]
