"""Streams that have names: clients subscribe to names, in the address or by numbered requests.

What an account is told of comes with a token in the place of a name. The bytes of a public event
are the same for all who follow a stream, so they are written once. Which names there are and how
their events are written is the exchange's business.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol, TypeGuard

import orjson

from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.core.markets import Markets
from drawbridge.core.streams import StreamEvent, Topic
from drawbridge.wire.documents import parse_object
from drawbridge.wire.stream import (
    Close,
    Effect,
    Effects,
    Frame,
    LogIn,
    Opening,
    Send,
    Subscribe,
    Unsubscribe,
)

_MOST_STREAMS: Final = 1_024
_MOST_ID: Final = 64
_MOST_NUMBER: Final = 2**63
_TOKEN_LENGTH: Final = 64
# The server's own numbers for frames that it cannot follow.
_INVALID: Final = 2
_NO_JSON: Final = 3


@dataclass(frozen=True, slots=True)
class NamedStream:
    """A stream that somebody subscribed to; `in_list` for those of all markets at once.

    Several streams may be about one topic; `form` is how this one is written.
    """

    name: str
    form: str
    topics: tuple[Topic, ...]
    in_list: bool = False


class StreamWords(Protocol):
    """An exchange's streams: their names, and how their events are written."""

    @property
    def private(self) -> tuple[Topic, ...]:
        """Give what a token stands for."""

    def find(self, name: str, markets: Markets) -> NamedStream | None:
        """Read a stream's name, None where there is no such stream or market."""

    def write_market(
        self, form: str, event: StreamEvent, markets: Markets, now_ms: int
    ) -> Iterable[object]:
        """Write a public event in a stream's form; nothing where the exchange is silent."""

    def write_own(self, event: StreamEvent, markets: Markets, now_ms: int) -> Iterable[object]:
        """Write a private event; nothing where the exchange is silent."""


