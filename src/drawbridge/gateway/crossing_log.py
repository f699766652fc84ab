"""What bots sent and what came of it: a row for each crossing, an audit event for each refusal.

Never a body, a query, a signature or a header. Rows are written together and nobody waits for
them; the orders among them stand in the order journal, on disk before they leave.
"""

from collections import deque
from enum import StrEnum
from typing import Final

from drawbridge.audit.chain import AuditEvent, Fact
from drawbridge.audit.store import append_all
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import MINUTE_MS, Clock
from drawbridge.core.measures import Spreads, Tally
from drawbridge.core.values import light_value
from drawbridge.storage.connection import Value
from drawbridge.storage.database import Database
from drawbridge.storage.rows import RowJournal, Rows

_MOST_ROWS: Final = 200_000
_MOST_WAITING: Final = 20_000
# How many kinds of refusals are told one by one in a minute; who tries out more is told as many.
_MOST_KINDS: Final = 200
_MOST_ENDPOINT: Final = 64
_INSERT: Final = Rows(
    "INSERT INTO crossings (at_ms, owner, virtual_id, exchange, venue, endpoint, outcome, code,"
    " rule, status, took_us, received_bytes, answered_bytes, address) VALUES {rows}",
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    # No row has a name, so that any two may stand in one statement: all of it tells them apart.
    key=14,
)
_TRIM: Final = "DELETE FROM crossings WHERE n <= (SELECT max(n) FROM crossings) - ?"


class Outcome(StrEnum):
    """What became of a request.

    `TOLD`: the exchange said no, in its own words. `REFUSED`: we did, and it never heard of it.
    """

    PASSED = "passed"
    TOLD = "told"
    REFUSED = "refused"
    DOWN = "down"
    UNKNOWN = "unknown"


@light_value
class Crossed:
    """One request. `owner` and `virtual_id` are empty where it named no virtual key of ours."""

    at_ms: int
    owner: str
    virtual_id: str
    exchange: str
    venue: str
    endpoint: str
    outcome: Outcome
    code: str
    rule: str
    status: int
    took_us: int
    received_bytes: int
    answered_bytes: int
    address: str


class CrossingLog:
    """Keeps what crossed."""

    def __init__(self, database: Database, rows: RowJournal, clock: Clock) -> None:
        """Write rows through `rows`, and events into the database's audit log."""
        self._database = database
        self._rows = rows
        self._clock = clock
        self._waiting: deque[Crossed] = deque(maxlen=_MOST_WAITING)
        self._refusals: dict[tuple[str, str, str, str, str], int] = {}
        self._told_ms: dict[tuple[str, str, str, str, str], int] = {}
        # By exchange, venue and outcome; by what refused; by exchange and venue.
        self.crossed = Tally()
        self.refused = Tally()
        self.times = Spreads()

    def note(self, crossed: Crossed) -> None:
        """Keep one, to be written with the next ones."""
        self._waiting.append(crossed)
        self.crossed.add(crossed.exchange, crossed.venue, crossed.outcome)
        self.times.add(crossed.took_us, crossed.exchange, crossed.venue)
        if crossed.outcome is Outcome.REFUSED:
            self.refused.add(crossed.code, crossed.rule)
            subject = crossed.virtual_id or crossed.exchange
            kind = (crossed.owner, subject, crossed.code, crossed.rule, crossed.endpoint)
            if kind in self._refusals or len(self._refusals) < _MOST_KINDS:
                self._refusals[kind] = self._refusals.get(kind, 0) + 1

    async def flush(self) -> None:
        """Write what was noted since the last time."""
        waiting, self._waiting = self._waiting, deque(maxlen=_MOST_WAITING)
        if waiting:
            statements = [(_INSERT, _values(it)) for it in waiting]
            await self._rows.write_many([*statements, (_TRIM, (_MOST_ROWS,))])
        await self._tell_refusals()

    async def _tell_refusals(self) -> None:
        """Tell each kind of refusal at once, and how often it came again once a minute.

        Why: a bot in a loop would fill the audit log, and nobody would find anything else in it.
        """
        now_ms = self._clock.now_ms()
        due = {
            kind: times
            for kind, times in self._refusals.items()
            if now_ms - self._told_ms.get(kind, -MINUTE_MS) >= MINUTE_MS
        }
        if not due:
            return
        for kind in due:
            del self._refusals[kind]
        events = []
        for (owner, subject, code, rule, endpoint), times in due.items():
            facts: dict[str, Fact] = {
                "code": code,
                "rule": rule,
                "endpoint": endpoint,
                "times": times,
            }
            events.append(AuditEvent(Tag.VIRTUAL_KEYS_REQUEST_REFUSED, owner, subject, facts))
        async with self._database.transaction() as tx:
            await append_all(tx, events, now_ms)
        self._told_ms = {
            kind: told_ms for kind, told_ms in self._told_ms.items() if now_ms - told_ms < MINUTE_MS
        }
        self._told_ms.update(dict.fromkeys(due, now_ms))


def _values(it: Crossed) -> tuple[Value, ...]:
    return (
        *(it.at_ms, it.owner, it.virtual_id, it.exchange, it.venue, it.endpoint[:_MOST_ENDPOINT]),
        *(it.outcome.value, it.code, it.rule, it.status, it.took_us, it.received_bytes),
        *(it.answered_bytes, it.address),
    )
