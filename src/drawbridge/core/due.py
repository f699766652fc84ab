"""What is to be done at which time: found by its time, however much else waits.

Whoever looks after a hundred thousand accounts, each now and then, keeps their times here. A look
costs what is due, not what there is.
"""

import heapq
import itertools
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

T = TypeVar("T", bound=Hashable)

_SECOND_MS: Final = 1_000
# After a look that took long, so much of what was missed meanwhile may be made up for.
_MOST_SECONDS: Final = 10
# Times that hold no more are thrown out once they are more than those that do.
_FEW: Final = 64


class Due(Generic[T]):
    """What waits, each until its time."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._times: dict[T, int] = {}
        self._queue: list[tuple[int, int, T]] = []
        self._count = itertools.count()

    def __contains__(self, it: T) -> bool:
        """Tell whether something waits."""
        return it in self._times

    def __len__(self) -> int:
        """Tell how many wait."""
        return len(self._times)

    def find(self, it: T) -> int | None:
        """Give when something is due, None where it does not wait."""
        return self._times.get(it)

    def put(self, it: T, at_ms: int) -> None:
        """Let something be due then, whatever was said of it before."""
        if self._times.get(it) == at_ms:
            return
        self._times[it] = at_ms
        heapq.heappush(self._queue, (at_ms, next(self._count), it))
        if len(self._queue) > 2 * len(self._times) + _FEW:
            self._clean_up()

    def hasten(self, it: T, at_ms: int) -> None:
        """Let something be due then at the latest."""
        known_ms = self._times.get(it)
        if known_ms is None or known_ms > at_ms:
            self.put(it, at_ms)

    def drop(self, it: T) -> None:
        """Let something wait no longer."""
        self._times.pop(it, None)

    def take(self, now_ms: int, most: int, *, again_ms: int) -> list[T]:
        """Give what is due, the longest due first, at most so many.

        Each is due again after so long, unless something else is said of it: what is begun and
        never ended is not forgotten.
        """
        found: list[T] = []
        while self._queue and self._queue[0][0] <= now_ms and len(found) < most:
            at_ms, _, it = heapq.heappop(self._queue)
            if self._times.get(it) == at_ms:
                found.append(it)
                del self._times[it]
        for it in found:
            self.put(it, now_ms + again_ms)
        return found

    def _clean_up(self) -> None:
        self._queue = [(at_ms, next(self._count), it) for it, at_ms in self._times.items()]
        heapq.heapify(self._queue)


class Pace:
    """How many of those that are due may be begun now, so that no second has too many.

    That is `usual` a second, and more only where a whole round of all would then take longer than
    `round_ms`: so nobody waits longer than that.
    """

    def __init__(self, usual: int, round_ms: int) -> None:
        """Begin with a second's worth."""
        self._usual = usual
        self._round_ms = round_ms
        self._known_ms: int | None = None
        # In thousandths, because looks come more often than whole ones do.
        self._left = 0

    def most(self, now_ms: int, count: int) -> int:
        """Tell how many of `count` may be begun now."""
        a_second = max(self._usual * _SECOND_MS, -(-count * _SECOND_MS**2 // self._round_ms))
        since_ms = _SECOND_MS if self._known_ms is None else max(0, now_ms - self._known_ms)
        self._known_ms = now_ms
        more = a_second * min(since_ms, _MOST_SECONDS * _SECOND_MS) // _SECOND_MS
        self._left = min(a_second * _MOST_SECONDS, self._left + more)
        return max(0, self._left) // _SECOND_MS

    def took(self, count: int) -> None:
        """Take note of how many were begun."""
        self._left -= count * _SECOND_MS
