"""What an exchange's streams must be able to do, in both directions, without any I/O.

The server's side of one connection is a session: frames go in, effects come out, and whoever
holds the socket carries them out. An exchange's module `stream` offers `open_session` for it.
Our own side is four pure functions of the same module.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.markets import Markets
from drawbridge.core.operations import Operation
from drawbridge.core.streams import StreamEvent, Topic, TopicKind
from drawbridge.wire.dialect import Claim, Credential
from drawbridge.wire.errors import ErrorTable
from drawbridge.wire.http import Headers

Frame = str | bytes
"""A frame: text, or bytes for exchanges that send theirs compressed."""

_MOST_SHARED: Final = 4_096


class SharedFrames:
    """What was last written of a topic, for all sessions of an exchange that write it alike.

    Why: a hundred clients that follow one book are told the same bytes, written once.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        """Start with nothing written."""
        self._known: dict[Hashable, tuple[object, Sequence[Frame]]] = {}

    def frames(
        self, form: Hashable, event: object, write: Callable[[], Sequence[Frame]]
    ) -> Sequence[Frame]:
        """Give the frames of this event in this form; `write` writes them when nobody has yet.

        `form` is all that the bytes depend on beside the event: the topic at least.
        """
        known = self._known.get(form)
        if known is not None and known[0] is event:
            return known[1]
        frames = tuple(write())
        if len(self._known) >= _MOST_SHARED:
            self._known.clear()
        self._known[form] = event, frames
        return frames


@dataclass(frozen=True, slots=True)
class Opening:
    """How a connection was opened. Shape as in `WireRequest`: raw path, query without `?`.

    `errors` is the exchange's table, to speak refusals by; `shared` is one for all its sessions.
    """

    path: bytes
    query: bytes
    headers: Headers
    markets: Markets
    now_ms: int
    errors: ErrorTable
    shared: SharedFrames = field(default_factory=SharedFrames)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a log-in frame claims, and exactly the bytes whose signature proves it."""

    claim: Claim
    payload: bytes


@dataclass(frozen=True, slots=True)
class Send:
    """Send a frame."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class LogIn:
    """Check a proof, or a token that was drawn over REST; the session hears of it by `ref`.

    After it, the connection speaks for that key.
    """

    ref: object
    proof: Proof | None = None
    token: str = ""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Tell this session of a topic from now on, beginning with how things stand.

    `ref` is given back with `refused` where it may not be. A private topic needs a log-in before,
    and the right to read, or the one that the row `endpoint` of the endpoint table asks for.
    """

    topic: Topic
    ref: object = None
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Tell this session no more of a topic."""

    topic: Topic


