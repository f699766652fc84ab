"""Rows of robots: what is said of a robot holds only where it was seen."""

from itertools import count
from pathlib import Path

from drawbridge.robots.model import RobotStatus
from drawbridge.robots.service import RobotService
from drawbridge.robots.store import Reason, RobotStore, set_reasons, set_status, sum_up
from drawbridge.robots.wishes import Wish
from tests.kit.robots import KEY, OWNER, MemoryExchange, open_database


async def test_a_reason_that_comes_late_says_nothing_of_a_robot_that_has_stopped(
    tmp_path: Path,
) -> None:
    exchange, numbers = MemoryExchange(), count(1)
    async with open_database(tmp_path) as database:
        service = RobotService(
            database,
            exchange.keys,
            exchange.clock,
            lambda size: next(numbers).to_bytes(size, "big"),
        )
        made = await service.create(OWNER, Wish(key_id=KEY, symbol="BTC/USDT", amount="100"))
        seen = await service.start(OWNER, made.id)
        async with database.transaction() as tx:
            await set_status(tx, seen, seen.accounts[0], RobotStatus.STOPPED, 1)
            late = Reason(seen.id, KEY, "unreachable", {}, seen.accounts[0].status)
            await set_reasons(tx, [late])
            await sum_up(tx, [seen.id])
        assert (await RobotStore(database).get(OWNER, made.id)).reason == ""

        async with database.transaction() as tx:
            await set_reasons(tx, [Reason(seen.id, KEY, "insufficient_funds")])
            await sum_up(tx, [seen.id])
        assert (await RobotStore(database).get(OWNER, made.id)).reason == "insufficient_funds"
