"""The use cases of notices: read them, choose where they go, try a way out."""

import base64
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Final, Protocol, TypeAlias

from drawbridge.core.clock import DAY_MS, MINUTE_MS, Clock
from drawbridge.core.errors import BadInput, Conflict
from drawbridge.core.secret import Secret
from drawbridge.notices import store
from drawbridge.notices.model import (
    SWITCHABLE,
    Channel,
    Kept,
    Notice,
    NoticeKind,
    Reach,
    Way,
    goes_by,
)
from drawbridge.notices.outbox import tell
from drawbridge.notices.places import read_place
from drawbridge.notices.store import NoticeStore
from drawbridge.sealing.envelope import Binding
from drawbridge.storage.database import Database, Transaction

Fact: TypeAlias = str | int | bool | None

HOOK_SECRET: Final = "webhook_secret"  # noqa: S105  the name of a field
_SECRET_BYTES: Final = 32
_PREFIX: Final = "whsec_"
_HOURS, _MINUTES = 24, 60
_PAGE: Final = 50


class Audit(Protocol):
    """Where events are told; the tags are those of `audit/tags.py`."""

    async def record(
        self, tx: Transaction, tag: str, owner: str, subject: str, facts: Mapping[str, Fact] = ...
    ) -> None:
        """Tell an event inside the transaction of the change."""


class Seals(Protocol):
    """What keeps the webhooks' secrets out of the database's plain sight."""

    def seal(self, secret: Secret, binding: Binding) -> bytes:
        """Seal for this binding."""


