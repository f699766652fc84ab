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
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take_free(self) -> bool:
        """Take a slot if one is free."""
        if not self.free:
            return False
        self.free -= 1
        return True

    async def wait(self) -> bool:
        """Wait for a slot and take it; False at once when too many wait already."""
        if len(self._waiting) >= _MOST_WAITING:
            return False
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.release()  # it was ours already when the wait ended
            raise
        return True

    def release(self) -> None:
        """Give a slot back."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self.free += 1
