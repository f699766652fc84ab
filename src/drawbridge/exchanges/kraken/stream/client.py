"""Our side of Kraken's streams: what we send, and how we read what comes. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.streams import StreamEvent, Topic, TopicKind
from drawbridge.exchanges.kraken.codec.prices import INTERVALS_MINUTES
from drawbridge.exchanges.kraken.stream.reading import read_message
from drawbridge.wire.dialect import Credential
from drawbridge.wire.documents import parse_object, reading, write_document
from drawbridge.wire.stream import Frame

_CHANNELS: Final = {
    TopicKind.TICKER: "ticker",
    TopicKind.CANDLES: "ohlc",
    TopicKind.BOOK: "book",
    TopicKind.TRADES: "trade",
}
_WHOLE_BOOK: Final = 1_000


def stream_path(topic: Topic) -> bytes:
    """Give the path at which this topic is subscribed to."""
    return b"/ws-auth/v2" if topic.kind.is_private else b"/v2"


def log_in(_credential: Credential, _stamp: str) -> Frame:
    """Write nothing: every private subscription carries its own token."""
    return ""


def subscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write the frames that subscribe, one for each topic."""
    return _requests("subscribe", topics, markets, number)


def unsubscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write the frames that end subscriptions, one for each topic."""
    return _requests("unsubscribe", topics, markets, number)


def _requests(
    method: str, topics: Iterable[Topic], markets: Markets, number: int
) -> Sequence[Frame]:
    return [
        write_document(
            {"method": method, "params": _params(topic, markets), "req_id": number + place}
        ).decode()
        for place, topic in enumerate(topics)
    ]


def _params(topic: Topic, markets: Markets) -> dict[str, object]:
    if topic.kind is TopicKind.ORDERS:
        return {"channel": "executions", "snap_orders": True, "token": "{token}"}
    if topic.kind is TopicKind.BALANCES:
        return {"channel": "balances", "token": "{token}"}
    params: dict[str, object] = {
        "channel": _CHANNELS[topic.kind],
        "symbol": [markets.get(topic.symbol).symbol],
    }
    if topic.kind is TopicKind.CANDLES:
        minutes, rest = divmod(topic.interval_ms, MINUTE_MS)
        if rest or minutes not in INTERVALS_MINUTES:
            raise BadInput("bad_interval", field="interval")
        params["interval"] = minutes
    if topic.kind is TopicKind.BOOK:
        params["depth"] = topic.depth or _WHOLE_BOOK
    return params


def read_frame(frame: Frame, markets: Markets) -> Sequence[StreamEvent]:
    """Read a frame's events; none for greetings, answers and heartbeats.

    Raises: `ExchangeRefused("refused")`, `OutcomeUnknown("unreadable_answer")`.
    """
    with reading():
        return read_message(parse_object(frame), markets)
