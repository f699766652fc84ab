"""Who listens to what, and when it is told.

Public events are made once for an exchange and topic, a few times a second, for all who listen.
Private ones are made the moment they happen and wait until they are on disk; what a newcomer is
told first waits in the same line, so that nobody hears of anything twice or in a wrong order.
"""

import asyncio
import logging
import traceback
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.derivatives import GetPositions, Position
from drawbridge.core.errors import BadInput, Corrupted, ExchangeDown, NotProven
from drawbridge.core.operations import Balance, GetOpenOrders
from drawbridge.core.streams import (
    BalancesTold,
    OrdersTold,
    PositionsTold,
    StreamEvent,
    Topic,
    TopicKind,
)
from drawbridge.paper.changes import BookFollower, Follower, follow
from drawbridge.paper.events import Event
from drawbridge.paper.happenings import (
    changed_balances,
    changed_positions,
    orders_of,
    tell_happening,
    touched_levels,
)
from drawbridge.paper.post import Post
from drawbridge.paper.state import Floor
from drawbridge.paper.streaming import Connection
from drawbridge.paper.world import PaperWorld
from drawbridge.wire.stream import Opening
from drawbridge.wire.talking import BROKEN

_log = logging.getLogger(__name__)

_MOST_CONNECTIONS: Final = 4_096
_MOST_OF_AN_ADDRESS: Final = 512


