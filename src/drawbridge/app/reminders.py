"""What is told by the clock: the daily summary, and keys that are about to expire.

Put together here, because it takes from robots, trading and the vault at once.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.accounts.languages import Languages
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.core.clock import DAY_MS, MINUTE_MS, Clock
from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.notices.store import NoticeStore, Summary, mark_summary_told
from drawbridge.robots.model import Robot, RobotStatus
from drawbridge.robots.service import RobotService
from drawbridge.storage.database import Database
from drawbridge.trading.positions import follow
from drawbridge.trading.store import OrderStore
from drawbridge.vault.in_use import list_at, list_ending
from drawbridge.vault.model import IN_USE, KeyRecord, KeyStatus, Venue
from drawbridge.vault.service import Vault
from drawbridge.vault.store import count_changes, list_by_ids, list_changed
from drawbridge.wording.formats import amount, day
from drawbridge.wording.language import speaking
from drawbridge.wording.say import say, say_reason

EXPIRY_DAYS: Final = (30, 14, 7, 1)
"""How many days before a key expires its owner is told, the closest last."""

_LOOK_EVERY_MS: Final = MINUTE_MS
_LONGEST_MS: Final = max(EXPIRY_DAYS) * DAY_MS
_MOST_LINES: Final = 20


@dataclass(frozen=True, slots=True)
class RobotDay:
    """What a robot did in a day, counted from its own fills."""

    robot: Robot
    orders: int
    realised: Decimal
    held: Decimal


@dataclass(frozen=True, slots=True)
class Sources:
    """Where it is read what people are reminded of, and in which language they are."""

    robots: RobotService
    orders: OrderStore
    vault: Vault
    languages: Languages


class Reminders:
    """Tells what the clock says; one of these lives in the gateway's process."""

    def __init__(self, database: Database, sources: Sources, clock: Clock) -> None:
        """Use the app's database, robots, orders, keys and people."""
        self._database = database
        self._notices = NoticeStore(database)
        self._sources = sources
        self._clock = clock
        self._not_before_ms = 0
        # Until when, and until which change of a key, everything was looked at.
        self._looked_ms: int | None = None
        self._changes = 0

    async def step(self) -> None:
        """Tell what is due; looked at once a minute."""
        now_ms = self._clock.now_ms()
        if now_ms < self._not_before_ms:
            return
        self._not_before_ms = now_ms + _LOOK_EVERY_MS
        for summary in await self._notices.list_summaries():
            if is_due(summary, now_ms):
                await self._sum_up(summary.owner, now_ms)
        changes = await count_changes(self._database)
        for key in await self._keys_to_look_at(now_ms):
            await self._remind(key, now_ms)
            await self._tell_closed(key, now_ms)
        self._looked_ms, self._changes = now_ms, changes

    async def _keys_to_look_at(self, now_ms: int) -> Iterable[KeyRecord]:
        """Give the keys of which something may be to be told.

        At first all that end or have lost their exchange; then those of which one of the days has
        come since, and those that have changed.
        """
        if self._looked_ms is None:
            closed = [it for it in exchange_ids() if not get_card(it).takes_keys]
            at_closed = [await list_at(self._database, it, Venue.LIVE) for it in closed]
            ending = await list_ending(self._database, now_ms, now_ms + _LONGEST_MS)
            return _each_once([*ending, *itertools.chain.from_iterable(at_closed)])
        changed = await list_changed(self._database, self._changes)
        found = [it for it in await list_by_ids(self._database, changed) if it.is_in_use]
        for days in EXPIRY_DAYS:
            span = (self._looked_ms + days * DAY_MS, now_ms + days * DAY_MS)
            found.extend(await list_ending(self._database, *span))
        return _each_once(found)

    async def _sum_up(self, owner: str, now_ms: int) -> None:
        days = [
            day_of(robot, await self._sources.orders.fills_of(robot.origin), now_ms)
            for robot in await self._sources.robots.list_robots(owner)
        ]
        keys = await self._sources.vault.list_keys(owner)
        with speaking(await self._sources.languages.language_of(owner)):
            text = summary_text(days, keys, now_ms)
        facts = {
            "text": text,
            "robots": [_told(it) for it in days],
        }
        async with self._database.transaction() as tx:
            # Once a day, also after a crash between counting and telling.
            if await mark_summary_told(tx, owner, now_ms // DAY_MS):
                await tell(tx, Notice(NoticeKind.DAILY_SUMMARY, owner, "", facts), now_ms)

    async def _remind(self, key: KeyRecord, now_ms: int) -> None:
        """Scenario 42: tell once at each of the days before a key expires."""
        left = days_left(key, now_ms)
        step = next(
            (days for days in reversed(EXPIRY_DAYS) if left is not None and left <= days), 0
        )
        if not step or left is None:
            return
        about = {"label": key.label, "exchange": get_card(key.exchange).name}
        facts = {**about, "days": max(1, left), "step": step, "expires_ms": key.expires_ms}
        if await self._notices.has_told_expiry(key.owner, key.id, step, key.expires_ms or 0):
            return
        async with self._database.transaction() as tx:
            await tell(tx, Notice(NoticeKind.KEY_EXPIRING, key.owner, key.id, facts), now_ms)

    async def _tell_closed(self, key: KeyRecord, now_ms: int) -> None:
        """Scenario 43: tell once of each key whose exchange is gone."""
        card = get_card(key.exchange)
        if card.takes_keys or key.venue is not Venue.LIVE:
            return
        kind = NoticeKind.EXCHANGE_CLOSED
        if await self._notices.last_of(key.owner, key.id, (kind,)):
            return
        facts = {"label": key.label, "exchange": card.name, "since": card.since}
        async with self._database.transaction() as tx:
            await tell(tx, Notice(kind, key.owner, key.id, facts), now_ms)


def _each_once(keys: Iterable[KeyRecord]) -> Iterable[KeyRecord]:
    return {key.id: key for key in keys}.values()


def is_due(summary: Summary, now_ms: int) -> bool:
    """Tell whether a summary is to be told now: its hour has come, and today's was not told."""
    today, into_ms = divmod(now_ms, DAY_MS)
    return summary.told_day < today and into_ms >= summary.minute * MINUTE_MS


def days_left(key: KeyRecord, now_ms: int) -> int | None:
    """Give how many days a key is still good, counting a begun one; None where nobody knows."""
    if key.expires_ms is None or key.expires_ms <= now_ms:
        return None
    return -((now_ms - key.expires_ms) // DAY_MS)


def day_of(robot: Robot, fills: Sequence[Fill], now_ms: int) -> RobotDay:
    """Count what a robot did within a day."""
    since_ms, symbol = now_ms - DAY_MS, robot.plan.symbol
    before = follow((fill for fill in fills if fill.time_ms < since_ms), symbol)
    journey = follow(fills, symbol)
    orders = {fill.order_id for fill in fills if fill.time_ms >= since_ms}
    held = journey.position.quantity
    return RobotDay(robot, len(orders), journey.realised - before.realised, held)


def summary_text(days: Sequence[RobotDay], keys: Iterable[KeyRecord], now_ms: int) -> str:
    """Put a day into words: what the robots did, profit, open positions, problems."""
    working = sum(it.robot.status is RobotStatus.STARTED for it in days)
    paused = [it.robot for it in days if it.robot.status is RobotStatus.PAUSED]
    lines = [
        say("summary.title", day=day(now_ms)),
        say("summary.robots", working=working, paused=len(paused)),
        say("summary.orders", count=sum(it.orders for it in days)),
        *(say("summary.realised", **it) for it in _realised(days)),
        *_cut(_position(it) for it in days if it.held),
        *_cut(
            say("summary.paused", name=it.name, reason=say_reason(it.reason, it.facts))
            for it in paused
        ),
        *_cut(
            say("summary.key", label=it.label, status=say(f"key_status.{it.status.value}"))
            for it in keys
            if it.status not in {*IN_USE, KeyStatus.CHECKING, KeyStatus.DISABLED}
        ),
    ]
    return "\n".join(lines)


def _realised(days: Sequence[RobotDay]) -> list[dict[str, str]]:
    """Add up by venue and currency: paper profit is no profit."""
    sums: dict[tuple[str, str], Decimal] = {}
    for it in days:
        if it.orders:
            place = (it.robot.plan.venue, it.robot.plan.quote)
            sums[place] = sums.get(place, ZERO) + it.realised
    return [
        {"amount": amount(value), "currency": currency, "venue": say(f"venue.{venue}")}
        for (venue, currency), value in sorted(sums.items())
    ]


def _position(it: RobotDay) -> str:
    plan = it.robot.plan
    venue = say(f"venue.{plan.venue}")
    return say(
        "summary.position",
        name=it.robot.name,
        quantity=amount(it.held),
        currency=plan.base,
        venue=venue,
    )


def _cut(lines: Iterable[str]) -> list[str]:
    told = list(lines)
    more = len(told) - _MOST_LINES
    return told if more <= 0 else [*told[:_MOST_LINES], say("notice.more", count=more)]


def _told(it: RobotDay) -> dict[str, object]:
    return {
        "id": it.robot.id,
        "name": it.robot.name,
        "venue": it.robot.plan.venue,
        "symbol": it.robot.plan.symbol,
        "status": it.robot.status.value,
        "orders": it.orders,
        "realised": it.realised,
        "held": it.held,
    }
