"""What everybody may see, followed once and told to all bots who want it.

A gap is told as exchanges tell one: the socket ends, and its client begins anew.
"""

import asyncio
import logging
import traceback
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, Protocol

from drawbridge.core.errors import DrawbridgeError, ExchangeDown
from drawbridge.core.operations import GetOrderBook
from drawbridge.core.streams import BookChange, StreamEvent, Topic
from drawbridge.gateway.bot_streams.standing import KeptBook, Standing, standing_of
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.following import Gap, GapReason
from drawbridge.gateway.streaming import Streams

_log: Final = logging.getLogger(__name__)

# Of one exchange at one venue, so that bots open no more connections to it than it bears.
MOST_TOPICS: Final = 1_000
# A client that begins anew, or one that asks for something else again and again, does not make us
# connect each time.
LINGER_S: Final = 5


class Listener(Protocol):
    """Who is told of topics."""

    def tell(self, topic: Topic, event: StreamEvent) -> None:
        """Tell of an event."""

    def lose(self) -> None:
        """Tell that events were missed: whoever listens must begin anew."""

    def fail(self, topic: Topic, error: DrawbridgeError) -> None:
        """Tell that there is no such topic to listen to."""


@dataclass(frozen=True, slots=True)
class At:
    """A topic of an exchange at a venue."""

    exchange_id: str
    venue: str
    topic: Topic


@dataclass(slots=True)
class _Shared:
    """A topic, how it stands, and who listens to it."""

    at: At
    standing: Standing
    listeners: dict[Listener, None] = field(default_factory=dict)
    following: asyncio.Task[None] | None = None
    leaving: asyncio.TimerHandle | None = None


class PublicTopics:
    """All public topics that bots listen to."""

    def __init__(self, gateway: Gateway, streams: Streams, linger_s: int = LINGER_S) -> None:
        """Follow over these streams; a book's beginning is asked for over the gateway.

        A topic that nobody listens to any more is followed for so long still.
        """
        self._gateway = gateway
        self._streams = streams
        self._linger_s = linger_s
        self._shared: dict[At, _Shared] = {}

    def listen(self, at: At, listener: Listener) -> None:
        """Tell how a topic stands, if that is known, and of everything from now on.

        Raises: `ExchangeDown("rate_limited")` for one topic too many.
        """
        shared = self._shared.get(at)
        if shared is None:
            self._check_room(at)
            shared = self._shared[at] = _Shared(at, standing_of(at.topic))
            shared.following = asyncio.create_task(self._follow(shared))
        if shared.leaving is not None:
            shared.leaving.cancel()
            shared.leaving = None
        shared.listeners[listener] = None
        for event in shared.standing.events():
            listener.tell(at.topic, event)

    def forget(self, at: At, listener: Listener) -> None:
        """Tell of a topic no more; one that nobody listens to is let go after a while."""
        shared = self._shared.get(at)
        if shared is None:
            return
        shared.listeners.pop(listener, None)
        if not shared.listeners and shared.leaving is None:
            loop = asyncio.get_running_loop()
            shared.leaving = loop.call_later(self._linger_s, self._let_go, shared)

    async def close(self) -> None:
        """Follow nothing any more."""
        tasks = [it.following for it in self._shared.values() if it.following is not None]
        for shared in tuple(self._shared.values()):
            self._drop(shared)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _let_go(self, shared: _Shared) -> None:
        self._drop(shared)
        if shared.following is not None:
            shared.following.cancel()

    def _check_room(self, at: At) -> None:
        place = (at.exchange_id, at.venue)
        there = sum((it.exchange_id, it.venue) == place for it in self._shared)
        if there >= MOST_TOPICS:
            raise ExchangeDown("rate_limited", limit=MOST_TOPICS, seconds=1)

    async def _follow(self, shared: _Shared) -> None:
        try:
            await self._told(shared)
        except DrawbridgeError as error:
            for listener in self._drop(shared):
                listener.fail(shared.at.topic, error)
            return
        except Exception as error:  # noqa: BLE001  the rim of a task: whoever listens must not wait for ever
            # Only where it happened is logged: the text of an exception may quote a frame.
            place = traceback.extract_tb(error.__traceback__)[-1]
            _log.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)
        for listener in self._drop(shared):
            listener.lose()

    async def _told(self, shared: _Shared) -> None:
        at = shared.at
        async with aclosing(self._streams.follow(at.exchange_id, at.venue, at.topic)) as told:
            async for it in told:
                if not isinstance(it, Gap):
                    await self._begin_book(shared, it)
                    _tell(shared, shared.standing.take(it))
                elif it.reason is not GapReason.BEGAN:
                    return

    async def _begin_book(self, shared: _Shared, event: StreamEvent) -> None:
        """Ask for the book where changes of it come before it did: some streams tell only those."""
        standing, at = shared.standing, shared.at
        if not isinstance(standing, KeptBook) or standing.has_begun:
            return
        if not isinstance(event, BookChange):
            return
        wanted = GetOrderBook(at.topic.symbol, at.topic.depth or None)
        book = await self._gateway.call_public(at.exchange_id, at.venue, wanted)
        standing.begin(book)
        _tell(shared, book)

    def _drop(self, shared: _Shared) -> tuple[Listener, ...]:
        """Let go of a topic; give who listened."""
        if self._shared.get(shared.at) is shared:
            del self._shared[shared.at]
        if shared.leaving is not None:
            shared.leaving.cancel()
        listeners = tuple(shared.listeners)
        shared.listeners.clear()
        return listeners


def _tell(shared: _Shared, event: StreamEvent | None) -> None:
    if event is not None:
        for listener in tuple(shared.listeners):
            listener.tell(shared.at.topic, event)