@dataclass(slots=True)
class _Public:
    """A public topic and who listens to it."""

    topic: Topic
    follower: Follower
    listeners: dict[Connection, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Account:
    """What is being told of one account, and who listens to which private topic of it."""

    listeners: dict[tuple[Connection, Topic], None] = field(default_factory=dict)
    balances: tuple[Balance, ...] = ()
    positions: dict[str, tuple[Position, ...]] = field(default_factory=dict)

    def of(self, kind: TopicKind, exchange_id: str = "") -> Iterable[tuple[Connection, Topic]]:
        """Give who listens to such a topic, at one exchange or (empty) at all of them."""
        return tuple(
            (connection, topic)
            for connection, topic in self.listeners
            if topic.kind is kind and exchange_id in {"", connection.post.exchange.id}
        )


class Hub:
    """All connections of all exchanges of a world."""

    def __init__(self, world: PaperWorld, clock: Clock) -> None:
        """Watch the world from now on."""
        self._world = world
        self._clock = clock
        self._connections: dict[Connection, None] = {}
        self._addresses: Counter[str] = Counter()
        self._public: dict[tuple[str, Topic], _Public] = {}
        self._books: dict[tuple[str, str], BookFollower] = {}
        self._accounts: dict[str, _Account] = {}
        self._line: list[tuple[Connection, Topic, StreamEvent]] = []
        self._telling: asyncio.Task[None] | None = None
        world.watch(self._witness)

    def open(self, post: Post, opening: Opening, address: str) -> Connection | None:
        """Open a connection, None where the exchange serves no stream.

        Raises: `ExchangeDown("rate_limited")` for too many.
        """
        stream = post.exchange.stream
        session = None if stream is None else stream.open_session(opening)
        if session is None:
            return None
        if len(self._connections) >= _MOST_CONNECTIONS:
            raise ExchangeDown("rate_limited", limit=_MOST_CONNECTIONS, seconds=1)
        if self._addresses[address] >= _MOST_OF_AN_ADDRESS:
            raise ExchangeDown("rate_limited", limit=_MOST_OF_AN_ADDRESS, seconds=1)
        connection = Connection(post, session, self, address)
        self._connections[connection] = None
        self._addresses[address] += 1
        return connection

    def close(self, connection: Connection) -> None:
        """Let go of a connection."""
        if connection not in self._connections:
            return
        for topic in tuple(connection.topics):
            self.forget(connection, topic)
        connection.topics.clear()
        del self._connections[connection]
        self._addresses[connection.address] -= 1
        if not self._addresses[connection.address]:
            del self._addresses[connection.address]

    async def step(self, now_ms: int) -> None:
        """Tell what has changed, and let time pass for the sessions."""
        for public in tuple(self._public.values()):
            self._go_on(public, now_ms)
        for connection in tuple(self._connections):
            await connection.tick(now_ms)

    def listen(self, connection: Connection, topic: Topic, now_ms: int) -> None:
        """Tell a connection how a topic stands, and of everything from now on.

        Raises: `NotFound("unknown_symbol")`, `BadInput`.
        """
        if topic.kind.is_private:
            self._listen_privately(connection, topic, now_ms)
            return
        at = (connection.post.exchange.id, topic)
        public = self._public.get(at)
        if public is None:
            public = self._public[at] = _Public(topic, self._follow(at, now_ms))
        else:
            self._go_on(public, now_ms)
        public.listeners[connection] = None
        for event in public.follower.standing():
            connection.tell(topic, event, now_ms)

    def forget(self, connection: Connection, topic: Topic) -> None:
        """Tell a connection no more of a topic; one that nobody follows is let go."""
        if topic.kind.is_private:
            account = connection.key.account if connection.key is not None else ""
            if (found := self._accounts.get(account)) is not None:
                found.listeners.pop((connection, topic), None)
                if not found.listeners:
                    del self._accounts[account]
            return
        exchange_id = connection.post.exchange.id
        if (public := self._public.get((exchange_id, topic))) is not None:
            public.listeners.pop(connection, None)
            if not public.listeners:
                del self._public[exchange_id, topic]
                if self._books.get((exchange_id, topic.symbol)) is public.follower:
                    del self._books[exchange_id, topic.symbol]

    def _follow(self, at: tuple[str, Topic], now_ms: int) -> Follower:
        exchange_id, topic = at
        world = self._world
        follower = follow(
            topic,
            lambda wanted, when_ms: world.carry_out(exchange_id, None, wanted, when_ms),
            now_ms,
        )
        if isinstance(follower, BookFollower) and not topic.depth:
            self._books[exchange_id, topic.symbol] = follower
        return follower

    @staticmethod
    def _go_on(public: _Public, now_ms: int) -> None:
        for event in public.follower.go_on(now_ms):
            for connection in tuple(public.listeners):
                connection.tell(public.topic, event, now_ms)

    def _listen_privately(self, connection: Connection, topic: Topic, now_ms: int) -> None:
        key = connection.key
        if key is None:
            raise NotProven("bad_key")
        exchange_id = connection.post.exchange.id
        event: StreamEvent
        account = self._accounts.get(key.account) or _Account()
        if topic.kind is TopicKind.ORDERS:
            wanted = GetOpenOrders(topic.symbol)
            orders = self._world.carry_out(exchange_id, key.account, wanted, now_ms)
            event = OrdersTold(orders, now_ms)
        elif topic.kind is TopicKind.BALANCES:
            account.balances = self._world.balances(key.account)
            event = BalancesTold(account.balances, now_ms, is_snapshot=True)
        else:
            positions = self._positions(exchange_id, key.account, now_ms)
            account.positions[exchange_id] = positions
            event = PositionsTold(positions, now_ms, is_snapshot=True)
        self._accounts[key.account] = account
        account.listeners[connection, topic] = None
        self._queue(((connection, topic),), event)

    def _witness(self, floor: Floor, event: Event) -> None:
        try:
            self._note(floor, event)
        except Exception as error:  # noqa: BLE001  What happened must be written down, even if telling of it fails.
            place = traceback.extract_tb(error.__traceback__)[-1]
            _log.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)
            self._break_off()

    def _note(self, floor: Floor, event: Event) -> None:
        if self._books:
            for rules, side, ticks in touched_levels(floor, event):
                book = self._books.get((floor.exchange_id, rules.symbol))
                if book is not None:
                    book.touch(side, rules.price(ticks))
        if self._accounts:
            self._note_accounts(floor, event)

    def _note_accounts(self, floor: Floor, event: Event) -> None:
        orders = orders_of(floor, event)
        for order in orders:
            if (account := self._accounts.get(order.account)) is None:
                continue
            symbols = {"", order.rules.symbol}
            listeners = [
                (connection, topic)
                for connection, topic in account.of(TopicKind.ORDERS, floor.exchange_id)
                if topic.symbol in symbols
            ]
            if listeners:
                self._queue(listeners, tell_happening(floor, order, event))
        # An event that is about no order may be about anybody.
        for name in {order.account for order in orders} or tuple(self._accounts):
            if (account := self._accounts.get(name)) is not None:
                self._note_money(name, account, floor.exchange_id, event.at_ms)

    def _note_money(self, name: str, account: _Account, exchange_id: str, now_ms: int) -> None:
        # One wallet stands behind all exchanges.
        if listeners := account.of(TopicKind.BALANCES):
            now = self._world.balances(name)
            if (balances := changed_balances(account.balances, now, now_ms)) is not None:
                account.balances = now
                self._queue(listeners, balances)
        if listeners := account.of(TopicKind.POSITIONS, exchange_id):
            before = account.positions.get(exchange_id, ())
            held = self._positions(exchange_id, name, now_ms)
            if (positions := changed_positions(before, held, now_ms)) is not None:
                account.positions[exchange_id] = held
                self._queue(listeners, positions)

    def _positions(self, exchange_id: str, account: str, now_ms: int) -> tuple[Position, ...]:
        try:
            return self._world.carry_out(exchange_id, account, GetPositions(), now_ms)
        except BadInput:
            # An exchange without contracts.
            return ()

    def _queue(self, listeners: Iterable[tuple[Connection, Topic]], event: StreamEvent) -> None:
        self._line += ((connection, topic, event) for connection, topic in listeners)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.get_running_loop().create_task(self._tell_what_is_on_disk())

    async def _tell_what_is_on_disk(self) -> None:
        while self._line:
            line, self._line = self._line, []
            try:
                await self._world.durable()
            except Corrupted:
                self._break_off()
                return
            now_ms = self._clock.now_ms()
            for connection, topic, event in line:
                connection.tell(topic, event, now_ms)

    def _break_off(self) -> None:
        """End all connections: what they were told can no longer be trusted to be all."""
        self._line.clear()
        for connection in self._connections:
            connection.outgoing.close(BROKEN)
