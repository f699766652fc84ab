"""Passes: one opens the form of a new key, once and within ten minutes, without a session.

Whoever holds a pass can do nothing else with it, and the form asks for the authenticator's code:
the pass shows the way and proves nothing by itself.
"""

from dataclasses import dataclass
from typing import Final

from drawbridge.accounts import store
from drawbridge.accounts.model import Owner
from drawbridge.accounts.roles import Act, may
from drawbridge.accounts.tokens import MAX_TOKEN_LENGTH, Entropy, draw_token, hash_token
from drawbridge.core.clock import MINUTE_MS, Clock
from drawbridge.core.errors import NotFound
from drawbridge.core.secret import Secret
from drawbridge.storage.database import Database

PASS_LIVES_MS: Final = 10 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class KeyPass:
    """What a pass opens: the form of a key of this exchange, at this venue, for this owner."""

    owner: Owner
    exchange: str
    venue: str


class KeyPasses:
    """Passes, over the database that has the accounts."""

    def __init__(self, database: Database, clock: Clock, entropy: Entropy) -> None:
        """Join the parts."""
        self._database = database
        self._clock = clock
        self._entropy = entropy

    async def draw(self, owner: str, exchange: str, venue: str) -> Secret:
        """Draw a pass; those of the same owner that were not used end with it."""
        token, now_ms = draw_token(self._entropy), self._clock.now_ms()
        async with self._database.transaction() as tx:
            sql = "DELETE FROM key_passes WHERE owner = ? OR until_ms <= ?"
            await tx.execute(sql, owner, now_ms)
            await tx.execute(
                "INSERT INTO key_passes VALUES (?, ?, ?, ?, ?)",
                *(hash_token(token.reveal()), owner, exchange, venue, now_ms + PASS_LIVES_MS),
            )
        return token

    async def get(self, token: str) -> KeyPass:
        """Give what a pass opens. Raises: `NotFound("pass_ended")`."""
        row = None
        if len(token) <= MAX_TOKEN_LENGTH:
            sql = "SELECT * FROM key_passes WHERE token_hash = ? AND until_ms > ?"
            row = await self._database.fetch_one(sql, hash_token(token), self._clock.now_ms())
        known = await store.find_by_id(self._database, row["owner"]) if row else None
        if row is None or known is None or not _may_still(known.owner):
            raise NotFound("pass_ended")
        return KeyPass(known.owner, row["exchange"], row["venue"])

    async def use(self, token: str) -> None:
        """Use a pass up. Raises: `NotFound("pass_ended")` when somebody was faster."""
        async with self._database.transaction() as tx:
            sql = "DELETE FROM key_passes WHERE token_hash = ?"
            if not await tx.execute(sql, hash_token(token[:MAX_TOKEN_LENGTH])):
                raise NotFound("pass_ended")


def _may_still(owner: Owner) -> bool:
    """Tell whether whoever drew a pass may add keys yet: it opens without their session."""
    return owner.ended_ms is None and may(owner.role, Act.CHANGE)
