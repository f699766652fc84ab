"""What keeps a connection of ours to Gate going. Its own pings may be sent and need not be."""

from typing import Final

from drawbridge.exchanges.gate.stream.client import unsubscribe
from drawbridge.wire.documents import parse_object, reading
from drawbridge.wire.stream import NOTHING, OF_SPOT, Frame, Heard, Upkeep

_ANSWERED: Final = frozenset({"subscribe", "unsubscribe"})


def hear(frame: Frame) -> Heard:
    """Hear answers to subscriptions."""
    with reading():
        return Heard(answers=1) if parse_object(frame).get("event") in _ANSWERED else NOTHING


UPKEEP: Final = Upkeep(OF_SPOT, hear, unsubscribe, logs_in=False)
