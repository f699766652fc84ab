"""One connection of a client: carries out what its session wants, within bounds.

The session is the exchange's and knows no sockets; the socket is the server's and knows no
sessions. Who is told what, and when, is decided in `hub.py`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol, TypeVar

from drawbridge.core.errors import (
    DrawbridgeError,
    ExchangeDown,
    Forbidden,
    NotProven,
)
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.streams import StreamEvent, Topic
from drawbridge.paper.accounts import PaperKey
from drawbridge.paper.admission import with_new_keys
from drawbridge.paper.outgoing import Outgoing
from drawbridge.paper.post import Post
from drawbridge.wire.limits import Count, Limit, LimitKind, LimitPer
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
from drawbridge.wire.talking import POLICY, carry_out, hear

T = TypeVar("T")

MOST_FRAME_BYTES: Final = 65_536
_MOST_TOPICS: Final = 1_024
# So many frames a client may send at once, and then a hundred a second.
_FRAMES: Final = Limit("frames", LimitKind.DECAY, LimitPer.ADDRESS, 2_000, window_ms=20_000)
_TOO_BIG: Final = 1009


class Telling(Protocol):
    """Whoever tells connections what they subscribed to."""

    def listen(self, connection: "Connection", topic: Topic, now_ms: int) -> None:
        """Tell of a topic from now on. Raises: what no topic is refused with."""

    def forget(self, connection: "Connection", topic: Topic) -> None:
        """Tell no more of a topic."""


class Connection:
    """The server's half of a session."""

    def __init__(self, post: Post, session: Session, telling: Telling, address: str) -> None:
        """Join a session to its exchange; nothing is sent before `open`."""
        self.post = post
        self.address = address
        self.key: PaperKey | None = None
        self.topics: dict[Topic, None] = {}
        self.outgoing = Outgoing()
        self._session = session
        self._telling = telling
        self._frames = Count(_FRAMES)

    async def open(self) -> None:
        """Let the session greet."""
        await self._carry_out(self._guard(lambda: self._session.opened(self._now_ms())))

    async def receive(self, frame: Frame) -> None:
        """Take a frame of the client."""
        if self.outgoing.is_closed:
            return
        now_ms = self._now_ms()
        if self._frames.charge(1, now_ms):
            self.outgoing.close(POLICY)
        elif len(frame) > MOST_FRAME_BYTES:
            self.outgoing.close(_TOO_BIG)
        else:
            await self._carry_out(self._guard(lambda: self._session.receive(frame, now_ms)))

    async def tick(self, now_ms: int) -> None:
        """Let time pass; a key that may not be used any more ends the connection."""
        if self.key is not None and not self._may_go_on(self.key, now_ms):
            self.outgoing.close(POLICY)
            return
        await self._carry_out(self._guard(lambda: self._session.tick(now_ms)))

    def tell(self, topic: Topic, event: StreamEvent, now_ms: int) -> None:
        """Tell of an event of a topic, unless it was left in the meantime."""
        if topic not in self.topics or self.outgoing.is_closed:
            return
        for frame in self._guard(lambda: self._session.tell(topic, event, now_ms)) or ():
            self.outgoing.put(frame)

    async def _carry_out(self, effects: Iterable[Effect] | None) -> None:
        outgoing = self.outgoing
        await carry_out(
            effects, self._one, is_over=lambda: outgoing.is_closed, close=outgoing.close
        )

    async def _one(self, effect: Effect) -> Sequence[Effect]:
        match effect:
            case Send(frame):
                self.outgoing.put(frame)
            case Close(code):
                self.outgoing.close(code)
            case Unsubscribe(topic):
                if topic in self.topics:
                    del self.topics[topic]
                    self._telling.forget(self, topic)
            case Subscribe():
                return self._subscribe(effect)
            case LogIn() | Ask():
                return await self._ask(effect)
        return ()

    def _subscribe(self, wanted: Subscribe) -> Sequence[Effect]:
        now_ms, topic = self._now_ms(), wanted.topic
        is_new = topic not in self.topics
        try:
            if topic.kind.is_private:
                if self.key is None:
                    raise NotProven("bad_key")
                self.post.admission.admit_topic(wanted.endpoint, self.key)
            if is_new and len(self.topics) >= _MOST_TOPICS:
                raise ExchangeDown("rate_limited", limit=_MOST_TOPICS, seconds=1)
            self.topics[topic] = None
            self._telling.listen(self, topic, now_ms)
        except DrawbridgeError as error:
            if is_new:
                self.topics.pop(topic, None)
            return self._refused(wanted.ref, error)
        return ()

    async def _ask(self, effect: LogIn | Ask) -> Sequence[Effect]:
        try:
            if isinstance(effect, LogIn):
                self.key = await with_new_keys(self.post.world, lambda: self._log_in(effect))
                result: object = None
            else:
                result = await with_new_keys(self.post.world, lambda: self._result(effect))
            # As over REST: nothing is told before it is on disk, a used nonce included.
            await self.post.world.durable()
        except DrawbridgeError as error:
            return self._refused(effect.ref, error)
        now_ms = self._now_ms()
        if isinstance(effect, LogIn):
            heard = self._guard(lambda: self._session.logged_in(effect.ref, now_ms))
        else:
            heard = self._guard(lambda: self._session.answered(effect.ref, result, now_ms))
        return heard or ()

    def _log_in(self, wanted: LogIn) -> PaperKey:
        post, now_ms = self.post, self._now_ms()
        if wanted.proof is not None:
            key = post.admission.log_in(wanted.proof, self.address, now_ms)
        else:
            name = post.world.stream_tokens.key_of(post.exchange.id, wanted.token, now_ms)
            key = post.admission.identify(name, self.address, now_ms)
        if self.key is not None and self.key.account != key.account:
            # What was subscribed to was subscribed to for another person.
            raise NotProven("bad_key")
        return key

    def _result(self, ask: Ask) -> object:
        post, now_ms = self.post, self._now_ms()
        admitted = post.admission.admit_ask(ask, self.key, self.address, now_ms)
        if not admitted.endpoint.operation:
            raise Forbidden("unknown_endpoint", rule="endpoint")
        if admitted.endpoint.answer:
            return admitted.endpoint.answer
        if admitted.key is not None and isinstance(ask.operation, PlaceOrder):
            post.admission.require(admitted.key, ask.operation.scope)
        return post.carrier.result(admitted.key, ask.operation, now_ms)

    def _refused(self, ref: object, error: DrawbridgeError) -> Sequence[Effect]:
        now_ms = self._now_ms()
        return self._guard(lambda: self._session.refused(ref, error, now_ms)) or ()

    def _may_go_on(self, key: PaperKey, now_ms: int) -> bool:
        try:
            # The very same key: one that was made anew under its name is another.
            return self.post.admission.identify(key.key, self.address, now_ms) is not None
        except (NotProven, Forbidden):
            return False

    def _guard(self, speak: Callable[[], T]) -> T | None:
        return hear(speak, self.outgoing.close)

    def _now_ms(self) -> int:
        return self.post.clock.now_ms()
