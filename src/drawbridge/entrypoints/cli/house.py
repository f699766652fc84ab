"""Opening the data folder for one command, and finding who and what it is about.

Whoever may read the data folder may use this command line: the operating system's account is
the proof here, as the password is in the browser.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from drawbridge.app.build import House, open_house
from drawbridge.core.errors import BadInput, Conflict, NotFound
from drawbridge.entrypoints.cli.options import settings_for
from drawbridge.robots.model import Robot
from drawbridge.vault.model import KeyRecord, fold_label

A = TypeVar("A")


def in_house(data: Path | None, work: Callable[[House], Awaitable[A]]) -> A:
    """Open the house, do the work, close the house."""

    async def opened() -> A:
        async with open_house(settings_for(data)) as house:
            return await work(house)

    return asyncio.run(opened())


async def owner_of(house: House, name: str) -> str:
    """Give the id of the named owner, or of the only one there is.

    Raises: `Conflict("no_owner_yet")`, `BadInput("which_owner")`, `NotFound("no_such_owner")`.
    """
    owners = await house.accounts.list_owners()
    if not owners:
        raise Conflict("no_owner_yet")
    if not name and len(owners) == 1:
        return owners[0].id
    if not name:
        raise BadInput("which_owner", field="owner", known=[owner.name for owner in owners])
    for owner in owners:
        if owner.name.casefold() == name.strip().casefold():
            return owner.id
    raise NotFound("no_such_owner", field="owner")


async def key_named(house: House, owner: str, name: str) -> KeyRecord:
    """Find a key by its id or its name. Raises: `NotFound("unknown_key")`."""
    for key in await house.vault.list_keys(owner):
        if name in {key.id, key.label} or fold_label(name.strip()) == fold_label(key.label):
            return key
    raise NotFound("unknown_key")


async def robot_named(house: House, owner: str, name: str) -> Robot:
    """Find a robot by its id or its name. Raises: `NotFound("unknown_robot")`."""
    for robot in await house.robots.list_robots(owner):
        if name in {robot.id, robot.name} or fold_label(name.strip()) == fold_label(robot.name):
            return robot
    raise NotFound("unknown_robot")
