"""What keeps a connection of ours to Binance Futures going. Pings are those of the protocol."""

from typing import Final

from drawbridge.core.streams import TopicKind
from drawbridge.exchanges.binance_futures.stream.client import unsubscribe
from drawbridge.wire.documents import parse_object, reading
from drawbridge.wire.stream import NOTHING, Frame, Heard, Upkeep


def hear(frame: Frame) -> Heard:
    """Hear answers to requests, which have a result."""
    with reading():
        return Heard(answers=1) if "result" in parse_object(frame) else NOTHING


UPKEEP: Final = Upkeep(frozenset(TopicKind), hear, unsubscribe, logs_in=False)
