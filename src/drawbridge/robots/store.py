"""All SQL of robots and of their accounts; decisions and candles have files of their own."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from drawbridge.cluster.clauses import of_keys_in
from drawbridge.core.errors import Conflict, NotFound
from drawbridge.core.money import plain
from drawbridge.core.shards import shard_of
from drawbridge.robots.model import (
    NOT_BEGUN,
    Account,
    Confirmation,
    Direction,
    OnStop,
    Plan,
    Robot,
    RobotStatus,
    Stake,
    Standing,
    Trigger,
    Trip,
)
from drawbridge.robots.steering import Turn
from drawbridge.storage.database import Database, Row, Transaction

_MOST: Final = 1_000

_SELECT: Final = (
    "SELECT robots.*, robot_series.last_ms AS last_candle_ms FROM robots"
    " LEFT JOIN robot_series USING (exchange, venue, symbol, interval_ms)"
)
_SUM_UP: Final = (
    "UPDATE robots SET (status, reason, facts, changed_ms) = ("
    "SELECT status, reason, facts, max(changed_ms, robots.changed_ms) FROM robot_accounts"
    " WHERE robot_id = robots.id ORDER BY CASE status WHEN 'started' THEN 0 WHEN 'starting' THEN 1"
    " WHEN 'stopping' THEN 2 WHEN 'paused' THEN 3 ELSE 4 END, reason = '', place LIMIT 1"
    ") WHERE id = ?"
)
_ACCOUNTS: Final = "SELECT * FROM robot_accounts WHERE robot_id IN (SELECT value FROM json_each(?))"
_IN_ORDER: Final = " ORDER BY robot_id, place, key_id"
_AT_WORK: Final = (
    " AND EXISTS (SELECT 1 FROM robot_accounts WHERE robot_id = robots.id"
    " AND robot_accounts.status <> 'stopped'"
)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a robot is where it is on an account; without a code, all is well there.

    `status` is where it was seen; it says nothing of a robot that has moved on. None: anywhere.
    """

    robot_id: str
    key_id: str
    code: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    status: RobotStatus | None = None


class RobotStore:
    """Read robots; whoever changes one does it inside a transaction, with the functions below."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database

    async def list_of(self, owner: str) -> tuple[Robot, ...]:
        """List an owner's robots, oldest first."""
        return await self._read(
            "WHERE owner = ? AND deleted_ms IS NULL ORDER BY created_ms, robots.id LIMIT ?",
            owner,
            _MOST,
        )

    async def list_changed(
        self, since: int, shards: frozenset[int] | None = None
    ) -> tuple[Robot, ...]:
        """List every robot that has changed since a number of changes, whoever owns it.

        From the very first number on, those that were stopped all the time are left out. Of each
        only the accounts in these shards are told.
        """
        clause, args = of_keys_in(shards)
        at_work = " AND status <> 'stopped'" if not since else ""
        if not since and shards is not None:
            at_work += f"{_AT_WORK}{clause})"
        rows = await self._database.fetch_all(
            f"{_SELECT} WHERE change > ? AND deleted_ms IS NULL{at_work}"
            " ORDER BY created_ms, robots.id",
            since,
            *(() if since else args),
        )
        ids = json.dumps([row["id"] for row in rows])
        sql = f"{_ACCOUNTS}{clause}{_IN_ORDER}"
        return _robots(rows, await self._database.fetch_all(sql, ids, *args))

    def changes(self) -> int:
        """Give the number that rises with every change that a runner must see, at once."""
        row = self._database.glance("SELECT n FROM robot_changes")
        return 0 if row is None else int(row["n"])

    async def places_at_work(
        self, since: int, shards: frozenset[int] | None = None
    ) -> Mapping[str, frozenset[tuple[str, str]]]:
        """Give where each robot works that has changed since a number of changes, by its id.

        That is every key (in some shards) with the market; none for one that works nowhere.
        """
        clause, args = of_keys_in(shards)
        rows = await self._database.fetch_all(
            "SELECT robots.id, symbol, key_id FROM robots LEFT JOIN robot_accounts"  # noqa: S608 - a clause of our own
            " ON robot_id = robots.id AND robot_accounts.status <> 'stopped'"
            f" AND robots.deleted_ms IS NULL{clause} WHERE robots.change > ?",
            *args,
            since,
        )
        found: dict[str, set[tuple[str, str]]] = {row["id"]: set() for row in rows}
        for row in rows:
            if row["key_id"] is not None:
                found[row["id"]].add((row["key_id"], row["symbol"]))
        return {robot_id: frozenset(places) for robot_id, places in found.items()}

    async def get(self, owner: str, robot_id: str) -> Robot:
        """Give one robot of this owner. Raises: `NotFound("unknown_robot")`."""
        found = await self._read(
            "WHERE robots.id = ? AND owner = ? AND deleted_ms IS NULL", robot_id, owner
        )
        if not found:
            raise NotFound("unknown_robot", robot=robot_id)
        return found[0]

    async def _read(self, where: str, *args: str | int) -> tuple[Robot, ...]:
        rows = await self._database.fetch_all(f"{_SELECT} {where}", *args)
        ids = json.dumps([row["id"] for row in rows])
        return _robots(rows, await self._database.fetch_all(f"{_ACCOUNTS}{_IN_ORDER}", ids))


