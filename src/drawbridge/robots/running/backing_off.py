"""How long to leave alone what has failed: longer each time, or as an exchange asks."""

from collections.abc import Callable
from typing import Final

from drawbridge.core.errors import DrawbridgeError, ExchangeDown
from drawbridge.robots.running.tending import LOOK_AGAIN_MS

_LONGEST_WAIT_MS: Final = 60_000
_MOST_DOUBLINGS: Final = 10


def backoff_ms(failures: int, dice: Callable[[int], int]) -> int:
    """Tell how long to wait after so many failures in a row: from half of it to all, by dice."""
    longest_ms = min(_LONGEST_WAIT_MS, LOOK_AGAIN_MS << min(failures, _MOST_DOUBLINGS))
    return longest_ms // 2 + dice(longest_ms // 2 + 1)


def error_wait_ms(error: DrawbridgeError) -> int:
    """Tell how long the exchange asked to be left alone."""
    return min(error.retry_after_ms, _LONGEST_WAIT_MS) if isinstance(error, ExchangeDown) else 0
