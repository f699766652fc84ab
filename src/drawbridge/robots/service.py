"""What people do with robots: make, start, stop, delete, look, add and take off accounts.

Nothing here trades. A start or a stop is a wish in the rows of the robot's accounts, which the
runner in the gateway's process sees and carries out.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import get_card, get_exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput, Conflict, Forbidden, NotFound
from drawbridge.core.ids import id_from
from drawbridge.core.markets import Candle
from drawbridge.robots import store
from drawbridge.robots.candle_store import CandleStore, series_of
from drawbridge.robots.decision_store import DecisionStore
from drawbridge.robots.feasible import Window, check_feasible
from drawbridge.robots.model import Account, Decision, OnStop, Plan, Robot, RobotStatus, Stake
from drawbridge.robots.risk import KEY_EXPIRES, judge_end, judge_key
from drawbridge.robots.store import RobotStore
from drawbridge.robots.wishes import Wish, check_market, read_amount, read_plan, read_stakes
from drawbridge.storage.database import Database, Transaction
from drawbridge.trading.foreign_orders import ForeignOrder, ForeignOrders
from drawbridge.vault.model import KeyRecord, clean_label, next_label

_ENTROPY_BYTES: Final = 10
_DECISIONS: Final = 50
_MEETINGS: Final = 5
_HAS_CHANGED: Final = "robot_has_changed"
_AT_WORK: Final = frozenset({RobotStatus.STARTING, RobotStatus.STARTED})
_AT_REST: Final = frozenset({RobotStatus.STOPPED, RobotStatus.STOPPING})


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
        window: Window | None = None,
    ) -> None:
        """Use the app's database, its keys, its clock and its randomness.

        Through the window exchanges are asked for markets; without one, only a start asks them.
        """
        self._database = database
        self._robots = RobotStore(database)
        self._decisions = DecisionStore(database)
        self._foreign = ForeignOrders(database)
        self._candles = CandleStore(database)
        self._keys = keys
        self._clock = clock
        self._entropy = entropy
        self._window = window

    async def create(self, owner: str, wish: Wish) -> Robot:
        """Make a robot, stopped.

        Raises: `BadInput` naming the field, `NotFound` for a key or strategy that is not there,
        `Forbidden("robot_exchange_not_traded")`, `Conflict("robot_name_taken")`.
        """
        key = await self._key_of_place(owner, wish)
        card = get_exchange(key.exchange).card
        if card.level < Level.TRADED:
            raise Forbidden("robot_exchange_not_traded", rule="level", exchange=key.exchange)
        plan = read_plan(wish, key.exchange, key.venue)
        check_market(plan, card.name, {market.symbol: market for market in card.markets()})
        await self._check_feasible(plan)
        name = clean_label(wish.name)
        now_ms = self._clock.now_ms()
        robot_id = id_from("robot", self._entropy(_ENTROPY_BYTES))
        async with self._database.transaction() as tx:
            robot = Robot(
                id=robot_id,
                owner=owner,
                name=name or next_label(plan.symbol, await store.names_of(tx, owner)),
                plan=plan,
                created_ms=now_ms,
                changed_ms=now_ms,
                accounts=tuple(Account(stake, changed_ms=now_ms) for stake in plan.stakes),
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
        """List the robots that trade with a key of this owner and are not stopped there."""
        return tuple(
            robot
            for robot in await self._robots.list_of(owner)
            if any(
                account.key_id == key_id and account.status is not RobotStatus.STOPPED
                for account in robot.accounts
            )
        )

    async def list_decisions(self, owner: str, robot_id: str) -> tuple[Decision, ...]:
        """List the newest decisions of a robot. Raises: `NotFound("unknown_robot")`."""
        robot = await self._robots.get(owner, robot_id)
        return await self._decisions.list_newest(robot.id, _DECISIONS)

    async def list_candles(self, owner: str, robot_id: str) -> tuple[Candle, ...]:
        """List the newest candles of a robot's market. Raises: `NotFound("unknown_robot")`."""
        robot = await self._robots.get(owner, robot_id)
        return await self._candles.list_newest(series_of(robot.plan))

    async def list_foreign_orders(self, owner: str, robot_id: str) -> tuple[ForeignOrder, ...]:
        """List the open orders that others have where a robot works, as they were last seen.

        Raises: `NotFound("unknown_robot")`.
        """
        robot = await self._robots.get(owner, robot_id)
        keys = [it.key_id for it in robot.accounts if it.status is not RobotStatus.STOPPED]
        return await self._foreign.list_of(keys, robot.plan.symbol)

    async def start(self, owner: str, robot_id: str) -> Robot:
        """Ask for a robot to run on all its accounts; asking twice is asking once.

        Raises: `Forbidden` with the reason why a key cannot trade, `Conflict` while it is
        still stopping, `NotFound("unknown_robot")`.
        """
        return await self._meeting(partial(self._start, owner, robot_id))

    async def _start(self, owner: str, robot_id: str) -> Robot:
        robot = await self._robots.get(owner, robot_id)
        waiting = [it for it in robot.accounts if it.status not in _AT_WORK and not it.leaves]
        if any(account.status is RobotStatus.STOPPING for account in robot.accounts):
            raise Conflict("robot_still_stopping", robot=robot.name)
        for account in waiting:
            await self._check_key(robot, account.key_id)
        return await self._move(robot, waiting, RobotStatus.STARTING, Tag.ROBOTS_ROBOT_START_WISHED)

    async def stop(self, owner: str, robot_id: str, *, on_stop: OnStop | None = None) -> Robot:
        """Ask for a robot to stop; asking twice is asking once.

        It closes in the way chosen beforehand, or this once by `on_stop`, which may also be said
        while it is stopping already.
        Raises: `NotFound("unknown_robot")`.
        """
        return await self._meeting(partial(self._stop, owner, robot_id, on_stop))

    async def _stop(self, owner: str, robot_id: str, on_stop: OnStop | None) -> Robot:
        robot = await self._robots.get(owner, robot_id)
        is_news = on_stop not in {None, robot.closing}
        moved = [
            it
            for it in robot.accounts
            if it.status not in _AT_REST
            # Who closes because its key ends would only pause; now it is to stop.
            or (it.status is RobotStatus.STOPPING and (is_news or it.reason == KEY_EXPIRES))
        ]
        is_first = all(it.status is not RobotStatus.STOPPING for it in robot.accounts)
        closes_by = on_stop if on_stop or is_first else robot.closes_by
        tag = Tag.ROBOTS_ROBOT_STOP_WISHED
        return await self._move(robot, moved, RobotStatus.STOPPING, tag, closes_by)

    async def add_account(self, owner: str, robot_id: str, key_id: str, amount: str) -> Robot:
        """Let a robot trade on one account more; at work, it starts there at once.

        Raises: `BadInput` naming the field, `NotFound` for a robot or key that is not there,
        `Conflict("robot_has_account")`, `Forbidden` with the reason why a key cannot trade.
        """
        robot = await self._robots.get(owner, robot_id)
        key = await self._keys.get_key(owner, key_id)
        if any(account.key_id == key.id for account in robot.accounts):
            raise Conflict("robot_has_account", key=key.label, robot=robot.name)
        _check_place(key, robot.plan.exchange, robot.plan.venue)
        stake = Stake(key.id, read_amount(amount) if amount else robot.plan.amount)
        is_at_work = robot.status in _AT_WORK
        if is_at_work:
            await self._check_key(robot, key.id)
        await self._check_feasible(replace(robot.plan, stakes=(stake,)))
        status = RobotStatus.STARTING if is_at_work else RobotStatus.STOPPED
        async with self._database.transaction() as tx:
            account = Account(stake, status)
            await store.insert_account(tx, robot, account, len(robot.accounts))
            await store.sum_up(tx, (robot.id,))
            await self._tell(tx, Tag.ROBOTS_ROBOT_ACCOUNT_ADDED, robot, key=key.label)
        return await self._robots.get(owner, robot_id)

    async def remove_account(self, owner: str, robot_id: str, key_id: str) -> Robot:
        """Take an account off a robot; at work, it stops there first, in the way chosen.

        Raises: `NotFound` for a robot or account that is not there,
        `Conflict("robot_needs_account")` for the last one.
        """
        return await self._meeting(partial(self._remove_account, owner, robot_id, key_id))

    async def _remove_account(self, owner: str, robot_id: str, key_id: str) -> Robot:
        robot = await self._robots.get(owner, robot_id)
        account = next((it for it in robot.accounts if it.key_id == key_id), None)
        if account is None:
            raise NotFound("unknown_key", key=key_id)
        if not any(it.key_id != key_id and not it.leaves for it in robot.accounts):
            raise Conflict("robot_needs_account", robot=robot.name)
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            if account.status is RobotStatus.STOPPED:
                await store.remove_account(tx, robot, key_id)
            else:
                await store.mark_leaving(tx, robot, key_id)
                if account.status is not RobotStatus.STOPPING:
                    await store.set_status(tx, robot, account, RobotStatus.STOPPING, now_ms)
            await store.sum_up(tx, (robot.id,))
            await self._tell(tx, Tag.ROBOTS_ROBOT_ACCOUNT_REMOVED, robot, key=key_id)
        return await self._robots.get(owner, robot_id)

    async def delete(self, owner: str, robot_id: str) -> None:
        """Delete a stopped robot; its orders and fills stay in the journal.

        Raises: `Conflict("robot_not_stopped")`, `NotFound("unknown_robot")`.
        """
        robot = await self._robots.get(owner, robot_id)
        async with self._database.transaction() as tx:
            await store.mark_deleted(tx, robot, self._clock.now_ms())
            await self._tell(tx, Tag.ROBOTS_ROBOT_DELETED, robot)

    async def _key_of_place(self, owner: str, wish: Wish) -> KeyRecord:
        """Give the first key of a wish; all of them must be of one exchange and venue."""
        first = await self._keys.get_key(owner, wish.key_id)
        for stake in read_stakes(wish)[1:]:
            key = await self._keys.get_key(owner, stake.key_id)
            _check_place(key, first.exchange, first.venue)
        return first

    async def _check_feasible(self, plan: Plan) -> None:
        if self._window is not None:
            await check_feasible(self._window, plan, get_card(plan.exchange).name)

    async def _check_key(self, robot: Robot, key_id: str) -> None:
        key = await self._keys.get_key(robot.owner, key_id)
        refusal = judge_key(key.status, key.scopes, robot.plan, key.reason)
        if refusal := refusal or judge_end(key, self._clock.now_ms()):
            raise Forbidden(refusal.code, rule="key", key=key.label, **refusal.facts)

    async def _move(
        self,
        robot: Robot,
        accounts: Sequence[Account],
        status: RobotStatus,
        tag: Tag,
        closes_by: OnStop | None = None,
    ) -> Robot:
        if not accounts:
            return robot
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            await store.set_closing(tx, robot, closes_by)
            for account in accounts:
                await store.set_status(tx, robot, account, status, now_ms)
                if status is RobotStatus.STARTING:
                    await store.begin_anew(tx, robot, account)
            await store.sum_up(tx, (robot.id,))
            await self._tell(tx, tag, robot)
        return await self._robots.get(robot.owner, robot.id)

    async def _meeting(self, wish: Callable[[], Awaitable[Robot]]) -> Robot:
        """Carry out a wish from where the robot stands, anew where its runner moved it meanwhile.

        Raises: what the wish raises; `Conflict("robot_has_changed")` when it met the runner
        every time.
        """
        for _ in range(_MEETINGS):
            try:
                return await wish()
            except Conflict as error:
                if error.code != _HAS_CHANGED:
                    raise
        return await wish()

    async def _tell(self, tx: Transaction, tag: Tag, robot: Robot, **facts: str) -> None:
        event = AuditEvent(tag, robot.owner, robot.id, {"name": robot.name, **facts})
        await append(tx, event, self._clock.now_ms())


async def check_unused(tx: Transaction, key: KeyRecord) -> None:
    """Make sure that no robot needs this key any more; the vault asks before it deletes one.

    Raises: `Conflict("key_used_by_robots")` with their names.
    """
    if robots := await store.list_at_work_with(tx, key.id):
        names = [robot.name for robot in robots]
        raise Conflict("key_used_by_robots", label=key.label, robots=names)


def _check_place(key: KeyRecord, exchange: str, venue: str) -> None:
    if (key.exchange, key.venue) != (exchange, venue):
        told = get_card(exchange).name
        raise BadInput("robot_key_elsewhere", field="key", key=key.label, exchange=told)
