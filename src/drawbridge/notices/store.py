"""The people's side of the notices' tables: the list, the channels, the choices."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from drawbridge.notices.model import (
    SWITCHABLE,
    Channel,
    Choice,
    Kept,
    Notice,
    NoticeKind,
    Way,
    default_of,
    goes_by,
)
from drawbridge.storage.database import Database, Row, Transaction

MOST_LISTED: Final = 200
# What lies further back than this is not counted: a number of three digits says enough.
_MOST_COUNTED: Final = 1_000
_NEVER: Final = 2**62

Choices = Mapping[tuple[Channel, NoticeKind], bool]


@dataclass(frozen=True, slots=True)
class Summary:
    """When an owner's daily summary is told: minutes after midnight, UTC."""

    owner: str
    minute: int
    told_day: int


class NoticeStore:
    """Notices as people see them, and where they want them to go."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database

    async def list_of(self, owner: str, before: int | None, limit: int) -> tuple[Kept, ...]:
        """List an owner's notices on the page, newest first; `before` continues behind one."""
        hidden = await self._hidden(owner)
        rows = await self._database.fetch_all(
            "SELECT * FROM notices WHERE owner = ? AND n < ?"
            " AND kind NOT IN (SELECT value FROM json_each(?)) ORDER BY n DESC LIMIT ?",
            *(owner, _NEVER if before is None else before, hidden, min(limit, MOST_LISTED)),
        )
        return tuple(read_kept(row) for row in rows)

    def count_unread(self, owner: str) -> int:
        """Count at once what an owner has not seen, for the number on every page."""
        row = self._database.glance(
            "SELECT count(*) AS many FROM (SELECT 1 FROM notices WHERE owner = ?"
            " AND read_ms IS NULL LIMIT ?)",
            *(owner, _MOST_COUNTED),
        )
        return 0 if row is None else int(row["many"])

    async def list_ways(self, owner: str) -> Mapping[Channel, Way]:
        """Give an owner's channels, those never set included."""
        rows = await self._database.fetch_all(
            "SELECT * FROM notice_channels WHERE owner = ?", owner
        )
        known = {way.channel: way for way in map(read_way, rows)}
        return {it: known.get(it, Way(owner, it)) for it in Channel if it is not Channel.PAGE}

    async def choices_of(self, owner: str) -> Choices:
        """Give what an owner chose otherwise than the default."""
        rows = await self._database.fetch_all("SELECT * FROM notice_choices WHERE owner = ?", owner)
        return {(it.channel, it.kind): it.is_on for it in read_choices(rows)}

    async def find_summary(self, owner: str) -> Summary | None:
        """Give when an owner's daily summary is told, None when it is not."""
        row = await self._database.fetch_one(
            "SELECT * FROM notice_summaries WHERE owner = ?", owner
        )
        return None if row is None else _summary(row)

    async def list_summaries(self) -> tuple[Summary, ...]:
        """List everybody's daily summaries."""
        rows = await self._database.fetch_all("SELECT * FROM notice_summaries")
        return tuple(_summary(row) for row in rows)

    async def find_delivery(self, notice: int, channel: Channel) -> tuple[str, str] | None:
        """Give the state of a delivery and its problem, None when there is none."""
        row = await self._database.fetch_one(
            "SELECT state, problem FROM notice_deliveries WHERE notice = ? AND channel = ?",
            *(notice, channel.value),
        )
        return None if row is None else (row["state"], row["problem"])

    async def list_failing(self, owner: str) -> tuple[Channel, ...]:
        """Give the channels that are on and did not carry the last notice given to them.

        One that was tried once and is tried again in a moment has not failed yet.
        """
        rows = await self._database.fetch_all(
            "SELECT channel, state, attempts FROM notice_deliveries"
            " JOIN notices ON n = notice JOIN notice_channels USING (owner, channel)"
            " WHERE owner = ? AND is_on = 1 AND (attempts > 0 OR state <> 'waiting')"
            " AND n > (SELECT coalesce(max(n), 0) FROM notices WHERE owner = ?) - ?"
            " ORDER BY n",
            *(owner, owner, MOST_LISTED),
        )
        last = {row["channel"]: row for row in rows}
        return tuple(it for it in Channel if it.value in last and _has_failed(last[it.value]))

    async def has_told_expiry(
        self, owner: str, key_id: str, step_days: int, expires_ms: int
    ) -> bool:
        """Tell whether an owner was told that a key expires, at this step or a closer one."""
        row = await self._database.fetch_one(
            "SELECT 1 FROM notices WHERE owner = ? AND kind = ? AND subject = ?"
            " AND CAST(json_extract(facts, '$.step') AS BIGINT) <= ?"
            " AND CAST(json_extract(facts, '$.expires_ms') AS BIGINT) = ?",
            *(owner, NoticeKind.KEY_EXPIRING.value, key_id, step_days, expires_ms),
        )
        return row is not None

    async def last_of(
        self, owner: str, subject: str, kinds: Collection[NoticeKind]
    ) -> NoticeKind | None:
        """Give which of these kinds an owner was told last about a subject."""
        row = await self._database.fetch_one(
            "SELECT kind FROM notices WHERE owner = ? AND subject = ?"
            " AND kind IN (SELECT value FROM json_each(?)) ORDER BY n DESC LIMIT 1",
            *(owner, subject, json.dumps([kind.value for kind in kinds])),
        )
        return None if row is None else NoticeKind(row["kind"])

    async def _hidden(self, owner: str) -> str:
        choices = await self.choices_of(owner)
        hidden = [it for it in NoticeKind if not goes_by(Channel.PAGE, it, choices)]
        return json.dumps([kind.value for kind in hidden])


