"""Robots on people's own strategies: they decide elsewhere, and their trouble stays theirs."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.app.own_strategies import OwnStrategies
from drawbridge.core.errors import NotFound
from drawbridge.core.orders import Side
from drawbridge.robots.model import RobotStatus
from drawbridge.robots.own.loading import own_strategies_by
from tests.kit.robot_bench import WISH, Bench
from tests.kit.robots import OWNER, open_database

CROSS = '''
def decide(view, *, fast=2, slow=4):
    """Buys when the fast average is above the slow one."""
    return "in" if view.ema(fast) > view.ema(slow) else "out"
'''
GAIN = '''
def decide(view, *, fast=2, slow=4):
    """Sells with a gain only."""
    if view.held.quantity:
        return "out" if view.close() > view.held.price * 1.05 else None
    return "in" if view.close() > 110 and view.close() < 125 else "out"
'''
FAILS = '''
def decide(view, *, fast=2, slow=4):
    """Fails above 110."""
    return "out" if view.close() < 110 else 1 / 0
'''


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_database(tmp_path) as database:
        yield Bench(database)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnStrategies]:
    for name, text in (("cross", CROSS), ("gain", GAIN), ("fails", FAILS)):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    strategies = OwnStrategies(tmp_path, within_s=5.0)
    with own_strategies_by(strategies.strategy):
        yield strategies
    strategies.close()


async def test_where_own_strategies_are_not_run_no_robot_is_made(bench: Bench) -> None:
    with pytest.raises(NotFound, match="own_strategy_not_here"):
        await bench.begin(replace(WISH, strategy="own:cross"))


@pytest.mark.usefixtures("own")
async def test_a_robot_trades_by_an_own_strategy(bench: Bench) -> None:
    await bench.begin(replace(WISH, strategy="own:cross"))

    await bench.tell(120, 121, 60, 59, 125)

    assert bench.sides == [Side.BUY, Side.SELL, Side.BUY]


@pytest.mark.usefixtures("own")
async def test_what_it_holds_is_told_to_its_strategy(bench: Bench) -> None:
    await bench.begin(replace(WISH, strategy="own:gain"))

    await bench.tell(120, 118, 112, 115, 130, 131)

    assert bench.sides == [Side.BUY, Side.SELL]


@pytest.mark.usefixtures("own")
async def test_the_trouble_of_one_file_pauses_its_robot_and_no_other(bench: Bench) -> None:
    await bench.begin(replace(WISH, strategy="own:fails", name="fails"))
    failing = bench.id
    bench.id = (await bench.service.create(OWNER, replace(WISH, name="well"))).id
    await bench.service.start(OWNER, bench.id)
    await bench.step(3)

    well = await bench.tell(120, 121)

    paused = await bench.service.get_robot(OWNER, failing)
    assert (paused.status, paused.reason) == (RobotStatus.PAUSED, "own_failed")
    assert "ZeroDivisionError" in str(paused.facts["told"])
    assert (well.status, bench.sides) == (RobotStatus.STARTED, [Side.BUY])


async def test_a_process_that_is_killed_is_started_again(bench: Bench, own: OwnStrategies) -> None:
    await bench.begin(replace(WISH, strategy="own:cross"))
    await bench.tell(120)
    own.close()

    robot = await bench.tell(60, 59)

    assert robot.status is RobotStatus.STARTED
    assert bench.sides == [Side.BUY, Side.SELL]
