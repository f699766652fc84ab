"""How many may do something at once, and a bounded queue of those who wait for their turn."""

import asyncio
from collections import deque
from typing import Final

_MOST_WAITING: Final = 1_024


class Slots:
    """A number of slots; one that is released goes on to who waited longest.

    Why not a semaphore: taking a free slot is a comparison here, and costs no coroutine.
    """

    __slots__ = ("_waiting", "free")

    def __init__(self, free: int) -> None:
        """Begin with all of them free."""
        self.free = free
        self._waiting: deque[tuple[float, asyncio.Future[bool]]] = deque()

    @property
    def first_deadline(self) -> float | None:
        """Give when the first of those who wait must be told that there was none for it."""
        return min((deadline for deadline, _ in self._waiting), default=None)

    def take_free(self) -> bool:
        """Take a slot if one is free."""
        if not self.free:
            return False
        self.free -= 1
        return True

    async def wait(self, deadline: float) -> bool:
        """Wait for a slot and take it; False when too many wait already, or it came too late.

        Why no timer: whoever owns the slots has one clock for all, and calls `end_late`.
        """
        if len(self._waiting) >= _MOST_WAITING:
            return False
        waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((deadline, waiter))
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.result():
                self.release()  # it was ours already when the wait ended
            raise

    def release(self) -> None:
        """Give a slot back."""
        while self._waiting:
            _, waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(True)
                return
        self.free += 1

    def end_late(self, now: float) -> None:
        """Tell those whose deadline has passed that there was no slot for them."""
        left: deque[tuple[float, asyncio.Future[bool]]] = deque()
        for deadline, waiter in self._waiting:
            if waiter.done():
                continue
            if deadline <= now:
                waiter.set_result(False)
            else:
                left.append((deadline, waiter))
        self._waiting = left
