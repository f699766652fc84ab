"""What people do with robots: make, start, stop, delete, look.

Nothing here trades. A start or a stop is a wish in the robot's row, which the runner in the
gateway's process sees and carries out.
"""

from collections.abc import Callable
from typing import Final, Protocol

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, Forbidden
from drawbridge.core.ids import id_from
from drawbridge.core.markets import Candle
from drawbridge.robots import store
from drawbridge.robots.model import Decision, Robot, RobotStatus, Wish, read_plan
from drawbridge.robots.risk import judge_key
from drawbridge.robots.store import RobotStore
from drawbridge.storage.database import Database, Transaction
from drawbridge.vault.model import KeyRecord, clean_label, next_label

_ENTROPY_BYTES: Final = 10
_DECISIONS: Final = 50


class Keys(Protocol):
    """Where an owner's keys are looked up; the vault is one."""

    async def get_key(self, owner: str, key_id: str) -> KeyRecord:
        """Give a key of this owner. Raises: `NotFound("unknown_key")`."""


class RobotService:
    """The use cases of robots."""

    def __init__(
        self,
        database: Database,
        keys: Keys,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        """Use the app's database, its keys, its clock and its randomness."""
        self._database = database
        self._robots = RobotStore(database)
        self._keys = keys
        self._clock = clock
        self._entropy = entropy

    async def create(self, owner: str, wish: Wish) -> Robot:
        """Make a robot, stopped.

        Raises: `BadInput` naming the field, `NotFound` for a key or strategy that is not there,
        `Forbidden("robot_exchange_not_traded")`, `Conflict("robot_name_taken")`.
        """
        key = await self._keys.get_key(owner, wish.key_id)
        if get_exchange(key.exchange).card.level < Level.TRADED:
            raise Forbidden("robot_exchange_not_traded", rule="level", exchange=key.exchange)
        plan = read_plan(wish, key.exchange, key.venue)
        name = clean_label(wish.name)
        now_ms = self._clock.now_ms()
        robot_id = id_from("robot", self._entropy(_ENTROPY_BYTES))
        async with self._database.transaction() as tx:
            robot = Robot(
                id=robot_id,
                owner=owner,
                name=name or await self._next_name(owner, plan.symbol),
                plan=plan,
                status=RobotStatus.STOPPED,
                created_ms=now_ms,
                changed_ms=now_ms,
            )
            if not await store.name_is_free(tx, owner, robot.name):
                raise Conflict("robot_name_taken", field="name", name=robot.name)
            await store.insert(tx, robot)
            await self._tell(tx, Tag.ROBOTS_ROBOT_CREATED, robot)
        return robot

    async def list_robots(self, owner: str) -> tuple[Robot, ...]:
        """List an owner's robots."""
        return await self._robots.list_of(owner)

    async def get_robot(self, owner: str, robot_id: str) -> Robot:
        """Give one robot. Raises: `NotFound("unknown_robot")`."""
        return await self._robots.get(owner, robot_id)

    async def robots_of_key(self, owner: str, key_id: str) -> tuple[Robot, ...]:
        """List the robots that trade with a key of this owner and are not stopped."""
        return tuple(
            robot
            for robot in await self._robots.list_of(owner)
            if robot.plan.key_id == key_id and robot.status is not RobotStatus.STOPPED
        )

    async def list_decisions(self, owner: str, robot_id: str) -> tuple[Decision, ...]:
        """List the newest decisions of a robot. Raises: `NotFound("unknown_robot")`."""
        robot = await self._robots.get(owner, robot_id)
        return await self._robots.list_decisions(robot.id, _DECISIONS)

    async def list_candles(self, owner: str, robot_id: str) -> tuple[Candle, ...]:
        """List the newest candles that a robot has seen. Raises: `NotFound("unknown_robot")`."""
        robot = await self._robots.get(owner, robot_id)
        return await self._robots.list_candles(robot.id)

    async def start(self, owner: str, robot_id: str) -> Robot:
        """Ask for a robot to run; asking twice is asking once.

        Raises: `Forbidden` with the reason why its key cannot trade, `Conflict` while it is
        still stopping, `NotFound("unknown_robot")`.
        """
        robot = await self._robots.get(owner, robot_id)
        if robot.status in {RobotStatus.STARTING, RobotStatus.STARTED}:
            return robot
        if robot.status is RobotStatus.STOPPING:
            raise Conflict("robot_still_stopping", robot=robot.name)
        key = await self._keys.get_key(owner, robot.plan.key_id)
        if refusal := judge_key(key.status, key.scopes):
            raise Forbidden(refusal.code, rule="key", key=key.label, **refusal.facts)
        return await self._move(robot, RobotStatus.STARTING, Tag.ROBOTS_ROBOT_START_WISHED)

    async def stop(self, owner: str, robot_id: str) -> Robot:
        """Ask for a robot to stop, in the way chosen beforehand; asking twice is asking once.

        Raises: `NotFound("unknown_robot")`.
        """
        robot = await self._robots.get(owner, robot_id)
        if robot.status in {RobotStatus.STOPPED, RobotStatus.STOPPING}:
            return robot
        return await self._move(robot, RobotStatus.STOPPING, Tag.ROBOTS_ROBOT_STOP_WISHED)

    async def delete(self, owner: str, robot_id: str) -> None:
        """Delete a stopped robot; its orders and fills stay in the journal.

        Raises: `Conflict("robot_not_stopped")`, `NotFound("unknown_robot")`.
        """
        robot = await self._robots.get(owner, robot_id)
        async with self._database.transaction() as tx:
            await store.mark_deleted(tx, robot, self._clock.now_ms())
            await self._tell(tx, Tag.ROBOTS_ROBOT_DELETED, robot)

    async def _next_name(self, owner: str, symbol: str) -> str:
        return next_label(symbol, (robot.name for robot in await self._robots.list_of(owner)))

    async def _move(self, robot: Robot, status: RobotStatus, tag: Tag) -> Robot:
        async with self._database.transaction() as tx:
            await store.set_status(tx, robot, status, self._clock.now_ms())
            await self._tell(tx, tag, robot)
        return await self._robots.get(robot.owner, robot.id)

    async def _tell(self, tx: Transaction, tag: Tag, robot: Robot) -> None:
        event = AuditEvent(tag, robot.owner, robot.id, {"name": robot.name})
        await append(tx, event, self._clock.now_ms())


async def check_unused(tx: Transaction, key: KeyRecord) -> None:
    """Make sure that no robot needs this key any more; the vault asks before it deletes one.

    Raises: `Conflict("key_used_by_robots")` with their names.
    """
    if robots := await store.list_at_work_with(tx, key.id):
        names = [robot.name for robot in robots]
        raise Conflict("key_used_by_robots", label=key.label, robots=names)