@dataclass(frozen=True, slots=True)
class Ask:
    """Carry out an operation; the session hears of it by `ref`.

    `endpoint` is the name of a row of the endpoint table (its method is `WS`), which says the
    right and the costs. Without a `proof`, the connection's log-in counts. Where the row has a
    fixed `answer`, its bytes are the result.
    """

    ref: object
    endpoint: str
    operation: Operation[Any]
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection with a code of the WebSocket protocol."""

    code: int = 1000


Effect = Send | LogIn | Subscribe | Unsubscribe | Ask | Close
Effects = Sequence[Effect]


class Session(Protocol):
    """The exchange's side of one connection. Never raises for what a client can send."""

    def opened(self, now_ms: int) -> Effects:
        """Greet the client, and take up what the address itself subscribed to."""

    def receive(self, frame: Frame, now_ms: int) -> Effects:
        """Take a frame of the client."""

    def logged_in(self, ref: object, now_ms: int) -> Effects:
        """Hear that a log-in was right."""

    def answered(self, ref: object, result: object, now_ms: int) -> Effects:
        """Hear the result of an operation that was asked for."""

    def refused(self, ref: object, error: DrawbridgeError, now_ms: int) -> Effects:
        """Hear that a log-in, a subscription or an operation was refused."""

    def tell(self, topic: Topic, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        """Write an event of a subscribed topic as frames; none where the exchange is silent."""

    def tick(self, now_ms: int) -> Effects:
        """Let time pass: pings, heartbeats, and the end of clients that do not answer.

        Called about four times a second.
        """


class ServerStream(Protocol):
    """The exchange's side, in the module `stream`."""

    def open_session(self, opening: Opening) -> Session | None:
        """Begin a connection at that path, None where the exchange serves no stream."""


class ClientStream(Protocol):
    """Our side, in the module `stream`. Pure.

    Where frames cannot be read without knowing those before (they name a channel by a number of
    the connection), the module offers `begin_reading` as well: see `reader_of`.
    """

    def stream_path(self, topic: Topic) -> bytes:
        """Give the path at which this topic is subscribed to, with its query if it needs one.

        Where a token travels in the address, `{token}` stands in its place.
        """

    def log_in(self, credential: Credential, stamp: str) -> Frame:
        """Write the frame that logs in; for exchanges with tokens, the token is the stamp.

        Empty where the address or each subscription does.
        """

    def subscribe(self, topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
        """Write the frames that subscribe; `number` numbers the first.

        Where a token travels in a frame, `{token}` stands in its place.
        """

    def read_frame(self, frame: Frame, markets: Markets) -> Sequence[StreamEvent]:
        """Read a frame's events; none for greetings, answers and pings.

        Raises: a `DrawbridgeError` for what the exchange refused;
        `OutcomeUnknown("unreadable_answer")` for what cannot be understood.
        """


def subscribing(
    stream: ClientStream,
    topics: Sequence[Topic],
    markets: Markets,
    number: int,
    signing: tuple[Credential, str],
) -> Sequence[Frame]:
    """Write the frames that subscribe to what is private, for a key and a stamp.

    Where each subscription is signed by itself instead of the connection being logged in, the
    module offers `subscribe_signed` as well, with credential and stamp as its last arguments.
    """
    each: Callable[..., Sequence[Frame]] | None = getattr(stream, "subscribe_signed", None)
    if each is None:
        return stream.subscribe(topics, markets, number)
    return each(topics, markets, number, *signing)


ReadFrame = Callable[[Frame, Markets], Sequence[StreamEvent]]
"""Reads a frame's events, as `ClientStream.read_frame` does."""


def reader_of(stream: ClientStream) -> ReadFrame:
    """Give what reads the frames of one connection, from its first frame on."""
    begin: Callable[[], ReadFrame] | None = getattr(stream, "begin_reading", None)
    return stream.read_frame if begin is None else begin()


@dataclass(frozen=True, slots=True)
class Heard:
    """What a frame means for the conversation itself.

    `answers`: so many of the frames that we sent are answered by it, with a yes. `reply` must be
    sent back, where it is not empty.
    """

    answers: int = 0
    reply: Frame = ""


NOTHING: Final = Heard()

OF_MARKETS: Final = frozenset(
    {TopicKind.TICKER, TopicKind.CANDLES, TopicKind.BOOK, TopicKind.TRADES}
)
OF_SPOT: Final = OF_MARKETS | {TopicKind.ORDERS, TopicKind.BALANCES}
"""What most exchanges tell: of markets, and of an account that trades spot."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What keeps a connection of ours going, beside what is told over it. Pure functions.

    `tells` is what can be subscribed to at all.
    `hear` is shown frames without events, and all frames while an answer is waited for; refusals
    are what `read_frame` raises. `unsubscribe` is for public topics: what is private ends with its
    connection. `ping` writes a numbered frame that the exchange must be sent from time to time.
    `first` is sent when a connection opens, each frame to be answered. `greets`: the exchange
    answers that the connection is open, and takes nothing before. `logs_in`: `log_in` writes a
    frame; where it does not, an address, a token or each subscription proves the key.
    """

    tells: frozenset[TopicKind]
    hear: Callable[[Frame], Heard]
    unsubscribe: Callable[[Iterable[Topic], Markets, int], Sequence[Frame]]
    ping: Callable[[int], Frame] | None = None
    first: Sequence[Frame] = ()
    greets: bool = False
    logs_in: bool = True


class KeptStream(ClientStream, Protocol):
    """Our side with what keeps its connections going."""

    @property
    def UPKEEP(self) -> Upkeep:  # noqa: N802  a constant of the module
        """Give what keeps a connection going."""


def leaving(
    stream: KeptStream, read: ReadFrame, topics: Sequence[Topic], markets: Markets, number: int
) -> Sequence[Frame]:
    """Write the frames that end subscriptions to public topics.

    Where a subscription is ended by what only the connection's reader knows, that one writes them.
    """
    own: Callable[..., Sequence[Frame]] | None = getattr(read, "unsubscribe", None)
    return (own or stream.UPKEEP.unsubscribe)(topics, markets, number)


class Stream(ServerStream, KeptStream, Protocol):
    """Both sides. An exchange's module `stream` is one of these."""
