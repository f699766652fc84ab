"""How far the bot's dialogs are, and which of Telegram's updates it has handled.

Nothing that a person typed is in these rows.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from drawbridge.core.clock import DAY_MS, MINUTE_MS, Clock
from drawbridge.storage.database import Database

TALK_LIVES_MS: Final = 10 * MINUTE_MS
# Telegram keeps updates for a day; what is older cannot come again.
_REMEMBERED_MS: Final = 2 * DAY_MS


@dataclass(frozen=True, slots=True)
class Talk:
    """Where a dialog stands; `state` is empty where there is none."""

    state: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


class Coming(StrEnum):
    """How an update comes. `INTERRUPTED`: again, after its handling did not end."""

    NEW = "new"
    INTERRUPTED = "interrupted"
    AGAIN = "again"


class TelegramTalks:
    """Dialogs and updates, over the app's database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Join the parts."""
        self._database = database
        self._clock = clock

    async def find(self, chat: int) -> Talk:
        """Give a chat's dialog; one that nobody went on with for ten minutes is none."""
        sql = "SELECT * FROM telegram_talks WHERE chat = ? AND until_ms > ?"
        row = await self._database.fetch_one(sql, chat, self._clock.now_ms())
        return Talk(row["state"], json.loads(row["facts"])) if row else Talk()

    async def keep(self, chat: int, talk: Talk) -> None:
        """Write down where a dialog stands; it lives for ten minutes from now."""
        until_ms = self._clock.now_ms() + TALK_LIVES_MS
        async with self._database.transaction() as tx:
            if not talk.state and not talk.facts:
                await tx.execute("DELETE FROM telegram_talks WHERE chat = ?", chat)
                return
            await tx.execute(
                "INSERT INTO telegram_talks VALUES (?, ?, ?, ?) ON CONFLICT (chat) DO UPDATE"
                " SET state = excluded.state, facts = excluded.facts,"
                " until_ms = excluded.until_ms",
                *(chat, talk.state, json.dumps(dict(talk.facts)), until_ms),
            )

    async def take_late(self, chat: int) -> bool:
        """Tell once that a chat had a dialog which took too long."""
        sql = "DELETE FROM telegram_talks WHERE chat = ? AND until_ms <= ?"
        async with self._database.transaction() as tx:
            return bool(await tx.execute(sql, chat, self._clock.now_ms()))

    async def begin_update(self, bot: int, update: int) -> Coming:
        """Write down that an update is being handled, and tell how it comes."""
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            await tx.execute(
                "DELETE FROM telegram_updates WHERE at_ms < ?", now_ms - _REMEMBERED_MS
            )
            sql = "SELECT is_done FROM telegram_updates WHERE bot = ? AND update_id = ?"
            row = await tx.fetch_one(sql, bot, update)
            if row is not None:
                return Coming.AGAIN if row["is_done"] else Coming.INTERRUPTED
            sql = "INSERT INTO telegram_updates (bot, update_id, at_ms) VALUES (?, ?, ?)"
            await tx.execute(sql, bot, update, now_ms)
        return Coming.NEW

    async def end_update(self, bot: int, update: int) -> None:
        """Write down that an update was handled."""
        async with self._database.transaction() as tx:
            sql = "UPDATE telegram_updates SET is_done = 1 WHERE bot = ? AND update_id = ?"
            await tx.execute(sql, bot, update)
