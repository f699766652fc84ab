"""What keeps a connection of ours to HTX going: its pings are answered, each in its own way."""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.exchanges.huobi.stream.client import unsubscribe
from drawbridge.exchanges.huobi.stream.packing import unpack
from drawbridge.wire.documents import int_of, object_of, parse_object, reading, write_document
from drawbridge.wire.stream import NOTHING, OF_SPOT, Frame, Heard, Upkeep

_MARKET_ANSWERS: Final = frozenset({"subbed", "unsubbed", "rep"})
_USER_ANSWERS: Final = frozenset({"req", "sub", "unsub"})


def hear(frame: Frame) -> Heard:
    """Hear answers and pings, of market data and of an account's own."""
    with reading():
        document = parse_object(unpack(frame))
        if "ping" in document:
            return _reply({"pong": int_of(document["ping"], "ping")})
        action = document.get("action")
        if action == "ping":
            told = object_of(document["data"])
            return _reply({"action": "pong", "data": {"ts": int_of(told["ts"], "ts")}})
        is_answer = action in _USER_ANSWERS or not _MARKET_ANSWERS.isdisjoint(document)
        return Heard(answers=1) if is_answer else NOTHING


def _reply(document: Mapping[str, Any]) -> Heard:
    return Heard(reply=write_document({**document}).decode())


UPKEEP: Final = Upkeep(OF_SPOT, hear, unsubscribe)
