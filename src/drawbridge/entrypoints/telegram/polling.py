"""Asking Telegram for updates, for ever, and handling each of them once.

An update is confirmed (by asking for later ones) only after it was handled, so a crash loses
none; what Telegram then sends again is known by its row. Updates of one chat are handled one
after the other, those of different chats side by side.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

from aiogram import Bot
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod
from aiogram.types import Update
from pydantic import ValidationError

from drawbridge.accounts.telegram_talks import Coming

_log = logging.getLogger(__name__)

WAIT_S: Final = 25
_ANSWER_WITHIN_S: Final = 10
_PAUSES_MS: Final = (500, 1_000, 2_000, 5_000, 10_000, 30_000)
_TOKEN_PAUSE_MS: Final = 30_000
_SECOND_MS: Final = 1_000
KINDS: Final = ("message", "callback_query", "my_chat_member", "channel_post")

RawUpdate: TypeAlias = dict[str, Any]
Handler: TypeAlias = Callable[[Update, Coming], Awaitable[None]]


class GetRawUpdates(TelegramMethod[list[RawUpdate]]):
    """`getUpdates`, with each update unread.

    Why: one that a new kind of message makes unreadable must not keep back all those behind it.
    """

    __returning__ = list[RawUpdate]
    __api_method__ = "getUpdates"

    offset: int | None = None
    timeout: int | None = None
    allowed_updates: list[str] | None = None


class Seen(Protocol):
    """Where it is kept which updates were handled."""

    async def begin_update(self, bot: int, update: int) -> Coming:
        """Write down that an update is being handled, and tell how it comes."""

    async def end_update(self, bot: int, update: int) -> None:
        """Write down that an update was handled."""


class Polling:
    """The loop."""

    def __init__(self, bot: Bot, seen: Seen, handle: Handler) -> None:
        """Hand what this bot is sent to the handler."""
        self._bot = bot
        self._seen = seen
        self._handle = handle
        self._offset: int | None = None
        self._failed = 0

    async def run(self) -> None:
        """Ask until cancelled; whatever Telegram or the network does, go on."""
        while True:
            try:
                found = await self._ask()
            except TelegramAPIError as error:
                await asyncio.sleep(self._pause_ms(error) / _SECOND_MS)
                continue
            self._failed = 0
            if found:
                await self._take(found)

    async def _ask(self) -> list[RawUpdate]:
        method = GetRawUpdates(offset=self._offset, timeout=WAIT_S, allowed_updates=list(KINDS))
        return await self._bot(method, request_timeout=WAIT_S + _ANSWER_WITHIN_S)

    def _pause_ms(self, error: TelegramAPIError) -> int:
        self._failed += 1
        # The name of the error's class and no more: texts of a network are nobody's to vouch for.
        if self._failed == 1:
            _log.warning("asking for updates failed: %s", type(error).__name__)
        if isinstance(error, TelegramRetryAfter):
            return error.retry_after * _SECOND_MS
        if isinstance(error, TelegramUnauthorizedError | TelegramNotFound | TelegramConflictError):
            # A wrong token, or another program that asks with the same: people have to mend it.
            return min(_TOKEN_PAUSE_MS, _PAUSES_MS[min(self._failed + 2, len(_PAUSES_MS)) - 1])
        return _PAUSES_MS[min(self._failed, len(_PAUSES_MS)) - 1]

    async def _take(self, found: Sequence[RawUpdate]) -> None:
        chats: dict[int, list[Update]] = {}
        for raw in found:
            update = self._read(raw)
            if update is not None:
                chats.setdefault(_chat_of(update), []).append(update)
        await asyncio.gather(*(self._in_turn(updates) for updates in chats.values()))
        self._offset = max(int(raw.get("update_id", 0)) for raw in found) + 1

    def _read(self, raw: Mapping[str, Any]) -> Update | None:
        try:
            return Update.model_validate(raw, context={"bot": self._bot})
        except ValidationError:
            _log.warning("an update could not be read and is left out")
            return None

    async def _in_turn(self, updates: Sequence[Update]) -> None:
        for update in updates:
            coming = await self._seen.begin_update(self._bot.id, update.update_id)
            if coming is Coming.AGAIN:
                continue
            try:
                await self._handle(update, coming)
            finally:
                _forget_updates()
            await self._seen.end_update(self._bot.id, update.update_id)


def _forget_updates() -> None:
    """Let go of the updates that aiogram remembers.

    Why: `Update.event_type` is cached for the last 128 updates, and the cache keeps each of them
    whole, with the secret that may have been typed in it.
    """
    remembered = vars(Update)["event_type"].fget
    if hasattr(remembered, "cache_clear"):
        remembered.cache_clear()


def _chat_of(update: Update) -> int:
    """Give the chat of an update, 0 where there is none."""
    if update.callback_query is not None:
        return update.callback_query.from_user.id
    event = update.message or update.my_chat_member or update.channel_post
    return event.chat.id if event is not None else 0
