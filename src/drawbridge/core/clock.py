"""Time as an argument.

Whoever needs the time is handed a `Clock`. The system's clock is read in `app/clock.py` alone,
so that every rule about time can be tested at any moment of history.
"""

from typing import Protocol

SECOND_MS = 1_000
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


class Clock(Protocol):
    """Tell the time."""

    def now_ms(self) -> int:
        """Give milliseconds since the Unix epoch, UTC."""


class SteppedClock:
    """A clock that moves only when told: for tests, backtests and replays."""

    def __init__(self, start_ms: int) -> None:
        """Start at `start_ms`."""
        self._now_ms = start_ms

    def now_ms(self) -> int:
        """Give the time it was last set to."""
        return self._now_ms

    def advance(self, by_ms: int) -> None:
        """Move forward by `by_ms`."""
        self._now_ms += by_ms


class FastClock:
    """A time that runs many times as fast as another clock's: for replays and tests.

    Two that are given the same numbers tell the same time, in one process or in several.
    """

    def __init__(
        self, clock: Clock, start_ms: int, speed: int, began_ms: int | None = None
    ) -> None:
        """Tell `start_ms` when the other clock tells `began_ms` (None: now)."""
        self._clock = clock
        self._start_ms = start_ms
        self._speed = speed
        self.began_ms = clock.now_ms() if began_ms is None else began_ms

    def now_ms(self) -> int:
        """Give the time."""
        return self._start_ms + (self._clock.now_ms() - self.began_ms) * self._speed
