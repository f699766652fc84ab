"""Which Telegram chat belongs to whom.

A chat is linked by a code that its owner sees in the app and sends to the bot. A code works once
and for ten minutes; one owner has one chat, and one chat one owner.
"""

from dataclasses import dataclass
from typing import Final

from drawbridge.accounts import store
from drawbridge.accounts.model import Owner
from drawbridge.accounts.service import Audit
from drawbridge.accounts.throttle import check_attempts, limits_of_link
from drawbridge.accounts.tokens import Entropy, draw_link_code, hash_link_code
from drawbridge.core.clock import MINUTE_MS, Clock
from drawbridge.core.errors import NotFound, NotProven
from drawbridge.core.secret import Secret
from drawbridge.storage.database import Database

CODE_LIVES_MS: Final = 10 * MINUTE_MS
_LONGEST_NAME: Final = 64
_LONGEST_CODE: Final = 64


@dataclass(frozen=True, slots=True)
class TelegramLink:
    """A linked chat; `name` is what the person calls themselves there."""

    chat: int
    name: str
    linked_ms: int


class TelegramLinks:
    """Linked chats, over the database that has the accounts."""

    def __init__(self, database: Database, audit: Audit, clock: Clock, entropy: Entropy) -> None:
        """Join the parts."""
        self._database = database
        self._audit = audit
        self._clock = clock
        self._entropy = entropy

    async def draw_code(self, owner: str) -> Secret:
        """Draw a code, shown this one time; it takes the place of an earlier one."""
        code, until_ms = draw_link_code(self._entropy), self._clock.now_ms() + CODE_LIVES_MS
        async with self._database.transaction() as tx:
            await tx.execute(
                "INSERT INTO telegram_codes VALUES (?, ?, ?) ON CONFLICT (owner) DO UPDATE SET"
                " code_hash = excluded.code_hash, until_ms = excluded.until_ms",
                *(owner, hash_link_code(code.reveal()), until_ms),
            )
            await self._audit.record(tx, "account:telegram:code_drawn", owner, owner)
        return code

    async def link(self, code: str, chat: int, name: str) -> Owner:
        """Link a chat to the owner of a code, in place of the chat that they had before.

        Raises: `NotProven("link_code_wrong")`, also for one that was used or is too old;
        `NotProven("too_many_attempts")` with `retry_after_ms`.
        """
        limits, now_ms = limits_of_link(chat), self._clock.now_ms()
        async with self._database.transaction() as tx:
            check_attempts(limits, await store.read_tried(tx, limits, now_ms), now_ms)
            attempts = await store.insert_attempts(tx, limits, now_ms)
        async with self._database.transaction() as tx:
            sql = "DELETE FROM telegram_codes WHERE code_hash = ? AND until_ms > ? RETURNING owner"
            row = await tx.fetch_one(sql, hash_link_code(code[:_LONGEST_CODE]), now_ms)
            if row is None:
                raise NotProven("link_code_wrong")
            owner = str(row["owner"])
            # Strangers choose their names themselves: nothing invisible, nothing that turns a line.
            kept = "".join(it for it in " ".join(name.split()) if it.isprintable())[:_LONGEST_NAME]
            await tx.execute("DELETE FROM telegram_links WHERE owner = ? OR chat = ?", owner, chat)
            sql = "INSERT INTO telegram_links VALUES (?, ?, ?, ?)"
            await tx.execute(sql, owner, chat, kept, now_ms)
            await store.forget_attempts(tx, limits, attempts)
            await self._audit.record(
                tx, "account:telegram:linked", owner, owner, {"chat": str(chat), "name": kept}
            )
        return await self._get_owner(owner)

    async def unlink(self, owner: str) -> bool:
        """Let no chat speak for a person any more; tell whether one did."""
        async with self._database.transaction() as tx:
            await tx.execute("DELETE FROM telegram_codes WHERE owner = ?", owner)
            row = await tx.fetch_one(
                "DELETE FROM telegram_links WHERE owner = ? RETURNING chat", owner
            )
            if row is not None:
                facts = {"chat": str(row["chat"])}
                await self._audit.record(tx, "account:telegram:unlinked", owner, owner, facts)
        return row is not None

    async def find(self, owner: str) -> TelegramLink | None:
        """Find a person's chat."""
        row = await self._database.fetch_one("SELECT * FROM telegram_links WHERE owner = ?", owner)
        return TelegramLink(row["chat"], row["name"], row["linked_ms"]) if row else None

    async def owner_of(self, chat: int) -> Owner | None:
        """Find whose chat it is, None for a stranger's and for that of who is ended."""
        row = await self._database.fetch_one(
            "SELECT owner FROM telegram_links WHERE chat = ?", chat
        )
        owner = await self._get_owner(str(row["owner"])) if row else None
        return owner if owner and owner.ended_ms is None else None

    async def bot_name(self) -> str:
        """Give what the bot is called, empty before it has ever run."""
        row = await self._database.fetch_one("SELECT name FROM telegram_bot")
        return str(row["name"]) if row else ""

    async def tell_bot_name(self, name: str) -> None:
        """Write down what the bot is called."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "INSERT INTO telegram_bot VALUES (1, ?)"
                " ON CONFLICT (only_row) DO UPDATE SET name = excluded.name",
                name,
            )

    async def _get_owner(self, owner: str) -> Owner:
        known = await store.find_by_id(self._database, owner)
        if known is None:
            raise NotFound("unknown_owner")
        return known.owner


async def is_linked_to(database: Database, owner: str, chat: str) -> bool:
    """Tell whether a chat, by its number as text, is the one that a person has linked."""
    sql = "SELECT chat FROM telegram_links WHERE owner = ?"
    row = await database.fetch_one(sql, owner)
    return row is not None and str(row["chat"]) == chat


def link_address(bot_name: str, code: Secret) -> str:
    """Give the address that opens the bot and sends it a code; empty without a bot's name."""
    return f"https://t.me/{bot_name}?start={code.reveal()}" if bot_name else ""
