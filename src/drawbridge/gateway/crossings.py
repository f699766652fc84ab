"""Looking through the log of what crossed for bots, for the person whose virtual keys they have."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from drawbridge.core.clock import DAY_MS, SECOND_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.money import find_whole
from drawbridge.gateway.crossing_log import Outcome
from drawbridge.storage.connection import Value
from drawbridge.storage.database import Database, Row

_NEVER: Final = 1 << 62
_DAY: Final = "%Y-%m-%d"
_FIND: Final = """
SELECT n, at_ms, virtual_id, exchange, venue, endpoint, outcome, code, rule, status, took_us,
       received_bytes, answered_bytes, address
FROM crossings
"""
_NARROWED: Final = """
AND ? IN ('', outcome) AND ? IN ('', rule) AND at_ms >= ? AND at_ms < ? AND n < ?
ORDER BY n DESC LIMIT ?
"""
_OF_OWNER: Final = f"{_FIND} WHERE owner = ? {_NARROWED}"
# The owner with it, so that an id of somebody else's finds nothing; written so, the rows are found
# by the virtual key, of which there are fewer.
_OF_VIRTUAL_KEY: Final = f"{_FIND} WHERE virtual_id = ? AND owner || '' = ? {_NARROWED}"
_RULES: Final = "SELECT DISTINCT rule FROM crossings WHERE owner = ? AND rule != '' ORDER BY rule"


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for; what is empty or None is not asked. `day_ms` is a day's begin.

    `before` is the `n` of the last one that was seen.
    """

    virtual_id: str = ""
    outcome: Outcome | None = None
    rule: str = ""
    day_ms: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class LoggedCrossing:
    """A request as it stands in the log; `n` continues a list behind it."""

    n: int
    at_ms: int
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


async def find_crossings(
    database: Database, owner: str, query: Query, limit: int
) -> tuple[LoggedCrossing, ...]:
    """Give at most so many requests of a person's virtual keys, the newest first."""
    begin_ms = 0 if query.day_ms is None else query.day_ms
    narrowed: tuple[Value, ...] = (
        "" if query.outcome is None else query.outcome.value,
        query.rule,
        begin_ms,
        _NEVER if query.day_ms is None else begin_ms + DAY_MS,
        _NEVER if query.before is None else query.before,
        limit,
    )
    if query.virtual_id:
        rows = await database.fetch_all(_OF_VIRTUAL_KEY, query.virtual_id, owner, *narrowed)
    else:
        rows = await database.fetch_all(_OF_OWNER, owner, *narrowed)
    return tuple(map(_logged, rows))


async def walk_crossings(
    database: Database, owner: str, query: Query, at_once: int
) -> AsyncIterator[tuple[LoggedCrossing, ...]]:
    """Give all that is looked for, so many at once: the whole log is more than fits in one go."""
    while found := await find_crossings(database, owner, query, at_once):
        yield found
        query = replace(query, before=found[-1].n)


async def list_rules(database: Database, owner: str) -> tuple[str, ...]:
    """List the rules that refused anything to a person's virtual keys."""
    rows = await database.fetch_all(_RULES, owner)
    return tuple(row["rule"] for row in rows)


def read_outcome(text: str) -> Outcome | None:
    """Read an outcome; nothing asks for all. Raises: `BadInput("virtual_bad_choice")`."""
    if not text:
        return None
    try:
        return Outcome(text)
    except ValueError:
        known = tuple(Outcome)
        raise BadInput("virtual_bad_choice", field="outcome", given=text, known=known) from None


def read_day(text: str) -> int | None:
    """Read a day, UTC, as the moment it begins; nothing is none. Raises: `BadInput("bad_day")`."""
    if not text:
        return None
    try:
        begin = datetime.strptime(text, _DAY).replace(tzinfo=UTC)
    except ValueError:
        raise BadInput("bad_day", field="day") from None
    return int(begin.timestamp()) * SECOND_MS


def read_number(text: str) -> int | None:
    """Read where a page ended; nothing is none. Raises: `BadInput("bad_cursor")`."""
    if not text:
        return None
    number = find_whole(text)
    if number is None:
        raise BadInput("bad_cursor", field="before")
    return number


def _logged(row: Row) -> LoggedCrossing:
    return LoggedCrossing(
        n=row["n"],
        at_ms=row["at_ms"],
        virtual_id=row["virtual_id"],
        exchange=row["exchange"],
        venue=row["venue"],
        endpoint=row["endpoint"],
        outcome=Outcome(row["outcome"]),
        code=row["code"],
        rule=row["rule"],
        status=row["status"],
        took_us=row["took_us"],
        received_bytes=row["received_bytes"],
        answered_bytes=row["answered_bytes"],
        address=row["address"],
    )
