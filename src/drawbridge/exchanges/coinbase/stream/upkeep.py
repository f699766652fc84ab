"""What keeps a connection of ours to Coinbase going: heartbeats, without which quiet ones end."""

from typing import Final

from drawbridge.core.streams import TopicKind
from drawbridge.exchanges.coinbase.stream.channels import Channel
from drawbridge.exchanges.coinbase.stream.client import unsubscribe
from drawbridge.wire.documents import parse_object, reading, write_document
from drawbridge.wire.stream import NOTHING, OF_MARKETS, Frame, Heard, Upkeep

_ANSWER: Final = "subscriptions"
_HEARTBEATS: Final = write_document(
    {"type": "subscribe", "product_ids": [], "channel": Channel.HEARTBEATS.value}
).decode()


def hear(frame: Frame) -> Heard:
    """Hear what is subscribed to, which answers every request."""
    with reading():
        return Heard(answers=1) if parse_object(frame).get("channel") == _ANSWER else NOTHING


UPKEEP: Final = Upkeep(OF_MARKETS | {TopicKind.ORDERS}, hear, unsubscribe, first=(_HEARTBEATS,))
