"""Robots at work, over a small exchange in memory: what goes wrong, and what is paused for it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import (
    DrawbridgeError,
    ExchangeDown,
    ExchangeRefused,
    Forbidden,
)
from drawbridge.core.orders import Side
from drawbridge.robots.model import DecisionState, RobotStatus
from drawbridge.vault.model import KeyStatus
from tests.kit.robot_bench import DOWN, UP, WISH, Bench
from tests.kit.robots import (
    OWNER,
    key_record,
    open_database,
)


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_database(tmp_path) as database:
        yield Bench(database)


async def test_an_amount_that_is_too_small_pauses_the_robot_with_the_lowest(
    bench: Bench,
) -> None:
    """Scenario 59."""
    await bench.begin(replace(WISH, amount="4"))

    robot = await bench.robot()
    assert (robot.status, robot.reason) == (RobotStatus.PAUSED, "robot_amount_too_small")
    assert Decimal(str(robot.facts["lowest"])) > 5


async def test_a_market_that_is_not_there_pauses_the_robot(bench: Bench) -> None:
    await bench.begin(replace(WISH, symbol="NOT/USDT"))

    assert (await bench.robot()).reason == "unknown_symbol"


async def test_too_little_money_pauses_only_that_robot(bench: Bench) -> None:
    """Scenario 50."""
    await bench.begin(replace(WISH, amount="2000"))
    poor = bench.id
    rich = await bench.service.create(OWNER, WISH)
    await bench.service.start(OWNER, rich.id)
    await bench.step(3)

    await bench.tell(UP)

    assert (await bench.service.get_robot(OWNER, poor)).reason == "insufficient_funds"
    assert (await bench.service.get_robot(OWNER, rich.id)).status is RobotStatus.STARTED
    assert len(bench.exchange.placed) == 1


async def test_a_key_that_is_disabled_pauses_its_robots_and_resumes_them(
    bench: Bench,
) -> None:
    """Scenario 49: only robots that were paused for that reason go on by themselves."""
    await bench.begin()
    bench.exchange.keys.first = key_record(KeyStatus.DISABLED)
    robot = await bench.step()
    assert (robot.status, robot.reason) == (RobotStatus.PAUSED, "robot_key_disabled")

    bench.exchange.keys.first = key_record()
    bench.exchange.clock.advance(10_000)

    assert (await bench.step(3)).status is RobotStatus.STARTED


async def test_a_robot_that_a_person_stopped_never_resumes(bench: Bench) -> None:
    """Scenario 49."""
    await bench.begin()
    bench.exchange.keys.first = key_record(KeyStatus.DISABLED)
    await bench.step()
    await bench.service.stop(OWNER, bench.id)
    await bench.step()
    bench.exchange.keys.first = key_record()

    assert (await bench.step(3)).status is RobotStatus.STOPPED


@pytest.mark.parametrize(
    "error", [ExchangeRefused("insufficient_funds"), Forbidden("right_missing")]
)
async def test_a_definite_no_of_the_exchange_pauses_with_its_reason(
    bench: Bench, error: DrawbridgeError
) -> None:
    await bench.begin()
    bench.exchange.place_errors = [error]

    robot = await bench.tell(UP)

    assert (robot.status, robot.reason) == (RobotStatus.PAUSED, error.code)
    assert await bench.decisions() == [DecisionState.REFUSED]
    await bench.step(5)
    assert len(bench.exchange.placed) == 1


async def test_candles_that_cannot_be_read_are_waited_for(bench: Bench) -> None:
    """Scenario 47: nothing is lost, and it goes on by itself."""
    await bench.begin()
    bench.exchange.public_errors = [ExchangeDown("unreachable")] * 3
    bench.exchange.tell(UP)

    robot = await bench.step(1)
    assert (robot.status, robot.reason) == (RobotStatus.STARTED, "unreachable")

    robot = await bench.step(9)
    assert robot.reason == ""
    assert bench.sides == [Side.BUY]


async def test_a_list_of_markets_that_cannot_be_read_after_a_restart_is_waited_for(
    bench: Bench,
) -> None:
    """Scenarios 47 and 60: what the candles of the meantime say is done once it can be."""
    await bench.begin()
    await bench.tell(UP)
    bench.runner = bench.new_runner()
    bench.exchange.market_errors = [ExchangeDown("unreachable")] * 3
    # So long that the robot reads its candles anew.
    bench.exchange.tell(*[UP] * 600, DOWN)
    for _ in range(8):
        robot = await bench.step()
        assert robot.status is RobotStatus.STARTED

    assert bench.sides == [Side.BUY, Side.SELL]
    assert (await bench.robot()).reason == ""


async def test_why_a_robot_paused_stays_told(bench: Bench) -> None:
    await bench.begin(replace(WISH, amount="2000"))
    await bench.tell(UP)
    for price in (UP, UP + 1, UP - 1):
        robot = await bench.tell(price)
        assert (robot.status, robot.reason) == (RobotStatus.PAUSED, "insufficient_funds")


async def test_a_position_that_somebody_sold_pauses_instead_of_selling_other_coins(
    bench: Bench,
) -> None:
    await bench.begin()
    await bench.tell(UP)
    bench.exchange.balances["BTC"] = Decimal("0.01")

    robot = await bench.tell(DOWN)

    assert (robot.status, robot.reason) == (RobotStatus.PAUSED, "robot_position_missing")
    assert bench.sides == [Side.BUY]


async def test_a_check_that_fails_with_nothing_else_to_do_is_made_again(bench: Bench) -> None:
    """Scenario 47: what went by is not told for ever."""
    await bench.begin()
    await bench.tell(UP)
    bench.exchange.account_errors = [ExchangeDown("overloaded")]
    bench.exchange.clock.advance(15 * MINUTE_MS)

    robot = await bench.step(1)
    assert (robot.status, robot.reason) == (RobotStatus.STARTED, "overloaded")

    robot = await bench.step(9)
    assert (robot.status, robot.reason) == (RobotStatus.STARTED, "")
    assert bench.sides == [Side.BUY]


async def test_a_position_is_held_against_the_account_from_time_to_time(bench: Bench) -> None:
    await bench.begin()
    await bench.tell(UP)
    bench.exchange.balances["BTC"] = Decimal("0.01")
    assert (await bench.step(2)).status is RobotStatus.STARTED

    bench.exchange.clock.advance(15 * MINUTE_MS)
    robot = await bench.step(2)

    assert (robot.status, robot.reason) == (RobotStatus.PAUSED, "robot_position_missing")
    assert robot.facts["free"] == "0.01"
    assert bench.sides == [Side.BUY]
