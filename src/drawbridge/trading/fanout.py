"""One signal, many orders: placed side by side over many keys, told as they come.

Every order goes the one road, `Broker.place`: its row is on disk before its first byte leaves. It
is signed when its turn comes and not before, so that no stamp grows old in a queue. Nothing is
tried a second time here; when to try again, and how to spread that, is the caller's to decide.

How to use it::

    async with FanOut(broker, gateway).place_each(wishes) as outcomes:
        async for outcome in outcomes:
            ...
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Final, Protocol, TypeAlias

from drawbridge.core.errors import Corrupted, DrawbridgeError, ExchangeDown, OutcomeUnknown
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import Order
from drawbridge.core.values import light_value

IN_FLIGHT: Final = 128
_DRAWN_AT_ONCE: Final = 64

_Place: TypeAlias = tuple[str, str]


class Placing(Protocol):
    """What places one order; the broker is one."""

    async def known_among(
        self, intentions: Iterable[tuple[str, str]]
    ) -> frozenset[tuple[str, str]]:
        """Tell which were intended before; each is a key's id and a client order id."""

    async def place(
        self, key_id: str, origin: str, order: PlaceOrder, *, is_new: bool = False
    ) -> Order:
        """Place it, or give the one that the same intention placed before."""


class Places(Protocol):
    """What knows where a key is good; the gateway does."""

    async def place_of(self, key_id: str) -> _Place:
        """Give exchange and venue. Raises: `NotFound("unknown_key")`."""


@light_value
class Wish:
    """An order for one key. `order.client_id` is derived from what makes the intention unique."""

    key_id: str
    origin: str
    order: PlaceOrder


class Fate(StrEnum):
    """What became of a wish.

    `REFUSED`: a definite no, nothing happened. `DOWN`: nothing happened, and it may be wished
    for again later, under another client order id if a row of this one is there. `UNKNOWN`:
    nobody knows; it is looked up (`Broker.look_up`) and never wished for again.
    """

    PLACED = "placed"
    REFUSED = "refused"
    DOWN = "down"
    UNKNOWN = "unknown"


@light_value
class Outcome:
    """A wish and its fate: an `order` where it was placed, an `error` everywhere else."""

    wish: Wish
    fate: Fate
    order: Order | None = None
    error: DrawbridgeError | None = None


class FanOut:
    """Place many orders with a bounded number of them under way."""

    def __init__(self, placing: Placing, places: Places, *, in_flight: int = IN_FLIGHT) -> None:
        """Join the parts; `in_flight` is the most that one exchange and venue is sent at once."""
        self._placing = placing
        self._places = places
        self._in_flight = in_flight

    @asynccontextmanager
    async def place_each(self, wishes: Iterable[Wish]) -> AsyncIterator[AsyncIterator[Outcome]]:
        """Place an order for each wish and give the outcomes as they come, in no fixed order.

        Wishes are taken from the iterable a few at a time, so that the first order leaves before
        the last wish is made. Each exchange and venue has room of its own: one that is down keeps
        no other waiting. Errors of the house are outcomes and are not raised.
        Leaving the block, also by being cancelled, ends what is under way; of every order that
        may have left there is a row on disk then, which reconciliation finds.
        """
        round_ = _Round(self._placing, self._places, iter(wishes), self._in_flight)
        round_.begin()
        try:
            yield round_.outcomes()
        finally:
            await round_.end()


@dataclass(slots=True)
class _Lane:
    """The wishes of one exchange and venue that wait (and if they are new), and its workers."""

    waiting: deque[tuple[Wish, bool]] = field(default_factory=deque)
    workers: int = 0


class _Round:
    """One fan-out: wishes drawn from an iterator into lanes, and the workers of each lane."""

    def __init__(
        self, placing: Placing, places: Places, wishes: Iterator[Wish], in_flight: int
    ) -> None:
        self._placing = placing
        self._places = places
        self._wishes = wishes
        self._in_flight = in_flight
        self._lanes: dict[_Place, _Lane] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._told: deque[Outcome] = deque()
        self._news = asyncio.Event()
        self._bug: BaseException | None = None

    def begin(self) -> None:
        """Begin to draw wishes."""
        self._start(self._draw())

    async def outcomes(self) -> AsyncIterator[Outcome]:
        """Give outcomes until every wish has one."""
        while self._told or self._tasks:
            while self._told:
                yield self._told.popleft()
            if self._tasks:
                self._news.clear()
                await self._news.wait()
        if self._bug is not None:
            raise self._bug

    async def end(self) -> None:
        """End the workers that are left and wait until they have ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _draw(self) -> None:
        """Draw wishes into their lanes, a few at a time, and see that each lane has workers.

        Why without waiting for room: behind the wishes of an exchange that does not answer stand
        those of others.
        """
        while drawn := list(islice(self._wishes, _DRAWN_AT_ONCE)):
            known = await self._known_among(drawn)
            for wish in drawn:
                is_new = known is not None and (wish.key_id, wish.order.client_id) not in known
                await self._put(wish, is_new=is_new)
            await asyncio.sleep(0)

    async def _known_among(self, wishes: list[Wish]) -> frozenset[tuple[str, str]] | None:
        """Tell which were placed before; None when that cannot be told for all at once."""
        intentions = [(wish.key_id, wish.order.client_id) for wish in wishes]
        try:
            return await self._placing.known_among(intentions)
        except DrawbridgeError:
            return None  # each will be looked for by itself, and tell what is wrong

    async def _put(self, wish: Wish, *, is_new: bool) -> None:
        try:
            place = await self._places.place_of(wish.key_id)
        except DrawbridgeError as error:
            self._tell(_failed(wish, error))
            return
        lane = self._lanes.setdefault(place, _Lane())
        lane.waiting.append((wish, is_new))
        if lane.workers < self._in_flight:
            lane.workers += 1
            self._start(self._work(lane))

    async def _work(self, lane: _Lane) -> None:
        place = self._placing.place
        try:
            while lane.waiting:
                wish, is_new = lane.waiting.popleft()
                try:
                    order = await place(wish.key_id, wish.origin, wish.order, is_new=is_new)
                except DrawbridgeError as error:
                    self._tell(_failed(wish, error))
                else:
                    self._tell(Outcome(wish, Fate.PLACED, order))
        finally:
            lane.workers -= 1

    def _start(self, work: Coroutine[object, object, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and self._bug is None:
            # Not an error of the house but a mistake in it: told when the others are done.
            self._bug = task.exception()
        self._news.set()

    def _tell(self, outcome: Outcome) -> None:
        self._told.append(outcome)
        self._news.set()


def _failed(wish: Wish, error: DrawbridgeError) -> Outcome:
    if isinstance(error, OutcomeUnknown | Corrupted):
        # What could not be written down may have been sent before: looking it up is always safe.
        return Outcome(wish, Fate.UNKNOWN, error=error)
    fate = Fate.DOWN if isinstance(error, ExchangeDown) else Fate.REFUSED
    return Outcome(wish, fate, error=error)
