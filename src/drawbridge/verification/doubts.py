"""What exchanges said against keys in use, until a second call confirms it or not.

In memory alone: after a restart, a key that is bad is heard of again at its next call. Who asks
the second time is `rechecking.py`.
"""

from dataclasses import dataclass
from typing import Final

from drawbridge.core.clock import HOUR_MS, MINUTE_MS, Clock
from drawbridge.core.errors import DrawbridgeError
from drawbridge.gateway.witness import CONFIRMED_AFTER_MS
from drawbridge.verification.verdict import AGAINST_THE_KEY

_LONGEST_PAUSE_MS: Final = 5 * MINUTE_MS
# What was said so often within an hour, and never confirmed, is told to whoever asked.
_MOST_CLEARED: Final = 3


@dataclass(frozen=True, slots=True)
class Doubt:
    """What was said against a key, and when to ask a second time."""

    code: str
    due_ms: int
    pause_ms: int


@dataclass(frozen=True, slots=True)
class _Cleared:
    """How often a doubt came to nothing, since when."""

    since_ms: int
    count: int


class Doubts:
    """The doubts of this process."""

    def __init__(self, clock: Clock) -> None:
        """Begin without any."""
        self._clock = clock
        self._open: dict[str, Doubt] = {}
        self._cleared: dict[str, _Cleared] = {}

    def hear(self, key_id: str, error: DrawbridgeError) -> bool:
        """Take note of what an exchange said; tell whether it is to be confirmed first.

        False for what is not against the key, and for what came to nothing too often: then it
        is not the key, and whoever asked must see it.
        """
        if error.code not in AGAINST_THE_KEY:
            return False
        now_ms = self._clock.now_ms()
        cleared = self._cleared.get(key_id)
        if cleared is not None and now_ms - cleared.since_ms >= HOUR_MS:
            del self._cleared[key_id]
        elif cleared is not None and cleared.count >= _MOST_CLEARED:
            return False
        self.add(key_id, error.code)
        return True

    def add(self, key_id: str, code: str) -> None:
        """Ask a second time after a pause; a doubt that is open already stays as it is."""
        pause_ms = CONFIRMED_AFTER_MS
        self._open.setdefault(key_id, Doubt(code, self._clock.now_ms() + pause_ms, pause_ms))

    def find(self, key_id: str) -> Doubt | None:
        """Give the open doubt about a key."""
        return self._open.get(key_id)

    def due(self) -> list[str]:
        """List the keys about which it is time to ask."""
        now_ms = self._clock.now_ms()
        return [key_id for key_id, doubt in self._open.items() if doubt.due_ms <= now_ms]

    def put_off(self, key_id: str) -> None:
        """Ask later, and ever more seldom: nobody could be asked now."""
        doubt = self._open.get(key_id)
        if doubt is not None:
            pause_ms = min(2 * doubt.pause_ms, _LONGEST_PAUSE_MS)
            due_ms = self._clock.now_ms() + pause_ms
            self._open[key_id] = Doubt(doubt.code, due_ms, pause_ms)

    def clear(self, key_id: str) -> None:
        """End a doubt that came to nothing."""
        if self._open.pop(key_id, None) is not None:
            before = self._cleared.get(key_id) or _Cleared(self._clock.now_ms(), 0)
            self._cleared[key_id] = _Cleared(before.since_ms, before.count + 1)

    def end(self, key_id: str) -> None:
        """End a doubt otherwise: it was confirmed, or there is nothing left to confirm."""
        self._open.pop(key_id, None)