def _has_failed(row: Row) -> bool:
    state, attempts = str(row["state"]), int(row["attempts"])
    return state == "given_up" or (state == "waiting" and attempts > 1)


async def mark_read(tx: Transaction, owner: str, now_ms: int) -> None:
    """Write down that an owner has seen all there is."""
    await tx.execute(
        "UPDATE notices SET read_ms = ? WHERE owner = ? AND read_ms IS NULL", now_ms, owner
    )


async def put_way(tx: Transaction, way: Way, now_ms: int) -> None:
    """Write down where an owner's notices go by a channel."""
    await tx.execute(
        "INSERT INTO notice_channels VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (owner, channel) DO UPDATE SET is_on = excluded.is_on,"
        " place = excluded.place, secret = excluded.secret, changed_ms = excluded.changed_ms",
        *(way.owner, way.channel.value, int(way.is_on), way.place, way.sealed, now_ms),
    )
    if not way.is_on:
        # What still waits is not wanted any more, neither now nor when it is switched on again.
        await tx.execute(
            "DELETE FROM notice_deliveries WHERE state = 'waiting' AND channel = ?"
            " AND notice IN (SELECT n FROM notices WHERE owner = ?)",
            *(way.channel.value, way.owner),
        )


async def put_choices(
    tx: Transaction, owner: str, channel: Channel, kinds: Collection[NoticeKind]
) -> None:
    """Write down which kinds go by a channel, as far as that is not the default."""
    await tx.execute(
        "DELETE FROM notice_choices WHERE owner = ? AND channel = ?", owner, channel.value
    )
    for kind in SWITCHABLE:
        if (kind in kinds) is not default_of(channel, kind):
            await tx.execute(
                "INSERT INTO notice_choices VALUES (?, ?, ?, ?)",
                *(owner, channel.value, kind.value, int(kind in kinds)),
            )


async def put_summary(tx: Transaction, owner: str, minute: int | None, today: int) -> None:
    """Write down when the daily summary is told from now on; None ends it."""
    await tx.execute("DELETE FROM notice_summaries WHERE owner = ?", owner)
    if minute is not None:
        await tx.execute("INSERT INTO notice_summaries VALUES (?, ?, ?)", owner, minute, today)


async def mark_summary_told(tx: Transaction, owner: str, day: int) -> bool:
    """Write down that the summary of a day is told; tells whether it was not told before."""
    return bool(
        await tx.execute(
            "UPDATE notice_summaries SET told_day = ? WHERE owner = ? AND told_day < ?",
            *(day, owner, day),
        )
    )


def read_kept(row: Row) -> Kept:
    """Read a row of `notices`."""
    notice = Notice(NoticeKind(row["kind"]), row["owner"], row["subject"], json.loads(row["facts"]))
    return Kept(
        n=row["n"],
        notice=notice,
        at_ms=row["at_ms"],
        last_ms=row["last_ms"],
        due_ms=row["due_ms"],
        count=row["count"],
        is_read=row["read_ms"] is not None,
    )


def read_way(row: Row) -> Way:
    """Read a row of `notice_channels`."""
    channel, is_on = Channel(row["channel"]), bool(row["is_on"])
    return Way(row["owner"], channel, row["place"], is_on, row["secret"])


def read_choices(rows: Collection[Row]) -> tuple[Choice, ...]:
    """Read rows of `notice_choices`; a kind that is not told any more is left out."""
    return tuple(
        Choice(Channel(row["channel"]), NoticeKind(row["kind"]), bool(row["is_on"]))
        for row in rows
        if row["kind"] in set(NoticeKind)
    )


def _summary(row: Row) -> Summary:
    return Summary(row["owner"], row["minute"], row["told_day"])