async def list_at_work_with(tx: Transaction, key_id: str) -> tuple[Robot, ...]:
    """List the robots that trade with a key and are not stopped there, oldest first."""
    rows = await tx.fetch_all(
        f"{_SELECT} WHERE deleted_ms IS NULL AND robots.id IN (SELECT robot_id FROM robot_accounts"  # noqa: S608 - a constant of this file
        " WHERE key_id = ? AND status <> 'stopped') ORDER BY created_ms, robots.id",
        key_id,
    )
    ids = json.dumps([row["id"] for row in rows])
    return _robots(rows, await tx.fetch_all(f"{_ACCOUNTS}{_IN_ORDER}", ids))


async def name_is_free(tx: Transaction, owner: str, name: str) -> bool:
    """Tell whether no robot of this owner has the name, whatever its capitals."""
    row = await tx.fetch_one(
        "SELECT 1 FROM robots WHERE owner = ? AND name_folded = ? AND deleted_ms IS NULL",
        owner,
        name.casefold(),
    )
    return row is None


async def names_of(tx: Transaction, owner: str) -> tuple[str, ...]:
    """List the names of an owner's robots."""
    rows = await tx.fetch_all(
        "SELECT name FROM robots WHERE owner = ? AND deleted_ms IS NULL", owner
    )
    return tuple(row["name"] for row in rows)


async def insert(tx: Transaction, robot: Robot) -> None:
    """Write a new robot and its accounts."""
    plan = robot.plan
    await tx.execute(
        "INSERT INTO robots (id, owner, name, name_folded, exchange, venue, symbol, interval_ms,"
        " strategy, settings, guards, confirm, direction, acts_on, on_stop, joins, asks, status,"
        " created_ms, changed_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(robot.id, robot.owner, robot.name, robot.name.casefold()),
        *(plan.exchange, plan.venue, plan.symbol, plan.interval_ms, plan.strategy),
        *(json.dumps(dict(plan.settings)), json.dumps(dict(plan.guards))),
        json.dumps([[it.strategy, dict(it.settings)] for it in plan.confirm]),
        *(plan.direction.value, plan.trigger.value, plan.on_stop.value),
        *(int(plan.joins), int(plan.asks)),
        *(robot.status.value, robot.created_ms, robot.changed_ms),
    )
    for place, account in enumerate(robot.accounts):
        await insert_account(tx, robot, account, place)


async def insert_account(tx: Transaction, robot: Robot, account: Account, place: int) -> None:
    """Write a new account of a robot."""
    await tx.execute(
        "INSERT INTO robot_accounts (robot_id, key_id, place, amount, status, changed_ms)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        *(robot.id, account.key_id, place, plain(account.stake.amount)),
        *(account.status.value, robot.changed_ms),
    )
    tx.wake((shard_of(account.key_id),))


async def set_status(
    tx: Transaction, robot: Robot, account: Account, status: RobotStatus, now_ms: int
) -> None:
    """Move a robot on, on one account, with no reason any more; `sum_up` follows.

    Raises: `Conflict("robot_has_changed")` when it is not any more where the caller saw it: a
    person's wish and the runner may meet, and neither may undo the other unseen.
    """
    changed = await tx.execute(
        "UPDATE robot_accounts SET status = ?, reason = '', facts = '{}', changed_ms = ?"
        " WHERE robot_id = ? AND key_id = ? AND status = ?",
        *(status.value, now_ms, robot.id, account.key_id, account.status.value),
    )
    if changed != 1:
        raise Conflict("robot_has_changed", robot=robot.name)
    tx.wake((shard_of(account.key_id),))


async def set_closing(tx: Transaction, robot: Robot, closes_by: OnStop | None) -> None:
    """Write down how a robot closes at this stop, if not as its plan says.

    Whoever stops it moves its accounts next, so that its runner hears of it.
    """
    told = closes_by.value if closes_by else ""
    await tx.execute("UPDATE robots SET closes_by = ? WHERE id = ?", told, robot.id)


async def begin_anew(tx: Transaction, robot: Robot, account: Account) -> None:
    """Let a strategy begin anew when a person starts its robot.

    What guards know of a position stays. After a stop, an order strategy has no order any more
    and forgets all; its next run has tags of its own.
    """
    at = (robot.id, account.key_id)
    row = await tx.fetch_one(
        "SELECT standing, memory FROM robot_accounts WHERE robot_id = ? AND key_id = ?", *at
    )
    if row is None:
        return
    standing, memory = json.loads(row["standing"]), json.loads(row["memory"])
    standing[:2] = [[0, 0, False], 0] if standing else []
    if account.status is RobotStatus.STOPPED:
        memory = {"run": memory.get("run", 0) + 1, "kept": {}}
    await tx.execute(
        "UPDATE robot_accounts SET standing = ?, memory = ? WHERE robot_id = ? AND key_id = ?",
        *(json.dumps(standing, separators=(",", ":")), json.dumps(memory), *at),
    )


