"""Rate limits as arithmetic: fixed windows and counters that decay.

The paper exchange enforces them, the gateway stays below them; both count with this. Times are
arguments, and what is counted (an address, a key, an account) is the caller's choice.
"""

from dataclasses import dataclass
from enum import StrEnum


class LimitKind(StrEnum):
    """`WINDOW` starts anew at every full window; `DECAY` sinks steadily to zero."""

    WINDOW = "window"
    DECAY = "decay"


class LimitPer(StrEnum):
    """What shares one count."""

    ADDRESS = "address"
    KEY = "key"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` in `window_ms`; a decaying count sinks by `amount` per `window_ms`.

    `reason` is the error that the exchange gives when it is used up.
    """

    name: str
    kind: LimitKind
    per: LimitPer
    amount: int
    window_ms: int
    reason: str = "rate_limited"


class Count:
    """How much of one limit is used up."""

    __slots__ = ("_at_ms", "_limit", "_used")

    def __init__(self, limit: Limit) -> None:
        """Start with nothing used."""
        self._limit = limit
        self._used = 0
        self._at_ms = 0

    def charge(self, cost: int, now_ms: int, kept: int = 0) -> int:
        """Add `cost` if it fits; give 0, or how many milliseconds to wait until it would fit.

        `kept` is to be left over.
        """
        limit = self._limit
        if limit.kind is LimitKind.WINDOW and now_ms - self._at_ms < limit.window_ms:
            # The usual case first: the same window, and room in it.
            used = self._used + cost
            if used + kept <= limit.amount:
                self._used = used
                return 0
        used = self.used(now_ms)
        if used + cost + kept > limit.amount:
            return self._wait_ms(used + cost + kept - limit.amount, now_ms)
        if limit.kind is LimitKind.WINDOW:
            self._used, self._at_ms = used + cost, now_ms - now_ms % limit.window_ms
        else:
            # Kept in units of 1/window so that decay stays whole numbers.
            decayed = max(0, self._used - (now_ms - self._at_ms) * limit.amount)
            self._used, self._at_ms = decayed + cost * limit.window_ms, now_ms
        return 0

    def give_back(self, cost: int) -> None:
        """Take back what was added just now, at the same time."""
        is_window = self._limit.kind is LimitKind.WINDOW
        self._used -= cost if is_window else cost * self._limit.window_ms

    def fits(self, cost: int, now_ms: int) -> bool:
        """Tell whether there is room for so much."""
        return self.used(now_ms) + cost <= self._limit.amount

    def used(self, now_ms: int) -> int:
        """Give what is used up now, rounded up."""
        limit = self._limit
        if limit.kind is LimitKind.WINDOW:
            return self._used if now_ms - self._at_ms < limit.window_ms else 0
        left = max(0, self._used - (now_ms - self._at_ms) * limit.amount)
        return -(-left // limit.window_ms)

    def _wait_ms(self, excess: int, now_ms: int) -> int:
        limit = self._limit
        if limit.kind is LimitKind.WINDOW:
            return max(1, self._at_ms + limit.window_ms - now_ms)
        return max(1, -(-excess * limit.window_ms // limit.amount))
