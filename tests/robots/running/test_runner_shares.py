"""Several runners over one database: each works for the accounts of its share, and takes over."""

from dataclasses import replace
from decimal import Decimal

from drawbridge.core.orders import OrderStatus, Side
from drawbridge.robots.model import DecisionState, RobotStatus
from tests.kit.robot_bench import DOWN, UP, WISH
from tests.kit.robot_pair import BOTH, LONG_MS, ONE, TWO, Pair
from tests.kit.robots import (
    KEY,
    OWNER,
    SECOND_KEY,
)
from tests.kit.turns import a_turn

GRID = replace(
    WISH,
    strategy="grid",
    settings={"lower": "80", "upper": "120", "lines": "5", "spacing": "arithmetic"},
    amount="800",
)


async def test_who_holds_nothing_does_nothing(pair: Pair) -> None:
    pair.ann.share.drop(ONE)
    pair.bob.share.drop(TWO)
    await pair.begin()
    await pair.tell(UP, DOWN)
    assert pair.bench.sides == []
    assert (await pair.bench.robot()).status is RobotStatus.STARTING


async def test_each_decides_for_its_own_accounts_and_each_order_is_placed_once(pair: Pair) -> None:
    await pair.begin()
    assert {it.status for it in (await pair.bench.robot()).accounts} == {RobotStatus.STARTED}

    await pair.tell(UP, DOWN)

    assert pair.ann.desk.waiting == pair.bob.desk.waiting == 2
    for key_id in (KEY, SECOND_KEY):
        assert pair.placed_on(key_id) == [Side.BUY, Side.SELL]
    assert await pair.bench.decisions() == [DecisionState.DONE] * 4


async def test_a_robot_as_a_whole_is_summed_up_whoever_moves_its_accounts(pair: Pair) -> None:
    pair.bench.exchange.second_balances.clear()
    await pair.begin()
    await pair.tell(UP)
    robot = await pair.bench.robot()
    assert robot.status is RobotStatus.STARTED
    assert [it.status for it in robot.accounts] == [RobotStatus.STARTED, RobotStatus.PAUSED]
    await pair.bench.service.stop(OWNER, pair.bench.id)
    await pair.step(4)
    robot = await pair.bench.robot()
    assert robot.status is RobotStatus.STOPPED
    assert {it.status for it in robot.accounts} == {RobotStatus.STOPPED}


async def test_an_account_that_moved_between_decision_and_order_is_ordered_once(
    pair: Pair,
) -> None:
    await pair.begin()
    pair.ann.desk.gate.clear()
    pair.bench.exchange.tell(UP)
    await pair.ann.runner.look()
    while not pair.ann.desk.waiting:
        await a_turn()

    pair.move(ONE)
    await pair.bob.runner.step()
    pair.bench.exchange.clock.advance(1_100)
    await pair.bob.runner.step()
    assert pair.placed_on(KEY) == [Side.BUY]

    pair.ann.desk.gate.set()
    await pair.step()
    assert pair.placed_on(KEY) == [Side.BUY]
    await pair.tell(DOWN)
    assert pair.placed_on(KEY) == [Side.BUY, Side.SELL]
    assert await pair.bench.decisions() == [DecisionState.DONE] * 4


async def test_an_account_that_moved_between_order_and_fill_is_settled_once(pair: Pair) -> None:
    await pair.begin()
    pair.bench.exchange.hides_fills = True
    await pair.tell(UP)
    assert pair.placed_on(KEY) == [Side.BUY]
    assert DecisionState.OPEN in await pair.bench.decisions()

    pair.move(ONE)
    pair.bench.exchange.hides_fills = False
    await pair.step(4)
    assert await pair.bench.decisions() == [DecisionState.DONE] * 2

    await pair.tell(DOWN)
    assert pair.placed_on(KEY) == [Side.BUY, Side.SELL]
    assert pair.ann.desk.waiting == 1


async def test_who_takes_over_goes_on_from_what_all_trades_came_to(pair: Pair) -> None:
    await pair.begin()
    await pair.tell(UP)
    pair.bench.exchange.counted_anew.clear()

    pair.move(ONE)
    await pair.step()
    await pair.tell(DOWN)

    assert pair.bench.exchange.counted_anew == []
    assert pair.placed_on(KEY) == [Side.BUY, Side.SELL]


