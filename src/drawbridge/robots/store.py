"""All SQL of robots and their decisions."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from drawbridge.core.errors import Conflict, NotFound
from drawbridge.core.markets import Candle, Market
from drawbridge.core.money import plain
from drawbridge.core.orders import Side
from drawbridge.robots.model import (
    Decision,
    DecisionState,
    OnStop,
    Plan,
    Progress,
    Robot,
    RobotStatus,
)
from drawbridge.robots.steering import Turn
from drawbridge.storage.database import Database, Row, Transaction

_MOST: Final = 1_000
_CANDLES_KEPT: Final = 500
_PRICES: Final = ("open", "high", "low", "close", "volume")


class RobotStore:
    """Read and write robots; whoever changes one does it inside a transaction."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database

    async def list_of(self, owner: str) -> tuple[Robot, ...]:
        """List an owner's robots, oldest first."""
        rows = await self._database.fetch_all(
            "SELECT * FROM robots WHERE owner = ? AND deleted_ms IS NULL"
            " ORDER BY created_ms, id LIMIT ?",
            owner,
            _MOST,
        )
        return tuple(_robot(row) for row in rows)

    async def list_at_work(self) -> tuple[Robot, ...]:
        """List every robot that is not stopped, whoever owns it."""
        rows = await self._database.fetch_all(
            "SELECT * FROM robots WHERE status <> 'stopped' AND deleted_ms IS NULL"
            " ORDER BY created_ms, id"
        )
        return tuple(_robot(row) for row in rows)

    async def get(self, owner: str, robot_id: str) -> Robot:
        """Give one robot of this owner. Raises: `NotFound("unknown_robot")`."""
        row = await self._database.fetch_one(
            "SELECT * FROM robots WHERE id = ? AND owner = ? AND deleted_ms IS NULL",
            robot_id,
            owner,
        )
        if row is None:
            raise NotFound("unknown_robot", robot=robot_id)
        return _robot(row)

    async def list_decisions(self, robot_id: str, limit: int) -> tuple[Decision, ...]:
        """List a robot's newest decisions, newest first."""
        rows = await self._database.fetch_all(
            "SELECT * FROM robot_decisions WHERE robot_id = ? ORDER BY moment_ms DESC LIMIT ?",
            robot_id,
            min(limit, _MOST),
        )
        return tuple(_decision(row) for row in rows)

    async def list_candles(self, robot_id: str) -> tuple[Candle, ...]:
        """List the candles that a robot has seen, oldest first."""
        rows = await self._database.fetch_all(
            "SELECT * FROM robot_candles WHERE robot_id = ? ORDER BY open_time_ms", robot_id
        )
        return tuple(
            Candle(row["open_time_ms"], *(Decimal(row[name]) for name in _PRICES)) for row in rows
        )

    async def find_open_decision(self, robot_id: str) -> Decision | None:
        """Give the decision whose order is not settled yet."""
        row = await self._database.fetch_one(
            "SELECT * FROM robot_decisions WHERE robot_id = ? AND state = 'open'"
            " ORDER BY moment_ms LIMIT 1",
            robot_id,
        )
        return _decision(row) if row else None

    async def find_decision(self, robot_id: str, moment_ms: int, side: Side) -> Decision | None:
        """Give the decision of a moment."""
        row = await self._database.fetch_one(
            "SELECT * FROM robot_decisions WHERE robot_id = ? AND moment_ms = ? AND side = ?",
            robot_id,
            moment_ms,
            side.value,
        )
        return _decision(row) if row else None


async def list_at_work_with(tx: Transaction, key_id: str) -> tuple[Robot, ...]:
    """List the robots that trade with a key and are not stopped, oldest first."""
    rows = await tx.fetch_all(
        "SELECT * FROM robots WHERE key_id = ? AND status <> 'stopped' AND deleted_ms IS NULL"
        " ORDER BY created_ms, id",
        key_id,
    )
    return tuple(_robot(row) for row in rows)


async def name_is_free(tx: Transaction, owner: str, name: str) -> bool:
    """Tell whether no robot of this owner has the name, whatever its capitals."""
    row = await tx.fetch_one(
        "SELECT 1 FROM robots WHERE owner = ? AND name_folded = ? AND deleted_ms IS NULL",
        owner,
        name.casefold(),
    )
    return row is None


async def insert(tx: Transaction, robot: Robot) -> None:
    """Write a new robot."""
    plan = robot.plan
    await tx.execute(
        "INSERT INTO robots (id, owner, name, name_folded, key_id, exchange, venue, symbol,"
        " interval_ms, strategy, settings, amount, on_stop, joins, status, created_ms, changed_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(robot.id, robot.owner, robot.name, robot.name.casefold()),
        *(plan.key_id, plan.exchange, plan.venue, plan.symbol, plan.interval_ms, plan.strategy),
        *(json.dumps(dict(plan.settings)), plain(plan.amount), plan.on_stop.value),
        *(int(plan.joins), robot.status.value, robot.created_ms, robot.changed_ms),
    )


