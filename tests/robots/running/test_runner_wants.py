"""Order strategies at work: what rests is what is wanted, whatever dies in between."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.core.errors import ExchangeDown, ExchangeRefused, OutcomeUnknown
from drawbridge.core.orders import Order, OrderStatus, Side
from drawbridge.robots.model import RobotStatus, held_of
from tests.kit.robot_bench import WISH, Bench
from tests.kit.robots import OWNER, open_database

GRID = replace(
    WISH,
    strategy="grid",
    settings={"lower": "90", "upper": "110", "lines": "5", "spacing": "arithmetic"},
)


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_database(tmp_path) as database:
        yield Bench(database)


def resting(bench: Bench) -> list[tuple[Side, Decimal]]:
    orders: list[Order] = [it for it in bench.exchange.orders.values() if not it.status.is_final]
    return sorted((it.side, it.price or Decimal(0)) for it in orders)


def lines(*prices: int) -> list[tuple[Side, Decimal]]:
    return [(Side.BUY, Decimal(price)) for price in prices]


async def test_a_grid_rests_at_its_lines_and_sells_above_what_it_bought(bench: Bench) -> None:
    await bench.begin(GRID, closes=(104, 104, 104))
    assert resting(bench) == lines(90, 95, 100)

    await bench.tell(99)
    assert resting(bench) == [*lines(90, 95), (Side.SELL, Decimal(105))]

    await bench.tell(106)
    assert resting(bench) == lines(90, 95, 100, 105)
    assert bench.sides.count(Side.SELL) == 1
    assert held_of(bench.exchange.fills, "BTC") < Decimal("0.001")


@pytest.mark.parametrize("dies", [False, True])
async def test_a_restart_at_any_step_brings_about_the_same_orders(
    bench: Bench, *, dies: bool
) -> None:
    """Scenario 60: killed after each step, on falling and rising prices."""
    await bench.begin(GRID, closes=(104, 104, 104))
    for close in (99, 94, 99, 101, 106, 111, 104, 99):
        bench.exchange.tell(close)
        for _ in range(3):
            bench.runner = bench.new_runner() if dies else bench.runner
            await bench.step(1)

    ids = [order.client_id for order in bench.exchange.placed]
    assert len(ids) == len(set(ids)) == 10
    sales = [(Side.SELL, Decimal(105)), (Side.SELL, Decimal(110))]
    assert resting(bench) == [*lines(90, 95), *sales]
    robot = await bench.robot()
    assert (robot.status, robot.reason) == (RobotStatus.STARTED, "")


@pytest.mark.parametrize("sent", [True, False])
async def test_an_order_whose_answer_was_lost_is_found_and_not_sent_again(
    bench: Bench, *, sent: bool
) -> None:
    """Scenario 61."""
    bench.exchange.place_errors = [OutcomeUnknown("answer_lost")]
    bench.exchange.carried_out_all_the_same = sent
    await bench.begin(GRID, closes=(104, 104, 104))

    await bench.step(6)

    assert resting(bench) == lines(90, 95, 100)


async def test_an_exchange_that_is_down_is_waited_for(bench: Bench) -> None:
    """Scenario 47."""
    bench.exchange.place_errors = [ExchangeDown("overloaded")] * 4
    await bench.begin(GRID, closes=(104, 104, 104))

    await bench.step(8)

    assert resting(bench) == lines(90, 95, 100)
    assert (await bench.robot()).reason == ""


async def test_a_definite_no_pauses_with_its_reason_and_goes_on_when_started_again(
    bench: Bench,
) -> None:
    bench.exchange.place_errors = [ExchangeRefused("market_closed")]
    await bench.begin(GRID, closes=(104, 104, 104))
    robot = await bench.robot()
    assert (robot.status, robot.reason) == (RobotStatus.PAUSED, "market_closed")

    await bench.service.start(OWNER, bench.id)
    await bench.step(3)

    assert (await bench.robot()).status is RobotStatus.STARTED
    assert resting(bench) == lines(90, 95, 100)


async def test_what_rests_stays_while_a_robot_is_paused_and_goes_when_a_person_stops_it(
    bench: Bench,
) -> None:
    await bench.begin(GRID, closes=(104, 104, 104))
    bench.exchange.place_errors = [ExchangeRefused("insufficient_funds")]
    robot = await bench.tell(99)
    assert (robot.status, robot.reason) == (RobotStatus.PAUSED, "insufficient_funds")
    assert resting(bench) == lines(90, 95)

    await bench.tell(98, 97)
    assert resting(bench) == lines(90, 95)
    await bench.service.stop(OWNER, bench.id)
    assert (await bench.step(3)).status is RobotStatus.STOPPED
    assert resting(bench) == []
    assert held_of(bench.exchange.fills, "BTC") < Decimal("0.001")


async def test_what_fills_while_a_robot_is_paused_counts_when_it_goes_on(bench: Bench) -> None:
    await bench.begin(GRID, closes=(104, 104, 104))
    bench.exchange.place_errors = [ExchangeRefused("insufficient_funds")]
    await bench.tell(99)
    await bench.tell(94)
    assert resting(bench) == lines(90)

    await bench.service.start(OWNER, bench.id)
    robot = await bench.step(4)

    assert (robot.status, robot.reason) == (RobotStatus.STARTED, "")
    assert (Side.SELL, Decimal(100)) in resting(bench)


async def test_an_order_that_a_person_cancelled_is_wanted_again(bench: Bench) -> None:
    await bench.begin(GRID, closes=(104, 104, 104))
    first = bench.exchange.placed[0]
    bench.exchange.end(first.client_id, OrderStatus.CANCELLED)

    await bench.tell(104)

    assert resting(bench) == lines(90, 95, 100)
    assert len(bench.exchange.placed) == 4


async def test_a_partial_fill_of_a_cancelled_order_is_the_position(bench: Bench) -> None:
    """Scenario 62."""
    await bench.begin(GRID, closes=(104, 104, 104))
    bench.exchange.fill_share, bench.exchange.status_told = (
        Decimal("0.5"),
        OrderStatus.CANCELLED,
    )
    await bench.tell(99)

    bought = bench.exchange.fills[0]
    sale = next(it for it in bench.exchange.placed if it.side is Side.SELL)
    assert sale.quantity is not None
    assert Decimal(0) <= bought.quantity - bought.fee - sale.quantity < Decimal("0.001")


async def test_a_stop_cancels_what_rests_and_sells_what_is_held(bench: Bench) -> None:
    """Scenario 63."""
    await bench.begin(GRID, closes=(104, 104, 104))
    await bench.tell(99)

    await bench.service.stop(OWNER, bench.id)
    robot = await bench.step(4)

    assert robot.status is RobotStatus.STOPPED
    assert resting(bench) == []
    assert held_of(bench.exchange.fills, "BTC") < Decimal("0.001")


async def test_a_robot_that_is_started_again_begins_anew_with_orders_of_its_own(
    bench: Bench,
) -> None:
    await bench.begin(GRID, closes=(104, 104, 104))
    await bench.service.stop(OWNER, bench.id)
    await bench.step(3)

    await bench.service.start(OWNER, bench.id)
    await bench.step(3)

    assert resting(bench) == lines(90, 95, 100)
    assert len({it.client_id for it in bench.exchange.placed}) == 6


async def test_an_amount_that_is_too_small_for_the_lines_is_refused(bench: Bench) -> None:
    """Scenario 59."""
    await bench.begin(replace(GRID, amount="10"), closes=(104, 104, 104))

    assert (await bench.robot()).status is RobotStatus.PAUSED


async def test_nothing_is_written_while_nothing_happens(bench: Bench) -> None:
    await bench.begin(GRID, closes=(104, 104, 104))
    await bench.step(6)
    before = await bench.database.data_version()

    await bench.step(5)

    assert await bench.database.data_version() == before
