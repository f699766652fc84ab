"""Keys that turn bad at the worst moment: between what a robot decided and its order."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import Corrupted, Forbidden
from drawbridge.core.markets import Candle
from drawbridge.core.orders import Side
from drawbridge.core.streams import CandleTold, TopicKind
from drawbridge.gateway.streaming import Gap, GapReason
from drawbridge.robots.model import Robot, RobotStatus
from drawbridge.vault.model import KeyStatus
from tests.kit.robot_bench import DOWN, FALLING, UP, WISH
from tests.kit.robots import OWNER, START_MS, SYMBOL, key_record
from tests.kit.told_streams import Heard, open_heard

UNUSABLE = Forbidden("key_not_usable", rule="status", status="read_only")


@pytest_asyncio.fixture
async def heard(tmp_path: Path) -> AsyncIterator[Heard]:
    async with open_heard(tmp_path) as opened:
        yield opened


async def tell_closed(heard: Heard, number: int, close: int) -> None:
    """Let a candle close whose stream is quicker than the next look at keys."""
    heard.bench.exchange.tell(close)
    price = Decimal(close)
    candle = Candle(START_MS + number * MINUTE_MS, price, price, price, price, Decimal(1))
    told = CandleTold(SYMBOL, MINUTE_MS, candle.open_time_ms, candle, is_closed=True)
    await heard.streams.tell(TopicKind.CANDLES, Gap(GapReason.BEGAN), told)
    await heard.run()


def reason(robot: Robot) -> tuple[RobotStatus, str]:
    return robot.status, robot.reason


def filled(heard: Heard) -> list[Side]:
    return [fill.side for fill in heard.bench.exchange.fills]


async def test_an_order_that_came_while_its_key_was_unusable_for_a_moment_is_tried_again(
    heard: Heard,
) -> None:
    bench = heard.bench
    await bench.begin()
    bench.exchange.place_errors = [UNUSABLE]

    robot = await bench.tell(UP)

    assert filled(heard) == [Side.BUY]
    assert reason(robot) == (RobotStatus.STARTED, "")


async def test_a_robot_whose_order_came_right_after_its_key_turned_bad_goes_on_with_the_key(
    heard: Heard,
) -> None:
    """Scenarios 48 and 49: it pauses for what is wrong with the key, and for nothing else."""
    bench = heard.bench
    await bench.begin()
    await bench.tell(UP)
    bench.exchange.keys.first = key_record(KeyStatus.READ_ONLY)
    bench.exchange.place_errors = [UNUSABLE] * 3

    await tell_closed(heard, 7, DOWN)
    assert filled(heard) == [Side.BUY]
    for _ in range(6):
        robot = await bench.step(1)
        assert reason(robot) == (RobotStatus.PAUSED, "robot_key_reads_only")
    bench.exchange.keys.first = key_record()
    bench.exchange.clock.advance(MINUTE_MS)
    robot = await bench.step(4)

    # What it had to sell is sold, once.
    assert reason(robot) == (RobotStatus.STARTED, "")
    assert filled(heard) == [Side.BUY, Side.SELL]


async def test_a_robot_that_could_not_be_paused_is_paused_at_the_next_look(heard: Heard) -> None:
    bench = heard.bench
    await bench.begin()
    bench.exchange.keys.first = key_record(KeyStatus.DISABLED)
    bench.exchange.keys.errors = [Corrupted("database_unreadable")]

    with pytest.raises(Corrupted):
        await bench.step(1)
    robot = await bench.step(1)

    assert reason(robot) == (RobotStatus.PAUSED, "robot_key_disabled")


async def test_a_robot_that_starts_between_two_looks_at_keys_is_held_against_its_key(
    heard: Heard,
) -> None:
    """Its key was good for less than the pause between two looks: no look has seen it change."""
    bench = heard.bench
    good, keys = bench.exchange.keys.first, bench.exchange.keys
    keys.first = key_record(KeyStatus.DISABLED)
    bench.exchange.tell(*FALLING)
    bench.exchange.clock.advance(1_100)
    await bench.runner.step()
    keys.first = good
    bench.id = (await bench.service.create(OWNER, WISH)).id
    await bench.service.start(OWNER, bench.id)
    for _ in range(3):
        await bench.runner.step()
    assert (await bench.robot()).status is RobotStatus.STARTED
    keys.first = key_record(KeyStatus.DISABLED)

    robot = await bench.step(2)

    assert reason(robot) == (RobotStatus.PAUSED, "robot_key_disabled")


async def test_a_robot_that_stops_does_not_wait_for_its_key(heard: Heard) -> None:
    bench = heard.bench
    await bench.begin(replace(WISH, on_stop="market"))
    await bench.tell(UP)
    bench.exchange.account_errors = [UNUSABLE]
    await bench.service.stop(bench.exchange.keys.first.owner, bench.id)

    robot = await bench.step()

    assert reason(robot) == (RobotStatus.STOPPED, "key_not_usable")
