"""All SQL of limits and stops, and what of them is kept in memory.

Kept whole, because the way of an order has no time to look each time: there are as many rows as
people have set limits, and one number tells whether any of them has changed.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from drawbridge.core.money import plain
from drawbridge.core.shards import SHARDS
from drawbridge.storage.database import Database, Row, Transaction
from drawbridge.storage.turns import Turn
from drawbridge.trading.limits import Limits

EVERYBODY: Final = ""
"""The owner of the stop that holds for the whole machine."""

_CHANGES: Final = "SELECT n FROM limit_changes WHERE only_row = 1"


@dataclass(frozen=True, slots=True)
class Limited:
    """The limits of one subject, `key:<id>` or `robot:<id>`."""

    subject: str
    owner: str
    name: str
    limits: Limits
    changed_ms: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop that is on; `owner` is empty for the whole machine's."""

    owner: str
    since_ms: int
    is_cancelling: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """All limits by subject and all stops by owner, as of a number of changes."""

    changes: int = -1
    limited: Mapping[str, Limited] = field(default_factory=dict)
    stopped: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Tell whether nobody has set anything."""
        return not self.limited and not self.stopped


def key_subject(key_id: str) -> str:
    """Give the name under which an account's limits stand."""
    return f"key:{key_id}"


class LimitStore:
    """Limits and stops as they are on disk."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database

    async def list_of(self, owner: str) -> tuple[Limited, ...]:
        """List an owner's limits, by subject."""
        rows = await self._database.fetch_all(
            "SELECT * FROM limits WHERE owner = ? ORDER BY subject", owner
        )
        return tuple(_limited(row) for row in rows)

    async def find_stop(self, owner: str) -> Stop | None:
        """Give the stop that holds for an owner: the machine's, or the owner's own."""
        row = await self._database.fetch_one(
            "SELECT * FROM stops WHERE owner IN ('', ?) ORDER BY owner LIMIT 1", owner
        )
        return None if row is None else _stop(row)

    def is_stopped(self, owner: str) -> bool:
        """Tell at once whether a stop holds for an owner."""
        row = self._database.glance("SELECT 1 FROM stops WHERE owner IN ('', ?)", owner)
        return row is not None

    async def list_cancelling(self) -> tuple[Stop, ...]:
        """List the stops whose open orders are still to be cancelled."""
        rows = await self._database.fetch_all(
            "SELECT * FROM stops WHERE cancel_asked_ms IS NOT NULL"
        )
        return tuple(_stop(row) for row in rows)

    async def read_rules(self) -> Rules:
        """Read everything, for whoever keeps it in memory."""
        # The number first: what changes in between is then read once more, never missed.
        changes = self.changes()
        limits = await self._database.fetch_all("SELECT * FROM limits")
        stops = await self._database.fetch_all("SELECT owner FROM stops")
        return Rules(
            changes,
            {row["subject"]: _limited(row) for row in limits},
            frozenset(row["owner"] for row in stops),
        )

    def turn(self) -> Turn:
        """Give what says how long a glance may be relied on."""
        return self._database.turn()

    def changes(self) -> int:
        """Give the number that rises with every change, at once."""
        row = self._database.glance(_CHANGES)
        return 0 if row is None else int(row["n"])


class KeptRules:
    """The rules in memory, never older than the last commit.

    Why: looked at once in a turn of the event loop, and not once for each order: ten thousand
    orders that one signal makes are placed in far fewer turns.
    """

    def __init__(self, store: LimitStore) -> None:
        """Keep what this store holds."""
        self._store = store
        self._rules = Rules()
        self._turn = store.turn()
        self._reading = asyncio.Lock()

    def glance(self) -> Rules | None:
        """Give the rules if what is in memory is current, None when they must be read anew."""
        if self._turn.is_done:
            return self._rules
        if self._store.changes() != self._rules.changes:
            return None
        self._turn.mark()
        return self._rules

    async def read(self) -> Rules:
        """Give the rules, read anew if they have changed."""
        async with self._reading:
            while (rules := self.glance()) is None:
                self._rules = await self._store.read_rules()
            return rules


async def put_limits(tx: Transaction, limited: Limited) -> None:
    """Write down a subject's limits in place of those it had; empty ones are no row."""
    await tx.execute("DELETE FROM limits WHERE subject = ?", limited.subject)
    limits = limited.limits
    if limits.is_empty:
        return
    await tx.execute(
        "INSERT INTO limits (subject, owner, name, position, day_loss, open_orders, open_value,"
        " collar, changed_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(limited.subject, limited.owner, limited.name, _text(limits.position)),
        *(_text(limits.day_loss), limits.open_orders, _text(limits.open_value)),
        *(_text(limits.collar), limited.changed_ms),
    )


async def put_stop(tx: Transaction, owner: str, now_ms: int, *, cancel: bool) -> bool:
    """Write down that an owner's trading (of `EVERYBODY`: everybody's) has stopped.

    Tells whether it was not stopped before. Asking again may add the wish to cancel.
    """
    cancel_ms = now_ms if cancel else None
    was = await tx.execute(
        "UPDATE stops SET cancel_asked_ms = coalesce(?, cancel_asked_ms) WHERE owner = ?",
        cancel_ms,
        owner,
    )
    if not was:
        await tx.execute("INSERT INTO stops VALUES (?, ?, ?)", owner, now_ms, cancel_ms)
    # Whose orders they are is found out where the accounts are; of everybody, it is everywhere.
    tx.wake(range(SHARDS))
    return not was


async def take_stop(tx: Transaction, owner: str) -> bool:
    """Write down that trading goes on; tells whether it had stopped."""
    return bool(await tx.execute("DELETE FROM stops WHERE owner = ?", owner))


async def mark_cancelled(tx: Transaction, owner: str) -> None:
    """Write down that the open orders of a stop are cancelled."""
    await tx.execute("UPDATE stops SET cancel_asked_ms = NULL WHERE owner = ?", owner)


def _limited(row: Row) -> Limited:
    limits = Limits(
        position=_amount(row["position"]),
        day_loss=_amount(row["day_loss"]),
        open_orders=row["open_orders"],
        open_value=_amount(row["open_value"]),
        collar=_amount(row["collar"]),
    )
    return Limited(row["subject"], row["owner"], row["name"], limits, row["changed_ms"])


def _stop(row: Row) -> Stop:
    return Stop(row["owner"], row["since_ms"], row["cancel_asked_ms"] is not None)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
