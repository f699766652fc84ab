"""Robots: what they can be made of, make, start, stop, delete them, and how they did."""

from typing import Annotated

from fastapi import APIRouter, Path

from drawbridge.app.reports import ground_of, is_simulated
from drawbridge.core.money import plain
from drawbridge.entrypoints.api.caller import Reader, RobotKeeper
from drawbridge.entrypoints.api.orders import Trade, page_of_trades
from drawbridge.entrypoints.api.paging import AskedPage, Page, cut
from drawbridge.entrypoints.api.robot_shapes import (
    DecisionTold,
    FiguresTold,
    ForeignOrderTold,
    RobotStop,
    RobotTold,
    RobotWish,
    StrategyTold,
    tell_decision,
    tell_foreign,
    tell_robot,
    tell_strategy,
)
from drawbridge.entrypoints.api.shapes import LONGEST_TEXT, tell_amount, tell_facts
from drawbridge.robots.strategies import STRATEGIES
from drawbridge.statistics.telling import report_facts

router = APIRouter(tags=["robots"])

RobotPath = Annotated[str, Path(max_length=LONGEST_TEXT, examples=["robot_4f7q2mabcdefghij"])]


@router.get("/strategies")
async def list_strategies(caller: Reader, paging: AskedPage) -> Page[StrategyTold]:
    """List the strategies with their settings."""
    del caller
    return cut(STRATEGIES.values(), paging, tell_strategy, lambda it: it.id)


@router.get("/robots")
async def list_robots(caller: Reader, paging: AskedPage) -> Page[RobotTold]:
    """List the robots."""
    robots = await caller.house.robots.list_robots(caller.owner)
    return cut(robots, paging, tell_robot, lambda it: it.id)


@router.post("/robots", status_code=201)
async def create_robot(caller: RobotKeeper, wish: RobotWish) -> RobotTold:
    """Make a robot, stopped."""
    return tell_robot(await caller.house.robots.create(caller.owner, wish.read()))


@router.get("/robots/{robot}")
async def get_robot(caller: Reader, robot: RobotPath) -> RobotTold:
    """Give one robot."""
    return tell_robot(await caller.house.robots.get_robot(caller.owner, robot))


@router.post("/robots/{robot}/start", status_code=202)
async def start_robot(caller: RobotKeeper, robot: RobotPath) -> RobotTold:
    """Ask for a robot to run on all its accounts; asking twice is asking once."""
    return tell_robot(await caller.house.robots.start(caller.owner, robot))


@router.post("/robots/{robot}/stop", status_code=202)
async def stop_robot(
    caller: RobotKeeper, robot: RobotPath, wish: RobotStop | None = None
) -> RobotTold:
    """Ask for a robot to stop; asking twice is asking once."""
    on_stop = wish.on_stop if wish else None
    return tell_robot(await caller.house.robots.stop(caller.owner, robot, on_stop=on_stop))


@router.delete("/robots/{robot}", status_code=204)
async def delete_robot(caller: RobotKeeper, robot: RobotPath) -> None:
    """Delete a stopped robot; its orders stay on record."""
    await caller.house.robots.delete(caller.owner, robot)


@router.get("/robots/{robot}/decisions")
async def list_decisions(caller: Reader, robot: RobotPath, paging: AskedPage) -> Page[DecisionTold]:
    """List the newest decisions of a robot, at most fifty."""
    found = await caller.house.robots.list_decisions(caller.owner, robot)
    return cut(found, paging, tell_decision, lambda it: f"{it.key_id}~{it.tag}")


@router.get("/robots/{robot}/trades")
async def list_robot_trades(caller: Reader, robot: RobotPath, paging: AskedPage) -> Page[Trade]:
    """List the executions of a robot's orders."""
    found = await caller.house.robots.get_robot(caller.owner, robot)
    return await page_of_trades(caller, paging, origin=found.origin)


@router.get("/robots/{robot}/foreign-orders")
async def list_foreign_orders(
    caller: Reader, robot: RobotPath, paging: AskedPage
) -> Page[ForeignOrderTold]:
    """List the open orders that others have where a robot works."""
    found = await caller.house.robots.list_foreign_orders(caller.owner, robot)
    return cut(found, paging, tell_foreign, lambda it: f"{it.key_id}~{it.order_id}")


@router.get("/robots/{robot}/figures")
async def get_figures(caller: Reader, robot: RobotPath) -> FiguresTold:
    """Tell how a robot did: profit, trades, falls, ratios, activity, months and years."""
    found = await caller.house.robots.get_robot(caller.owner, robot)
    candles = await caller.house.robots.list_candles(caller.owner, robot)
    report = await caller.house.statistics.report(found.origin, ground_of(found, candles))
    return FiguresTold(
        is_simulated=is_simulated(found),
        held=plain(report.position.quantity),
        cost=plain(report.position.cost),
        last_price=tell_amount(report.last_price),
        figures=tell_facts(report_facts(report)),
    )
