"""Signals from outside: all SQL of hooks and signals.

Whoever acts on a signal marks it in the transaction of what comes of it: a signal acts at most
once, whatever dies in between. Where a robot's accounts are worked for by several processes it is
marked shard by shard, and has the best of their outcomes when all have acted. What a signal says
is read in `signal_words.py`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from drawbridge.cluster.clauses import of_shards
from drawbridge.core.errors import Conflict
from drawbridge.core.money import plain
from drawbridge.core.shards import HOUSE
from drawbridge.storage.database import Database, Row, Transaction
from drawbridge.trading.signal_words import GOOD_FOR_MS, Action, Message

STALE: Final = "signal_too_old"
NOTHING_TO_DO: Final = "signal_nothing_to_do"
NOT_LISTENING: Final = "signal_robot_not_listening"
_MOST_AT_ONCE: Final = 1_000
# Of several outcomes the one that says most of what the robot did as a whole.
_BEST: Final = (
    "(SELECT outcome FROM signal_shards WHERE signal_shards.n = signals.n ORDER BY CASE outcome"
    " WHEN '' THEN 0 WHEN 'signal_nothing_to_do' THEN 1 WHEN 'signal_robot_not_listening' THEN 2"
    " ELSE 3 END LIMIT 1)"
)
_ENTER: Final = (
    "INSERT INTO signals (owner, robot_id, name, action, price, sent_ms, received_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_SHARE_OUT: Final = (
    "INSERT INTO signal_shards (n, shard) SELECT DISTINCT signals.n, keys.shard FROM signals"
    " JOIN robot_accounts ON robot_accounts.robot_id = signals.robot_id"
    " JOIN keys ON keys.id = robot_accounts.key_id"
    " WHERE signals.robot_id = ? AND signals.name = ?"
)
_SHARDS: Final = (
    "SELECT shard FROM signal_shards JOIN signals ON signals.n = signal_shards.n"
    " WHERE robot_id = ? AND name = ?"
)
_OF_NOBODY: Final = (
    "INSERT INTO signal_shards (n, shard) SELECT n, ? FROM signals WHERE robot_id = ? AND name = ?"
)
_MARK_ALL: Final = (
    "UPDATE signal_shards SET acted_ms = ?, outcome = ? WHERE n = ? AND acted_ms IS NULL"
)
_MARK: Final = (
    "UPDATE signal_shards SET acted_ms = ?, outcome = ? WHERE n = ? AND acted_ms IS NULL"
    " AND shard IN (SELECT CAST(value AS BIGINT) FROM json_each(?))"
)
_END: Final = (
    f"UPDATE signals SET acted_ms = ?, outcome = {_BEST} WHERE n = ? AND acted_ms IS NULL"  # noqa: S608 - constants of this file
    " AND NOT EXISTS (SELECT 1 FROM signal_shards WHERE signal_shards.n = signals.n"
    " AND signal_shards.acted_ms IS NULL)"
)
_OLD: Final = "acted_ms IS NULL AND received_ms < ?"


@dataclass(frozen=True, slots=True)
class Hook:
    """How signals reach a robot: the id stands in the address, the secret in the message."""

    id: str
    owner: str
    robot_id: str
    name: str
    secret_hash: bytes
    made_ms: int


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal that was received. `n` numbers all of them in the order in which they came.

    `shards` are those in which whoever asked for it may act; empty: in all of them.
    """

    n: int
    owner: str
    robot_id: str
    name: str
    action: Action
    price: Decimal | None
    sent_ms: int
    received_ms: int
    acted_ms: int | None = None
    outcome: str = ""
    shards: frozenset[int] = frozenset()