async def test_orders_left_behind_do_not_wait_until_all_answers_are_taken_in(pair: Pair) -> None:
    pair.bench.exchange.balances["USDT"] = Decimal(100_000)
    for number in range(40):
        wish = replace(WISH, name=f"Robot {number}")
        await pair.bench.service.start(OWNER, (await pair.bench.service.create(OWNER, wish)).id)
    await pair.begin()
    pair.bob.desk.queue.clear()
    pair.ann.desk.told.clear()
    pair.bench.exchange.status_told = OrderStatus.OPEN
    pair.bench.exchange.tell(UP)
    await pair.bob.runner.look()
    await pair.ann.runner.look()
    while not (pair.bob.desk.queued and len(pair.placed_on(KEY)) == 41):
        await a_turn()

    pair.bob.share.drop(TWO)
    pair.ann.share.hold(TWO, LONG_MS)
    await pair.ann.runner.look()
    while not pair.placed_on(SECOND_KEY):
        await a_turn()

    pair.ann.desk.told.set()
    pair.bob.desk.queue.set()
    pair.bench.exchange.status_told = OrderStatus.FILLED
    await pair.step(4)
    assert len(pair.bench.sides) == 42


async def test_who_lost_an_account_writes_and_sends_nothing_more_for_it(pair: Pair) -> None:
    await pair.begin()
    before = await pair.bench.robot()
    # Its claim ends while it waits for the exchange to tell the candle.
    pair.bench.exchange.gate.clear()
    pair.bench.exchange.tell(UP)
    await pair.ann.runner.look()
    await a_turn()
    pair.ann.monotonic.advance(LONG_MS)
    pair.bench.exchange.gate.set()
    await pair.ann.runner.settle()
    assert pair.bench.sides == []
    assert await pair.bench.decisions() == []
    assert (await pair.bench.robot()).accounts == before.accounts
    await pair.step()
    assert pair.placed_on(KEY) == []

    # What closed meanwhile is acted upon late, as after a restart.
    pair.ann.share.hold(ONE, 2 * LONG_MS)
    await pair.step()
    assert pair.placed_on(KEY) == [Side.BUY]


async def test_what_another_did_between_two_looks_is_read_anew(pair: Pair) -> None:
    await pair.begin()
    await pair.tell(UP)
    pair.ann.share.drop(ONE)
    pair.bob.share.hold(ONE, LONG_MS)
    pair.bench.exchange.tell(DOWN)
    for _ in range(3):
        pair.bench.exchange.clock.advance(1_100)
        await pair.bob.runner.step()
    assert pair.placed_on(KEY) == [Side.BUY, Side.SELL]

    pair.bob.share.drop(ONE)
    pair.ann.share.hold(ONE, LONG_MS)
    await pair.tell(DOWN - 1, UP + 10)
    assert pair.placed_on(KEY) == [Side.BUY, Side.SELL, Side.BUY]
    assert await pair.bench.decisions() == [DecisionState.DONE] * 6


async def test_what_another_dropped_meanwhile_is_not_placed_by_who_comes_back(
    pair: Pair,
) -> None:
    await pair.begin()
    pair.ann.desk.queue.clear()
    pair.bench.exchange.tell(UP)
    await pair.ann.runner.look()
    while not pair.ann.desk.queued:
        await a_turn()
    pair.move(ONE)
    await pair.ann.runner.look()
    await pair.bench.service.stop(OWNER, pair.bench.id)
    for _ in range(3):
        pair.bench.exchange.clock.advance(1_100)
        await pair.bob.runner.step()
    assert DecisionState.DROPPED in await pair.bench.decisions()

    pair.bob.share.drop(ONE)
    pair.ann.share.hold(ONE, LONG_MS)
    await pair.ann.runner.look()
    pair.ann.desk.queue.set()
    await pair.step(3)
    assert pair.placed_on(KEY) == []
    assert (await pair.bench.robot()).status is RobotStatus.STOPPED


async def test_who_comes_to_a_chart_of_others_is_guarded_before_its_next_candle(
    pair: Pair,
) -> None:
    await pair.begin(replace(BOTH, trigger="tick", guards={"stop_loss": "1"}))
    await pair.tell(UP)
    pair.move(ONE)
    await pair.step(1)
    pair.bench.exchange.tell(UP - 20, closing=False)
    pair.bench.exchange.closes[-1] = str(UP - 20)
    await pair.step(4)
    assert pair.placed_on(KEY) == [Side.BUY, Side.SELL]


async def test_an_order_strategy_goes_on_with_what_rests_where_its_account_went(
    pair: Pair,
) -> None:
    await pair.begin(GRID)
    resting = {it.client_id for it in pair.bench.exchange.orders.values()}
    assert resting
    pair.move(ONE)
    await pair.step(4)
    assert {it.client_id for it in pair.bench.exchange.orders.values()} == resting
    assert pair.bob.desk.waiting == 0
