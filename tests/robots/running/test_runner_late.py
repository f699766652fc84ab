"""Robots that are late: each candle is decided on once, in its order, or said to be missed."""

import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.orders import OrderStatus, Side
from drawbridge.robots.model import DecisionState
from tests.kit.robot_bench import DOWN, UP, Bench
from tests.kit.robots import OWNER, open_database
from tests.kit.shown_again import held_against

WALKS = 12


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_database(tmp_path) as database:
        yield Bench(database)


async def end_the_open_order(bench: Bench) -> None:
    """Let the exchange tell that the order which it held back has filled."""
    bench.exchange.status_told = OrderStatus.FILLED
    (client_id,) = [it.client_id for it in bench.exchange.orders.values() if not it.status.is_final]
    bench.exchange.end(client_id, OrderStatus.FILLED)
    await bench.step(4)


async def test_candles_that_close_while_an_order_is_under_way_are_decided_on_in_their_order(
    bench: Bench,
) -> None:
    await bench.begin()
    bench.exchange.status_told = OrderStatus.OPEN
    await bench.tell(UP, DOWN, UP + 20)
    assert bench.sides == [Side.BUY]

    await end_the_open_order(bench)

    assert bench.sides == [Side.BUY, Side.SELL, Side.BUY]
    assert await bench.decisions() == [DecisionState.DONE] * 3


async def test_the_order_is_the_same_when_the_process_dies_in_between(bench: Bench) -> None:
    await bench.begin()
    bench.exchange.status_told = OrderStatus.OPEN
    await bench.tell(UP, DOWN, UP + 20)
    bench.runner = bench.new_runner()

    await end_the_open_order(bench)

    assert bench.sides == [Side.BUY, Side.SELL, Side.BUY]


async def test_an_entry_that_is_too_old_when_an_order_has_ended_is_said_to_be_missed(
    bench: Bench,
) -> None:
    await bench.begin()
    await bench.tell(UP)
    bench.exchange.status_told = OrderStatus.OPEN
    await bench.tell(DOWN, UP + 20, UP + 30, UP + 40)

    await end_the_open_order(bench)

    assert bench.sides == [Side.BUY, Side.SELL]
    done = DecisionState.DONE
    assert await bench.decisions() == [done, done, DecisionState.DROPPED]


async def test_an_exit_that_was_too_late_and_is_not_wanted_any_more_is_not_made(
    bench: Bench,
) -> None:
    await bench.begin()
    bench.exchange.status_told = OrderStatus.OPEN
    await bench.tell(UP, DOWN, UP + 20, UP + 30, UP + 40)

    await end_the_open_order(bench)

    assert bench.sides == [Side.BUY]


async def test_an_entry_that_was_slept_through_is_said_to_be_missed_once(bench: Bench) -> None:
    await bench.begin()
    bench.exchange.tell(UP, UP + 1, UP + 2)
    await bench.step(3)
    bench.runner = bench.new_runner()
    await bench.step(3)

    (missed,) = await bench.service.list_decisions(OWNER, bench.id)
    assert (missed.state, missed.reason) == (DecisionState.DROPPED, "robot_entry_too_late")
    rows = await bench.database.fetch_all("SELECT facts FROM notices WHERE kind = 'order_refused'")
    (told,) = [json.loads(row["facts"]) for row in rows]
    assert (told["reason"], told["about"]) == ("robot_entry_too_late", {"symbol": "BTC/USDT"})


@pytest.mark.parametrize("seed", range(WALKS))
async def test_however_late_it_is_each_signal_has_one_decision(bench: Bench, seed: int) -> None:
    draw, price = random.Random(seed), 100
    await bench.begin()
    robot, first_ms = await bench.robot(), bench.exchange.clock.now_ms()
    for _ in range(40):
        closes = []
        for _ in range(draw.choice((1, 1, 1, 2, 3, 5))):
            price = max(50, price + draw.randint(-9, 9))
            closes.append(price)
        bench.exchange.tell(*closes)
        if draw.random() < 0.2:
            # Who has ended writes nothing more: not even what was on its way to the disk.
            await bench.runner.close()
            bench.runner = bench.new_runner()
        for _ in range(draw.randint(1, 3)):
            bench.exchange.clock.advance(1_100)
            await bench.runner.look()
            if draw.random() < 0.7:
                await bench.runner.settle()
    await bench.step(3)

    candles = await bench.service.list_candles(OWNER, bench.id)
    span = range(first_ms - first_ms % MINUTE_MS, bench.exchange.clock.now_ms())
    decisions = await bench.service.list_decisions(OWNER, bench.id)
    found = held_against(robot.plan, candles, decisions, span)

    assert Counter(lost=found["lost"], doubled=found["doubled"]) == Counter(lost=0, doubled=0)
    assert found["made"] > 0
    done = [it for it in decisions if it.state is DecisionState.DONE]
    assert len(bench.exchange.placed) == len(done) == found["made"]
