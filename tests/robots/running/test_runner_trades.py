"""Robots that trade, sleep, stop and are started again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest_asyncio

from drawbridge.audit.store import list_events
from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import (
    ExchangeDown,
    ExchangeRefused,
    OutcomeUnknown,
)
from drawbridge.core.orders import Side
from drawbridge.robots.model import OnStop, RobotStatus, held_of
from tests.kit.robot_bench import DOWN, FALLING, UP, WISH, Bench
from tests.kit.robots import (
    OWNER,
    START_MS,
    open_database,
)


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_database(tmp_path) as database:
        yield Bench(database)


async def test_a_turn_buys_once_and_the_turn_back_sells_once(bench: Bench) -> None:
    """Scenario 59: with all in order, it trades."""
    await bench.begin()
    assert (await bench.robot()).status is RobotStatus.STARTED

    await bench.tell(UP, UP + 1, UP + 2, DOWN, DOWN - 1)

    assert bench.sides == [Side.BUY, Side.SELL]
    buy = bench.exchange.placed[0]
    assert buy.quantity == Decimal("0.833")
    assert held_of(bench.exchange.fills, "BTC") < Decimal("0.001")
    assert bench.exchange.origin == f"robot:{bench.id}"


async def test_a_robot_that_begins_when_prices_are_up_waits_for_the_next_turn(
    bench: Bench,
) -> None:
    await bench.begin(closes=(90, 91, 92, 93, 94, 95, 96))
    await bench.tell(97, 98)
    assert bench.sides == []

    await bench.tell(DOWN, DOWN, UP)

    assert bench.sides == [Side.BUY]


async def test_a_robot_that_joins_enters_at_once(bench: Bench) -> None:
    await bench.begin(replace(WISH, joins=True), closes=(90, 91, 92, 93, 94, 95, 96))

    assert bench.sides == [Side.BUY]
    await bench.tell(97, 98)
    assert bench.sides == [Side.BUY]


async def test_an_entry_that_was_slept_through_is_not_made_up_for(bench: Bench) -> None:
    await bench.begin()

    bench.exchange.tell(UP, UP + 1, UP + 2)
    await bench.step(3)

    assert bench.sides == []


async def test_an_exit_that_was_slept_through_is_made_up_for(bench: Bench) -> None:
    await bench.begin()
    await bench.tell(UP)

    bench.exchange.tell(DOWN, DOWN - 1, DOWN - 2)
    await bench.step(3)

    assert bench.sides == [Side.BUY, Side.SELL]


async def test_a_robot_that_slept_very_long_warms_up_anew_and_leaves_if_it_should(
    bench: Bench,
) -> None:
    await bench.begin()
    await bench.tell(UP)

    bench.exchange.tell(*[DOWN - number % 3 for number in range(700)], 50, 49, 48, 47)
    robot = await bench.step(6)

    assert robot.status is RobotStatus.STARTED
    assert bench.sides == [Side.BUY, Side.SELL]


async def test_nothing_is_written_while_nothing_happens(bench: Bench) -> None:
    """Why: every commit wakes the other processes up."""
    await bench.begin()
    before = await bench.database.data_version()

    await bench.step(5)

    assert await bench.database.data_version() == before


async def test_a_stop_sells_at_market_when_that_was_chosen(bench: Bench) -> None:
    """Scenario 63."""
    await bench.begin()
    await bench.tell(UP)

    await bench.service.stop(OWNER, bench.id)
    robot = await bench.step(3)

    assert robot.status is RobotStatus.STOPPED
    assert bench.sides == [Side.BUY, Side.SELL]


async def test_a_stop_keeps_the_position_when_that_was_chosen(bench: Bench) -> None:
    """Scenario 63; started again, the robot knows what it holds and sells it in time."""
    await bench.begin(replace(WISH, on_stop="keep"))
    await bench.tell(UP)
    await bench.service.stop(OWNER, bench.id)
    assert (await bench.step(2)).status is RobotStatus.STOPPED
    assert bench.sides == [Side.BUY]

    await bench.service.start(OWNER, bench.id)
    await bench.step(3)
    await bench.tell(DOWN, DOWN - 1)

    assert bench.sides == [Side.BUY, Side.SELL]


async def test_a_stop_sells_a_position_that_was_to_be_kept_when_that_is_wished_now(
    bench: Bench,
) -> None:
    await bench.begin(replace(WISH, on_stop="keep"))
    await bench.tell(UP)
    await bench.service.stop(OWNER, bench.id, on_stop=OnStop.MARKET)
    assert (await bench.step(3)).status is RobotStatus.STOPPED
    assert bench.sides == [Side.BUY, Side.SELL]


async def test_a_stop_without_a_position_sends_nothing(bench: Bench) -> None:
    await bench.begin()

    await bench.service.stop(OWNER, bench.id)

    assert (await bench.step(2)).status is RobotStatus.STOPPED
    assert bench.sides == []


async def test_a_stop_while_the_exchange_is_down_waits_and_sells_once(bench: Bench) -> None:
    await bench.begin()
    await bench.tell(UP)
    bench.exchange.place_errors = [ExchangeDown("overloaded"), OutcomeUnknown("answer_lost")]
    bench.exchange.carried_out_all_the_same = False
    await bench.service.stop(OWNER, bench.id)

    robot = await bench.step(1)
    assert (robot.status, robot.reason) == (RobotStatus.STOPPING, "overloaded")
    robot = await bench.step(6)

    assert robot.status is RobotStatus.STOPPED
    assert len(bench.exchange.fills) == 2


async def test_a_stop_that_the_exchange_refuses_to_sell_for_says_so(bench: Bench) -> None:
    await bench.begin()
    await bench.tell(UP)
    bench.exchange.place_errors = [ExchangeRefused("market_closed")]

    await bench.service.stop(OWNER, bench.id)
    robot = await bench.step(3)

    assert (robot.status, robot.reason) == (RobotStatus.STOPPED, "market_closed")


async def test_every_change_of_state_is_in_the_audit_log(bench: Bench) -> None:
    await bench.begin()
    await bench.service.stop(OWNER, bench.id)
    await bench.step()

    tags = [event.tag.rpartition(":")[2] for event in await list_events(bench.database, OWNER)]
    assert tags == ["stopped", "stop_wished", "started", "start_wished", "created"]


async def test_the_candles_of_a_robot_are_kept_for_its_chart(bench: Bench) -> None:
    await bench.begin()
    robot = await bench.tell(UP)

    candles = await bench.service.list_candles(OWNER, bench.id)

    assert [int(candle.close) for candle in candles] == [*FALLING, UP]
    assert robot.quantity_step == Decimal("0.001")


def test_the_minute_of_the_example_is_a_whole_one() -> None:
    assert START_MS % MINUTE_MS == 0


async def test_a_stop_that_comes_while_a_robot_starts_is_not_undone(bench: Bench) -> None:
    bench.exchange.tell(*FALLING)
    bench.id = (await bench.service.create(OWNER, WISH)).id
    await bench.service.start(OWNER, bench.id)
    bench.exchange.clock.advance(1_100)

    bench.exchange.gate.clear()
    await bench.runner.look()  # it has begun to start, and waits for the exchange
    await bench.service.stop(OWNER, bench.id)
    await bench.runner.look()  # which sees the wish while the start is still under way
    bench.exchange.gate.set()
    await bench.runner.settle()

    assert (await bench.robot()).status is RobotStatus.STOPPING
    assert (await bench.step(2)).status is RobotStatus.STOPPED


async def test_a_stop_that_comes_while_an_order_is_refused_still_closes_the_position(
    bench: Bench,
) -> None:
    """Scenario 63."""
    await bench.begin()
    await bench.tell(UP)
    bench.exchange.place_errors = [ExchangeRefused("market_closed")]
    bench.exchange.tell(DOWN)
    bench.exchange.clock.advance(1_100)

    await bench.runner.look()
    await bench.service.stop(OWNER, bench.id)
    await bench.runner.look()
    await bench.runner.settle()
    robot = await bench.step(3)

    assert (robot.status, robot.reason) == (RobotStatus.STOPPED, "")
    assert held_of(bench.exchange.fills, "BTC") < Decimal("0.001")
