"""What keeps a connection of ours to KuCoin going: a welcome first, and pings that we send."""

from typing import Final

from drawbridge.exchanges.kucoin.stream.client import unsubscribe
from drawbridge.wire.documents import parse_object, reading, write_document
from drawbridge.wire.stream import NOTHING, OF_SPOT, Frame, Heard, Upkeep

_ANSWERS: Final = frozenset({"welcome", "ack"})


def hear(frame: Frame) -> Heard:
    """Hear the welcome and acknowledgements."""
    with reading():
        return Heard(answers=1) if parse_object(frame).get("type") in _ANSWERS else NOTHING


def ping(number: int) -> Frame:
    """Write a ping."""
    return write_document({"id": str(number), "type": "ping"}).decode()


UPKEEP: Final = Upkeep(OF_SPOT, hear, unsubscribe, ping, greets=True, logs_in=False)
