"""The same strategy decides alike in a backtest and at work, candle for candle."""

import io
import random
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.orders import Side
from drawbridge.robots.backtest.candles import parse_candles
from drawbridge.robots.backtest.run import BacktestTerms, run_backtest
from drawbridge.robots.strategies import get_strategy
from tests.kit.robot_bench import FALLING, WISH, Bench
from tests.kit.robots import MARKET, OWNER, START_MS, SYMBOL, open_database


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_database(tmp_path) as database:
        yield Bench(database)


def backtested(closes: list[int]) -> list[tuple[int, Side]]:
    """Give candle and side of every decision: a fill follows one candle behind it."""
    lines = ["open_time_ms,open,high,low,close,volume"]
    lines += [
        f"{START_MS + number * MINUTE_MS},{close},{close},{close},{close},1"
        for number, close in enumerate(closes)
    ]
    strategy = get_strategy(WISH.strategy)
    terms = BacktestTerms(
        SYMBOL, Decimal(WISH.amount), Decimal(10_000), Decimal("0.001"), MARKET.quantity_step
    )
    settings = strategy.read_settings(WISH.settings)
    result = run_backtest(strategy, settings, parse_candles(io.StringIO("\n".join(lines))), terms)
    return [(fill.time_ms - MINUTE_MS, fill.side) for fill in result.fills()]


@pytest.mark.parametrize("seed", range(3))
async def test_a_robot_decides_at_the_same_candles_as_its_backtest(bench: Bench, seed: int) -> None:
    draw, closes = random.Random(seed), [*FALLING]
    while len(closes) < 80:
        closes.append(max(20, closes[-1] + draw.randint(-9, 9)))
    await bench.begin()

    await bench.tell(*closes[len(FALLING) :])

    decisions = reversed(await bench.service.list_decisions(OWNER, bench.id))
    decided = [(decision.moment_ms, decision.side) for decision in decisions]
    # What the last candle says is decided at once, and filled only behind the backtest's end.
    last_ms = START_MS + (len(closes) - 1) * MINUTE_MS
    assert len(decided) > 5
    assert [it for it in decided if it[0] < last_ms] == backtested(closes)
