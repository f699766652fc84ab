"""A robot at work on replayed candles makes the trades of its backtest, fees and all.

The exchange in memory fills at the open of the candle that runs, as the backtest does; what was
decided at a close is then the same to the last digit.
"""

import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.markets import Candle
from drawbridge.core.orders import Fill, Side
from drawbridge.robots.backtest.engine import Pair, run_engine
from drawbridge.robots.backtest.run import run_backtest
from drawbridge.robots.backtest.terms import BacktestTerms, FeeIn
from drawbridge.robots.columns import columns_from
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.wishes import Wish, guards_of
from tests.kit.robot_bench import WISH, Bench
from tests.kit.robots import MARKET, OWNER, START_MS, SYMBOL, open_database

BARS = 300
WARM = 120
CASH = Decimal(100_000)


class Traded(NamedTuple):
    """A fill, as both are to tell it."""

    candle: int
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_currency: str


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_database(tmp_path) as database:
        yield Bench(database)


def drawn(seed: int) -> list[Candle]:
    """Draw candles of which each opens where the one before closed."""
    draw, close, bars = random.Random(seed), 10_000, list[Candle]()
    for number in range(BARS):
        opened, close = close, max(5_000, close + draw.randint(-90, 90))
        low = min(opened, close) - draw.randint(0, 30)
        high = max(opened, close) + draw.randint(0, 30)
        first, top, bottom, last = (Decimal(it).scaleb(-2) for it in (opened, high, low, close))
        time_ms = START_MS + number * MINUTE_MS
        bars.append(Candle(time_ms, first, top, bottom, last, Decimal(5)))
    return bars


def backtested(bars: list[Candle], wish: Wish) -> list[Traded]:
    strategy = get_strategy(wish.strategy)
    terms = BacktestTerms(
        SYMBOL,
        Decimal(wish.amount),
        CASH,
        MARKET.fee_taker,
        MARKET.quantity_step,
        fee_in=FeeIn.RECEIVED,
        min_quantity=MARKET.min_quantity,
        min_notional=MARKET.min_notional,
        price_tick=MARKET.price_tick,
        warm_up=WARM - 1,
        confirm=tuple(
            (get_strategy(name), get_strategy(name).read_settings(chosen))
            for name, chosen in wish.confirm.items()
        ),
    )
    settings = strategy.read_settings(wish.settings)
    columns = columns_from(bars)
    if strategy.orders is not None:
        result = run_engine([Pair(strategy, settings, columns, terms)])
        return [traded(fill) for fill in result.fills()]
    result = run_backtest(strategy, settings, columns, terms, guards=guards_of(wish.guards))
    return [traded(fill) for fill in result.fills()]


async def worked(bench: Bench, bars: list[Candle], wish: Wish, *, dies: bool) -> list[Traded]:
    exchange = bench.exchange
    exchange.bars, exchange.balances = bars, {"USDT": CASH}
    exchange.show(WARM)
    bench.id = (await bench.service.create(OWNER, wish)).id
    await bench.service.start(OWNER, bench.id)
    await bench.step()
    for _ in range(WARM, BARS - 1):
        exchange.show(1)
        if dies:
            bench.runner = bench.new_runner()
        await bench.runner.step()
    robot = await bench.robot()
    assert (robot.status.value, robot.reason) == ("started", "")
    return [traded(fill) for fill in exchange.fills]


def traded(fill: Fill) -> Traded:
    candle = (fill.time_ms - START_MS) // MINUTE_MS
    return Traded(
        candle, fill.side, fill.price, fill.quantity, fill.fee.normalize(), fill.fee_currency
    )


CASES: Mapping[str, Mapping[str, Any]] = {
    "averages": {"strategy": "ema_cross", "settings": {"fast": "3", "slow": "8"}},
    "bands": {"strategy": "bollinger", "settings": {}},
    "index": {"strategy": "rsi_bands", "settings": {"span": "4"}},
    "breakout": {"strategy": "donchian", "settings": {}},
    "gain": {
        "strategy": "gain_trail",
        "settings": {"span": "10", "drop": "0.5", "give_back": "0.3"},
    },
    "stop": {"guards": {"stop_loss": "1", "take_profit": "2"}},
    "trail": {"guards": {"trail": "1", "trail_from": "0.5", "cool_down": "8"}},
    "safety": {"guards": {"dca_steps": "3", "dca_drop": "0.4", "take_profit": "1"}},
    "confirm": {"guards": {"confirm": "2"}, "confirm": {"ema_cross": {"fast": "5", "slow": "20"}}},
    "locked": {"guards": {"stop_loss": "0.5", "most_stops": "2", "lock": "30", "window": "60"}},
}


ORDERS: Mapping[str, Mapping[str, Any]] = {
    "grid": {"strategy": "grid", "settings": {"below": "6", "above": "6", "lines": "9"}},
    "trailing grid": {"strategy": "trailing_grid", "settings": {}},
    "step grid": {"strategy": "step_grid", "settings": {}},
    "dca": {"strategy": "dca", "settings": {"down": "0.5", "gain": "0.8"}},
    "rebalancing": {"strategy": "rebalancing", "settings": {"band": "1"}, "amount": "9000"},
}


@pytest.mark.parametrize("seed", [2])
@pytest.mark.parametrize("case", CASES)
async def test_a_robot_trades_as_its_backtest_does(bench: Bench, case: str, seed: int) -> None:
    bars = drawn(seed)
    settings = {"fast": "3", "slow": "8"}
    wish = replace(WISH, **{"settings": settings, **CASES[case]})
    expected = backtested(bars, wish)

    assert len(expected) > 3
    assert await worked(bench, bars, wish, dies=False) == expected


async def test_a_robot_that_dies_after_every_candle_trades_as_its_backtest_does(
    bench: Bench,
) -> None:
    """Scenario 60."""
    bars = drawn(3)
    guards = {"trail": "1", "stop_loss": "1", "cool_down": "4", "dca_steps": "2", "dca_drop": "0.4"}
    wish = replace(WISH, settings={"fast": "3", "slow": "8"}, guards=guards)

    assert await worked(bench, bars, wish, dies=True) == backtested(bars, wish)


@pytest.mark.parametrize("dies", [False, True])
@pytest.mark.parametrize("case", ORDERS)
async def test_a_robot_that_places_orders_trades_as_its_backtest_does(
    bench: Bench, case: str, *, dies: bool
) -> None:
    bars = drawn(4)
    wish = replace(WISH, **{"amount": "1000", **ORDERS[case]})
    expected = backtested(bars, wish)

    assert len(expected) > 3
    assert await worked(bench, bars, wish, dies=dies) == expected
