"""What keeps a connection of ours to Kraken going. Pings are those of the protocol itself."""

from typing import Final

from drawbridge.exchanges.kraken.stream.client import unsubscribe
from drawbridge.wire.documents import parse_object, reading
from drawbridge.wire.stream import NOTHING, OF_SPOT, Frame, Heard, Upkeep

_ANSWERED: Final = frozenset({"subscribe", "unsubscribe"})


def hear(frame: Frame) -> Heard:
    """Hear answers to requests."""
    with reading():
        is_answer = parse_object(frame).get("method") in _ANSWERED
        return Heard(answers=1) if is_answer else NOTHING


UPKEEP: Final = Upkeep(OF_SPOT, hear, unsubscribe, logs_in=False)
