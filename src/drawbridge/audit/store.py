"""The audit log's table: append inside the caller's transaction, list, verify."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from drawbridge.audit.chain import (
    START,
    AuditEvent,
    ChainedLink,
    Fact,
    Link,
    Verified,
    forge,
    hash_of,
    walk,
)
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Corrupted
from drawbridge.storage.acting import as_house
from drawbridge.storage.database import Database, Row, Transaction

_PAGE: Final = 1_000
_NO_FACTS: Final[Mapping[str, Fact]] = {}

_HEAD: Final = "SELECT n, hash FROM audit_head"
_SET_HEAD: Final = """
INSERT INTO audit_head (only_row, n, hash) VALUES (1, ?, ?)
ON CONFLICT (only_row) DO UPDATE SET n = excluded.n, hash = excluded.hash
"""
_INSERT: Final = """
INSERT INTO audit_events (n, at_ms, tag, owner, subject, facts, hash)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_AFTER: Final = """
SELECT n, at_ms, tag, owner, subject, facts, hash FROM audit_events
WHERE n > ? ORDER BY n LIMIT ?
"""
# Two walks along an index each, because one by either column would sort all that it finds.
_OF_OWNER: Final = """
SELECT * FROM (SELECT n, at_ms, tag, subject, facts FROM audit_events
    WHERE owner = ?1 AND n < ?2 ORDER BY n DESC LIMIT ?3)
UNION
SELECT * FROM (SELECT n, at_ms, tag, subject, facts FROM audit_events
    WHERE subject = ?1 AND n < ?2 ORDER BY n DESC LIMIT ?3)
ORDER BY n DESC LIMIT ?3
"""
# By an index that holds these events alone, and is named by just this condition.
_OF_PEOPLE: Final = """
SELECT n, at_ms, tag, subject, facts FROM audit_events
WHERE tag LIKE 'people:%' ORDER BY n DESC LIMIT ?
"""
_NEVER: Final = 2**62


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An event as pages show it."""

    n: int
    at_ms: int
    tag: str
    subject: str
    facts: Mapping[str, Fact]


class AuditLog:
    """Record events with the time of this clock; features are handed one of these."""

    def __init__(self, clock: Clock) -> None:
        """Date events by this clock."""
        self._clock = clock

    async def record(
        self,
        tx: Transaction,
        tag: str,
        owner: str,
        subject: str,
        facts: Mapping[str, Fact] = _NO_FACTS,
    ) -> None:
        """Append an event inside the transaction of the change that it tells of."""
        event = AuditEvent(Tag(tag), owner, subject, facts)
        await append(tx, event, self._clock.now_ms())


async def append(tx: Transaction, event: AuditEvent, now_ms: int) -> None:
    """Put an event at the end of the chain; it is there when the transaction commits."""
    await append_all(tx, (event,), now_ms)


async def append_all(tx: Transaction, events: Iterable[AuditEvent], now_ms: int) -> None:
    """Put events at the end of the chain, one behind the other."""
    row = await tx.fetch_one(_HEAD)
    n, linked = (int(row["n"]), bytes(row["hash"])) if row else (0, START)
    rows = []
    for event in events:
        n += 1
        link = forge(n, now_ms, event)
        linked = hash_of(linked, link)
        rows.append((n, link.at_ms, link.tag, link.owner, link.subject, link.facts, linked))
    await tx.execute_many(_INSERT, rows)
    await tx.execute(_SET_HEAD, n, linked)


async def verify(database: Database) -> Verified:
    """Follow the whole chain, whoever asks: it is one for all, and nothing is told of its events.

    Raises: `Corrupted("audit_chain_broken")` with the number of the first event that is not as
    it was written, or `Corrupted("audit_chain_cut")` when events are missing at its end.
    """
    with as_house():
        return await _verify(database)


async def _verify(database: Database) -> Verified:
    row = await database.fetch_one(_HEAD)
    head = Verified(int(row["n"]), bytes(row["hash"])) if row else Verified(0, START)
    place = Verified(0, START)
    met_head = head == place
    while rows := await database.fetch_all(_AFTER, place.count, _PAGE):
        for reached in walk((_chained(found) for found in rows), place):
            place = reached
            met_head = met_head or place == head
    if not met_head:
        raise Corrupted("audit_chain_cut", at=place.count + 1, head=head.count)
    return place


async def list_events(
    database: Database, owner: str, *, before: int | None = None, limit: int = 100
) -> tuple[ToldEvent, ...]:
    """List what an owner did and what was done to them, newest first.

    `before` continues behind the last one seen.
    """
    most = min(limit, _PAGE)
    rows = await database.fetch_all(_OF_OWNER, owner, _NEVER if before is None else before, most)
    return tuple(map(_told, rows))


async def list_of_people(database: Database, limit: int = 100) -> tuple[ToldEvent, ...]:
    """List who did what to whom, whoever it was, newest first."""
    return tuple(map(_told, await database.fetch_all(_OF_PEOPLE, min(limit, _PAGE))))


def _told(row: Row) -> ToldEvent:
    return ToldEvent(row["n"], row["at_ms"], row["tag"], row["subject"], json.loads(row["facts"]))


def _chained(row: Row) -> ChainedLink:
    link = Link(row["n"], row["at_ms"], row["tag"], row["owner"], row["subject"], row["facts"])
    return ChainedLink(link, row["hash"])
