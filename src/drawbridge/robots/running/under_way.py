"""What the runner has begun and has not ended yet: tasks, whose they are, and whose turn it is."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Final

from drawbridge.core.errors import DrawbridgeError
from drawbridge.robots.running.seat import Seat

_log: Final = logging.getLogger(__name__)

_IN_A_ROW: Final = 200


async def unhurried(seats: Iterable[Seat]) -> AsyncIterator[Seat]:
    """Give seats one by one, and everybody else a turn after every few.

    Why: with tens of thousands in a row, claims on accounts would not be renewed in time, and who
    stops a robot would wait.
    """
    for number, seat in enumerate(seats, 1):
        yield seat
        if number % _IN_A_ROW == 0:
            await asyncio.sleep(0)


class UnderWay:
    """The tasks of one runner."""

    def __init__(self) -> None:
        """Begin with none."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._of_seat: dict[Seat, asyncio.Task[None]] = {}
        self._bug: BaseException | None = None

    def begin(self, work: Coroutine[None, None, None], seat: Seat | None = None) -> None:
        """Begin something, for one seat or for many."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        if seat is not None:
            self._of_seat[seat] = task

    def end(self, seat: Seat) -> None:
        """Take note that a seat's task ends by itself now."""
        self._of_seat.pop(seat, None)

    def cancel_left(self) -> None:
        """Cancel what still goes on for seats that were given up."""
        for seat in [it for it in self._of_seat if it.is_left]:
            self._of_seat.pop(seat).cancel()

    def check(self) -> None:
        """Raise what a task died of, if that was a mistake of ours."""
        if self._bug is not None:
            raise self._bug

    async def settle(self) -> None:
        """Wait until all that was begun has ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        self.check()

    async def close(self) -> None:
        """End what is under way."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, DrawbridgeError):
            # The database may have been away; what is left to do is found again at the next look.
            _log.warning("robots: %s", error)
        elif self._bug is None:
            # Not an error of the house but a mistake in it: told at the next look.
            self._bug = error


class Turns:
    """So many at once at each exchange and venue: one that is slow keeps no other waiting."""

    def __init__(self, at_once: int) -> None:
        """Let so many have their turn."""
        self._at_once = at_once
        self._places: dict[tuple[str, str], asyncio.Semaphore] = {}

    def of(self, seat: Seat) -> asyncio.Semaphore:
        """Give the turns of the place where a seat trades."""
        place = (seat.plan.exchange, seat.plan.venue)
        return self._places.setdefault(place, asyncio.Semaphore(self._at_once))
