"""Rate limits as arithmetic: fixed windows and counters that decay, and what is told of them.

The paper exchange enforces them, the gateway stays below them; both count with this. Times are
arguments, and what is counted (an address, a key, an account) is the caller's choice. Who asks
too often is told with an error, which is not read here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from drawbridge.core.values import light_value

# A clock that is a little off must not let one window begin with what the last one had used.
_BORDER_MS: Final = 1_000
_BORDER_PART: Final = 8
_S: Final = 1_000
_MOST_DIGITS: Final = 15
# What is so many times the limit is no count of it.
_MOST_TIMES: Final = 10


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


class ResetAs(StrEnum):
    """How an exchange writes when a window ends: the moment, or how long until then."""

    AT_MS = "at_ms"
    AT_S = "at_s"
    IN_MS = "in_ms"


@dataclass(frozen=True, slots=True)
class LimitHeaders:
    """In which headers of its answers an exchange tells of one limit; lower case, empty for none.

    `used` or `left` tells a number of the limit's units, `reset` when all of it is there again.
    """

    used: str = ""
    left: str = ""
    reset: str = ""
    reset_as: ResetAs = ResetAs.AT_MS

    def among(self, told: Mapping[bytes, bytes]) -> bool:
        """Tell whether headers may hold anything of the limit."""
        return self.used.encode() in told or self.left.encode() in told


@light_value
class Told:
    """What an exchange said of a limit: no more than `left` until then.

    Of what decays the end means nothing: some of it comes back at once.
    """

    left: int
    until_ms: int


def read_told(
    limit: Limit, headers: LimitHeaders, told: Mapping[bytes, bytes], sent_ms: int, now_ms: int
) -> Told | None:
    """Read what an answer's headers tell of a limit; None where it is nothing, or nonsense.

    Where it does not tell when the window ends, it is our own; what was counted in the one before
    says nothing of it.
    """
    left = _read_left(limit, headers, told)
    if left is None or limit.kind is LimitKind.DECAY:
        return None if left is None else Told(left, now_ms)
    reset_ms = _read_reset(headers, told, now_ms)
    if now_ms < reset_ms <= now_ms + limit.window_ms:
        return Told(left, reset_ms)
    begun_ms = now_ms - now_ms % limit.window_ms
    if sent_ms < begun_ms + min(_BORDER_MS, limit.window_ms // _BORDER_PART):
        return None
    return Told(left, begun_ms + limit.window_ms)


def _read_left(limit: Limit, headers: LimitHeaders, told: Mapping[bytes, bytes]) -> int | None:
    used = _read_number(headers.used, told)
    if used is not None and used <= limit.amount * _MOST_TIMES:
        return max(0, limit.amount - used)
    return _read_number(headers.left, told)


def _read_reset(headers: LimitHeaders, told: Mapping[bytes, bytes], now_ms: int) -> int:
    number = _read_number(headers.reset, told) or 0
    if headers.reset_as is ResetAs.IN_MS:
        return now_ms + number
    return number if headers.reset_as is ResetAs.AT_MS else number * _S


def _read_number(name: str, told: Mapping[bytes, bytes]) -> int | None:
    text = told.get(name.encode("ascii"), b"") if name else b""
    return int(text) if text.isdigit() and len(text) <= _MOST_DIGITS else None


class Ceiling:
    """What an exchange said is left of a window, less what was taken since."""

    __slots__ = ("_apart_ms", "_left", "_until_ms")

    def __init__(self, limit: Limit) -> None:
        """Begin with nothing said."""
        self._apart_ms = limit.window_ms // _BORDER_PART
        self._left = self._until_ms = 0

    def hear(self, told: Told, now_ms: int) -> None:
        """Learn what was said; of one window, the least of all that is said of it holds.

        Why: answers overtake each other, and the end of one window is told a little differently
        each time.
        """
        is_same = now_ms < self._until_ms and told.until_ms - self._until_ms <= self._apart_ms
        if is_same:
            self._left = min(self._left, told.left)
        else:
            self._left, self._until_ms = told.left, told.until_ms

    def wait_ms(self, cost: int, now_ms: int) -> int:
        """Give 0 where so much is left, or how long to wait until it may be."""
        if now_ms >= self._until_ms or cost <= self._left:
            return 0
        return self._until_ms - now_ms

    def find_left(self, now_ms: int) -> int | None:
        """Give what is left; None where nothing was said of now."""
        return max(0, self._left) if now_ms < self._until_ms else None

    def take(self, cost: int) -> None:
        """Take so much, or with a negative number give it back."""
        self._left -= cost


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

    def take(self, cost: int) -> None:
        """Add what a window, begun by `charge`, is known to have room for."""
        self._used += cost

    def give_back(self, cost: int) -> None:
        """Take back what was added just now, at the same time."""
        is_window = self._limit.kind is LimitKind.WINDOW
        self._used -= cost if is_window else cost * self._limit.window_ms

    def raise_to(self, used: int, now_ms: int) -> None:
        """Count at least so much as used up now."""
        if used > self.used(now_ms):
            limit = self._limit
            is_window = limit.kind is LimitKind.WINDOW
            self._used = used if is_window else used * limit.window_ms
            self._at_ms = now_ms - now_ms % limit.window_ms if is_window else now_ms

    def resize(self, amount: int, now_ms: int) -> None:
        """Count against another amount from now on; what is used up stays used up."""
        before, self._limit = self._limit, replace(self._limit, amount=amount)
        if before.kind is LimitKind.DECAY:
            self._used = max(0, self._used - (now_ms - self._at_ms) * before.amount)
            self._at_ms = now_ms

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
