"""Signals from outside: all SQL of hooks and signals.

Whoever acts on a signal marks it in the transaction of what comes of it: a signal acts at most
once, whatever dies in between. What a signal says is read in `signal_words.py`.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.core.errors import Conflict
from drawbridge.core.money import plain
from drawbridge.storage.database import Database, Row, Transaction
from drawbridge.trading.signal_words import GOOD_FOR_MS, Action, Message

STALE: Final = "signal_too_old"
_MOST_AT_ONCE: Final = 1_000


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
    """A signal that was received. `n` numbers all of them in the order in which they came."""

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


class SignalStore:
    """Hooks and signals as they are on disk."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database

    async def list_new(self, now_ms: int) -> tuple[Signal, ...]:
        """List signals on which nobody has acted yet, in the order in which they came.

        Why fresh ones only: what waited while the gateway was not running is about a price that
        is gone. Such signals are ended by `drop_stale`.
        """
        rows = await self._database.fetch_all(
            "SELECT * FROM signals WHERE acted_ms IS NULL AND received_ms >= ? ORDER BY n LIMIT ?",
            *(now_ms - GOOD_FOR_MS, _MOST_AT_ONCE),
        )
        return tuple(_signal(row) for row in rows)

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


async def mark_acted(tx: Transaction, n: int, now_ms: int, outcome: str = "") -> None:
    """Write down that somebody has acted on a signal, or by `outcome` why nobody will.

    Raises: `Conflict("signal_acted_on")` when somebody has before.
    """
    changed = await tx.execute(
        "UPDATE signals SET acted_ms = ?, outcome = ? WHERE n = ? AND acted_ms IS NULL",
        *(now_ms, outcome, n),
    )
    if changed != 1:
        raise Conflict("signal_acted_on", signal=n)


async def drop_stale(tx: Transaction, now_ms: int) -> int:
    """End the signals that have waited too long, and tell how many they were."""
    return await tx.execute(
        "UPDATE signals SET acted_ms = ?, outcome = ? WHERE acted_ms IS NULL AND received_ms < ?",
        *(now_ms, STALE, now_ms - GOOD_FOR_MS),
    )


async def insert_signal(tx: Transaction, hook: Hook, message: Message, now_ms: int) -> None:
    """Write a signal down. Raises: `Conflict("signal_seen_before")`."""
    inserted = await tx.execute(
        "INSERT OR IGNORE INTO signals (owner, robot_id, name, action, price, sent_ms,"
        " received_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(hook.owner, hook.robot_id, message.name, message.action.value),
        None if message.price is None else plain(message.price),
        *(message.sent_ms, now_ms),
    )
    if inserted != 1:
        raise Conflict("signal_seen_before")


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
