"""Our side of Binance's streams: what we send, and how we read what comes. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

import orjson

from drawbridge.core.errors import OutcomeUnknown
from drawbridge.core.markets import Markets
from drawbridge.core.streams import StreamEvent, Topic
from drawbridge.exchanges.binance.stream.names import name_of
from drawbridge.exchanges.binance.stream.reading import read_document
from drawbridge.wire.dialect import Credential
from drawbridge.wire.documents import reading
from drawbridge.wire.stream import Frame

_WINDOW_MS: Final = 10_000


def stream_path(topic: Topic) -> bytes:
    """Give the path at which this topic is subscribed to."""
    return b"/ws-api/v3" if topic.kind.is_private else b"/ws"


def log_in(credential: Credential, stamp: str) -> Frame:
    """Write the frame that logs in and subscribes to all that is private at once."""
    told: dict[str, object] = {
        "apiKey": credential.key,
        "recvWindow": _WINDOW_MS,
        "timestamp": int(stamp),
    }
    signed = "&".join(f"{name}={value}" for name, value in sorted(told.items()))
    told["signature"] = credential.signer.sign(signed.encode()).decode("ascii")
    frame = {"id": "1", "method": "userDataStream.subscribe.signature", "params": told}
    return orjson.dumps(frame).decode()


def subscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write the frame that subscribes to public topics; private ones come with the log-in."""
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
        document = orjson.loads(frame)
        if not isinstance(document, dict):
            raise OutcomeUnknown("unreadable_answer")
        return read_document(document, markets)
