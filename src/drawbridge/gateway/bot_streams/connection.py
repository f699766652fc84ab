"""One bot's socket: carries out what the exchange's session wants, within bounds.

The session is the exchange's and knows no sockets. What it asks for is judged as if it had come
over REST: whose is it, may it, and then the one road out.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Final, Protocol, TypeVar

from drawbridge.core.errors import (
    DrawbridgeError,
    ExchangeDown,
    NotProven,
)
from drawbridge.core.operations import CancelAllOrders, CancelOrder, PlaceOrder, Scope
from drawbridge.core.streams import StreamEvent, Topic
from drawbridge.gateway.bot_streams.accounts import AccountTopic
from drawbridge.gateway.bot_streams.looks import Looks
from drawbridge.gateway.bot_streams.station import Passing, Station
from drawbridge.gateway.bot_streams.topics import At
from drawbridge.gateway.held_here import SHARD
from drawbridge.gateway.permission import MOVED
from drawbridge.virtual_keys.asked import Act, Asked
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.wire.stream import (
    Ask,
    Close,
    Effect,
    Frame,
    LogIn,
    Send,
    Session,
    Subscribe,
    Unsubscribe,
)
from drawbridge.wire.talking import BROKEN, POLICY, carry_out, hear

T = TypeVar("T")

_log: Final = logging.getLogger(__name__)

MOST_TOPICS: Final = 1_024
MOST_ASKED: Final = 32
# Who neither follows, nor asks, nor has logged in does not need a socket.
IDLE_MS: Final = 600_000
LOG_IN: Final = "ws_log_in"
SUBSCRIBE: Final = "ws_subscribe"
ENDED: Final = "ws_ended"
_NORMAL: Final = 1000
_AGAIN_LATER: Final = 1012
# What was placed before must be there before it can be cancelled.
_AFTER_ORDERS: Final = (CancelOrder, CancelAllOrders)


class Socket(Protocol):
    """What carries frames."""

    def send(self, frame: Frame) -> None:
        """Send a frame."""

    def close(self, code: int = _NORMAL, *, shard: int | None = None) -> None:
        """Say goodbye; `shard` is that of an account that is another process's."""

    async def receive(self) -> Frame | None:
        """Wait for a frame, None at the end."""


class Keeper(Protocol):
    """Who keeps all sockets of bots."""

    def enter(self, connection: "BotConnection") -> None:
        """Count a socket. Raises: `ExchangeDown("rate_limited")` for one too many."""

    def own(self, connection: "BotConnection", virtual: VirtualKey) -> None:
        """Count it for a virtual key. Raises: `ExchangeDown("rate_limited")`."""

    def leave(self, connection: "BotConnection") -> None:
        """Count it no more."""

    def work(self, task: asyncio.Task[None]) -> None:
        """Hold what is being done until it is done."""