class SignalStore:
    """Hooks and signals as they are on disk."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database

    async def list_new(
        self, now_ms: int, shards: frozenset[int] | None = None
    ) -> tuple[Signal, ...]:
        """List signals on which nobody has acted yet (in some shards), as they came.

        Why fresh ones only: what waited while the gateway was not running is about a price that
        is gone. Such signals are ended by `drop_stale`.
        """
        if shards is not None:
            return await self._list_new_in(now_ms, shards)
        rows = await self._database.fetch_all(
            "SELECT * FROM signals WHERE acted_ms IS NULL AND received_ms >= ? ORDER BY n LIMIT ?",
            *(now_ms - GOOD_FOR_MS, _MOST_AT_ONCE),
        )
        return tuple(_signal(row) for row in rows)

    async def _list_new_in(self, now_ms: int, shards: frozenset[int]) -> tuple[Signal, ...]:
        clause, args = of_shards(shards, "signal_shards.shard")
        rows = await self._database.fetch_all(
            "SELECT signals.*, signal_shards.shard FROM signal_shards"  # noqa: S608 - a clause of our own
            " JOIN signals ON signals.n = signal_shards.n"
            f" WHERE signal_shards.acted_ms IS NULL AND received_ms >= ?{clause}"
            " ORDER BY signals.n LIMIT ?",
            now_ms - GOOD_FOR_MS,
            *args,
            _MOST_AT_ONCE,
        )
        found: dict[int, Signal] = {}
        for row in rows:
            known = found.get(row["n"]) or _signal(row)
            found[known.n] = replace(known, shards=known.shards | {row["shard"]})
        return tuple(found.values())

    async def has_stale(self, now_ms: int) -> bool:
        """Tell whether there are signals that have waited too long."""
        row = await self._database.fetch_one(
            "SELECT 1 FROM signals WHERE acted_ms IS NULL AND received_ms < ? LIMIT 1",
            now_ms - GOOD_FOR_MS,
        )
        return row is not None

    async def list_of(self, owner: str, robot_id: str, limit: int) -> tuple[Signal, ...]:
        """List the newest signals of a robot, newest first."""
        rows = await self._database.fetch_all(
            "SELECT * FROM signals WHERE owner = ? AND robot_id = ? ORDER BY n DESC LIMIT ?",
            *(owner, robot_id, min(limit, _MOST_AT_ONCE)),
        )
        return tuple(_signal(row) for row in rows)

    async def find_hook(self, hook_id: str) -> Hook | None:
        """Give a hook by the id in its address."""
        row = await self._database.fetch_one("SELECT * FROM hooks WHERE id = ?", hook_id)
        return None if row is None else _hook(row)

    async def find_hook_of(self, owner: str, robot_id: str) -> Hook | None:
        """Give the hook of a robot."""
        row = await self._database.fetch_one(
            "SELECT * FROM hooks WHERE owner = ? AND robot_id = ?", owner, robot_id
        )
        return None if row is None else _hook(row)


async def mark_acted(
    tx: Transaction, n: int, now_ms: int, outcome: str = "", shards: Iterable[int] = ()
) -> None:
    """Write down that somebody has acted on a signal (in some shards), or why nobody will.

    Raises: `Conflict("signal_acted_on")` when somebody has before, in any of them.
    """
    if wanted := sorted(shards):
        marked = await tx.execute(_MARK, now_ms, outcome, n, json.dumps(wanted))
        is_first = marked == len(wanted)
    else:
        is_first = await tx.execute(_MARK_ALL, now_ms, outcome, n) > 0
    if not is_first:
        raise Conflict("signal_acted_on", signal=n)
    await tx.execute(_END, now_ms, n)


async def drop_stale(tx: Transaction, now_ms: int) -> int:
    """End the signals that have waited too long, and tell how many they were."""
    since_ms = now_ms - GOOD_FOR_MS
    await tx.execute(
        "UPDATE signal_shards SET acted_ms = ?, outcome = ? WHERE acted_ms IS NULL"  # noqa: S608 - a constant of this file
        f" AND n IN (SELECT signals.n FROM signals WHERE {_OLD})",
        *(now_ms, STALE, since_ms),
    )
    return await tx.execute(
        f"UPDATE signals SET acted_ms = ?, outcome = {_BEST} WHERE {_OLD}",  # noqa: S608 - constants of this file
        *(now_ms, since_ms),
    )


async def insert_signal(tx: Transaction, hook: Hook, message: Message, now_ms: int) -> None:
    """Write a signal down, for each shard in which its robot has accounts, and wake these.

    Raises: `Conflict("signal_seen_before")`.
    """
    inserted = await tx.execute(
        _ENTER,
        *(hook.owner, hook.robot_id, message.name, message.action.value),
        None if message.price is None else plain(message.price),
        *(message.sent_ms, now_ms),
    )
    if inserted != 1:
        raise Conflict("signal_seen_before")
    if not await tx.execute(_SHARE_OUT, hook.robot_id, message.name):
        # Of a robot without accounts somebody has to say that it does not listen.
        await tx.execute(_OF_NOBODY, HOUSE, hook.robot_id, message.name)
    rows = await tx.fetch_all(_SHARDS, hook.robot_id, message.name)
    tx.wake(row["shard"] for row in rows)


async def put_hook(tx: Transaction, hook: Hook) -> None:
    """Write a robot's hook down in place of the one it had."""
    await tx.execute("DELETE FROM hooks WHERE robot_id = ?", hook.robot_id)
    await tx.execute(
        "INSERT INTO hooks VALUES (?, ?, ?, ?, ?, ?)",
        *(hook.id, hook.owner, hook.robot_id, hook.name, hook.secret_hash, hook.made_ms),
    )


async def remove_hook(tx: Transaction, owner: str, robot_id: str) -> bool:
    """Take a robot's hook away; tells whether there was one."""
    return bool(
        await tx.execute("DELETE FROM hooks WHERE owner = ? AND robot_id = ?", owner, robot_id)
    )


def _hook(row: Row) -> Hook:
    return Hook(
        row["id"], row["owner"], row["robot_id"], row["name"], row["secret_hash"], row["made_ms"]
    )


def _signal(row: Row) -> Signal:
    return Signal(
        n=row["n"],
        owner=row["owner"],
        robot_id=row["robot_id"],
        name=row["name"],
        action=Action(row["action"]),
        price=None if row["price"] is None else Decimal(row["price"]),
        sent_ms=row["sent_ms"],
        received_ms=row["received_ms"],
        acted_ms=row["acted_ms"],
        outcome=row["outcome"],
    )
