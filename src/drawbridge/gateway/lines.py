"""One line to an exchange: the topics followed over one connection, opened again when it breaks.

A line lives while somebody follows a topic over it, and ends early for reasons that waiting does
not mend: a key that is refused, a topic that is not told. What is said is in `conversation.py`,
for whom in `parties.py`.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.derivatives import FundingRate
from drawbridge.core.errors import (
    DrawbridgeError,
    ExchangeDown,
    ExchangeRefused,
    Forbidden,
    OutcomeUnknown,
)
from drawbridge.core.markets import Markets, OrderBook, Ticker
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrdersTold,
    OrderTold,
    PositionsTold,
    StreamEvent,
    Topic,
    TopicKind,
    TradesTold,
)
from drawbridge.gateway.conversation import Conversation, Pace
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.dialling import Dialler
from drawbridge.gateway.following import Following
from drawbridge.gateway.parties import Anyone, Holder, Party
from drawbridge.gateway.sockets import open_socket
from drawbridge.gateway.venues import Venues
from drawbridge.wire.stream import KeptStream

# Below what every exchange lets a connection follow, and few enough to ask for all at once.
MOST_TOPICS: Final = 24
_MOST_DOUBLINGS: Final = 16
_S: Final = 1_000
_VAULT_LOCKED: Final = "vault_locked"


@dataclass(frozen=True, slots=True)
class Ways:
    """What leads to streams; `dice` gives a random whole number below the one it is given."""

    gateway: Gateway
    venues: Venues
    dialler: Dialler
    dice: Callable[[int], int]
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True, slots=True)
class LineAt:
    """Where a line leads, and for which key; for nobody's where `key_id` is empty."""

    exchange_id: str
    venue: str
    path: bytes
    key_id: str = ""


@dataclass(slots=True, eq=False)
class _Entry:
    """A topic, who follows it, and how far the exchange is with it over the open connection.

    Without followers it is about to be left, or private and left with the connection.
    """

    topic: Topic
    followers: list[Following] = field(default_factory=list)
    is_asked: bool = False
    is_live: bool = False


