"""Kill the gateway while its robots trade: nothing is lost and nothing is done twice.

Real processes on both sides; what the paper exchange holds in its books is held against what
the robots have on record, to the last digit.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

from drawbridge.app.build import House, open_house
from drawbridge.app.gateway_process import open_gateway
from drawbridge.app.workers import Work
from drawbridge.core.clock import MINUTE_MS
from drawbridge.paper.world import DEMO_BALANCES
from drawbridge.robots.model import DecisionState, Robot, RobotStatus, held_of
from drawbridge.robots.wishes import Wish
from tests.kit.house import LaterClock, Town, add_key, checked, create_owner, found_town, until
from tests.kit.processes import Paper

EXCHANGE = "binance"
MARKETS = ("BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT")
AVERAGES = ((1, 2), (1, 3), (2, 5), (3, 8), (5, 13), (8, 21), (12, 26), (20, 50))
KILLS = 4
MINUTES = 5


async def start_robots(house: House, owner: str, key_id: str) -> list[Robot]:
    robots = []
    for market in MARKETS:
        for fast, slow in AVERAGES:
            settings: dict[str, object] = {"fast": fast, "slow": slow}
            on_stop = "keep" if slow % 2 else "market"
            wish = Wish(key_id, market, "150", settings=settings, joins=True, on_stop=on_stop)
            robots.append(await house.robots.create(owner, wish))
    for robot in robots:
        await house.robots.start(owner, robot.id)
    return robots


async def all_stand(house: House, owner: str, status: RobotStatus) -> bool:
    robots = await house.robots.list_robots(owner)
    if any(robot.status is not status for robot in robots):
        return False
    for robot in robots:
        for decision in await house.robots.list_decisions(owner, robot.id):
            if decision.state is DecisionState.OPEN:
                return False
    return True


async def go_through(town: Town) -> None:
    gateway = town.gateway()
    async with open_house(town.settings) as house:
        owner = await create_owner(house)
        key = await checked(house, (await add_key(house, town, owner, EXCHANGE)).id)
        robots = await start_robots(house, owner, key.id)
        await first_trade(house)
        for kill in range(1, KILLS + 1):
            await until(partial(has_traded, house, owner, 2 * kill), "it trades")
            await asyncio.to_thread(gateway.kill)
            gateway = await asyncio.to_thread(town.gateway)
        for robot in robots:
            await house.robots.stop(owner, robot.id)
        await asyncio.to_thread(gateway.kill)
        # The last process lives later: behind the time in which a lost order may still arrive.
        later = replace(house, clock=LaterClock(ahead_ms=90_000))
        async with open_gateway(later) as work:
            await until(partial(stepped, work, house, owner), "all have stopped")
        # Only robots that have stopped do nothing more while both sides are read.
        check_books(town.paper, await check_records(house, owner, robots))


async def stepped(work: Work, house: House, owner: str) -> bool:
    await work.robots.step()
    return await all_stand(house, owner, RobotStatus.STOPPED)


async def first_trade(house: House) -> None:
    """Wait for the first order; where every market falls, the next minutes bring a turn."""

    async def is_there() -> bool:
        rows = await house.database.fetch_all("SELECT 1 FROM orders WHERE origin LIKE 'robot:%'")
        return bool(rows)

    for _ in range(MINUTES):
        with suppress(AssertionError):
            await until(is_there, "some market rises")
            return


async def has_traded(house: House, owner: str, wanted: int) -> bool:
    """Tell whether so many orders were meant, or every robot has had its say already."""
    rows = await house.database.fetch_all("SELECT 1 FROM orders WHERE origin LIKE 'robot:%'")
    return len(rows) >= wanted or await all_have_acted(house, owner)


async def all_have_acted(house: House, owner: str) -> bool:
    newest_ms = house.clock.now_ms() - 2 * MINUTE_MS
    robots = await house.robots.list_robots(owner)
    return all((robot.last_candle_ms or 0) > newest_ms for robot in robots)


async def check_records(house: House, owner: str, robots: list[Robot]) -> dict[str, Decimal]:
    """Check that no robot bought twice for one decision; give what all hold together."""
    held = {market.partition("/")[0]: Decimal(0) for market in MARKETS}
    decided = 0
    for robot in robots:
        decisions = await house.robots.list_decisions(owner, robot.id)
        done = [it for it in decisions if it.state is DecisionState.DONE]
        orders = [it for it in await house.orders.orders_of(robot.origin) if it.filled]
        fills = await house.orders.fills_of(robot.origin)
        assert {order.client_id for order in orders} == {it.client_id for it in done}
        assert sum((fill.quantity for fill in fills), Decimal(0)) == sum(
            (order.filled for order in orders), Decimal(0)
        )
        decided += len(decisions)
        held[robot.plan.base] += held_of(fills, robot.plan.base)
    # A first order may have been killed before it left; that it was decided is certain.
    assert decided > 0
    return held


def check_books(paper: Paper, held: dict[str, Decimal]) -> None:
    ledger = paper.ledger()
    assert ledger["balanced"] is True
    (balances,) = ledger["balances"].values()
    for currency, amount in held.items():
        there = balances[currency]
        assert Decimal(there["free"]) + Decimal(there["held"]) == DEMO_BALANCES[currency] + amount


def test_a_gateway_that_is_killed_while_robots_trade_loses_nothing_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    """Scenario 60: killed again and again, at whatever step its robots are."""
    with found_town(tmp_path) as town:
        asyncio.run(go_through(town))
