"""Robots on contracts: long, short, and from one side to the other."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest_asyncio

from drawbridge.core.errors import OutcomeUnknown
from drawbridge.core.markets import MarketKind
from drawbridge.core.operations import Scope
from drawbridge.core.orders import Side
from drawbridge.robots.model import RobotStatus
from drawbridge.vault.model import KeyStatus
from tests.kit.robot_bench import DOWN, UP, WISH, Bench
from tests.kit.robots import MARKET, OWNER, key_record, open_database

SYMBOL = "BTC/USDT:USDT"
CONTRACT = replace(WISH, symbol=SYMBOL, direction="both")
RIGHTS = frozenset({Scope.READ, Scope.TRADE_DERIVATIVES})


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_database(tmp_path) as database:
        made = Bench(database)
        made.exchange.market = replace(MARKET, symbol=SYMBOL, kind=MarketKind.LINEAR_PERPETUAL)
        made.exchange.keys.first = key_record(scopes=RIGHTS, exchange="binance_futures")
        yield made


def sent(bench: Bench) -> list[tuple[Side, bool]]:
    return [(it.side, it.reduce_only) for it in bench.exchange.placed]


async def test_a_turn_leaves_one_side_by_an_order_that_only_reduces_and_enters_the_other(
    bench: Bench,
) -> None:
    await bench.begin(CONTRACT)

    await bench.tell(UP, DOWN, DOWN - 1)

    assert sent(bench) == [(Side.BUY, False), (Side.SELL, True), (Side.SELL, False)]
    assert bench.exchange.placed[2].quantity == Decimal("1.666")


async def test_a_short_robot_sells_first_and_buys_back(bench: Bench) -> None:
    await bench.begin(replace(CONTRACT, direction="short"))

    await bench.tell(UP, DOWN, UP)

    assert sent(bench) == [(Side.SELL, False), (Side.BUY, True)]


async def test_a_short_position_is_stopped_out_above(bench: Bench) -> None:
    await bench.begin(replace(CONTRACT, direction="short", guards={"stop_loss": "3"}))

    await bench.tell(UP, DOWN, DOWN + 1, DOWN + 3)

    told = await bench.service.list_decisions(OWNER, bench.id)
    assert [it.tag.partition(":")[0] for it in reversed(told)] == ["enter", "stop"]
    assert sent(bench) == [(Side.SELL, False), (Side.BUY, True)]


async def test_a_stop_buys_a_short_position_back(bench: Bench) -> None:
    """Scenario 63."""
    await bench.begin(replace(CONTRACT, direction="short"))
    await bench.tell(UP, DOWN)

    await bench.service.stop(OWNER, bench.id)
    robot = await bench.step(3)

    assert (robot.status, robot.reason) == (RobotStatus.STOPPED, "")
    assert sent(bench) == [(Side.SELL, False), (Side.BUY, True)]


async def test_a_turn_survives_a_restart_at_any_step(bench: Bench) -> None:
    """Scenario 60."""
    await bench.begin(CONTRACT)
    bench.exchange.place_errors = [OutcomeUnknown("answer_lost")]
    bench.exchange.carried_out_all_the_same = True
    for close in (UP, DOWN, DOWN - 1):
        bench.exchange.tell(close)
        for _ in range(4):
            bench.runner = bench.new_runner()
            await bench.step(1)

    assert sent(bench) == [(Side.BUY, False), (Side.SELL, True), (Side.SELL, False)]


async def test_a_position_that_somebody_closed_pauses_the_robot_when_it_is_started(
    bench: Bench,
) -> None:
    await bench.begin(replace(CONTRACT, on_stop="keep"))
    await bench.tell(UP)
    await bench.service.stop(OWNER, bench.id)
    await bench.step(2)
    foreign = replace(bench.exchange.fills[0], side=Side.SELL, client_id="foreign")
    bench.exchange.keys_of["foreign"] = "somebody"
    bench.exchange.fills.append(foreign)

    await bench.service.start(OWNER, bench.id)
    robot = await bench.step(2)

    assert (robot.status, robot.reason) == (RobotStatus.PAUSED, "robot_position_missing")
    assert robot.facts["free"] == "0"


async def test_a_key_that_may_trade_spot_only_is_refused(bench: Bench) -> None:
    """Scenario 59: the wrong kind of right."""
    bench.exchange.keys.first = key_record(KeyStatus.ENABLED, exchange="binance_futures")
    bench.exchange.tell(1, 2, 3)
    bench.id = (await bench.service.create(OWNER, CONTRACT)).id
    bench.exchange.keys.first = key_record(scopes=RIGHTS, exchange="binance_futures")
    await bench.service.start(OWNER, bench.id)
    bench.exchange.keys.first = key_record(exchange="binance_futures")

    assert (await bench.step(2)).reason == "robot_key_without_trade_right"
