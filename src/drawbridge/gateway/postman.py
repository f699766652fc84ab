"""Delivering notices: from the outbox' rows by mail, chat and webhook, until they are taken.

What could not be delivered is tried again, ever later, and in the end given up, which is told by
the other ways. Mails and chats are sparing: what comes closely together goes into one message.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import orjson

from drawbridge.accounts.telegram_links import is_linked_to
from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Clock
from drawbridge.core.errors import BadInput, Corrupted, DrawbridgeError, Forbidden
from drawbridge.core.secret import Secret
from drawbridge.gateway.mail import Mail, Mailer
from drawbridge.gateway.telegram import TelegramPost
from drawbridge.gateway.webhooks import Call, WebhookPost
from drawbridge.notices.chat_buttons import buttons_of
from drawbridge.notices.deliveries import (
    Delivery,
    DeliveryStore,
    claim,
    postpone,
    settle,
)
from drawbridge.notices.model import QUESTIONS, Channel, Kept, Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.notices.service import hook_binding
from drawbridge.notices.words import words_of
from drawbridge.sealing.envelope import Binding
from drawbridge.storage.database import Database
from drawbridge.wording.language import speaking
from drawbridge.wording.say import say

BACKOFF_MS: Final = (
    *(10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS),
    *(2 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS),
)
"""How long to wait after each time that a delivery failed; after the last, it is given up."""

CLAIMED_FOR_MS: Final[Mapping[Channel, int]] = {
    Channel.WEBHOOK: 12 * SECOND_MS,
    Channel.TELEGRAM: 20 * SECOND_MS,
    Channel.MAIL: 30 * SECOND_MS,
}
"""Longer than a way takes until it has an answer or none; a mail server may be slower still."""

_AT_ONCE: Final = 8
_SPARING_MS: Final = 20 * SECOND_MS
_MOST_IN_ONE: Final = 20
# These will not become right by waiting.
_DEFINITE: Final = (Forbidden, BadInput, Corrupted)

_Group = tuple[str, Channel]


class Seals(Protocol):
    """What opens the webhooks' secrets: the machine's own key."""

    def open(self, sealed: bytes, binding: Binding) -> Secret:
        """Open. Raises: `Corrupted("sealed_value_damaged")`."""


class Speakers(Protocol):
    """Who knows which language a person has chosen; the accounts are one."""

    async def language_of(self, owner: str) -> str:
        """Give its tag, empty if none was chosen."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What carries notices out; None where it is not set up on this machine."""

    webhooks: WebhookPost
    mailer: Mailer | None = None
    telegram: TelegramPost | None = None


