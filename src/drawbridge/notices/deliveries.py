"""The postman's side of the notices' tables: what is to go out, and what became of it.

A row is claimed with a deadline before its message leaves, and closed only by who claimed it. The
moment of the deadline names the attempt: whoever comes next claims after it, so theirs is later.
Who dies in between leaves a row that is sent again after the deadline, under the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from drawbridge.core.clock import DAY_MS
from drawbridge.notices.model import Channel, Kept, Notice, NoticeKind, Way, goes_by
from drawbridge.notices.store import Choices, read_choices, read_kept, read_way
from drawbridge.storage.database import Database, Row, Transaction

_MOST_AT_ONCE: Final = 500
_KEPT_FOR_MS: Final = 60 * DAY_MS
_STILL_SO: Final = "WHERE notice = ? AND channel = ? AND next_ms = ? AND state = 'waiting'"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notice on one way; `attempts` is how often it was tried in vain.

    `next_ms` is when it may be tried next: for who has claimed it, the deadline of the claim.
    """

    kept: Kept
    way: Way
    attempts: int
    next_ms: int


class DeliveryStore:
    """Deliveries as they are on disk."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database

    async def route(self, now_ms: int) -> None:
        """Write down by which ways the notices that are due go out."""
        waiting = await self._database.fetch_one(
            "SELECT 1 FROM notices WHERE routed_ms IS NULL AND due_ms <= ?", now_ms
        )
        if waiting is None:
            return
        async with self._database.transaction() as tx:
            rows = await tx.fetch_all(
                "SELECT * FROM notices WHERE routed_ms IS NULL AND due_ms <= ? ORDER BY n LIMIT ?",
                *(now_ms, _MOST_AT_ONCE),
            )
            plans: dict[str, _Plan] = {}
            for kept in map(read_kept, rows):
                owner = kept.notice.owner
                if owner not in plans:
                    plans[owner] = await _plan_of(tx, owner)
                await _route(tx, kept, plans[owner], now_ms)

    async def list_due(self, now_ms: int) -> tuple[Delivery, ...]:
        """List what is to be sent now, oldest first; nothing before what was told earlier.

        What somebody has claimed, and what failed, keeps the rest of its way waiting.
        """
        rows = await self._database.fetch_all(
            "SELECT notices.*, notice_deliveries.channel, notice_deliveries.attempts,"
            " notice_deliveries.next_ms,"
            " notice_channels.place, notice_channels.is_on, notice_channels.secret"
            " FROM notice_deliveries JOIN notices ON notices.n = notice_deliveries.notice"
            " JOIN notice_channels ON notice_channels.owner = notices.owner"
            " AND notice_channels.channel = notice_deliveries.channel"
            " WHERE notice_deliveries.state = 'waiting' AND notice_deliveries.next_ms <= ?"
            " AND NOT EXISTS (SELECT 1 FROM notice_deliveries AS earlier"
            " JOIN notices AS before ON before.n = earlier.notice"
            " WHERE earlier.state = 'waiting' AND earlier.next_ms > ?"
            " AND earlier.channel = notice_deliveries.channel"
            " AND earlier.notice < notice_deliveries.notice AND before.owner = notices.owner)"
            " ORDER BY notice_deliveries.notice LIMIT ?",
            *(now_ms, now_ms, _MOST_AT_ONCE),
        )
        return tuple(_delivery(row) for row in rows)

    async def clear_out(self, now_ms: int) -> None:
        """Forget what was told two months ago."""
        async with self._database.transaction() as tx:
            old = "(SELECT n FROM notices WHERE at_ms < ?)"
            before_ms = now_ms - _KEPT_FOR_MS
            await tx.execute(f"DELETE FROM notice_deliveries WHERE notice IN {old}", before_ms)  # noqa: S608 - a constant of this line
            await tx.execute("DELETE FROM notices WHERE at_ms < ?", before_ms)


async def claim(
    tx: Transaction, deliveries: Sequence[Delivery], until_ms: int
) -> tuple[Delivery, ...]:
    """Claim what nobody has claimed, sent or given up since it was listed; give that."""
    claimed = []
    for it in deliveries:
        row = await tx.fetch_one(
            f"UPDATE notice_deliveries SET next_ms = ? {_STILL_SO} RETURNING notice",  # noqa: S608 - a constant
            *(until_ms, *_named(it)),
        )
        if row is not None:
            claimed.append(replace(it, next_ms=until_ms))
    return tuple(claimed)


async def settle(tx: Transaction, deliveries: Sequence[Delivery]) -> None:
    """Write down that messages were taken that are still claimed so."""
    for it in deliveries:
        await tx.execute(
            f"UPDATE notice_deliveries SET state = 'sent', problem = '' {_STILL_SO}",  # noqa: S608 - a constant
            *_named(it),
        )


async def postpone(
    tx: Transaction, deliveries: Sequence[Delivery], problem: str, next_ms: int | None
) -> None:
    """Write down that messages were not taken that are still claimed so.

    Without a next time they are given up.
    """
    for it in deliveries:
        await tx.execute(
            "UPDATE notice_deliveries SET state = ?, attempts = attempts + 1, problem = ?,"  # noqa: S608 - a constant
            f" next_ms = coalesce(?, next_ms) {_STILL_SO}",
            *("given_up" if next_ms is None else "waiting", problem, next_ms),
            *_named(it),
        )


@dataclass(frozen=True, slots=True)
class _Plan:
    """An owner's ways and choices."""

    ways: tuple[Way, ...]
    choices: Choices

    def goes_by(self, way: Way, notice: Notice) -> bool:
        # Of what one way failed to carry, the others tell; a test goes by the way that it tests.
        named = str(notice.facts.get("channel", ""))
        if notice.kind is NoticeKind.TEST:
            return way.channel == named
        if not way.is_on or way.channel == named:
            return False
        return goes_by(way.channel, notice.kind, self.choices)


async def _plan_of(tx: Transaction, owner: str) -> _Plan:
    rows = await tx.fetch_all("SELECT * FROM notice_channels WHERE owner = ?", owner)
    chosen = await tx.fetch_all("SELECT * FROM notice_choices WHERE owner = ?", owner)
    choices = {(it.channel, it.kind): it.is_on for it in read_choices(chosen)}
    return _Plan(tuple(map(read_way, rows)), choices)


async def _route(tx: Transaction, kept: Kept, plan: _Plan, now_ms: int) -> None:
    for way in plan.ways:
        if plan.goes_by(way, kept.notice):
            await tx.execute(
                "INSERT INTO notice_deliveries (notice, channel, next_ms)"
                " VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                *(kept.n, way.channel.value, now_ms),
            )
    # What is not shown on the page is not waiting to be read there.
    is_shown = goes_by(Channel.PAGE, kept.notice.kind, plan.choices)
    await tx.execute(
        "UPDATE notices SET routed_ms = ?, read_ms = coalesce(read_ms, ?) WHERE n = ?",
        *(now_ms, None if is_shown else now_ms, kept.n),
    )


def _delivery(row: Row) -> Delivery:
    return Delivery(read_kept(row), read_way(row), row["attempts"], row["next_ms"])


def _named(it: Delivery) -> tuple[int, str, int]:
    return it.kept.n, it.way.channel.value, it.next_ms
