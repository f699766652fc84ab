"""Counting how each virtual key is used: in memory at every request, on disk once in a while.

For pages and charts only. What may still be traded today is counted in `usage.py`, exactly; here
the last moments before a crash are lost, and nothing depends on them.
"""

from drawbridge.core.clock import HOUR_MS
from drawbridge.core.refusals import Refused
from drawbridge.storage.database import Database
from drawbridge.virtual_keys import store
from drawbridge.virtual_keys.store import Use

PASSED = ""


class UseCounter:
    """Counts what passed and what was refused by which rule, by the hour."""

    def __init__(self, database: Database) -> None:
        """Write into this database, when told to."""
        self._database = database
        self._counts: dict[tuple[str, int, str], tuple[int, int]] = {}

    def note(self, virtual_id: str, refused: Refused | None, now_ms: int) -> None:
        """Count a request of a virtual key that was proven to be its own."""
        rule = PASSED if refused is None else str(refused.facts.get("rule", refused.code))
        place = (virtual_id, now_ms - now_ms % HOUR_MS, rule)
        times, _ = self._counts.get(place, (0, 0))
        self._counts[place] = (times + 1, now_ms)

    async def flush(self) -> None:
        """Write what was counted since the last time; what fails is written the next time."""
        counts, self._counts = self._counts, {}
        if not counts:
            return
        uses = [Use(*place, times, last_ms) for place, (times, last_ms) in counts.items()]
        try:
            async with self._database.lane() as tx:
                await store.add_uses(tx, uses)
        except BaseException:
            for place, (times, last_ms) in counts.items():
                since, later_ms = self._counts.get(place, (0, last_ms))
                self._counts[place] = (times + since, later_ms)
            raise
