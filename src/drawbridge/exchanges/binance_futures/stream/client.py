"""Our side of Binance Futures' streams: what we send, and how we read what comes. Pure."""

from collections.abc import Iterable, Sequence

import orjson

from drawbridge.core.errors import OutcomeUnknown
from drawbridge.core.markets import Markets
from drawbridge.core.streams import StreamEvent, Topic, TopicKind
from drawbridge.exchanges.binance_futures.stream.names import name_of
from drawbridge.exchanges.binance_futures.stream.reading import read_document
from drawbridge.wire.dialect import Credential
from drawbridge.wire.documents import parse_document, reading
from drawbridge.wire.stream import Frame


def stream_path(topic: Topic) -> bytes:
    """Give the path at which a topic is subscribed to; a token stands for all that is private."""
    if topic.kind.is_private:
        return b"/private/ws?listenKey={token}"
    is_book = topic.kind in {TopicKind.BOOK, TopicKind.TRADES}
    return b"/public/ws" if is_book else b"/market/ws"


def log_in(credential: Credential, stamp: str) -> Frame:
    """Write nothing: the address logs in."""
    del credential, stamp
    return ""


def subscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write the frame that subscribes to public topics; private ones come with the address."""
    return _request("SUBSCRIBE", topics, markets, number)


def unsubscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write the frame that ends subscriptions to public topics."""
    return _request("UNSUBSCRIBE", topics, markets, number)


def _request(
    method: str, topics: Iterable[Topic], markets: Markets, number: int
) -> Sequence[Frame]:
    names = [name_of(topic, markets) for topic in topics if not topic.kind.is_private]
    if not names:
        return ()
    frame = {"method": method, "params": names, "id": number}
    return (orjson.dumps(frame).decode(),)


def read_frame(frame: Frame, markets: Markets) -> Sequence[StreamEvent]:
    """Read a frame's events; none for greetings and answers.

    Raises: `ExchangeRefused("refused")`, `OutcomeUnknown("unreadable_answer")`.
    """
    with reading():
        document = parse_document(frame)
        if not isinstance(document, dict):
            raise OutcomeUnknown("unreadable_answer")
        return read_document(document, markets)
