"""Our side of Coinbase's streams: what to send. What comes back is read in `reading.py`."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

from drawbridge.core.errors import BadInput, ExchangeRefused, NotProven
from drawbridge.core.markets import Markets
from drawbridge.core.streams import StreamEvent, Topic, TopicKind
from drawbridge.exchanges.coinbase.dialect import unsigned
from drawbridge.exchanges.coinbase.stream.channels import CANDLE_MS, Channel
from drawbridge.exchanges.coinbase.stream.reading import read_message
from drawbridge.wire.dialect import Credential
from drawbridge.wire.documents import parse_object, reading, text_of, write_document
from drawbridge.wire.stream import Frame

_CHANNELS: Final = {
    TopicKind.TICKER: Channel.TICKER,
    TopicKind.CANDLES: Channel.CANDLES,
    TopicKind.BOOK: Channel.LEVEL2,
    TopicKind.TRADES: Channel.MARKET_TRADES,
}
_NONCE_BYTES: Final = 16
_MOST_TOLD: Final = 200
_AUTHENTICATION: Final = "authentication failure"


def stream_path(_topic: Topic) -> bytes:
    """Give the path at which everything is subscribed to."""
    return b"/"


def log_in(credential: Credential, stamp: str) -> Frame:
    """Write the frame that subscribes to one's own orders: it carries the token itself."""
    nonce = sha256(stamp.encode()).digest()[:_NONCE_BYTES]
    token = unsigned(credential, int(stamp), nonce)
    signed = token + b"." + credential.signer.sign(token)
    return write_document(
        {
            "type": "subscribe",
            "product_ids": [],
            "channel": Channel.USER.value,
            "jwt": signed.decode("ascii"),
        }
    ).decode()


def subscribe(topics: Iterable[Topic], markets: Markets, _number: int) -> Sequence[Frame]:
    """Write the frames that subscribe, one for each channel; own orders came with the log-in.

    Raises: `BadInput` `unsupported_operation` for balances, which no channel tells,
    `bad_interval` for candles of another length than five minutes.
    """
    return _requests("subscribe", topics, markets)


def unsubscribe(topics: Iterable[Topic], markets: Markets, _number: int) -> Sequence[Frame]:
    """Write the frames that end subscriptions to public topics, one for each channel."""
    return _requests("unsubscribe", topics, markets)


def _requests(kind: str, topics: Iterable[Topic], markets: Markets) -> Sequence[Frame]:
    wanted: dict[Channel, list[str]] = {}
    for topic in topics:
        if topic.kind is TopicKind.ORDERS:
            continue
        if topic.kind not in _CHANNELS:
            raise BadInput("unsupported_operation", field="topic")
        if topic.kind is TopicKind.CANDLES and topic.interval_ms != CANDLE_MS:
            raise BadInput("bad_interval", field="interval")
        wanted.setdefault(_CHANNELS[topic.kind], []).append(markets.get(topic.symbol).id)
    return [
        write_document({"type": kind, "product_ids": products, "channel": channel.value}).decode()
        for channel, products in wanted.items()
    ]


def read_frame(frame: Frame, markets: Markets) -> Sequence[StreamEvent]:
    """Read a message's events; none for what only answers a subscription.

    Raises: `NotProven("bad_signature")`, `ExchangeRefused("refused")`,
    `OutcomeUnknown("unreadable_answer")`.
    """
    with reading():
        document = parse_object(frame)
        if document.get("type") == "error":
            told = text_of(document.get("message") or "")[:_MOST_TOLD]
            if told == _AUTHENTICATION:
                raise NotProven("bad_signature", told=told)
            raise ExchangeRefused("refused", exchange_code="", told=told)
        return read_message(document, markets)
