"""One line to an exchange: the topics followed over one connection, opened again when it breaks.

A line lives while somebody follows a topic over it, and ends early for reasons that waiting does
not mend: a key that is refused, a topic that is not told. What is said is in `conversation.py`,
for whom in `parties.py`.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

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
_KINDS: Final[Mapping[type[StreamEvent], TopicKind]] = {
    Ticker: TopicKind.TICKER,
    CandleTold: TopicKind.CANDLES,
    OrderBook: TopicKind.BOOK,
    BookChange: TopicKind.BOOK,
    TradesTold: TopicKind.TRADES,
    FundingRate: TopicKind.FUNDING,
    OrderTold: TopicKind.ORDERS,
    OrdersTold: TopicKind.ORDERS,
    BalancesTold: TopicKind.BALANCES,
    PositionsTold: TopicKind.POSITIONS,
}


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
        self._followers: dict[Topic, list[Following]] = {}
        self._routes: dict[Topic, Topic] = {}
        # What was asked for over the open connection, and what of it the exchange said yes to.
        self._asked: set[Topic] = set()
        self._live: set[Topic] = set()
        self._changed = asyncio.Event()
        # After a no to many topics at once they are asked for one by one, to learn which it meant.
        self._one_by_one = False
        self._has_ended = False

    @property
    def is_followed(self) -> bool:
        """Tell whether anybody follows anything."""
        return bool(self._followers)

    def takes(self, topic: Topic) -> bool:
        """Tell whether a topic can be followed over this line.

        Events of a book do not tell its depth, so one line has one depth of each.
        """
        if self._has_ended:
            return False
        there = self._routes.get(_route(topic))
        return there == topic or (there is None and len(self._followers) < MOST_TOPICS)

    def follows(self, topic: Topic) -> bool:
        """Tell whether somebody follows a topic already."""
        return topic in self._followers

    def follow(self, topic: Topic) -> Following:
        """Follow a topic, which this line must take."""
        following = Following(topic)
        self._followers.setdefault(topic, []).append(following)
        self._routes[_route(topic)] = topic
        if topic in self._live:
            following.begin()
        self._changed.set()
        return following

    def leave(self, following: Following) -> None:
        """Follow no more; the last follower's topic is unsubscribed from."""
        topic = following.topic
        followers = self._followers.get(topic, [])
        if following in followers:
            followers.remove(following)
            if not followers:
                self._forget(topic)
                self._changed.set()

    async def run(self) -> None:
        """Tell followers until nobody is left, or until something ends the line for good."""
        loop, pace, failures = asyncio.get_running_loop(), self._ways.pace, 0
        while self._followers:
            began = loop.time()
            try:
                await self._converse()
            except DrawbridgeError as error:
                if not _is_passing(error):
                    self.end(error)
                    return
                passing = error
            self._lose()
            if not self._followers:
                break
            is_steady = (loop.time() - began) * _S > pace.steady_ms
            failures = 1 if is_steady else failures + 1
            await asyncio.sleep(self._wait_ms(failures, passing) / _S)
        self.end()

    def end(self, error: DrawbridgeError | None = None) -> None:
        """End for all followers, for good."""
        self._has_ended = True
        for topic in tuple(self._followers):
            self._end_topic(topic, error)

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
            left = [topic for topic in self._asked - self._followers.keys() if _ends_alone(topic)]
            new = [topic for topic in self._followers if topic not in self._asked]
            if left:
                self._asked.difference_update(left)
                self._live.difference_update(left)
                await conversation.leave(left)
            elif new:
                await self._take_up(conversation, new[:1] if self._one_by_one else new)
            elif not self._followers:
                raise ExchangeDown("stream_lost")
            else:
                await self._changed.wait()
                continue
            await asyncio.sleep(self._ways.pace.pause_ms / _S)

    async def _take_up(self, conversation: Conversation, topics: Sequence[Topic]) -> None:
        wanted = [topic for topic in topics if self._has_words(topic, conversation.markets)]
        if not wanted:
            return
        self._asked.update(wanted)
        try:
            await self._party.subscribe(conversation, wanted)
        except ExchangeRefused as error:
            if len(wanted) > 1:
                self._one_by_one = True
                raise ExchangeDown("stream_lost") from None
            self._asked.discard(wanted[0])
            self._end_topic(wanted[0], error)
            return
        for topic in wanted:
            self._begin(topic)

    def _has_words(self, topic: Topic, markets: Markets) -> bool:
        """Tell whether a topic can be asked for at all; if not, its followers hear why."""
        try:
            self._stream.subscribe((topic,), markets, 1)
        except DrawbridgeError as error:
            self._end_topic(topic, error)
            return False
        return True

    # -------------------------------------------------------------------------------- followers
    def _tell(self, event: StreamEvent) -> None:
        topic = self._routes.get(_route_of(event))
        if topic is None or topic not in self._asked:
            return
        # An event may come before the exchange's yes, and is as good as one.
        self._begin(topic)
        for following in self._followers[topic]:
            following.put(event)

    def _begin(self, topic: Topic) -> None:
        if topic not in self._live:
            self._live.add(topic)
            for following in self._followers.get(topic, ()):
                following.begin()

    def _lose(self) -> None:
        for topic in self._live:
            for following in self._followers.get(topic, ()):
                following.lose()
        self._live.clear()
        self._asked.clear()

    def _end_topic(self, topic: Topic, error: DrawbridgeError | None) -> None:
        followers = self._followers.get(topic, ())
        self._forget(topic)
        for following in followers:
            following.end(error)

    def _forget(self, topic: Topic) -> None:
        self._followers.pop(topic, None)
        self._routes.pop(_route(topic), None)

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


def _ends_alone(topic: Topic) -> bool:
    # What is private ends with its connection.
    return not topic.kind.is_private


def _is_passing(error: DrawbridgeError) -> bool:
    """Tell whether waiting mends it."""
    if isinstance(error, Forbidden):
        return error.code == _VAULT_LOCKED
    return isinstance(error, ExchangeDown | OutcomeUnknown)


def _worst(errors: BaseExceptionGroup[DrawbridgeError]) -> DrawbridgeError:
    """Give the error that counts: one that does not pass before those that do."""
    each = [error for error in errors.exceptions if isinstance(error, DrawbridgeError)]
    return min(each, key=_is_passing)


def _route(topic: Topic) -> Topic:
    """Give a topic as its events tell it."""
    return replace(topic, depth=0)


def _route_of(event: StreamEvent) -> Topic:
    kind = _KINDS[type(event)]
    if isinstance(event, OrderTold | OrdersTold | BalancesTold | PositionsTold):
        return Topic(kind)
    return Topic(kind, event.symbol, event.interval_ms if isinstance(event, CandleTold) else 0)
