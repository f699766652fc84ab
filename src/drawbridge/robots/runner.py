"""Run robots: the state machine that carries every robot from candle to candle.

Driven by the gateway's process: `step` looks at each robot that is not stopped. What a robot
decides is on disk before it is carried out (orders.py); how much it may trade stands in risk.py.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import Clock
from drawbridge.core.errors import (
    Conflict,
    DrawbridgeError,
    ExchangeDown,
    Forbidden,
    OutcomeUnknown,
)
from drawbridge.core.markets import Candle, Market
from drawbridge.core.money import ZERO
from drawbridge.core.operations import Balance, GetBalances, GetTicker
from drawbridge.core.orders import Side
from drawbridge.gateway.crossing import KeyBook
from drawbridge.gateway.policy import Purpose
from drawbridge.robots import store
from drawbridge.robots.candle_store import CandleStore, keep_candles, series_of
from drawbridge.robots.decision_store import Changes, DecisionStore, write
from drawbridge.robots.history import (
    Progress,
    closed_candles,
    is_due,
    is_far_behind,
    read_on,
    warmed_up,
)
from drawbridge.robots.model import (
    Decision,
    OnStop,
    Robot,
    RobotStatus,
    Standing,
    held_of,
)
from drawbridge.robots.orders import OrderChains
from drawbridge.robots.risk import (
    KEY_REASONS,
    Refusal,
    View,
    check_amount,
    judge_key,
    sellable,
    size_entry,
    size_exit,
)
from drawbridge.robots.seams import Desk, Record, Roads
from drawbridge.robots.steering import LEAVE, LONG, steer
from drawbridge.robots.store import RobotStore
from drawbridge.storage.database import Database, Transaction

_AT_ONCE: Final = 32
_LOOK_AGAIN_MS: Final = 1_000
_TRY_AGAIN_MS: Final = 5_000


class Robots:
    """Everything that runs robots; one of these lives in the gateway's process."""

    def __init__(
        self,
        database: Database,
        desk: Desk,
        record: Record,
        roads: Roads,
        keys: KeyBook,
        clock: Clock,
    ) -> None:
        """Use the app's database, trading's desk and record, the gateway, the vault's keys."""
        self._database = database
        self._robots = RobotStore(database)
        self._decisions = DecisionStore(database)
        self._candles = CandleStore(database)
        self._chains = OrderChains(database, desk, clock)
        self._record = record
        self._roads = roads
        self._keys = keys
        self._clock = clock
        # When to look at a robot again; only for robots at work, so it is as bounded as they are.
        self._not_before_ms: dict[tuple[str, RobotStatus], int] = {}

    async def step(self) -> None:
        """Bring every robot at work further, as far as it goes now.

        One robot's trouble is that robot's: it is written down as its reason, and the others go
        on.
        """
        robots = [
            it for it in await self._robots.list_changed(-1) if it.status is not RobotStatus.STOPPED
        ]
        at_work = {(robot.id, robot.status) for robot in robots}
        self._not_before_ms = {
            place: until for place, until in self._not_before_ms.items() if place in at_work
        }
        turn = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for robot in robots:
                group.create_task(self._in_turn(turn, robot))

    async def _in_turn(self, turn: asyncio.Semaphore, robot: Robot) -> None:
        async with turn:
            # A person may have moved the robot meanwhile: then the next step sees it anew.
            with contextlib.suppress(Conflict):
                await self._tend(robot)

    async def _tend(self, robot: Robot) -> None:
        now_ms = self._clock.now_ms()
        # A wait belongs to one state: a person's stop need not wait for what a start waits for.
        place = (robot.id, robot.status)
        if now_ms < self._not_before_ms.get(place, 0):
            return
        try:
            await self._move_on(robot)
        except (ExchangeDown, OutcomeUnknown) as error:
            wait_ms = getattr(error, "retry_after_ms", _LOOK_AGAIN_MS)
            self._not_before_ms[place] = now_ms + max(wait_ms, _LOOK_AGAIN_MS)
            await self._note(robot, error.code, error.facts)
        except Conflict:
            raise
        except DrawbridgeError as error:
            self._not_before_ms[place] = now_ms + _TRY_AGAIN_MS
            await self._give_up(robot, error.code, error.facts)

    async def _move_on(self, robot: Robot) -> None:
        match robot.status:
            case RobotStatus.STARTING:
                await self._start(robot)
            case RobotStatus.STARTED:
                await self._run(robot)
            case RobotStatus.STOPPING:
                await self._stop(robot)
            case RobotStatus.PAUSED:
                await self._rest(robot)
            case RobotStatus.STOPPED:
                pass

    async def _start(self, robot: Robot) -> None:
        """Check all that can be checked, and warm the strategy up from past candles."""
        plan = robot.plan
        await self._check_key(robot)
        market = await self._market(robot)
        if not await self._settled(robot):
            return
        candles = await closed_candles(self._roads, plan, None, self._clock.now_ms())
        progress = warmed_up(plan, candles)
        check_amount(market, candles[-1].close, plan.amount)
        async with self._database.transaction() as tx:
            await self._move(tx, robot, RobotStatus.STARTED, Tag.ROBOTS_ROBOT_STARTED)
            await self._keep(tx, robot, progress, candles[:-1])
            await store.set_market(tx, robot, market.quantity_step)

    async def _run(self, robot: Robot) -> None:
        """Settle what is open; then, once per closed candle, let the strategy speak."""
        plan, now_ms = robot.plan, self._clock.now_ms()
        await self._check_key(robot)
        if not await self._settled(robot):
            return
        if is_far_behind(plan, _progress(robot), now_ms):
            behind = Refusal("robot_was_behind")
            await self._save(robot, RobotStatus.STARTING, Tag.ROBOTS_ROBOT_RESUMED, behind)
            return
        if not is_due(plan, _progress(robot), now_ms):
            await self._note(robot, "", {})
            return
        since_ms = (_progress(robot).last_candle_ms or 0) + plan.interval_ms
        candles = await closed_candles(self._roads, plan, since_ms, now_ms)
        if not candles:
            self._not_before_ms[robot.id, robot.status] = now_ms + _LOOK_AGAIN_MS
            return
        await self._act(robot, candles)

    async def _act(self, robot: Robot, candles: Sequence[Candle]) -> None:
        """Show new candles to the strategy; write them down with what it decided; carry it out."""
        known = await self._candles.list_newest(series_of(robot.plan))
        progress = read_on(robot.plan, _progress(robot), (*known, *candles))
        market = await self._market(robot)
        price, moment_ms = candles[-1].close, candles[-1].open_time_ms
        has_position = sellable(market, await self._held(robot), price) > 0
        decided: Decision | Refusal | None = None
        if steer(progress.turn, LONG, 1, 1.0) == LEAVE and has_position:
            decided = await self._decide(robot, Side.SELL, price, moment_ms)
        elif steer(progress.turn, LONG, 1, 0.0) == LONG and not has_position:
            decided = await self._decide(robot, Side.BUY, price, moment_ms)
        async with self._database.transaction() as tx:
            await self._keep(tx, robot, progress, candles)
            if isinstance(decided, Decision):
                await write(tx, Changes(made=[decided]), self._clock.now_ms())
            if isinstance(decided, Refusal):
                await self._move(tx, robot, RobotStatus.PAUSED, Tag.ROBOTS_ROBOT_PAUSED, decided)
            elif robot.reason:
                await store.set_reason(tx, robot, robot.plan.key_id, "", {})
                await store.sum_up(tx, robot, self._clock.now_ms())
        if isinstance(decided, Decision):
            await self._carried_out(robot, decided)

    async def _stop(self, robot: Robot) -> None:
        """Settle what is open, sell if that was chosen beforehand, and be stopped."""
        if not await self._settled(robot):
            return
        if robot.plan.on_stop is OnStop.MARKET:
            moment_ms = robot.changed_ms
            known = await self._decisions.find(robot.id, robot.plan.key_id, f"leave:{moment_ms}")
            decided = None if known else await self._decide_to_close(robot, moment_ms)
            if isinstance(decided, Refusal):
                await self._give_up(robot, decided.code, decided.facts)
                return
            if decided is not None:
                async with self._database.transaction() as tx:
                    await write(tx, Changes(made=[decided]), self._clock.now_ms())
                if not await self._carried_out(robot, decided):
                    return
        await self._save(robot, RobotStatus.STOPPED, Tag.ROBOTS_ROBOT_STOPPED)

    async def _rest(self, robot: Robot) -> None:
        """Settle what is open; go on by itself only when the reason was the key and is gone."""
        if not await self._settled(robot) or robot.reason not in KEY_REASONS:
            return
        key = await self._keys.get_record(robot.plan.key_id)
        if judge_key(key.status, key.scopes, robot.plan) is None:
            await self._save(robot, RobotStatus.STARTING, Tag.ROBOTS_ROBOT_RESUMED)

    async def _settled(self, robot: Robot) -> bool:
        for decision in await self._decisions.list_open([robot.id]):
            if not await self._carried_out(robot, decision):
                return False
        return True

    async def _carried_out(self, robot: Robot, decision: Decision) -> bool:
        settled = await self._chains.settle(robot, decision)
        if not settled:
            place = (robot.id, robot.status)
            self._not_before_ms[place] = self._clock.now_ms() + _LOOK_AGAIN_MS
        return settled

    async def _decide(
        self, robot: Robot, side: Side, price: Decimal, moment_ms: int
    ) -> Decision | Refusal:
        view = await self._view(robot, price)
        sized = size_entry(view, robot.plan.amount) if side is Side.BUY else size_exit(view)
        if isinstance(sized, Refusal):
            return sized
        kind = "enter" if side is Side.BUY else "leave"
        tag = f"{kind}:{moment_ms}"
        return Decision(robot.id, robot.plan.key_id, tag, moment_ms, side, sized)

    async def _decide_to_close(self, robot: Robot, moment_ms: int) -> Decision | Refusal | None:
        plan, market = robot.plan, await self._market(robot)
        held = await self._held(robot)
        if held <= 0:
            return None
        ticker = await self._roads.call_public(plan.exchange, plan.venue, GetTicker(plan.symbol))
        if not sellable(market, held, ticker.last):
            return None
        return await self._decide(robot, Side.SELL, ticker.last, moment_ms)

    async def _view(self, robot: Robot, price: Decimal) -> View:
        plan = robot.plan
        balances = await self._roads.call(plan.key_id, GetBalances(), purpose=Purpose.READ)
        return View(
            market=await self._market(robot),
            price=price,
            free_quote=_free(balances, plan.quote),
            free_base=_free(balances, plan.base),
            held=await self._held(robot),
        )

    async def _held(self, robot: Robot) -> Decimal:
        return held_of(await self._record.fills_of(robot.origin), robot.plan.base)

    async def _market(self, robot: Robot) -> Market:
        markets = await self._roads.markets(robot.plan.exchange, robot.plan.venue)
        return markets.get(robot.plan.symbol)

    async def _check_key(self, robot: Robot) -> None:
        key = await self._keys.get_record(robot.plan.key_id)
        if refusal := judge_key(key.status, key.scopes, robot.plan):
            raise Forbidden(refusal.code, rule="key", key=key.label, **refusal.facts)

    async def _keep(
        self, tx: Transaction, robot: Robot, progress: Progress, candles: Sequence[Candle]
    ) -> None:
        standing = Standing(progress.turn, progress.last_candle_ms or 0)
        changes = Changes(standings=[(robot.id, robot.plan.key_id, standing)])
        await write(tx, changes, self._clock.now_ms())
        await keep_candles(tx, series_of(robot.plan), candles, 500)

    async def _give_up(self, robot: Robot, code: str, facts: Mapping[str, object]) -> None:
        """Pause, or when it was to stop anyway, stop and say what was left undone."""
        refusal = Refusal(code, facts)
        if robot.status is RobotStatus.STOPPING:
            await self._save(robot, RobotStatus.STOPPED, Tag.ROBOTS_ROBOT_STOPPED, refusal)
        elif robot.status is not RobotStatus.PAUSED:
            await self._save(robot, RobotStatus.PAUSED, Tag.ROBOTS_ROBOT_PAUSED, refusal)

    async def _save(
        self, robot: Robot, status: RobotStatus, tag: Tag, refusal: Refusal | None = None
    ) -> None:
        async with self._database.transaction() as tx:
            await self._move(tx, robot, status, tag, refusal)

    async def _move(
        self,
        tx: Transaction,
        robot: Robot,
        status: RobotStatus,
        tag: Tag,
        refusal: Refusal | None = None,
    ) -> None:
        """Move a robot on, with its reason and its audit event."""
        now_ms = self._clock.now_ms()
        await store.set_status(tx, robot, robot.accounts[0], status, now_ms)
        if refusal is not None:
            await store.set_reason(tx, robot, robot.plan.key_id, refusal.code, refusal.facts)
        await store.sum_up(tx, robot, now_ms)
        facts = {"name": robot.name, "reason": refusal.code if refusal else ""}
        await append(tx, AuditEvent(tag, robot.owner, robot.id, facts), now_ms)

    async def _note(self, robot: Robot, code: str, facts: Mapping[str, object]) -> None:
        """Write down what a robot waits for, only when that is news."""
        if robot.reason == code:
            return
        async with self._database.transaction() as tx:
            await store.set_reason(tx, robot, robot.plan.key_id, code, facts)
            await store.sum_up(tx, robot, self._clock.now_ms())


def _progress(robot: Robot) -> Progress:
    standing = robot.accounts[0].standing
    return Progress(standing.turn, standing.at_ms or None)


def _free(balances: tuple[Balance, ...], currency: str) -> Decimal:
    return next((it.free for it in balances if it.currency == currency), ZERO)
