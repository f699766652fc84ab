"""One robot on several accounts: each has its own position, decisions and state."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.core.errors import BadInput, Conflict, NotFound, OutcomeUnknown
from drawbridge.core.orders import Side
from drawbridge.robots.model import Account, RobotStatus
from drawbridge.vault.model import KeyStatus
from tests.kit.robot_bench import DOWN, FALLING, UP, WISH, Bench
from tests.kit.robots import KEY, OWNER, SECOND_KEY, key_record, open_database

BOTH = replace(WISH, also_on={SECOND_KEY: "200"})


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_database(tmp_path) as database:
        made = Bench(database)
        made.exchange.second_balances["USDT"] = Decimal(1000)
        yield made


async def account(bench: Bench, key_id: str) -> Account:
    return next(it for it in (await bench.robot()).accounts if it.key_id == key_id)


async def test_one_signal_makes_an_order_on_every_account_each_of_its_own_amount(
    bench: Bench,
) -> None:
    await bench.begin(BOTH)

    await bench.tell(UP, DOWN)

    assert bench.sides == [Side.BUY, Side.BUY, Side.SELL, Side.SELL]
    bought = {bench.exchange.keys_of[it.client_id]: it.quantity for it in bench.exchange.placed[:2]}
    assert bought == {KEY: Decimal("0.833"), SECOND_KEY: Decimal("1.666")}


async def test_an_account_without_money_pauses_alone(bench: Bench) -> None:
    """Scenario 50."""
    bench.exchange.second_balances.clear()
    await bench.begin(BOTH)

    robot = await bench.tell(UP)

    assert robot.status is RobotStatus.STARTED
    poor = await account(bench, SECOND_KEY)
    assert (poor.status, poor.reason) == (RobotStatus.PAUSED, "insufficient_funds")
    assert poor.facts["currency"] == "USDT"
    await bench.tell(DOWN)
    assert bench.sides == [Side.BUY, Side.SELL]


async def test_a_mistake_of_ours_pauses_the_one_account_in_whose_work_it_was_made(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.exchange.tell(*FALLING)
    bench.id = (await bench.service.create(OWNER, BOTH)).id
    await bench.service.start(OWNER, bench.id)
    bench.exchange.keys.errors.append(TypeError())
    await bench.step(3)
    await bench.tell(UP)

    told = {it.status: it.reason for it in (await bench.robot()).accounts}
    assert told == {RobotStatus.PAUSED: "robot_mistake", RobotStatus.STARTED: ""}
    assert bench.sides == [Side.BUY]
    assert [it.levelname for it in caplog.records] == ["ERROR"]


async def test_an_account_whose_key_is_disabled_pauses_and_resumes_alone(bench: Bench) -> None:
    """Scenario 49."""
    await bench.begin(BOTH)
    bench.exchange.keys.second = key_record(KeyStatus.DISABLED, key_id=SECOND_KEY)
    await bench.tell(UP)
    assert (await account(bench, SECOND_KEY)).reason == "robot_key_disabled"
    assert bench.sides == [Side.BUY]

    bench.exchange.keys.second = key_record(key_id=SECOND_KEY)
    await bench.step(4)

    assert (await account(bench, SECOND_KEY)).status is RobotStatus.STARTED


async def test_an_account_of_which_nobody_knows_keeps_no_other_waiting(bench: Bench) -> None:
    await bench.begin(BOTH)
    bench.exchange.place_errors = [OutcomeUnknown("answer_lost")]
    bench.exchange.carried_out_all_the_same = True

    await bench.tell(UP, DOWN)
    await bench.step(4)

    assert bench.sides == [Side.BUY, Side.BUY, Side.SELL, Side.SELL]


async def test_an_account_that_is_added_at_work_starts_there_and_trades(bench: Bench) -> None:
    await bench.begin()
    await bench.service.add_account(OWNER, bench.id, SECOND_KEY, "50")
    await bench.step(3)
    assert (await account(bench, SECOND_KEY)).status is RobotStatus.STARTED

    await bench.tell(UP)

    assert len(bench.exchange.placed) == 2


async def test_an_account_that_is_taken_off_closes_its_position_first(bench: Bench) -> None:
    await bench.begin(BOTH)
    await bench.tell(UP)

    await bench.service.remove_account(OWNER, bench.id, SECOND_KEY)
    robot = await bench.step(3)

    assert [it.key_id for it in robot.accounts] == [KEY]
    assert robot.status is RobotStatus.STARTED
    assert bench.exchange.second_balances["BTC"] < Decimal("0.001")
    assert bench.exchange.balances["BTC"] > Decimal("0.8")


async def test_accounts_that_cannot_be_added_or_taken_off_are_refused(bench: Bench) -> None:
    await bench.begin()

    with pytest.raises(Conflict, match="robot_has_account"):
        await bench.service.add_account(OWNER, bench.id, KEY, "50")
    with pytest.raises(Conflict, match="robot_needs_account"):
        await bench.service.remove_account(OWNER, bench.id, KEY)
    with pytest.raises(NotFound, match="unknown_key"):
        await bench.service.remove_account(OWNER, bench.id, SECOND_KEY)
    elsewhere = replace(bench.exchange.keys.second, exchange="kraken")
    bench.exchange.keys.second = elsewhere
    with pytest.raises(BadInput, match="robot_key_elsewhere"):
        await bench.service.add_account(OWNER, bench.id, SECOND_KEY, "50")
    with pytest.raises(BadInput, match="robot_key_elsewhere"):
        await bench.service.create(OWNER, BOTH)


async def test_a_restart_at_any_step_makes_one_order_for_each_account(bench: Bench) -> None:
    """Scenario 60."""
    await bench.begin(BOTH)
    for close in (UP, UP, DOWN, DOWN):
        bench.exchange.tell(close)
        for _ in range(4):
            bench.runner = bench.new_runner()
            await bench.step(1)

    assert bench.sides == [Side.BUY, Side.BUY, Side.SELL, Side.SELL]
