"""What a list is narrowed down to: a key or a robot of a person's own, by their ids."""

from typing import Protocol

from drawbridge.robots.model import Robot
from drawbridge.vault.model import KeyRecord


class Keys(Protocol):
    """Where a person's keys are found; the vault is one."""

    async def get_key(self, owner: str, key_id: str) -> KeyRecord:
        """Give a key of this owner. Raises: `NotFound("unknown_key")`."""


class Robots(Protocol):
    """Where a person's robots are found."""

    async def get_robot(self, owner: str, robot_id: str) -> Robot:
        """Give a robot of this owner. Raises: `NotFound("unknown_robot")`."""


async def key_and_origin(
    keys: Keys, robots: Robots, owner: str, key: str, robot: str
) -> tuple[str, str]:
    """Give the id of a key and the origin of a robot's orders, each empty where none is named.

    Why through the services: whoever names somebody else's is told that there is none.
    Raises: `NotFound`.
    """
    key_id = (await keys.get_key(owner, key)).id if key else ""
    origin = (await robots.get_robot(owner, robot)).origin if robot else ""
    return key_id, origin
