"""Keys that end: robots pause before, with what they hold as was chosen, and go on afterwards."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.catalogue.registry import get_card
from drawbridge.core.clock import DAY_MS, MINUTE_MS
from drawbridge.core.errors import ExchangeDown, Forbidden
from drawbridge.core.orders import Side
from drawbridge.robots.model import Robot, RobotStatus
from drawbridge.robots.risk import judge_end
from drawbridge.vault.lives import KeyLife
from drawbridge.vault.model import KeyStatus, Venue
from tests.kit.robot_bench import UP, WISH, Bench
from tests.kit.robots import OWNER, START_MS, key_record, open_database

PAUSED = (RobotStatus.PAUSED, "robot_key_expires")
STARTED = (RobotStatus.STARTED, "")


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_database(tmp_path) as database:
        yield Bench(database)


def let_end(bench: Bench, in_ms: int, life: KeyLife = KeyLife()) -> None:  # noqa: B008  a frozen value
    """Let the key end after a time."""
    expires_ms = bench.exchange.clock.now_ms() + in_ms
    bench.exchange.keys.first = replace(key_record(), expires_ms=expires_ms, life=life)


def stands(robot: Robot) -> tuple[RobotStatus, str]:
    return robot.status, robot.reason


async def notices(bench: Bench) -> list[str]:
    rows = await bench.database.fetch_all("SELECT kind FROM notices ORDER BY n")
    return [row["kind"] for row in rows if row["kind"].startswith("robot_")]


async def test_a_robot_pauses_a_day_before_its_key_ends_and_leaves_what_it_holds(
    bench: Bench,
) -> None:
    """Scenario 42: ninety days later, before orders start failing."""
    await bench.begin()
    await bench.tell(UP)
    let_end(bench, 90 * DAY_MS)
    bench.exchange.clock.advance(89 * DAY_MS - MINUTE_MS)
    assert (await bench.step()).status is RobotStatus.STARTED
    bench.exchange.clock.advance(MINUTE_MS)

    assert stands(await bench.step()) == PAUSED
    assert bench.sides == [Side.BUY]
    assert (await notices(bench))[-1] == "robot_paused"
    # The key ends, is replaced, and the robot goes on where it was.
    bench.exchange.keys.first = key_record(KeyStatus.INVALID)
    bench.exchange.clock.advance(2 * DAY_MS)
    assert stands(await bench.step()) == PAUSED
    let_end(bench, 90 * DAY_MS)
    assert (await bench.step(4)).status is RobotStatus.STARTED
    assert bench.sides == [Side.BUY]


async def test_a_robot_closes_first_where_that_was_chosen_and_goes_on_with_a_new_key(
    bench: Bench,
) -> None:
    """Scenario 42: with positions as chosen, here each robot's own way of stopping."""
    await bench.begin()
    await bench.tell(UP)
    let_end(bench, DAY_MS + MINUTE_MS, KeyLife(closes=True))
    bench.exchange.clock.advance(MINUTE_MS)

    assert stands(await bench.step(4)) == PAUSED
    assert bench.sides == [Side.BUY, Side.SELL]
    assert (await notices(bench)).count("robot_paused") == 1
    assert "robot_stopped" not in await notices(bench)
    let_end(bench, 90 * DAY_MS)
    assert (await bench.step(4)).status is RobotStatus.STARTED


async def test_closing_waits_out_trouble_and_a_restart_and_pauses_then(bench: Bench) -> None:
    await bench.begin()
    await bench.tell(UP)
    let_end(bench, DAY_MS + MINUTE_MS, KeyLife(closes=True))
    bench.exchange.clock.advance(MINUTE_MS)
    bench.exchange.public_errors = [ExchangeDown("unreachable")] * 2
    assert stands(await bench.step(2)) == (RobotStatus.STOPPING, "robot_key_expires")
    bench.runner = bench.new_runner()
    bench.exchange.clock.advance(MINUTE_MS)

    assert stands(await bench.step(6)) == PAUSED
    assert bench.sides == [Side.BUY, Side.SELL]


async def test_who_is_stopped_by_a_person_while_closing_for_the_key_stays_stopped(
    bench: Bench,
) -> None:
    """Scenario 49: never resuming those the user stopped."""
    await bench.begin()
    await bench.tell(UP)
    let_end(bench, DAY_MS + MINUTE_MS, KeyLife(closes=True))
    bench.exchange.clock.advance(MINUTE_MS)
    bench.exchange.public_errors = [ExchangeDown("unreachable")] * 2
    await bench.step(2)
    await bench.service.stop(OWNER, bench.id)
    bench.exchange.clock.advance(MINUTE_MS)

    assert stands(await bench.step(4)) == (RobotStatus.STOPPED, "")
    let_end(bench, 90 * DAY_MS)
    assert (await bench.step(4)).status is RobotStatus.STOPPED


async def test_the_owner_says_how_long_before_the_end_robots_pause(bench: Bench) -> None:
    await bench.begin()
    let_end(bench, 5 * DAY_MS, KeyLife(pause_before_ms=7 * DAY_MS))
    assert stands(await bench.step()) == PAUSED
    let_end(bench, 5 * DAY_MS, KeyLife(pause_before_ms=0))
    assert (await bench.step(4)).status is RobotStatus.STARTED


@pytest.mark.parametrize("exchange", ["bitmex", "bittrex"])
def test_nobody_works_at_an_exchange_that_has_closed_but_on_paper(exchange: str) -> None:
    """Scenario 43: with the date, and history stays."""
    live = replace(key_record(exchange=exchange), venue=Venue.LIVE)
    refusal = judge_end(live, START_MS)
    assert refusal is not None
    assert refusal.code == "robot_exchange_closed"
    assert refusal.facts["since"] == get_card(exchange).since
    assert judge_end(replace(live, venue=Venue.PAPER), START_MS) is None


async def test_a_robot_is_not_started_with_a_key_that_ends_soon(bench: Bench) -> None:
    bench.exchange.tell(100, 99, 98)
    let_end(bench, DAY_MS)
    robot = await bench.service.create(OWNER, replace(WISH, amount=str(Decimal(100))))
    with pytest.raises(Forbidden, match="robot_key_expires"):
        await bench.service.start(OWNER, robot.id)