class Postman:
    """Carries notices out; one of these lives in the gateway's process."""

    def __init__(
        self, database: Database, speakers: Speakers, seals: Seals, ways: Ways, clock: Clock
    ) -> None:
        """Take the outbox' database, the machine's own key, and the ways out."""
        self._database = database
        self._speakers = speakers
        self._store = DeliveryStore(database)
        self._seals = seals
        self._ways = ways
        self._clock = clock
        # When a way may be used again: bounded by the people who have switched it on.
        self._rests: dict[_Group, int] = {}
        self._cleared_day = -1

    async def step(self) -> None:
        """Send what is due, as far as it goes now."""
        now_ms = self._clock.now_ms()
        await self._store.route(now_ms)
        groups: dict[_Group, list[Delivery]] = {}
        for delivery in await self._store.list_due(now_ms):
            group = (delivery.way.owner, delivery.way.channel)
            groups.setdefault(group, []).append(delivery)
        self._rests = {group: until for group, until in self._rests.items() if until > now_ms}
        turn = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for group, deliveries in groups.items():
                if group not in self._rests:
                    tasks.create_task(self._deliver(turn, group, deliveries))
        if now_ms // DAY_MS != self._cleared_day:
            self._cleared_day = now_ms // DAY_MS
            await self._store.clear_out(now_ms)

    async def _deliver(
        self, turn: asyncio.Semaphore, group: _Group, deliveries: Sequence[Delivery]
    ) -> None:
        async with turn:
            if group[1] is Channel.WEBHOOK:
                await self._deliver_each(group, deliveries)
            else:
                await self._deliver_together(group, deliveries)

    async def _deliver_each(self, group: _Group, deliveries: Sequence[Delivery]) -> None:
        # One after the other and in order; when one fails, the rest waits with it.
        for delivery in deliveries:
            if not await self._tried(group, [delivery]):
                return

    async def _deliver_together(self, group: _Group, deliveries: Sequence[Delivery]) -> None:
        # A question goes by itself and first: its buttons stand under it alone, and time runs.
        asks = [it for it in deliveries if it.kept.notice.kind in QUESTIONS]
        rest = [it for it in deliveries if it.kept.notice.kind not in QUESTIONS]
        for batch in (*([it] for it in asks), rest):
            if batch and not await self._tried(group, batch):
                return
        self._rests[group] = self._clock.now_ms() + _SPARING_MS

    async def _tried(self, group: _Group, listed: Sequence[Delivery]) -> bool:
        """Send what is still to be sent; False where it was not taken."""
        # Somebody else may have come to do this since it was listed.
        async with self._database.transaction() as tx:
            until_ms = self._clock.now_ms() + CLAIMED_FOR_MS[group[1]]
            deliveries = await claim(tx, listed, until_ms)
        if not deliveries:
            return True
        try:
            with speaking(await self._speakers.language_of(group[0])):
                await self._send(group[1], deliveries)
        except DrawbridgeError as error:
            await self._failed(group, deliveries, error)
            return False
        async with self._database.transaction() as tx:
            await settle(tx, deliveries)
        return True

    async def _send(self, channel: Channel, deliveries: Sequence[Delivery]) -> None:
        way, kept = deliveries[0].way, [it.kept for it in deliveries]
        match channel:
            case Channel.MAIL if self._ways.mailer is not None:
                await self._ways.mailer.send(mail_of(way.place, kept))
            case Channel.TELEGRAM if self._ways.telegram is not None:
                # A chat that is not linked would press in vain.
                is_linked = await is_linked_to(self._database, way.owner, way.place)
                buttons = buttons_of(kept) if is_linked else ()
                await self._ways.telegram.send(way.place, text_of(kept), buttons)
            case Channel.WEBHOOK:
                secret = self._seals.open(way.sealed or b"", hook_binding(way.owner))
                call = call_of(kept[0], self._clock.now_ms())
                await self._ways.webhooks.send(way.place, secret, call)
            case _:
                raise Forbidden("channel_not_set_up", rule="settings", channel=channel.value)

    async def _failed(
        self, group: _Group, deliveries: Sequence[Delivery], error: DrawbridgeError
    ) -> None:
        """Try again later, or give up and say so."""
        now_ms = self._clock.now_ms()
        attempts = max(it.attempts for it in deliveries)
        is_over = isinstance(error, _DEFINITE) or attempts >= len(BACKOFF_MS)
        next_ms = None
        if not is_over:
            wait_ms = max(BACKOFF_MS[attempts], getattr(error, "retry_after_ms", 0))
            next_ms = now_ms + wait_ms
            self._rests[group] = next_ms
        async with self._database.transaction() as tx:
            await postpone(tx, deliveries, error.code, next_ms)
            is_test = all(it.kept.notice.kind is NoticeKind.TEST for it in deliveries)
            if is_over and not is_test:
                owner, channel = group
                about = {**error.facts, "channel": channel.value}
                facts = {"channel": channel.value, "reason": error.code, "about": about}
                notice = Notice(NoticeKind.DELIVERY_GIVEN_UP, owner, channel.value, facts)
                await tell(tx, notice, now_ms)


def text_of(kept: Sequence[Kept]) -> str:
    """Give several notices as one text, the oldest first; what is too many is counted."""
    lines = [words_of(it).line for it in kept[:_MOST_IN_ONE]]
    more = len(kept) - len(lines)
    return "\n".join([*lines, *([say("notice.more", count=more)] if more else [])])


def mail_of(to: str, kept: Sequence[Kept]) -> Mail:
    """Give several notices as one mail."""
    first, more = words_of(kept[0]).title.partition("\n")[0], len(kept) - 1
    return Mail(
        to=to,
        subject=say("notice.subject_more", title=first, count=more) if more else first,
        text=text_of(kept) + "\n\n-- \n" + say("notice.signature") + "\n",
        id=f"notice-{kept[0].n}-{kept[-1].n}-{kept[0].at_ms}",
        at_ms=kept[-1].last_ms,
    )


def call_of(kept: Kept, now_ms: int) -> Call:
    """Give a notice as a webhook is told it. Its body is the same whenever it is sent."""
    notice = kept.notice
    told: Mapping[str, object] = {
        "id": f"notice_{kept.n}",
        "kind": notice.kind.value,
        "subject": notice.subject,
        "at_ms": kept.at_ms,
        "last_ms": kept.last_ms,
        "count": kept.count,
        "facts": notice.facts,
        "text": words_of(kept).line,
    }
    return Call(f"notice_{kept.n}", now_ms // SECOND_MS, orjson.dumps(told))
