"""What keeps a connection of ours to Binance going. Pings are those of the protocol itself."""

from typing import Final

from drawbridge.exchanges.binance.stream.client import unsubscribe
from drawbridge.wire.documents import parse_object, reading
from drawbridge.wire.stream import NOTHING, OF_SPOT, Frame, Heard, Upkeep


def hear(frame: Frame) -> Heard:
    """Hear answers to requests, which have a result."""
    with reading():
        return Heard(answers=1) if "result" in parse_object(frame) else NOTHING


UPKEEP: Final = Upkeep(OF_SPOT, hear, unsubscribe)
