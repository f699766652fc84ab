"""How many messages a minute strangers may send us. In memory, bounded, and for one process."""

from collections.abc import Mapping
from typing import Final

from drawbridge.core.clock import MINUTE_MS, Clock
from drawbridge.core.errors import ExchangeDown

_MOST_NAMES: Final = 10_000


class Pace:
    """Counts by name and minute, and refuses beyond a number."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        """Allow so many a minute for each name."""
        self._clock = clock
        self._per_minute = per_minute
        self._minute = 0
        self._counts: dict[str, int] = {}

    @property
    def counts(self) -> Mapping[str, int]:
        """Give what was counted in this minute."""
        return self._counts

    def count(self, name: str) -> None:
        """Count one. Raises: `ExchangeDown("signal_too_busy")` beyond the number."""
        minute = self._clock.now_ms() // MINUTE_MS
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        known = self._counts.get(name, 0)
        # Whoever comes under ten thousand names in a minute is not to fill our memory.
        if known >= self._per_minute or len(self._counts) >= _MOST_NAMES:
            raise ExchangeDown("signal_too_busy", retry_after_ms=MINUTE_MS)
        self._counts[name] = known + 1
