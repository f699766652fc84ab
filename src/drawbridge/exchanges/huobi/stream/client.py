"""Our side of HTX's streams: what we send, and how we read what comes. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from drawbridge.core.markets import Markets
from drawbridge.core.streams import StreamEvent, Topic, TopicKind
from drawbridge.exchanges.huobi.dialect import stream_log_in
from drawbridge.exchanges.huobi.stream.channels import write_market_channel, write_user_channels
from drawbridge.exchanges.huobi.stream.packing import unpack
from drawbridge.exchanges.huobi.stream.reading import Reader
from drawbridge.wire.dialect import Credential
from drawbridge.wire.documents import parse_object, reading, write_document
from drawbridge.wire.stream import Frame, ReadFrame

_MARKET: Final = b"/ws"
_BOOKS: Final = b"/feed"
_USER: Final = b"/ws/v2"


def stream_path(topic: Topic) -> bytes:
    """Give the path at which this topic is subscribed to."""
    if topic.kind.is_private:
        return _USER
    return _BOOKS if topic.kind is TopicKind.BOOK else _MARKET


def log_in(credential: Credential, stamp: str) -> Frame:
    """Write the frame that logs in."""
    params = stream_log_in(credential, stamp, _USER)
    return write_document({"action": "req", "ch": "auth", "params": params}).decode()


def subscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write the frames that subscribe; a book is asked for as a whole as well.

    Raises: `BadInput` for what the exchange does not tell.
    """
    frames: list[dict[str, str]] = []
    for topic in topics:
        if topic.kind.is_private:
            frames += [{"action": "sub", "ch": name} for name in write_user_channels(topic)]
            continue
        name = write_market_channel(topic, markets)
        words = ("sub", "req") if topic.kind is TopicKind.BOOK else ("sub",)
        frames += [{word: name, "id": str(number + len(frames))} for word in words]
    return [write_document(frame).decode() for frame in frames]


def unsubscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write the frames that end subscriptions to public topics."""
    names = [write_market_channel(topic, markets) for topic in topics]
    frames = ({"unsub": name, "id": str(number + place)} for place, name in enumerate(names))
    return [write_document(frame).decode() for frame in frames]


def begin_reading() -> ReadFrame:
    """Begin to read the frames of one connection."""
    reader = Reader()

    def read(frame: Frame, markets: Markets) -> Sequence[StreamEvent]:
        with reading():
            return reader.read(parse_object(unpack(frame)), markets)

    return read


def read_frame(frame: Frame, markets: Markets) -> Sequence[StreamEvent]:
    """Read a frame by itself; executions of orders that were told before are left out.

    Raises: `NotProven`, `ExchangeRefused("refused")`, `OutcomeUnknown("unreadable_answer")`.
    """
    return begin_reading()(frame, markets)
