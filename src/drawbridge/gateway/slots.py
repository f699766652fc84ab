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

    async def take(self, deadline: float) -> bool:
        """Take a slot; False when there was none until the deadline or too many wait."""
        if self.free:
            self.free -= 1
            return True
        if len(self._waiting) >= _MOST_WAITING:
            return False
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout_at(deadline):
                await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled():
                self.release()  # it was ours already when the wait ended
            if isinstance(error, TimeoutError):
                return False
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
