"""A person's sessions, as they look through them: where each was begun, and ending them."""

from dataclasses import dataclass
from typing import Final

from drawbridge.accounts import store
from drawbridge.accounts.model import SESSION_IDLE_MS, SESSION_LONGEST_MS, Owner
from drawbridge.accounts.service import Audit
from drawbridge.accounts.tokens import hash_token
from drawbridge.core.clock import Clock
from drawbridge.core.errors import NotFound
from drawbridge.storage.database import Database

_ID_BYTES: Final = 8
_OPEN: Final = (
    "SELECT token_hash, created_ms, seen_ms, address FROM sessions"
    " WHERE owner = ? AND seen_ms > ? AND created_ms > ? ORDER BY seen_ms DESC, token_hash"
)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that has not ended; `is_this` is the one that asks."""

    id: str
    address: str
    begun_ms: int
    seen_ms: int
    is_this: bool


class OpenSessions:
    """People's sessions, over the database that has their accounts."""

    def __init__(self, database: Database, audit: Audit, clock: Clock) -> None:
        """Join the parts."""
        self._database = database
        self._audit = audit
        self._clock = clock

    async def find_owner(self, token: str) -> Owner | None:
        """Give whose session a token is, None when it has ended; this counts as no visit.

        Why: a page that hears what changes would otherwise keep its session open for ever.
        """
        found = await store.find_session(self._database, hash_token(token), self._clock.now_ms())
        return None if found is None else found[0]

    async def list_open(self, owner: str, token: str) -> tuple[OpenSession, ...]:
        """List a person's sessions, the one seen last first; `token` is that of who asks."""
        return tuple(session for _, session in await self._found(owner, token))

    async def end(self, owner: str, session_id: str) -> None:
        """End one of a person's sessions at once. Raises: `NotFound("unknown_session")`."""
        ended = [hashed for hashed, it in await self._found(owner, "") if it.id == session_id]
        if not ended:
            raise NotFound("unknown_session")
        await self._end(owner, ended)

    async def end_others(self, owner: str, token: str) -> int:
        """End all of a person's sessions but the one that asks; give how many they were."""
        ended = [hashed for hashed, it in await self._found(owner, token) if not it.is_this]
        await self._end(owner, ended)
        return len(ended)

    async def _found(self, owner: str, token: str) -> list[tuple[bytes, OpenSession]]:
        now_ms, mine = self._clock.now_ms(), hash_token(token)
        oldest = (now_ms - SESSION_IDLE_MS, now_ms - SESSION_LONGEST_MS)
        return [
            (
                row["token_hash"],
                OpenSession(
                    # The beginning of a hash tells sessions apart and opens none.
                    row["token_hash"][:_ID_BYTES].hex(),
                    row["address"],
                    row["created_ms"],
                    row["seen_ms"],
                    row["token_hash"] == mine,
                ),
            )
            for row in await self._database.fetch_all(_OPEN, owner, *oldest)
        ]

    async def _end(self, owner: str, hashes: list[bytes]) -> None:
        async with self._database.transaction() as tx:
            for hashed in hashes:
                await tx.execute("DELETE FROM sessions WHERE token_hash = ?", hashed)
                await self._audit.record(tx, "account:session:ended", owner, owner)
