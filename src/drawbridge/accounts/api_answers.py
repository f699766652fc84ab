"""Answers to programs' requests, kept for a day, so that what is sent twice is done once.

A program names a request with a key of its own choosing. What a request does, and what may be
answered again, is decided by whoever calls; only what succeeded is worth keeping.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from drawbridge.accounts.api_tokens import ApiToken
from drawbridge.core.clock import DAY_MS, Clock
from drawbridge.core.errors import BadInput, Conflict
from drawbridge.storage.database import Database, Row

KEPT_MS: Final = DAY_MS
LONGEST_KEY: Final = 128
_KEY: Final = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was given first; JSON, or nothing at all."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request that has begun, by the name under which its answer will stand."""

    name: bytes


class ApiAnswers:
    """The kept answers, over the app's database. One process serves programs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use this database and clock."""
        self._database = database
        self._clock = clock
        self._under_way: set[bytes] = set()

    async def begin(
        self, token: ApiToken, key: str, request: Mapping[str, bytes]
    ) -> Ticket | KeptAnswer:
        """Begin a request under its key, or give what was answered to it before.

        Raises: `BadInput("idempotency_key_wrong")`; `Conflict("idempotency_key_used")` for a
        key that named another request; `Conflict("request_under_way")`;
        `Conflict("request_interrupted")` when nobody knows what became of it.
        """
        if not _KEY.fullmatch(key):
            raise BadInput("idempotency_key_wrong", field="Idempotency-Key", most=LONGEST_KEY)
        name = _digest(b"api answer", token.id.encode(), key.encode())
        told = _fingerprint(key, request)
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            await tx.execute("DELETE FROM api_answers WHERE begun_ms <= ?", now_ms - KEPT_MS)
            row = await tx.fetch_one("SELECT * FROM api_answers WHERE name = ?", name)
            if row is not None:
                return self._answered(row, told)
            await tx.execute(
                "INSERT INTO api_answers (name, owner, request, begun_ms) VALUES (?, ?, ?, ?)",
                *(name, token.owner, told, now_ms),
            )
            self._under_way.add(name)
        return Ticket(name)

    async def keep(self, ticket: Ticket, answer: KeptAnswer) -> None:
        """Keep what is answered to a request that has begun."""
        async with self._database.transaction() as tx:
            sql = "UPDATE api_answers SET status = ?, body = ? WHERE name = ?"
            await tx.execute(sql, answer.status, answer.body, ticket.name)
        self._under_way.discard(ticket.name)

    async def forget(self, ticket: Ticket) -> None:
        """Let the key be used anew, after a request that changed nothing."""
        async with self._database.transaction() as tx:
            await tx.execute("DELETE FROM api_answers WHERE name = ?", ticket.name)
        self._under_way.discard(ticket.name)

    def lose(self, ticket: Ticket) -> None:
        """Say that nobody knows what became of a request."""
        self._under_way.discard(ticket.name)

    def _answered(self, row: Row, told: bytes) -> KeptAnswer:
        if not hmac.compare_digest(bytes(row["request"]), told):
            raise Conflict("idempotency_key_used", field="Idempotency-Key")
        if bytes(row["name"]) in self._under_way:
            raise Conflict("request_under_way", field="Idempotency-Key")
        if row["status"] is None:
            raise Conflict("request_interrupted", field="Idempotency-Key")
        return KeptAnswer(row["status"], bytes(row["body"]))


def _fingerprint(key: str, request: Mapping[str, bytes]) -> bytes:
    """Tell a request from others.

    Why: under the key, which is not kept: the body of a request may hold a secret, and what
    stands on disk must not be something that guesses can be held against.
    """
    parts = [part for name, value in request.items() for part in (name.encode(), value)]
    return hmac.digest(key.encode(), _digest(*parts), "sha256")


def _digest(*parts: bytes) -> bytes:
    whole = hashlib.sha256()
    for part in parts:
        # With their lengths, so that no two lists of parts are the same bytes.
        whole.update(len(part).to_bytes(8) + part)
    return whole.digest()
