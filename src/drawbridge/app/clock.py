"""The system's clock and the system's randomness, read here and handed on."""

import secrets
import time

from drawbridge.core.clock import Clock

_NS_PER_MS = 1_000_000
# Only Linux tells the two apart; elsewhere, the usual one counts a sleep too.
_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """Tell the time of this machine."""

    def now_ms(self) -> int:
        """Give milliseconds since the Unix epoch, UTC."""
        return time.time_ns() // _NS_PER_MS


def system_clock() -> Clock:
    """Give the clock of this machine."""
    return SystemClock()


def monotonic_ns() -> int:
    """Give nanoseconds of a clock that only runs forward, to measure spans with."""
    return time.monotonic_ns()


def boottime_ms() -> int:
    """Give milliseconds of a clock that only runs forward, also while the machine sleeps."""
    return time.clock_gettime_ns(_BOOTTIME) // _NS_PER_MS


def now_ns() -> int:
    """Give nanoseconds since the Unix epoch: when a step of a request that is followed began."""
    return time.time_ns()


def dice(below: int) -> int:
    """Give a random whole number from zero on, below another."""
    return secrets.randbelow(below)


def entropy(count: int) -> bytes:
    """Give `count` random bytes from the operating system."""
    return secrets.token_bytes(count)