class NoticeService:
    """What pages and commands call."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        seals: Seals,
        clock: Clock,
        entropy: Callable[[int], bytes],
        *,
        reach: Reach,
    ) -> None:
        """Use the app's database, its audit log, the machine's own key, clock and randomness."""
        self._database = database
        self._store = NoticeStore(database)
        self._audit = audit
        self._seals = seals
        self._clock = clock
        self._entropy = entropy
        self.reach = reach

    async def list_notices(
        self, owner: str, *, before: int | None = None, limit: int = _PAGE
    ) -> tuple[Kept, ...]:
        """List an owner's notices, newest first."""
        return await self._store.list_of(owner, before, limit)

    def count_unread(self, owner: str) -> int:
        """Count at once what an owner has not seen."""
        return self._store.count_unread(owner)

    async def mark_read(self, owner: str) -> None:
        """Count everything as seen."""
        async with self._database.transaction() as tx:
            await store.mark_read(tx, owner, self._clock.now_ms())

    async def list_ways(self, owner: str) -> Mapping[Channel, Way]:
        """Give the channels that lead out, those never set included."""
        return await self._store.list_ways(owner)

    async def kinds_of(self, owner: str, channel: Channel) -> frozenset[NoticeKind]:
        """Give the kinds that go by a channel."""
        choices = await self._store.choices_of(owner)
        return frozenset(it for it in SWITCHABLE if goes_by(channel, it, choices))

    async def set_way(
        self, owner: str, channel: Channel, place: str, *, is_on: bool
    ) -> Secret | None:
        """Choose where notices go by a channel, and whether they do.

        Gives a webhook's new secret, this one time, when there was none yet or it goes elsewhere.
        Raises: `BadInput` with the field `place`, `Conflict("channel_not_set_up")` when whoever
        runs this machine has not set it up.
        """
        if is_on and channel not in self.reach.open_channels:
            raise Conflict("channel_not_set_up", channel=channel.value)
        known = (await self._store.list_ways(owner))[channel]
        way = replace(known, is_on=is_on)
        if is_on or place.strip():
            way = replace(way, place=read_place(channel, place, self.reach.own_hosts))
        secret = None
        if channel is Channel.WEBHOOK and (way.sealed is None or way.place != known.place):
            # A new receiver never gets to know what the one before signs with.
            secret, way = self._with_secret(way)
        await self._write(way)
        return secret

    async def renew_secret(self, owner: str) -> Secret:
        """Give the webhook a new secret and show it, this one time."""
        known = (await self._store.list_ways(owner))[Channel.WEBHOOK]
        secret, way = self._with_secret(known)
        await self._write(way)
        return secret

    async def choose(self, owner: str, channel: Channel, kinds: Collection[str]) -> None:
        """Choose which kinds go by a channel, all others do not.

        Raises: `BadInput("unknown_notice_kind")`.
        """
        unknown = set(kinds) - {kind.value for kind in SWITCHABLE}
        if unknown:
            known = tuple(kind.value for kind in SWITCHABLE)
            raise BadInput("unknown_notice_kind", field="kinds", kind=min(unknown), known=known)
        chosen = frozenset(map(NoticeKind, kinds))
        async with self._database.transaction() as tx:
            await store.put_choices(tx, owner, channel, chosen)

    async def summary_at(self, owner: str) -> str:
        """Give when the daily summary is told, as `HH:MM` in UTC; empty when it is not."""
        found = await self._store.find_summary(owner)
        return (
            "" if found is None else f"{found.minute // _MINUTES:02}:{found.minute % _MINUTES:02}"
        )

    async def set_summary(self, owner: str, at: str) -> None:
        """Choose when the daily summary is told; empty for never.

        Raises: `BadInput("bad_hour")`.
        """
        minute = _read_minute(at.strip())
        today, now_ms = divmod(self._clock.now_ms(), DAY_MS)
        # One whose time of today has passed begins tomorrow.
        told_day = today if minute is not None and minute * MINUTE_MS <= now_ms else today - 1
        async with self._database.transaction() as tx:
            await store.put_summary(tx, owner, minute, told_day)

    async def test(self, owner: str, channel: Channel) -> int:
        """Send a test by a channel and give its number, by which `find_delivery` tells of it.

        Raises: `Conflict("channel_not_set_up")`, `Conflict("channel_without_place")`.
        """
        if channel not in self.reach.open_channels:
            raise Conflict("channel_not_set_up", channel=channel.value)
        way = (await self._store.list_ways(owner))[channel]
        if not way.place:
            raise Conflict("channel_without_place", channel=channel.value)
        notice = Notice(NoticeKind.TEST, owner, channel.value, {"channel": channel.value})
        async with self._database.transaction() as tx:
            await tell(tx, notice, self._clock.now_ms())
            row = await tx.fetch_one("SELECT max(n) AS n FROM notices WHERE owner = ?", owner)
        return int(row["n"]) if row else 0

    async def find_delivery(self, notice: int, channel: Channel) -> tuple[str, str] | None:
        """Give the state of a delivery and the code of its problem, None while there is none."""
        return await self._store.find_delivery(notice, channel)

    def _with_secret(self, way: Way) -> tuple[Secret, Way]:
        drawn = base64.b64encode(self._entropy(_SECRET_BYTES)).decode("ascii")
        secret = Secret(_PREFIX + drawn)
        return secret, replace(way, sealed=self._seals.seal(secret, hook_binding(way.owner)))

    async def _write(self, way: Way) -> None:
        async with self._database.transaction() as tx:
            await store.put_way(tx, way, self._clock.now_ms())
            facts: Mapping[str, Fact] = {"channel": way.channel.value, "on": way.is_on}
            await self._audit.record(tx, "notices:channel:set", way.owner, way.channel, facts)


def hook_binding(owner: str) -> Binding:
    """Give what a webhook's secret is sealed for."""
    return Binding(owner=owner, exchange="", key_id="notices", field=HOOK_SECRET, version=1)


def _read_minute(text: str) -> int | None:
    if not text:
        return None
    hour, colon, minute = text.partition(":")
    parts = [part for part in (hour, minute) if part.isascii() and part.isdigit()]
    if not colon or len(parts) != len((hour, minute)) or max(map(len, parts)) > len("00"):
        raise BadInput("bad_hour", field="summary")
    if int(hour) >= _HOURS or int(minute) >= _MINUTES:
        raise BadInput("bad_hour", field="summary")
    return int(hour) * _MINUTES + int(minute)
