"""Making, starting, stopping and deleting robots: what is refused, and what is kept."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.audit.store import list_events, verify
from drawbridge.core.errors import BadInput, Conflict, DrawbridgeError, Forbidden, NotFound
from drawbridge.robots.model import OnStop, RobotStatus
from drawbridge.robots.service import RobotService, check_unused
from drawbridge.robots.wishes import Wish
from drawbridge.storage.database import Database
from drawbridge.vault.model import KeyRecord, KeyStatus
from tests.kit.robots import KEY, OWNER, MemoryExchange, key_record, open_database

WISH = Wish(key_id=KEY, symbol="BTC/USDT", amount="100", settings={"fast": "2", "slow": "4"})


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path) as opened:
        yield opened


@pytest.fixture
def exchange() -> MemoryExchange:
    return MemoryExchange()


@pytest.fixture
def service(database: Database, exchange: MemoryExchange) -> RobotService:
    numbers = count(1)
    return RobotService(
        database, exchange.keys, exchange.clock, lambda size: next(numbers).to_bytes(size, "big")
    )


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"symbol": ""}, "bad_symbol", "symbol"),
        ({"symbol": "BTCUSDT"}, "bad_symbol", "symbol"),
        ({"symbol": "BTC/USDT\n; rm"}, "bad_symbol", "symbol"),
        ({"symbol": "B" * 1_000_000}, "bad_symbol", "symbol"),
        ({"amount": ""}, "not_a_number", "amount"),
        ({"amount": "ten"}, "not_a_number", "amount"),
        ({"amount": "NaN"}, "not_a_number", "amount"),
        ({"amount": "9" * 1_000_000}, "not_a_number", "amount"),
        ({"amount": "0"}, "not_positive", "amount"),
        ({"amount": "-5"}, "not_positive", "amount"),
        ({"interval": "7m"}, "bad_interval", "interval"),
        ({"on_stop": "explode"}, "bad_on_stop", "on_stop"),
        ({"settings": {"fast": "4", "slow": "4"}}, "fast_not_below_slow", "fast"),
        ({"settings": {"fsat": "4"}}, "unknown_parameter", "fsat"),
        ({"name": "x" * 1_000_000}, "label_too_long", "label"),
        ({"name": "a\u202eb"}, "label_unreadable", "label"),
    ],
)
async def test_a_bad_field_is_refused_by_name_and_nothing_is_stored(
    service: RobotService, changes: dict[str, object], code: str, field: str
) -> None:
    wish = replace(WISH, **changes)  # type: ignore[arg-type]  # each row names fields of a wish

    with pytest.raises(BadInput, match=code) as caught:
        await service.create(OWNER, wish)

    assert caught.value.facts["field"] == field
    assert await service.list_robots(OWNER) == ()


async def test_an_unknown_strategy_or_key_is_not_found(service: RobotService) -> None:
    for wish in (replace(WISH, strategy="oracle"), replace(WISH, key_id="key_of_another")):
        with pytest.raises(NotFound):
            await service.create(OWNER, wish)


async def test_a_robot_of_another_owner_is_not_found(service: RobotService) -> None:
    robot = await service.create(OWNER, WISH)

    for use in (service.get_robot, service.start, service.stop, service.delete):
        with pytest.raises(NotFound, match="unknown_robot"):
            await use("owner_other", robot.id)


async def test_a_name_is_taken_whatever_its_capitals(service: RobotService) -> None:
    await service.create(OWNER, replace(WISH, name="Alice"))

    with pytest.raises(Conflict, match="robot_name_taken"):
        await service.create(OWNER, replace(WISH, name="aLICE"))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (KeyStatus.UNVERIFIED, "robot_key_not_proven"),
        (KeyStatus.DISABLED, "robot_key_disabled"),
        (KeyStatus.INVALID, "robot_key_invalid"),
        (KeyStatus.READ_ONLY, "robot_key_reads_only"),
    ],
)
async def test_a_robot_is_not_started_with_a_key_that_cannot_trade(
    service: RobotService, exchange: MemoryExchange, status: KeyStatus, code: str
) -> None:
    """Scenario 59."""
    robot = await service.create(OWNER, WISH)
    exchange.keys.first = key_record(status)

    with pytest.raises(Forbidden, match=code):
        await service.start(OWNER, robot.id)

    assert (await service.get_robot(OWNER, robot.id)).status is RobotStatus.STOPPED


async def test_a_robot_that_is_not_stopped_is_not_deleted(service: RobotService) -> None:
    robot = await service.create(OWNER, WISH)
    await service.start(OWNER, robot.id)

    with pytest.raises(Conflict, match="robot_not_stopped"):
        await service.delete(OWNER, robot.id)


async def test_a_robot_that_is_still_stopping_is_not_started(service: RobotService) -> None:
    robot = await service.create(OWNER, WISH)
    await service.start(OWNER, robot.id)
    await service.stop(OWNER, robot.id)

    with pytest.raises(Conflict, match="robot_still_stopping"):
        await service.start(OWNER, robot.id)


async def test_a_robot_is_kept_as_it_was_wished(service: RobotService) -> None:
    wish = replace(WISH, amount=" 100.50 ", on_stop="keep", joins=True, interval="15m")

    robot = await service.create(OWNER, wish)

    assert robot == await service.get_robot(OWNER, robot.id)
    assert robot.status is RobotStatus.STOPPED
    assert robot.plan.amount == Decimal("100.5")
    assert robot.plan.settings == {"fast": 2, "slow": 4}
    assert robot.plan.interval_ms == 900_000
    assert robot.plan.on_stop is OnStop.KEEP
    assert robot.plan.joins


async def test_robots_without_a_name_are_numbered(service: RobotService) -> None:
    names = [(await service.create(OWNER, WISH)).name for _ in range(2)]

    assert names == ["BTC/USDT #1", "BTC/USDT #2"]


async def test_starting_and_stopping_twice_is_doing_it_once(
    service: RobotService, database: Database
) -> None:
    robot = await service.create(OWNER, WISH)
    for _ in range(2):
        assert (await service.start(OWNER, robot.id)).status is RobotStatus.STARTING
    for _ in range(2):
        assert (await service.stop(OWNER, robot.id)).status is RobotStatus.STOPPING

    tags = [event.tag for event in await list_events(database, OWNER)]
    assert tags == [
        "robots:robot:stop_wished",
        "robots:robot:start_wished",
        "robots:robot:created",
    ]
    assert (await verify(database)).count == 3


@dataclass
class Meddling:
    """Keys that move a robot each time they are looked at, as its runner may at that moment."""

    database: Database
    times: int

    async def get_key(self, owner: str, key_id: str) -> KeyRecord:
        """Give the key, after the runner has moved the robot."""
        if self.times:
            self.times -= 1
            async with self.database.transaction() as tx:
                to = ("paused", "stopped")[self.times % 2]
                await tx.execute("UPDATE robot_accounts SET status = ?", to)
        return await MemoryExchange().keys.get_key(owner, key_id)


async def test_a_wish_that_meets_the_runner_is_carried_out_from_where_it_is_then(
    service: RobotService, database: Database, exchange: MemoryExchange
) -> None:
    robot = await service.create(OWNER, WISH)
    meeting = RobotService(database, Meddling(database, 3), exchange.clock, lambda _size: b"")
    assert (await meeting.start(OWNER, robot.id)).status is RobotStatus.STARTING


async def test_a_wish_that_meets_the_runner_every_time_is_told(
    service: RobotService, database: Database, exchange: MemoryExchange
) -> None:
    robot = await service.create(OWNER, WISH)
    keys = Meddling(database, 99)
    meeting = RobotService(database, keys, exchange.clock, lambda _size: b"")
    with pytest.raises(Conflict, match="robot_has_changed"):
        await meeting.start(OWNER, robot.id)
    assert keys.times > 90


async def test_a_deleted_robot_is_gone_from_every_list_and_frees_its_name(
    service: RobotService,
) -> None:
    robot = await service.create(OWNER, replace(WISH, name="Alice"))

    await service.delete(OWNER, robot.id)

    assert await service.list_robots(OWNER) == ()
    with pytest.raises(NotFound):
        await service.get_robot(OWNER, robot.id)
    assert (await service.create(OWNER, replace(WISH, name="Alice"))).id != robot.id


async def test_a_refused_change_leaves_no_trace_in_the_audit_log(
    service: RobotService, database: Database
) -> None:
    with pytest.raises(DrawbridgeError):
        await service.create(OWNER, replace(WISH, amount="x"))

    assert await list_events(database, OWNER) == ()


async def test_a_key_is_in_use_while_a_robot_that_trades_with_it_is_not_stopped(
    service: RobotService, database: Database, exchange: MemoryExchange
) -> None:
    """Scenario 41."""
    robot = await service.create(OWNER, replace(WISH, name="Dawn"))
    async with database.transaction() as tx:
        await check_unused(tx, exchange.keys.first)
    assert await service.robots_of_key(OWNER, KEY) == ()
    await service.start(OWNER, robot.id)
    async with database.transaction() as tx:
        with pytest.raises(Conflict, match="key_used_by_robots") as refusal:
            await check_unused(tx, exchange.keys.first)
    assert refusal.value.facts["robots"] == ["Dawn"]
    assert [used.id for used in await service.robots_of_key(OWNER, KEY)] == [robot.id]
    assert await service.robots_of_key("somebody else", KEY) == ()
    assert await service.robots_of_key(OWNER, "key_other") == ()
