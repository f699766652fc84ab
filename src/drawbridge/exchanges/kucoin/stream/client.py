"""Our side of KuCoin's streams: what to send, and what comes back read as our events.

A token from REST stands in the address, behind the path; there is no frame to log in with.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from drawbridge.core.errors import BadInput, ExchangeRefused
from drawbridge.core.markets import Markets
from drawbridge.core.streams import StreamEvent, Topic, TopicKind
from drawbridge.exchanges.kucoin.codec.prices import INTERVAL_WORDS
from drawbridge.exchanges.kucoin.codec.tokens import STREAM_PATH
from drawbridge.exchanges.kucoin.stream.channels import Form
from drawbridge.exchanges.kucoin.stream.reading import read_message
from drawbridge.wire.dialect import Credential
from drawbridge.wire.documents import parse_object, reading, write_document
from drawbridge.wire.stream import Frame

_FORMS: Final = {
    TopicKind.TICKER: Form.SNAPSHOT,
    TopicKind.CANDLES: Form.CANDLES,
    TopicKind.TRADES: Form.TRADES,
    TopicKind.BOOK: Form.CHANGES,
    TopicKind.ORDERS: Form.ORDERS,
    TopicKind.BALANCES: Form.BALANCES,
}
_SHORT: Final = {5: Form.BOOK_5, 50: Form.BOOK_50}
_MOST_TOLD: Final = 200


def stream_path(_topic: Topic) -> bytes:
    """Give the path at which everything is subscribed to, with room for a token."""
    return STREAM_PATH + b"?token={token}"


def log_in(_credential: Credential, _stamp: str) -> Frame:
    """Write nothing: the address logs in."""
    return ""


def subscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write the frames that subscribe, one for each topic."""
    return _messages("subscribe", topics, markets, number)


def unsubscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write the frames that end subscriptions, one for each topic."""
    return _messages("unsubscribe", topics, markets, number)


def _messages(kind: str, topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    return [
        write_document(
            {
                "id": str(number + place),
                "type": kind,
                "topic": _name_of(topic, markets),
                "privateChannel": topic.kind.is_private,
                "response": True,
            }
        ).decode()
        for place, topic in enumerate(topics)
    ]


def _name_of(topic: Topic, markets: Markets) -> str:
    form = _SHORT.get(topic.depth, _FORMS[topic.kind])
    if topic.kind.is_private:
        return form.value
    name = f"{form.value}:{markets.get(topic.symbol).id}"
    if topic.kind is not TopicKind.CANDLES:
        return name
    word = INTERVAL_WORDS.get(topic.interval_ms)
    if word is None:
        raise BadInput("bad_interval", field="interval")
    return f"{name}_{word}"


def read_frame(frame: Frame, markets: Markets) -> Sequence[StreamEvent]:
    """Read a frame's events; none for greetings, answers and pings.

    Raises: `ExchangeRefused("refused")`, `OutcomeUnknown("unreadable_answer")`.
    """
    with reading():
        document = parse_object(frame)
        if document["type"] == "error":
            raise ExchangeRefused(
                "refused",
                exchange_code=str(document.get("code", "")),
                told=str(document.get("data", ""))[:_MOST_TOLD],
            )
        return read_message(document, markets) if document["type"] == "message" else ()