async def set_reasons(tx: Transaction, reasons: Iterable[Reason]) -> None:
    """Write down why robots are where they are on their accounts; `sum_up` follows."""
    await tx.execute_many(
        "UPDATE robot_accounts SET reason = ?, facts = ? WHERE robot_id = ? AND key_id = ?"
        " AND ? IN ('', status)",
        [
            (
                it.code,
                _facts(it.facts),
                it.robot_id,
                it.key_id,
                it.status.value if it.status else "",
            )
            for it in reasons
        ],
    )


async def sum_up(tx: Transaction, robot_ids: Iterable[str]) -> None:
    """Write down where robots stand as a whole, after some of their accounts have moved.

    What a robot does on any of its accounts says more than what it does not; of accounts alike,
    the one that has something to say stands for all.
    """
    await tx.execute_many(_SUM_UP, [(robot_id,) for robot_id in set(robot_ids)])


async def mark_leaving(tx: Transaction, robot: Robot, key_id: str) -> None:
    """Write down that an account is to be taken off a robot once it has stopped there."""
    await tx.execute(
        "UPDATE robot_accounts SET leaves = 1 WHERE robot_id = ? AND key_id = ?", robot.id, key_id
    )
    tx.wake((shard_of(key_id),))


async def remove_account(tx: Transaction, robot: Robot, key_id: str) -> None:
    """Take an account off a robot; its decisions and orders stay on record."""
    await tx.execute(
        "DELETE FROM robot_accounts WHERE robot_id = ? AND key_id = ?", robot.id, key_id
    )
    tx.wake((shard_of(key_id),))


async def set_market(tx: Transaction, robot: Robot, quantity_step: Decimal) -> None:
    """Write down the market's lot step."""
    await tx.execute(
        "UPDATE robots SET quantity_step = ? WHERE id = ?", plain(quantity_step), robot.id
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


def encode_standing(standing: Standing) -> str:
    """Write a standing as JSON."""
    return json.dumps(standing, separators=(",", ":"))


def _facts(facts: Mapping[str, object]) -> str:
    return json.dumps({name: _told(fact) for name, fact in facts.items()})


def _told(fact: object) -> object:
    """Give a fact as JSON can hold it; amounts stay exact as texts."""
    if isinstance(fact, Decimal):
        return plain(fact)
    return fact if isinstance(fact, int | str | None) else str(fact)


def _robots(rows: Iterable[Row], account_rows: Iterable[Row]) -> tuple[Robot, ...]:
    accounts: dict[str, list[Account]] = {}
    for row in account_rows:
        accounts.setdefault(row["robot_id"], []).append(_account(row))
    return tuple(_robot(row, tuple(accounts.get(row["id"], ()))) for row in rows)


def _account(row: Row) -> Account:
    return Account(
        stake=Stake(row["key_id"], Decimal(row["amount"])),
        status=RobotStatus(row["status"]),
        reason=row["reason"],
        facts=json.loads(row["facts"]),
        standing=_standing(row["standing"]),
        memory=json.loads(row["memory"]),
        leaves=bool(row["leaves"]),
        changed_ms=row["changed_ms"],
    )


def _standing(text: str) -> Standing:
    told = json.loads(text)
    if not told:
        return NOT_BEGUN
    read = Standing(Turn(*told[0]), *told[1:])
    return read._replace(trips=tuple(Trip(*trip) for trip in read.trips), sums=tuple(read.sums))


def _robot(row: Row, accounts: tuple[Account, ...]) -> Robot:
    return Robot(
        id=row["id"],
        owner=row["owner"],
        name=row["name"],
        plan=Plan(
            stakes=tuple(account.stake for account in accounts),
            exchange=row["exchange"],
            venue=row["venue"],
            symbol=row["symbol"],
            interval_ms=row["interval_ms"],
            strategy=row["strategy"],
            settings=json.loads(row["settings"]),
            on_stop=OnStop(row["on_stop"]),
            joins=bool(row["joins"]),
            guards=json.loads(row["guards"]),
            confirm=tuple(Confirmation(*pair) for pair in json.loads(row["confirm"])),
            direction=Direction(row["direction"]),
            trigger=Trigger(row["acts_on"]),
            asks=bool(row["asks"]),
        ),
        status=RobotStatus(row["status"]),
        created_ms=row["created_ms"],
        changed_ms=row["changed_ms"],
        accounts=accounts,
        reason=row["reason"],
        facts=json.loads(row["facts"]),
        quantity_step=Decimal(row["quantity_step"]),
        last_candle_ms=row["last_candle_ms"],
        closes_by=OnStop(row["closes_by"]) if row["closes_by"] else None,
    )