async def set_status(tx: Transaction, robot: Robot, status: RobotStatus, now_ms: int) -> None:
    """Move a robot on, with no reason any more.

    Raises: `Conflict("robot_has_changed")` when it is not any more where the caller saw it: a
    person's wish and the runner may meet, and neither may undo the other unseen.
    """
    changed = await tx.execute(
        "UPDATE robots SET status = ?, reason = '', facts = '{}', changed_ms = ?"
        " WHERE id = ? AND status = ? AND deleted_ms IS NULL",
        status.value,
        now_ms,
        robot.id,
        robot.status.value,
    )
    if changed != 1:
        raise Conflict("robot_has_changed", robot=robot.name)


async def set_reason(
    tx: Transaction, robot: Robot, reason: str, facts: Mapping[str, object]
) -> None:
    """Write down why a robot is where it is."""
    await tx.execute(
        "UPDATE robots SET reason = ?, facts = ? WHERE id = ?",
        reason,
        json.dumps({name: _told(fact) for name, fact in facts.items()}),
        robot.id,
    )


async def set_progress(tx: Transaction, robot: Robot, progress: Progress) -> None:
    """Write down what the strategy knows now.

    Raises: `Conflict("robot_has_changed")` when a person has moved the robot meanwhile.
    """
    changed = await tx.execute(
        "UPDATE robots SET state = ?, stance = ?, last_candle_ms = ? WHERE id = ? AND status = ?",
        json.dumps(progress.turn),
        progress.turn.stance,
        progress.last_candle_ms,
        robot.id,
        robot.status.value,
    )
    if changed != 1:
        raise Conflict("robot_has_changed", robot=robot.name)


async def set_market(tx: Transaction, robot: Robot, market: Market) -> None:
    """Write down the market's lot step."""
    await tx.execute(
        "UPDATE robots SET quantity_step = ? WHERE id = ?", plain(market.quantity_step), robot.id
    )


async def keep_candles(tx: Transaction, robot: Robot, candles: Sequence[Candle]) -> None:
    """Write down candles that the robot has seen, and forget the oldest ones."""
    for candle in candles[-_CANDLES_KEPT:]:
        await tx.execute(
            "INSERT OR REPLACE INTO robot_candles VALUES (?, ?, ?, ?, ?, ?, ?)",
            robot.id,
            candle.open_time_ms,
            *(plain(getattr(candle, name)) for name in _PRICES),
        )
    if candles:
        since_ms = candles[-1].open_time_ms - _CANDLES_KEPT * robot.plan.interval_ms
        await tx.execute(
            "DELETE FROM robot_candles WHERE robot_id = ? AND open_time_ms < ?", robot.id, since_ms
        )


async def mark_deleted(tx: Transaction, robot: Robot, now_ms: int) -> None:
    """Take a stopped robot out of every list. Raises: `Conflict("robot_not_stopped")`."""
    changed = await tx.execute(
        "UPDATE robots SET deleted_ms = ? WHERE id = ? AND status = 'stopped'"
        " AND deleted_ms IS NULL",
        now_ms,
        robot.id,
    )
    if changed != 1:
        raise Conflict("robot_not_stopped", robot=robot.name)


async def insert_decision(tx: Transaction, decision: Decision) -> None:
    """Write a decision down; one of the same moment and side stays as it is."""
    await tx.execute(
        "INSERT OR IGNORE INTO robot_decisions (robot_id, moment_ms, side, quantity, attempt,"
        " state, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
        decision.robot_id,
        decision.moment_ms,
        decision.side.value,
        plain(decision.quantity),
        decision.attempt,
        decision.state.value,
        decision.reason,
    )


async def update_decision(tx: Transaction, decision: Decision) -> None:
    """Write down what became of a decision, or that it is tried once more."""
    await tx.execute(
        "UPDATE robot_decisions SET attempt = ?, state = ?, reason = ?"
        " WHERE robot_id = ? AND moment_ms = ? AND side = ?",
        decision.attempt,
        decision.state.value,
        decision.reason,
        decision.robot_id,
        decision.moment_ms,
        decision.side.value,
    )


def _told(fact: object) -> object:
    """Give a fact as JSON can hold it; amounts stay exact as texts."""
    if isinstance(fact, Decimal):
        return plain(fact)
    return fact if isinstance(fact, int | str | None) else str(fact)


def _robot(row: Row) -> Robot:
    return Robot(
        id=row["id"],
        owner=row["owner"],
        name=row["name"],
        plan=Plan(
            key_id=row["key_id"],
            exchange=row["exchange"],
            venue=row["venue"],
            symbol=row["symbol"],
            interval_ms=row["interval_ms"],
            strategy=row["strategy"],
            settings=json.loads(row["settings"]),
            amount=Decimal(row["amount"]),
            on_stop=OnStop(row["on_stop"]),
            joins=bool(row["joins"]),
        ),
        status=RobotStatus(row["status"]),
        created_ms=row["created_ms"],
        changed_ms=row["changed_ms"],
        reason=row["reason"],
        facts=json.loads(row["facts"]),
        progress=Progress(Turn(*json.loads(row["state"])[:3]), row["last_candle_ms"]),
        quantity_step=Decimal(row["quantity_step"]),
    )


def _decision(row: Row) -> Decision:
    return Decision(
        robot_id=row["robot_id"],
        moment_ms=row["moment_ms"],
        side=Side(row["side"]),
        quantity=Decimal(row["quantity"]),
        attempt=row["attempt"],
        state=DecisionState(row["state"]),
        reason=row["reason"],
    )
