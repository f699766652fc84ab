"""What keeps a connection of ours to Poloniex going: who does not ping for 30 s is shown out."""

from typing import Final

from drawbridge.exchanges.poloniex.stream.channels import AUTH
from drawbridge.exchanges.poloniex.stream.client import unsubscribe
from drawbridge.wire.documents import parse_object, reading
from drawbridge.wire.stream import NOTHING, OF_SPOT, Frame, Heard, Upkeep

_ANSWERED: Final = frozenset({"subscribe", "unsubscribe"})
_PING: Final = '{"event":"ping"}'


def hear(frame: Frame) -> Heard:
    """Hear answers to subscriptions, and to the log-in, which is one to a channel of its own."""
    with reading():
        document = parse_object(frame)
        is_answer = document.get("event") in _ANSWERED or document.get("channel") == AUTH
        return Heard(answers=1) if is_answer else NOTHING


def ping(number: int) -> Frame:
    """Write a ping."""
    del number
    return _PING


UPKEEP: Final = Upkeep(OF_SPOT, hear, unsubscribe, ping)