class Line:
    """The topics that are followed over one connection, and their followers."""

    def __init__(self, at: LineAt, ways: Ways) -> None:
        """Begin with nothing followed; `run` opens the connection."""
        self._at = at
        self._ways = ways
        exchange = get_exchange(at.exchange_id)
        assert exchange.stream is not None  # noqa: S101 - nobody makes a line to one without streams
        self._card = exchange.card
        self._stream: KeptStream = exchange.stream
        self._party = self._new_party()
        self._entries: dict[Topic, _Entry] = {}
        self._routes: dict[_Route, _Entry] = {}
        self._changed = asyncio.Event()
        # After a no to many topics at once they are asked for one by one, to learn which it meant.
        self._one_by_one = False
        self._has_ended = False

    @property
    def is_followed(self) -> bool:
        """Tell whether anybody follows anything."""
        return any(entry.followers for entry in self._entries.values())

    def takes(self, topic: Topic) -> bool:
        """Tell whether a topic can be followed over this line.

        Events of a book do not tell its depth, so one line has one depth of each.
        """
        if self._has_ended:
            return False
        there = self._routes.get(_routes_of(topic)[0])
        if there is None:
            return len(self._entries) < MOST_TOPICS
        return there.topic == topic

    def follows(self, topic: Topic) -> bool:
        """Tell whether a topic is followed already."""
        return topic in self._entries

    def follow(self, topic: Topic) -> Following:
        """Follow a topic, which this line must take."""
        entry = self._entries.get(topic)
        if entry is None:
            entry = self._entries[topic] = _Entry(topic)
            self._routes |= dict.fromkeys(_routes_of(topic), entry)
        following = Following(topic)
        entry.followers.append(following)
        if entry.is_live:
            following.begin()
        self._changed.set()
        return following

    def leave(self, following: Following) -> None:
        """Follow no more; the last follower's topic is unsubscribed from."""
        entry = self._entries.get(following.topic)
        if entry is not None and following in entry.followers:
            entry.followers.remove(following)
            self._changed.set()

    async def run(self) -> None:
        """Tell followers until nobody is left, or until something ends the line for good."""
        loop, pace, failures = asyncio.get_running_loop(), self._ways.pace, 0
        while True:
            began = loop.time()
            try:
                await self._converse()
            except DrawbridgeError as error:
                if not _is_passing(error):
                    self.end(error)
                    return
                passing = error
            self._lose()
            if not self.is_followed:
                self.end()
                return
            is_steady = (loop.time() - began) * _S > pace.steady_ms
            failures = 1 if is_steady else failures + 1
            await asyncio.sleep(self._wait_ms(failures, passing) / _S)

    def end(self, error: DrawbridgeError | None = None) -> None:
        """End for all followers, for good."""
        self._has_ended = True
        for entry in tuple(self._entries.values()):
            self._end(entry, error)

    # --------------------------------------------------------------------------- one connection
    async def _converse(self) -> None:
        """Open a connection and talk until it ends. Raises: why it did."""
        loop, ways = asyncio.get_running_loop(), self._ways
        markets = await ways.gateway.markets(self._at.exchange_id, self._at.venue)
        path, token = await self._party.address(self._at.path)
        address, there = ways.venues.get_stream(self._card, self._at.venue, path)
        deadline = loop.time() + ways.pace.open_ms / _S
        socket = await open_socket(ways.dialler, address, there, deadline)
        conversation = Conversation(self._stream, socket, markets, ways.pace)
        ended: DrawbridgeError | None = None
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(conversation.listen(self._tell))
                group.create_task(conversation.keep_alive())
                group.create_task(self._party.look_after(token))
                group.create_task(self._keep_subscribed(conversation))
        except* DrawbridgeError as errors:
            ended = _worst(errors)
        finally:
            socket.close()
        if ended is not None:
            raise ended

    async def _keep_subscribed(self, conversation: Conversation) -> None:
        """Log in, then subscribe to what is followed and leave what no longer is, for ever."""
        await conversation.greet()
        await self._party.log_in(conversation)
        while True:
            self._changed.clear()
            entries = tuple(self._entries.values())
            left = [entry for entry in entries if _is_left(entry)]
            new = [entry for entry in entries if entry.followers and not entry.is_asked]
            if left:
                await self._leave(conversation, left)
            elif new:
                await self._take_up(conversation, new[:1] if self._one_by_one else new)
            elif self.is_followed:
                await self._changed.wait()
                continue
            else:
                raise ExchangeDown("stream_lost")
            await asyncio.sleep(self._ways.pace.pause_ms / _S)

    async def _leave(self, conversation: Conversation, left: Sequence[_Entry]) -> None:
        for entry in left:
            self._forget(entry)
        asked = [entry.topic for entry in left if entry.is_asked]
        if asked:
            await conversation.leave(asked)

    async def _take_up(self, conversation: Conversation, new: Sequence[_Entry]) -> None:
        wanted = [entry for entry in new if self._has_words(entry, conversation.markets)]
        if not wanted:
            return
        for entry in wanted:
            entry.is_asked = True
        try:
            await self._party.subscribe(conversation, [entry.topic for entry in wanted])
        except ExchangeRefused as error:
            if len(wanted) > 1:
                self._one_by_one = True
                raise ExchangeDown("stream_lost") from None
            self._end(wanted[0], error)
            return
        for entry in wanted:
            self._begin(entry)

    def _has_words(self, entry: _Entry, markets: Markets) -> bool:
        """Tell whether a topic can be asked for at all; if not, its followers hear why."""
        try:
            self._stream.subscribe((entry.topic,), markets, 1)
        except DrawbridgeError as error:
            self._end(entry, error)
            return False
        return True

    # -------------------------------------------------------------------------------- followers
    def _tell(self, event: StreamEvent) -> None:
        entry = self._routes.get(_route_of(event))
        if entry is None or not entry.is_asked:
            return
        if not entry.is_live:
            # An event may come before the exchange's yes, and is as good as one.
            self._begin(entry)
        for following in entry.followers:
            following.put(event)

    def _begin(self, entry: _Entry) -> None:
        if not entry.is_live:
            entry.is_live = True
            for following in entry.followers:
                following.begin()

    def _lose(self) -> None:
        for entry in self._entries.values():
            if entry.is_live:
                for following in entry.followers:
                    following.lose()
            entry.is_live = entry.is_asked = False

    def _end(self, entry: _Entry, error: DrawbridgeError | None) -> None:
        self._forget(entry)
        for following in entry.followers:
            following.end(error)

    def _forget(self, entry: _Entry) -> None:
        self._entries.pop(entry.topic, None)
        for route in _routes_of(entry.topic):
            self._routes.pop(route, None)

    def _new_party(self) -> Party:
        at, gateway, stream = self._at, self._ways.gateway, self._stream
        place = (at.exchange_id, at.venue)
        if not at.key_id:
            return Anyone(gateway, place, stream)
        return Holder(gateway, place, stream, at.key_id, self._ways.pace.check_ms)

    def _wait_ms(self, failures: int, error: DrawbridgeError) -> int:
        """Give how long to wait: twice as long each time, and never all lines at once."""
        pace = self._ways.pace
        doubled = pace.first_wait_ms << min(failures - 1, _MOST_DOUBLINGS)
        wait_ms = min(pace.most_wait_ms, doubled)
        told_ms = error.retry_after_ms if isinstance(error, ExchangeDown) else 0
        # A second is what is said where nothing is known.
        asked_ms = told_ms if told_ms > _S else 0
        return max(wait_ms, asked_ms) + self._ways.dice(wait_ms)


