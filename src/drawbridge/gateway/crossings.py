"""Reading the log of what crossed for bots, for the person whose virtual keys they have."""

from dataclasses import dataclass
from typing import Final

from drawbridge.gateway.crossing_log import Outcome
from drawbridge.storage.database import Database, Row

_MOST: Final = 1_000
_NEVER: Final = 2**62
# The owner with it, so that an id of somebody else's finds nothing.
_OF_VIRTUAL_KEY: Final = """
SELECT n, at_ms, endpoint, outcome, code, rule, status, took_us, address FROM crossings
WHERE virtual_id = ? AND owner = ? AND n < ? ORDER BY n DESC LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class LoggedCrossing:
    """A request as it stands in the log; `n` continues a list behind it."""

    n: int
    at_ms: int
    endpoint: str
    outcome: Outcome
    code: str
    rule: str
    status: int
    took_us: int
    address: str


async def list_crossings(
    database: Database, owner: str, virtual_id: str, *, before: int | None = None, limit: int = 20
) -> tuple[LoggedCrossing, ...]:
    """List the requests of a person's virtual key, the newest first."""
    newest = _NEVER if before is None else before
    most = min(limit, _MOST)
    rows = await database.fetch_all(_OF_VIRTUAL_KEY, virtual_id, owner, newest, most)
    return tuple(map(_logged, rows))


def _logged(row: Row) -> LoggedCrossing:
    return LoggedCrossing(
        n=row["n"],
        at_ms=row["at_ms"],
        endpoint=row["endpoint"],
        outcome=Outcome(row["outcome"]),
        code=row["code"],
        rule=row["rule"],
        status=row["status"],
        took_us=row["took_us"],
        address=row["address"],
    )
