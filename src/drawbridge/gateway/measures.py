"""What the road to exchanges is measured by: what came back, how long it took, who waits.

By exchange and venue and never by key; who wants to read it hands one in (`Road.measures`), and
without it nothing is measured.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Final, TypeVar

from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.measures import ANSWERED, Spreads, Tally, outcome_of
from drawbridge.core.tracing import Tracer, step
from drawbridge.wire.http import WireAnswer

A = TypeVar("A")

_NS_PER_US: Final = 1_000
# Timing all of them would cost more than it tells.
_ONE_IN: Final = 8


class Measures:
    """Counts of one process's road.

    `requests` by exchange, venue and outcome; `answer_times` by exchange and venue; `crossings`, of
    which one in eight is timed, by what crossed ("order" or "question"); `waits` by exchange, and
    `waiting` now, for the budgets.
    """

    def __init__(self, ticks_ns: Callable[[], int], tracer: Tracer | None = None) -> None:
        """Begin with nothing. `ticks_ns` only runs forward; `tracer` follows some crossings."""
        self._tracer = tracer
        self._ticks_ns = ticks_ns
        self.requests = Tally()
        self.answer_times = Spreads()
        self.crossings = Spreads()
        self.waits = Tally()
        self.waiting = 0
        self._crossings = 0

    async def answered(
        self, exchange_id: str, venue: str, answering: Awaitable[WireAnswer]
    ) -> WireAnswer:
        """Wait for an exchange's answer and count it. Raises: what waiting for it raises."""
        began_ns = self._ticks_ns()
        try:
            with step("send"):
                answer = await answering
        except DrawbridgeError as error:
            self.requests.add(exchange_id, venue, outcome_of(error))
            raise
        self.requests.add(exchange_id, venue, ANSWERED)
        took_us = (self._ticks_ns() - began_ns) // _NS_PER_US
        self.answer_times.add(took_us, exchange_id, venue)
        return answer

    async def paid(self, exchange_id: str, paying: Awaitable[None]) -> None:
        """Wait until a request is paid for, counted among those that wait. Raises: as `paying`."""
        self.waits.add(exchange_id)
        self.waiting += 1
        try:
            with step("wait"):
                await paying
        finally:
            self.waiting -= 1

    def crossed(self, what: str, crossing: Coroutine[None, None, A]) -> Coroutine[None, None, A]:
        """Count a crossing, and now and then how long all of it took. Raises: what it raises."""
        self._crossings += 1
        if self._tracer is not None:
            crossing = self._followed(self._tracer, what, crossing)
        return crossing if self._crossings % _ONE_IN else self._timed(what, crossing)

    async def _followed(self, tracer: Tracer, what: str, crossing: Coroutine[None, None, A]) -> A:
        with tracer.follow("crossing", {"what": what}):
            return await crossing

    async def _timed(self, what: str, crossing: Coroutine[None, None, A]) -> A:
        began_ns = self._ticks_ns()
        try:
            return await crossing
        finally:
            self.crossings.add((self._ticks_ns() - began_ns) // _NS_PER_US, what)
