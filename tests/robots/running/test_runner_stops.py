"""Closing with a limit order: kept at the best price for some minutes, then at market."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest_asyncio

from drawbridge.core.orders import Side
from drawbridge.robots.model import OnStop, RobotStatus, held_of
from drawbridge.robots.running.closing import LIMIT_FOR_MS
from tests.kit.robot_bench import UP, WISH, Bench
from tests.kit.robots import OWNER, open_database

LIMIT = replace(WISH, on_stop="limit")


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_database(tmp_path) as database:
        made = Bench(database)
        await made.begin(LIMIT)
        await made.tell(UP)
        await made.service.stop(OWNER, made.id)
        await made.step(2)
        yield made


def above(*prices: int) -> list[Decimal | None]:
    """Give the lowest prices at which others sell: a tick above the last one."""
    return [price + Decimal("0.01") for price in prices]


def asked(bench: Bench) -> list[Decimal | None]:
    return [order.price for order in bench.exchange.placed if order.side is Side.SELL]


async def test_it_rests_at_the_best_price_and_ends_when_it_is_filled(bench: Bench) -> None:
    """Scenario 63."""
    assert asked(bench) == above(UP)
    assert (await bench.robot()).status is RobotStatus.STOPPING

    bench.exchange.tell(UP + 1)
    robot = await bench.step(2)

    assert robot.status is RobotStatus.STOPPED
    assert held_of(bench.exchange.fills, "BTC") < Decimal("0.001")


async def test_it_follows_the_best_price(bench: Bench) -> None:
    bench.exchange.tell(UP - 1)
    await bench.step(3)
    bench.exchange.tell(UP - 2)
    await bench.step(3)

    assert asked(bench) == above(UP, UP - 1, UP - 2)
    assert sum(not order.status.is_final for order in bench.exchange.orders.values()) == 1


async def test_what_is_left_after_some_minutes_is_sold_at_market(bench: Bench) -> None:
    bench.exchange.clock.advance(LIMIT_FOR_MS)

    robot = await bench.step(3)

    assert robot.status is RobotStatus.STOPPED
    assert asked(bench) == [*above(UP), None]


async def test_who_does_not_want_to_wait_sells_at_market_after_all(bench: Bench) -> None:
    await bench.service.stop(OWNER, bench.id, on_stop=OnStop.MARKET)

    robot = await bench.step(3)

    assert robot.status is RobotStatus.STOPPED
    assert asked(bench) == [*above(UP), None]
    assert held_of(bench.exchange.fills, "BTC") < Decimal("0.001")


async def test_who_changes_their_mind_while_it_stops_keeps_what_it_holds(bench: Bench) -> None:
    await bench.service.stop(OWNER, bench.id, on_stop=OnStop.KEEP)

    robot = await bench.step(3)

    assert robot.status is RobotStatus.STOPPED
    assert all(order.status.is_final for order in bench.exchange.orders.values())
    assert held_of(bench.exchange.fills, "BTC") > Decimal("0.1")


async def test_another_way_holds_for_one_stop(bench: Bench) -> None:
    await bench.service.stop(OWNER, bench.id, on_stop=OnStop.KEEP)
    assert (await bench.robot()).will_close is OnStop.KEEP
    stopped = await bench.step(3)
    assert stopped.will_close is OnStop.LIMIT

    await bench.service.start(OWNER, bench.id)
    await bench.step(2)
    await bench.service.stop(OWNER, bench.id)
    assert (await bench.robot()).closing is OnStop.LIMIT
    await bench.step(2)
    assert asked(bench) == above(UP, UP)


async def test_a_restart_at_any_step_sells_once(bench: Bench) -> None:
    """Scenario 60."""
    for close in (UP - 1, UP - 2, UP - 3):
        bench.exchange.tell(close)
        for _ in range(3):
            bench.runner = bench.new_runner()
            await bench.step(1)
    bench.exchange.clock.advance(LIMIT_FOR_MS)
    for _ in range(3):
        bench.runner = bench.new_runner()
        robot = await bench.step(1)

    assert robot.status is RobotStatus.STOPPED
    sold = [it.quantity for it in bench.exchange.fills if it.side is Side.SELL]
    assert len(sold) == 1
    assert held_of(bench.exchange.fills, "BTC") < Decimal("0.001")