class BotConnection:
    """The exchange's half of a session with one bot."""

    def __init__(self, station: Station, session: Session, keeper: Keeper, address: str) -> None:
        """Join a session to its exchange; nothing is sent before `talk`."""
        self.virtual: VirtualKey | None = None
        self._station = station
        self._session = session
        self._keeper = keeper
        self._address = address
        self._socket: Socket | None = None
        # Private ones with the task that follows them.
        self._topics: dict[Topic, asyncio.Task[None] | None] = {}
        self._asked: set[asyncio.Task[None]] = set()
        self._placing: set[asyncio.Task[None]] = set()
        self._active_ms = station.parts.clock.now_ms()
        # Ended by us, or left by the client and all that it said before carried out.
        self._is_over = False

    async def talk(self, socket: Socket) -> None:
        """Talk until the socket ends."""
        try:
            self._keeper.enter(self)
        except ExchangeDown:
            socket.close(_AGAIN_LATER)
            return
        self._socket = socket
        session, station = self._session, self._station
        try:
            await self._carry_out(self._guard(lambda: session.opened(station.now_ms())))
            while (frame := await socket.receive()) is not None:
                self._active_ms = station.parts.clock.now_ms()
                await self._take(frame)
        finally:
            self._end()

    async def look_again(self, looks: Looks) -> None:
        """End the socket of a key that was revoked, narrowed, ended, or locked away."""
        known = self.virtual
        if known is None or self._is_over:
            return
        try:
            self.virtual = await looks.look(self._station, known, self._address)
        except DrawbridgeError as error:
            if not self._is_left_for(error):
                self._note(ENDED, known, error)
                self._close(POLICY)

    async def tick(self) -> None:
        """Let time pass; who is only there is closed."""
        if self._is_idle():
            self._close(_NORMAL)
        session, now_ms = self._session, self._station.now_ms()
        await self._carry_out(self._guard(lambda: session.tick(now_ms)))

    # What topics tell.

    def tell(self, topic: Topic, event: StreamEvent) -> None:
        """Tell of an event of a topic, unless it was left in the meantime."""
        if topic in self._topics:
            now_ms = self._station.now_ms()
            for frame in self._guard(lambda: self._session.tell(topic, event, now_ms)) or ():
                self._send(frame)

    def lose(self) -> None:
        """End, because events were missed: the client begins anew, as after any lost line."""
        self._close(_AGAIN_LATER)

    def fail(self, topic: Topic, error: DrawbridgeError) -> None:
        """End, because a topic that was said yes to is not told by the exchange."""
        self._topics.pop(topic, None)
        self._note(SUBSCRIBE, self.virtual, error)
        self._close(POLICY)

    # What a session wants.

    async def _take(self, frame: Frame) -> None:
        session, now_ms = self._session, self._station.now_ms()
        await self._carry_out(self._guard(lambda: session.receive(frame, now_ms)))

    async def _carry_out(self, effects: Iterable[Effect] | None) -> None:
        await carry_out(effects, self._one, is_over=lambda: self._is_over, close=self._close)

    async def _one(self, effect: Effect) -> Sequence[Effect]:
        match effect:
            case Send(frame):
                self._send(frame)
            case Close(code):
                self._close(code)
            case Unsubscribe(topic):
                self._forget(topic)
            case Subscribe():
                return self._subscribe(effect)
            case LogIn():
                return await self._log_in(effect)
            case Ask():
                await self._begin_to_ask(effect)
        return ()

    async def _log_in(self, wanted: LogIn) -> Sequence[Effect]:
        virtual, now_ms, session = None, self._station.now_ms(), self._session
        try:
            virtual = await self._proven(wanted)
            if self.virtual is not None and self.virtual.id != virtual.id:
                # What was subscribed to was subscribed to for another key.
                raise NotProven("bad_key")
            self._station.parts.desk.hold(virtual, self._listening())
            self._keeper.own(self, virtual)
            self.virtual = virtual
        except DrawbridgeError as error:
            if self._is_left_for(error):
                return ()
            self._note(LOG_IN, virtual, error)
            return self._refused(wanted.ref, error)
        self._note(LOG_IN, virtual, None)
        return self._guard(lambda: session.logged_in(wanted.ref, now_ms)) or ()

    async def _proven(self, wanted: LogIn) -> VirtualKey:
        proving, now_ms = self._station.proving, self._station.now_ms()
        if wanted.proof is not None:
            return await proving.prove(wanted.proof, now_ms)
        return proving.by_token(wanted.token, now_ms)

    def _subscribe(self, wanted: Subscribe) -> Sequence[Effect]:
        topic = wanted.topic
        if topic in self._topics:
            return ()
        try:
            if len(self._topics) >= MOST_TOPICS:
                raise ExchangeDown("rate_limited", limit=MOST_TOPICS, seconds=1)
            if topic.kind.is_private:
                self._follow_privately(wanted)
            else:
                self._topics[topic] = None
                self._station.parts.topics.listen(self._at(topic), self)
        except DrawbridgeError as error:
            self._topics.pop(topic, None)
            self._note(SUBSCRIBE, self.virtual, error)
            return self._refused(wanted.ref, error)
        return ()

    def _follow_privately(self, wanted: Subscribe) -> None:
        virtual = self.virtual
        if virtual is None:
            raise NotProven("bad_key")
        scope = Scope.READ
        if wanted.endpoint:
            scope = self._station.exchange.endpoints.named(wanted.endpoint).scope or Scope.READ
        self._station.parts.desk.hold(virtual, self._listening(scope))
        self._topics[wanted.topic] = self._start(self._follow(virtual.key_id, wanted))

    async def _follow(self, key_id: str, wanted: Subscribe) -> None:
        parts, topic = self._station.parts, wanted.topic
        account = AccountTopic(parts.snapshots, parts.streams, key_id, topic)
        try:
            await account.follow(lambda event: self.tell(topic, event), self._station.now_ms)
        except DrawbridgeError as error:
            self._topics.pop(topic, None)
            self._note(SUBSCRIBE, self.virtual, error)
            await self._carry_out(self._refused(wanted.ref, error))
            return
        self.lose()

    async def _begin_to_ask(self, ask: Ask) -> None:
        """Let something be asked while others are: an exchange answers as each is done."""
        while len(self._asked) >= MOST_ASKED:
            await asyncio.wait(self._asked, return_when=asyncio.FIRST_COMPLETED)
        before = tuple(self._placing) if isinstance(ask.operation, _AFTER_ORDERS) else ()
        task = self._start(self._ask(ask, before))
        kinds = (
            [self._asked, self._placing] if isinstance(ask.operation, PlaceOrder) else [self._asked]
        )
        for kind in kinds:
            kind.add(task)
            task.add_done_callback(kind.discard)

    async def _ask(self, ask: Ask, before: Sequence[asyncio.Task[None]]) -> None:
        station, session, virtual = self._station, self._session, None
        began_ns = station.parts.ticks_ns()
        if before:
            await asyncio.wait(before)
        try:
            virtual = await self._asker(ask)
            result = await station.answer(ask, virtual, self._address)
        except DrawbridgeError as error:
            if self._is_left_for(error):
                return
            station.note(Passing(ask.endpoint, virtual, began_ns, self._address), error)
            await self._carry_out(self._refused(ask.ref, error))
            return
        station.note(Passing(ask.endpoint, virtual, began_ns, self._address), None)
        now_ms = station.now_ms()
        await self._carry_out(self._guard(lambda: session.answered(ask.ref, result, now_ms)))

    async def _asker(self, ask: Ask) -> VirtualKey | None:
        """Give whose question it is: that of its own proof, else of who has logged in."""
        proving = self._station.proving
        if ask.proof is not None:
            return await proving.prove(ask.proof, self._station.now_ms())
        # As the key is now: narrowed and revoked hold for what is asked over an open socket.
        return None if self.virtual is None else proving.again(self.virtual)

    def _refused(self, ref: object, error: DrawbridgeError) -> Sequence[Effect]:
        station, session, now_ms = self._station, self._session, self._station.now_ms()
        spoken = station.spoken(station.exchange, error)
        return self._guard(lambda: session.refused(ref, spoken, now_ms)) or ()

    # The rest.

    def _is_idle(self) -> bool:
        quiet_ms = self._station.parts.clock.now_ms() - self._active_ms
        has_use = self.virtual is not None or self._topics or self._asked
        return quiet_ms > IDLE_MS and not has_use

    def _send(self, frame: Frame) -> None:
        if self._socket is not None:
            self._socket.send(frame)

    def _close(self, code: int) -> None:
        self._is_over = True
        if self._socket is not None:
            self._socket.close(code)

    def _is_left_for(self, error: DrawbridgeError) -> bool:
        """End it where the account is another process's: nothing was judged or sent."""
        shard = error.facts.get(SHARD) if error.code == MOVED else None
        if not isinstance(shard, int):
            return False
        self._is_over = True
        if self._socket is not None:
            self._socket.close(_AGAIN_LATER, shard=shard)
        return True

    def _at(self, topic: Topic) -> At:
        return At(self._station.exchange.id, self._station.venue, topic)

    def _listening(self, scope: Scope = Scope.READ) -> Asked:
        return Asked(Act.READ, scope, self._address, self._station.parts.clock.now_ms())

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._keeper.work(task)
        task.add_done_callback(self._heard_of)
        return task

    def _heard_of(self, task: asyncio.Task[None]) -> None:
        failed = None if task.cancelled() else task.exception()
        if failed is not None:
            # A fault of ours must not leave a bot waiting. The text may quote a frame.
            _log.error("%s on a bot's socket", type(failed).__name__)
            self._close(BROKEN)

    def _forget(self, topic: Topic) -> None:
        if topic not in self._topics:
            return
        following = self._topics.pop(topic)
        if following is not None:
            following.cancel()
        else:
            self._station.parts.topics.forget(self._at(topic), self)

    def _end(self) -> None:
        """Follow nothing any more; what was asked is carried out to its end all the same."""
        self._is_over = True
        for topic in tuple(self._topics):
            self._forget(topic)
        self._keeper.leave(self)

    def _note(self, row: str, virtual: VirtualKey | None, error: DrawbridgeError | None) -> None:
        passing = Passing(row, virtual, self._station.parts.ticks_ns(), self._address)
        self._station.note(passing, error)

    def _guard(self, speak: Callable[[], T]) -> T | None:
        return hear(speak, self._close)
