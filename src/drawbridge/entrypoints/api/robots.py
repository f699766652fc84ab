"""Robots: what they can be made of, make, start, stop and delete them, on which accounts."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from drawbridge.entrypoints.api.caller import Reader, RobotKeeper
from drawbridge.entrypoints.api.paging import AskedPage, Page, cut
from drawbridge.entrypoints.api.robot_shapes import (
    RobotStop,
    RobotTold,
    RobotWish,
    StrategyTold,
    tell_robot,
    tell_strategy,
)
from drawbridge.entrypoints.api.shapes import (
    LONGEST_TEXT,
    Asked,
    KeyPath,
    Text,
)
from drawbridge.robots.strategies import STRATEGIES

router = APIRouter(tags=["robots"])

RobotPath = Annotated[str, Path(max_length=LONGEST_TEXT, examples=["robot_4f7q2mabcdefghij"])]


class AccountWish(Asked):
    """What one entry spends on an account; empty for as much as on the first one."""

    amount: Text = Field("", examples=["100"])


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


@router.put("/robots/{robot}/accounts/{key}")
async def add_account(
    caller: RobotKeeper, robot: RobotPath, key: KeyPath, wish: AccountWish | None = None
) -> RobotTold:
    """Let a robot trade on one account more; at work, it starts there at once."""
    amount = wish.amount if wish else ""
    return tell_robot(
        await caller.house.robots.add_account(caller.owner, robot, key, amount.strip())
    )


@router.delete("/robots/{robot}/accounts/{key}")
async def remove_account(caller: RobotKeeper, robot: RobotPath, key: KeyPath) -> RobotTold:
    """Take an account off a robot; at work, it stops there first, in the way chosen."""
    return tell_robot(await caller.house.robots.remove_account(caller.owner, robot, key))
