"""One order chain for each signal, whatever dies or is lost in between."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest_asyncio

from drawbridge.core.errors import (
    ExchangeDown,
    OutcomeUnknown,
)
from drawbridge.core.orders import OrderStatus, Side
from drawbridge.robots.model import DecisionState, RobotStatus
from tests.kit.robot_bench import DOWN, UP, Bench
from tests.kit.robots import (
    open_database,
)


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_database(tmp_path) as database:
        yield Bench(database)


async def test_an_order_whose_answer_was_lost_is_found_and_not_sent_again(
    bench: Bench,
) -> None:
    """Scenarios 60 and 61."""
    await bench.begin()
    bench.exchange.place_errors = [OutcomeUnknown("answer_lost")]
    bench.exchange.carried_out_all_the_same = True

    robot = await bench.tell(UP)

    assert robot.status is RobotStatus.STARTED
    assert len(bench.exchange.placed) == 1
    assert await bench.decisions() == [DecisionState.DONE]


async def test_an_order_that_certainly_was_not_taken_is_tried_again_with_an_id_of_its_own(
    bench: Bench,
) -> None:
    await bench.begin()
    bench.exchange.place_errors = [ExchangeDown("overloaded"), ExchangeDown("unreachable")]

    await bench.tell(UP)
    robot = await bench.step(4)

    assert robot.status is RobotStatus.STARTED
    assert len({order.client_id for order in bench.exchange.placed}) == 3
    assert await bench.decisions() == [DecisionState.DONE]
    assert len(bench.exchange.fills) == 1


async def test_an_entry_that_could_not_be_placed_in_time_is_dropped(bench: Bench) -> None:
    await bench.begin()
    bench.exchange.place_errors = [ExchangeDown("overloaded")] * 2
    await bench.tell(UP)

    bench.exchange.tell(UP, UP, UP)
    robot = await bench.step(4)

    assert robot.status is RobotStatus.STARTED
    assert await bench.decisions() == [DecisionState.DROPPED]
    assert bench.exchange.fills == []


async def test_a_restart_at_any_step_never_makes_a_second_order(bench: Bench) -> None:
    """Scenario 60: every step is done by a process that knows only what is on disk."""
    await bench.begin()
    for close in (UP, UP, UP):
        bench.exchange.tell(close)
        for _ in range(4):
            bench.runner = bench.new_runner()
            await bench.step(1)

    assert bench.sides == [Side.BUY]


async def test_a_decision_on_disk_whose_process_died_is_carried_out_once(
    bench: Bench,
) -> None:
    """Scenario 60: killed between the decision and the order."""
    await bench.begin()
    bench.exchange.place_errors = [OutcomeUnknown("answer_lost")]
    bench.exchange.tell(UP)
    await bench.step(1)
    assert await bench.decisions() == [DecisionState.OPEN]
    assert bench.exchange.orders == {}

    bench.runner = bench.new_runner()
    await bench.step(2)

    assert await bench.decisions() == [DecisionState.DONE]
    assert len({order.client_id for order in bench.exchange.placed}) == 1


async def test_a_fill_whose_process_died_before_it_was_taken_in_counts_once(bench: Bench) -> None:
    """Scenarios 60 and 62: what was bought is sold, and nothing else of the account."""
    await bench.begin()
    bench.exchange.place_errors = [OutcomeUnknown("answer_lost")]
    bench.exchange.carried_out_all_the_same = True
    bench.exchange.tell(UP)
    await bench.step(1)
    assert await bench.decisions() == [DecisionState.OPEN]
    assert len(bench.exchange.fills) == 1

    bench.runner = bench.new_runner()
    await bench.step(2)
    bench.exchange.balances["BTC"] += 5
    await bench.tell(DOWN)

    bought, sold = bench.exchange.placed
    assert (bought.side, sold.side) == (Side.BUY, Side.SELL)
    assert bought.quantity is not None
    assert sold.quantity is not None
    assert sold.quantity <= bought.quantity


async def test_an_order_that_stays_open_holds_the_robot_until_it_ends(bench: Bench) -> None:
    await bench.begin()
    bench.exchange.status_told = OrderStatus.PARTIALLY_FILLED
    bench.exchange.fill_share = Decimal("0.5")
    await bench.tell(UP, DOWN)
    assert bench.sides == [Side.BUY]

    bench.exchange.end(bench.exchange.placed[0].client_id, OrderStatus.CANCELLED)
    bench.exchange.status_told = OrderStatus.FILLED
    bench.exchange.fill_share = Decimal(1)
    await bench.step(3)

    assert bench.sides == [Side.BUY, Side.SELL]


async def test_fills_that_are_told_late_are_waited_for(bench: Bench) -> None:
    await bench.begin()
    bench.exchange.hides_fills = True
    await bench.tell(UP, DOWN)
    assert bench.sides == [Side.BUY]

    bench.exchange.hides_fills = False
    await bench.step(3)

    assert bench.sides == [Side.BUY, Side.SELL]


async def test_a_partial_fill_is_sold_as_far_as_it_was_bought(bench: Bench) -> None:
    """Scenario 62: the position is what was executed."""
    await bench.begin()
    bench.exchange.fill_share = Decimal("0.5")
    bench.exchange.status_told = OrderStatus.CANCELLED
    await bench.tell(UP)
    bench.exchange.fill_share = Decimal(1)
    bench.exchange.status_told = OrderStatus.FILLED

    await bench.tell(DOWN)

    bought, sold = bench.exchange.fills
    # What is below a lot step after the fee cannot be sold and stays.
    assert bought.quantity - bought.fee - sold.quantity < Decimal("0.001")
    assert sold.quantity < bought.quantity