def _is_left(entry: _Entry) -> bool:
    # What is private ends with its connection.
    return not entry.followers and not (entry.is_asked and entry.topic.kind.is_private)


def _is_passing(error: DrawbridgeError) -> bool:
    """Tell whether waiting mends it."""
    if isinstance(error, Forbidden):
        return error.code == _VAULT_LOCKED
    return isinstance(error, ExchangeDown | OutcomeUnknown)


def _worst(errors: BaseExceptionGroup[DrawbridgeError]) -> DrawbridgeError:
    """Give the error that counts: one that does not pass before those that do."""
    each = [error for error in errors.exceptions if isinstance(error, DrawbridgeError)]
    return min(each, key=_is_passing)


_Route: TypeAlias = tuple[type[StreamEvent], str, int]
"""What an event tells of its topic: its type, its symbol and its interval.

Why no topic: making and hashing one for every event costs more than reading some events does.
"""

_TYPES: Final[Mapping[TopicKind, tuple[type[StreamEvent], ...]]] = {
    TopicKind.TICKER: (Ticker,),
    TopicKind.CANDLES: (CandleTold,),
    TopicKind.BOOK: (OrderBook, BookChange),
    TopicKind.TRADES: (TradesTold,),
    TopicKind.FUNDING: (FundingRate,),
    TopicKind.ORDERS: (OrderTold, OrdersTold),
    TopicKind.BALANCES: (BalancesTold,),
    TopicKind.POSITIONS: (PositionsTold,),
}


def _routes_of(topic: Topic) -> list[_Route]:
    return [(kind, topic.symbol, topic.interval_ms) for kind in _TYPES[topic.kind]]


def _route_of(event: StreamEvent) -> _Route:
    if isinstance(event, OrderTold | OrdersTold | BalancesTold | PositionsTold):
        return type(event), "", 0
    if isinstance(event, CandleTold):
        return CandleTold, event.symbol, event.interval_ms
    return type(event), event.symbol, 0
