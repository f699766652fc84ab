"""The use cases of limits and of the stop: what people set, with its audit event and notice.

That what is limited belongs to the person has been found out by whoever names it.
"""

from collections.abc import Mapping
from typing import Final

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput, Conflict, NotFound
from drawbridge.core.money import parse_positive, plain
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.storage.database import Database
from drawbridge.trading.limit_store import (
    Limited,
    LimitStore,
    Stop,
    put_limits,
    put_stop,
    take_stop,
)
from drawbridge.trading.limits import Limits

LIMIT_FIELDS: Final = ("position", "day_loss", "open_orders", "open_value", "collar")
"""The limits by name, as forms and command lines give them."""

_MOST_ORDERS: Final = 10_000


class LimitService:
    """What pages and commands call."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use the app's database and its clock."""
        self._database = database
        self._store = LimitStore(database)
        self._clock = clock

    async def list_limits(self, owner: str) -> tuple[Limited, ...]:
        """List what an owner has limited."""
        return await self._store.list_of(owner)

    async def set_limits(
        self, owner: str, subject: str, name: str, texts: Mapping[str, str]
    ) -> Limits:
        """Give a subject these limits in place of those it had; an empty text is no limit.

        Raises: `BadInput` naming the field.
        """
        limits = read_limits(texts)
        now_ms = self._clock.now_ms()
        tag = Tag.TRADING_LIMITS_CLEARED if limits.is_empty else Tag.TRADING_LIMITS_SET
        facts = {"name": name, **limit_texts(limits)}
        async with self._database.transaction() as tx:
            await put_limits(tx, Limited(subject, owner, name, limits, now_ms))
            await append(tx, AuditEvent(tag, owner, subject, facts), now_ms)
        return limits

    async def clear_limits(self, owner: str, subject: str) -> None:
        """Take all limits off a subject. Raises: `NotFound("no_limits")`."""
        found = [it for it in await self.list_limits(owner) if it.subject == subject]
        if not found:
            raise NotFound("no_limits")
        await self.set_limits(owner, subject, found[0].name, {})

    async def find_stop(self, owner: str) -> Stop | None:
        """Give the stop that holds for an owner, the machine's or their own."""
        return await self._store.find_stop(owner)

    def is_stopped(self, owner: str) -> bool:
        """Tell at once whether a stop holds for an owner, for the band on every page."""
        return self._store.is_stopped(owner)

    async def stop(self, owner: str, *, of: str, cancel: bool = False) -> None:
        """Keep everything from entering: `of` an owner, or of `EVERYBODY`.

        Asking twice is asking once; `cancel` also wishes for the open orders to be cancelled.
        `owner` is who asks, under whose name it is told.
        """
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            is_news = await put_stop(tx, of, now_ms, cancel=cancel)
            if not (is_news or cancel):
                return
            event = AuditEvent(Tag.TRADING_STOP_BEGUN, owner, of, {"cancel": cancel})
            await append(tx, event, now_ms)
            if is_news:
                await tell(tx, Notice(NoticeKind.STOP_ON, owner), now_ms)

    async def resume(self, owner: str, *, of: str) -> None:
        """Let trading go on. Raises: `Conflict("not_stopped")`."""
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            if not await take_stop(tx, of):
                raise Conflict("not_stopped")
            await append(tx, AuditEvent(Tag.TRADING_STOP_ENDED, owner, of), now_ms)
            await tell(tx, Notice(NoticeKind.STOP_OFF, owner), now_ms)


def read_limits(texts: Mapping[str, str]) -> Limits:
    """Read limits as people write them. Raises: `BadInput` naming the field."""
    amounts = {
        name: parse_positive(text, name)
        for name in ("position", "day_loss", "open_value", "collar")
        if (text := texts.get(name, "").strip())
    }
    return Limits(
        position=amounts.get("position"),
        day_loss=amounts.get("day_loss"),
        open_orders=_count(texts.get("open_orders", "").strip()),
        open_value=amounts.get("open_value"),
        collar=amounts.get("collar"),
    )


def limit_texts(limits: Limits) -> dict[str, str]:
    """Write limits as people write them; what is not limited is empty."""
    amounts = {
        "position": limits.position,
        "day_loss": limits.day_loss,
        "open_value": limits.open_value,
        "collar": limits.collar,
    }
    texts = {name: "" if it is None else plain(it) for name, it in amounts.items()}
    orders = "" if limits.open_orders is None else str(limits.open_orders)
    return {name: {**texts, "open_orders": orders}[name] for name in LIMIT_FIELDS}


def _count(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text) > _MOST_ORDERS:
        raise BadInput("limit_not_a_count", field="open_orders", most=_MOST_ORDERS)
    return int(text)