class NamedStreams:
    """One connection to streams that have names."""

    def __init__(
        self, opening: Opening, words: StreamWords, wanted: str, *, is_combined: bool
    ) -> None:
        """Take the streams that the address names, separated by slashes.

        `is_combined`: each event travels with the name of its stream.
        """
        self._words = words
        self._markets = opening.markets
        self._shared = opening.shared
        self._opened_ms = opening.now_ms
        self._wanted = [name for name in wanted.split("/") if name]
        self._is_combined = is_combined
        self._streams: dict[str, NamedStream] = {}
        self._by_topic: dict[Topic, list[NamedStream]] = {}
        self._token = ""
        self._methods: Mapping[str, Callable[[object, Any], Effects]] = {
            "SUBSCRIBE": self._subscribe,
            "UNSUBSCRIBE": self._unsubscribe,
            "LIST_SUBSCRIPTIONS": self._list,
            "SET_PROPERTY": self._set_property,
            "GET_PROPERTY": self._get_property,
        }

    def opened(self, now_ms: int) -> Effects:
        """Take up the streams that the address names; those there are none of stay silent."""
        del now_ms
        effects: list[Effect] = []
        for name in self._wanted[:_MOST_STREAMS]:
            if len(name) == _TOKEN_LENGTH and name.isalnum():
                effects.append(LogIn(name, token=name))
            else:
                effects += self._add(name)
        return effects

    def receive(self, frame: Frame, now_ms: int) -> Effects:
        """Take a frame of the client."""
        del now_ms
        try:
            document = parse_object(frame)
        except BadInput:
            return (_error(None, _NO_JSON, "Invalid JSON"),)
        number = document.get("id")
        if not _is_id(number):
            message = "Invalid request: request ID must be an unsigned integer"
            return (_error(None, _INVALID, message),)
        do = self._methods.get(str(document.get("method")))
        if do is None:
            return (_error(number, _INVALID, "Invalid request: unknown method"),)
        return do(number, document.get("params", []))

    def logged_in(self, ref: object, now_ms: int) -> Effects:
        """Hear that a token is alive: it stands for what is private."""
        del now_ms
        self._token = str(ref)
        return tuple(Subscribe(topic) for topic in self._words.private)

    def answered(self, ref: object, result: object, now_ms: int) -> Effects:
        """Hear nothing: nothing is asked over these connections."""
        del ref, result, now_ms
        return ()

    def refused(self, ref: object, error: DrawbridgeError, now_ms: int) -> Effects:
        """Hear that a token is dead, or a stream cannot be followed: it stays silent."""
        del ref, error, now_ms
        return ()

    def tell(self, topic: Topic, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        """Write an event for every stream that is about it."""
        if topic.kind.is_private:
            documents = self._words.write_own(event, self._markets, now_ms)
            return self._frames(self._token, documents)
        frames: list[Frame] = []
        for stream in self._by_topic.get(topic, ()):
            form = (topic, stream.name, self._is_combined)
            write = partial(self._market_frames, stream, event, now_ms)
            frames += self._shared.frames(form, event, write)
        return frames

    def tick(self, now_ms: int) -> Effects:
        """End connections after a day, as the exchange does."""
        return (Close(),) if now_ms - self._opened_ms >= DAY_MS else ()

    def _market_frames(
        self, stream: NamedStream, event: StreamEvent, now_ms: int
    ) -> Sequence[Frame]:
        documents = self._words.write_market(stream.form, event, self._markets, now_ms)
        if stream.in_list:
            listed = list(documents)
            return self._frames(stream.name, (listed,) if listed else ())
        return self._frames(stream.name, documents)

    def _frames(self, name: str, documents: Iterable[object]) -> Sequence[Frame]:
        if self._is_combined:
            documents = ({"stream": name, "data": document} for document in documents)
        return [orjson.dumps(document).decode() for document in documents]

    def _subscribe(self, number: object, names: object) -> Effects:
        if not _are_names(names):
            return (_error(number, _INVALID, "Invalid request: invalid stream"),)
        if len(self._streams.keys() | set(names)) > _MOST_STREAMS:
            return (_error(number, _INVALID, "Invalid request: too many streams"),)
        effects = [effect for name in names for effect in self._add(name)]
        return (_result(number, None), *effects)

    def _unsubscribe(self, number: object, names: object) -> Effects:
        if not _are_names(names):
            return (_error(number, _INVALID, "Invalid request: invalid stream"),)
        effects = [effect for name in names for effect in self._remove(name)]
        return (_result(number, None), *effects)

    def _list(self, number: object, _: object) -> Effects:
        return (_result(number, list(self._streams)),)

    def _set_property(self, number: object, pair: object) -> Effects:
        if pair not in (["combined", True], ["combined", False]):
            return (_error(number, _INVALID, "Invalid request: unknown property"),)
        self._is_combined = pair == ["combined", True]
        return (_result(number, None),)

    def _get_property(self, number: object, names: object) -> Effects:
        if names != ["combined"]:
            return (_error(number, _INVALID, "Invalid request: unknown property"),)
        return (_result(number, self._is_combined),)

    def _add(self, name: str) -> Sequence[Effect]:
        stream = self._words.find(name, self._markets)
        if stream is None or name in self._streams:
            return ()
        self._streams[name] = stream
        new = [topic for topic in stream.topics if topic not in self._by_topic]
        for topic in stream.topics:
            self._by_topic.setdefault(topic, []).append(stream)
        return [Subscribe(topic) for topic in new]

    def _remove(self, name: str) -> Sequence[Effect]:
        stream = self._streams.pop(name, None)
        if stream is None:
            return ()
        effects = []
        for topic in stream.topics:
            left = self._by_topic[topic]
            left.remove(stream)
            if not left:
                del self._by_topic[topic]
                effects.append(Unsubscribe(topic))
        return effects


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _MOST_ID
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) < _MOST_NUMBER
    return value is None


def _are_names(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _result(number: object, result: object) -> Send:
    return _send({"result": result, "id": number})


def _error(number: object, code: int, message: str) -> Send:
    return _send({"error": {"code": code, "msg": message}, "id": number})


def _send(document: Mapping[str, Any]) -> Send:
    return Send(orjson.dumps(document).decode())
