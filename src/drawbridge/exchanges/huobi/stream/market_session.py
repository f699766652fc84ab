"""The exchange's side of a connection for market data: compressed frames, pings every five seconds.

Who leaves two pings unanswered is shown out. What can be subscribed to can be asked for once as
well; of that, whole books are carried out, by which clients begin to follow changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.core.markets import OrderBook
from drawbridge.core.operations import GetOrderBook
from drawbridge.core.streams import BookChange, StreamEvent, Topic
from drawbridge.exchanges.huobi.stream.channels import (
    Form,
    MarketChannel,
    read_market_channel,
)
from drawbridge.exchanges.huobi.stream.packing import pack
from drawbridge.exchanges.huobi.stream.writing import numbered_book, write_market_event
from drawbridge.wire.documents import parse_object, text_of
from drawbridge.wire.stream import (
    Ask,
    Close,
    Effects,
    Frame,
    Opening,
    Send,
    Subscribe,
    Unsubscribe,
)

_PING_MS: Final = 5_000
_MOST_MISSED: Final = 2
# The whole book is told once a second, however often it changes.
_BOOK_MS: Final = 1_000
_MOST_ID: Final = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client sent, to answer it by."""

    channel: MarketChannel
    id: str


class MarketSession:
    """One connection."""

    def __init__(self, opening: Opening) -> None:
        """Begin with no channels."""
        self._markets = opening.markets
        self._shared = opening.shared
        self._followed: dict[Topic, dict[str, MarketChannel]] = {}
        self._books: dict[Topic, OrderBook] = {}
        self._told_ms: dict[str, int] = {}
        self._pinged_ms = opening.now_ms
        self._missed = 0

    def opened(self, now_ms: int) -> Effects:
        """Say nothing: the client speaks first."""
        del now_ms
        return ()

    def receive(self, frame: Frame, now_ms: int) -> Effects:
        """Take a frame of the client."""
        try:
            document = parse_object(frame)
        except BadInput:
            return (_failure("", "malformed request", now_ms),)
        if "pong" in document:
            self._missed = 0
            return ()
        if "ping" in document:
            return (Send(pack({"pong": document["ping"]})),)
        frame_id = _id_of(document)
        for word, take in (
            ("sub", self._follow),
            ("unsub", self._leave),
            ("req", self._ask),
        ):
            if word in document:
                return self._taken(take, document[word], frame_id, now_ms)
        return (_failure(frame_id, "invalid command", now_ms),)

    def logged_in(self, ref: object, now_ms: int) -> Effects:
        """Hear nothing: nobody logs in here."""
        del ref, now_ms
        return ()

    def answered(self, ref: object, result: object, now_ms: int) -> Effects:
        """Hear a book that was asked for once."""
        if not isinstance(ref, Asked) or not isinstance(result, OrderBook):
            return ()
        return (_whole(ref, result, now_ms),)

    def refused(self, ref: object, error: DrawbridgeError, now_ms: int) -> Effects:
        """Hear that something is not told."""
        del error
        if not isinstance(ref, Asked):
            return ()
        self._forget(ref.channel)
        return (_failure(ref.id, f"invalid topic {ref.channel.name}", now_ms),)

    def tell(self, topic: Topic, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        """Write an event for every channel that is about it."""
        if isinstance(event, OrderBook):
            self._books[topic] = event
        elif isinstance(event, BookChange):
            self._books[topic] = event.book
        frames: list[Frame] = []
        for channel in self._followed.get(topic, {}).values():
            if channel.form is Form.BOOK and self._waits(channel.name, now_ms):
                continue
            write = partial(self._written, channel, event, now_ms)
            frames += self._shared.frames(channel, event, write)
        return frames

    def tick(self, now_ms: int) -> Effects:
        """Ping every five seconds, and show out who is not there any more."""
        if now_ms - self._pinged_ms < _PING_MS:
            return ()
        if self._missed >= _MOST_MISSED:
            return (Close(),)
        self._pinged_ms, self._missed = now_ms, self._missed + 1
        return (Send(pack({"ping": now_ms})),)

    # ------------------------------------------------------------------------------ channels
    def _taken(self, take: Any, name: object, frame_id: str, now_ms: int) -> Effects:  # noqa: ANN401  one of three methods
        try:
            channel = read_market_channel(text_of(name, "topic"), self._markets)
        except DrawbridgeError:
            told = name if isinstance(name, str) else ""
            return (_failure(frame_id, f"invalid topic {told[:_MOST_ID]}", now_ms),)
        effects: Effects = take(Asked(channel, frame_id), now_ms)
        return effects

    def _follow(self, asked: Asked, now_ms: int) -> Effects:
        channel = asked.channel
        self._followed.setdefault(channel.topic, {})[channel.name] = channel
        told = {"id": asked.id, "status": "ok", "subbed": channel.name, "ts": now_ms}
        return (Send(pack(told)), Subscribe(channel.topic, asked))

    def _leave(self, asked: Asked, now_ms: int) -> Effects:
        channel = asked.channel
        told = {"id": asked.id, "status": "ok", "unsubbed": channel.name, "ts": now_ms}
        is_last = self._forget(channel)
        done = Send(pack(told))
        return (Unsubscribe(channel.topic), done) if is_last else (done,)

    def _forget(self, channel: MarketChannel) -> bool:
        """Follow a channel no more; tell whether its topic is followed by no other."""
        channels = self._followed.get(channel.topic, {})
        was_followed = channels.pop(channel.name, None) is not None
        if was_followed and not channels:
            del self._followed[channel.topic]
            self._books.pop(channel.topic, None)
            return True
        return False

    def _ask(self, asked: Asked, now_ms: int) -> Effects:
        """Tell a whole book: as it was last told, to one who follows it.

        Why: clients look for the change that goes on from just the number of the whole book.
        """
        topic = asked.channel.topic
        if asked.channel.form not in {Form.CHANGES, Form.REFRESHED}:
            return (_failure(asked.id, f"invalid topic {asked.channel.name}", now_ms),)
        if (book := self._books.get(topic)) is not None:
            return (_whole(asked, book, now_ms),)
        return (Ask(asked, "ws_book", GetOrderBook(topic.symbol, topic.depth)),)

    def _waits(self, name: str, now_ms: int) -> bool:
        if now_ms - self._told_ms.get(name, 0) < _BOOK_MS:
            return True
        self._told_ms[name] = now_ms
        return False

    def _written(self, channel: MarketChannel, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        pair = self._markets.get(channel.topic.symbol).id
        told = write_market_event(channel.form, event, pair)
        return () if told is None else (pack({"ch": channel.name, "ts": now_ms, "tick": told}),)


def _id_of(document: Mapping[str, Any]) -> str:
    told = document.get("id", "")
    return str(told)[:_MOST_ID] if isinstance(told, str | int) else ""


def _whole(asked: Asked, book: OrderBook, now_ms: int) -> Send:
    told = {"rep": asked.channel.name, "status": "ok", "ts": now_ms}
    return Send(pack({"id": asked.id, **told, "data": numbered_book(book)}))


def _failure(frame_id: str, text: str, now_ms: int) -> Send:
    told = {"status": "error", "ts": now_ms, "id": frame_id}
    return Send(pack({**told, "err-code": "bad-request", "err-msg": text}))
