"""What keeps a connection of ours to Bitfinex going. Pings are those of the protocol itself."""

from collections.abc import Iterable, Sequence
from typing import Final

from drawbridge.core.markets import Markets
from drawbridge.core.streams import Topic
from drawbridge.wire.documents import parse_document, reading
from drawbridge.wire.stream import NOTHING, OF_SPOT, Frame, Heard, Upkeep

_ANSWERS: Final = frozenset({"subscribed", "unsubscribed", "auth"})


def hear(frame: Frame) -> Heard:
    """Hear answers; what is told of markets and accounts comes in lists."""
    with reading():
        document = parse_document(frame)
        is_answer = isinstance(document, dict) and document.get("event") in _ANSWERS
        return Heard(answers=1) if is_answer else NOTHING


def unsubscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write nothing: a channel is left by its number, which only the connection's reader knows."""
    del topics, markets, number
    return ()


UPKEEP: Final = Upkeep(OF_SPOT, hear, unsubscribe)
