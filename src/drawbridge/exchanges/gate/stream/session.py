"""The exchange's side of one connection: channels, signed one by one where they are private.

Requests for orders stand in `requests`. The exchange pings by the protocol's own means, which is
the server's business; a ping in a message is answered here.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from drawbridge.core.errors import BadInput, DrawbridgeError, ExchangeDown, NotFound
from drawbridge.core.streams import StreamEvent, Topic
from drawbridge.exchanges.gate.stream import requests
from drawbridge.exchanges.gate.stream.channels import PRIVATE, Channel, Wanted, read_wanted
from drawbridge.exchanges.gate.stream.requests import Request
from drawbridge.exchanges.gate.stream.writing import (
    message,
    write_book_event,
    write_market_event,
    write_user_event,
)
from drawbridge.wire.dialect import Claim
from drawbridge.wire.documents import int_of, object_of, parse_object, text_of
from drawbridge.wire.stream import (
    Effect,
    Effects,
    Frame,
    LogIn,
    Opening,
    Proof,
    Send,
    Subscribe,
    Unsubscribe,
)

_PING: Final = "spot.ping"
_SUBSCRIBE: Final = "subscribe"
_UNSUBSCRIBE: Final = "unsubscribe"
_API: Final = "api"
_UPDATE: Final = "update"
_CHANNELS: Final = {channel.value: channel for channel in Channel}
# What was wrong, by number.
_BAD_REQUEST: Final = 1
_BAD_ARGUMENT: Final = 2
_NOT_PROVEN: Final = 4


class Heard:
    """A subscription that was asked for, to answer it by."""

    __slots__ = ("id", "wanted")

    def __init__(self, wanted: Wanted, frame_id: object) -> None:
        """Keep what was wanted, and the number that it came with."""
        self.wanted = wanted
        self.id = frame_id


class ChannelSession:
    """One connection."""

    def __init__(self, opening: Opening) -> None:
        """Begin with no channels."""
        self._markets = opening.markets
        self._errors = opening.errors
        self._shared = opening.shared
        self._followed: dict[Topic, dict[Channel, frozenset[str]]] = {}
        self._logged_in_as = ""

    def opened(self, now_ms: int) -> Effects:
        """Say nothing: the client speaks first."""
        del now_ms
        return ()

    def receive(self, frame: Frame, now_ms: int) -> Effects:
        """Take a frame of the client."""
        try:
            document = parse_object(frame)
        except BadInput:
            return (_failure("", "", None, _BAD_REQUEST, "invalid request body", now_ms),)
        if document.get("channel") == _PING:
            return (Send(message("spot.pong", "", None, now_ms, {"error": None})),)
        if document.get("event") == _API:
            return self._take_request(frame, document, now_ms)
        try:
            return self._take_subscription(document, now_ms)
        except DrawbridgeError as error:
            return (self._told_wrong(document, error, now_ms),)

    def logged_in(self, ref: object, now_ms: int) -> Effects:
        """Hear that a signature was right."""
        if isinstance(ref, Request):
            return (requests.write_logged_in(ref, self._logged_in_as, now_ms),)
        return self._follow(ref, now_ms) if isinstance(ref, Heard) else ()

    def answered(self, ref: object, result: object, now_ms: int) -> Effects:
        """Hear the result of a request for orders."""
        if not isinstance(ref, Request):
            return ()
        return (requests.write_answer(ref, result, self._markets, now_ms),)

    def refused(self, ref: object, error: DrawbridgeError, now_ms: int) -> Effects:
        """Hear that a signature was wrong, or that something is not allowed."""
        if isinstance(ref, Request):
            return (requests.write_refusal(ref, error, self._errors, now_ms),)
        if not isinstance(ref, Heard):
            return ()
        wanted = ref.wanted
        for topic in wanted.topics:
            self._followed.get(topic, {}).pop(wanted.channel, None)
        is_limit = isinstance(error, ExchangeDown)
        code = _BAD_REQUEST if is_limit else _NOT_PROVEN
        raw = self._errors.speak(error.code, error.facts)
        told = _failure(wanted.channel, _SUBSCRIBE, ref.id, code, raw.message, now_ms)
        return (told,)

    def tell(self, topic: Topic, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        """Write an event for every channel that is about it."""
        frames: list[Frame] = []
        for channel, pairs in self._followed.get(topic, {}).items():
            if channel.is_private:
                rows = write_user_event(channel, event, pairs, self._markets)
                frames += [message(channel, _UPDATE, rows, now_ms)] if rows else []
                continue
            write = partial(self._written, channel, topic, event, now_ms)
            frames += self._shared.frames((topic, channel), event, write)
        return frames

    def tick(self, now_ms: int) -> Effects:
        """Do nothing: no client is shown out for its silence."""
        del now_ms
        return ()

    # ------------------------------------------------------------------------------ channels
    def _take_subscription(self, document: dict[str, Any], now_ms: int) -> Effects:
        name, event = text_of(document.get("channel"), "channel"), document.get("event")
        channel = _CHANNELS.get(name)
        if channel is None or event not in (_SUBSCRIBE, _UNSUBSCRIBE):
            raise BadInput("malformed", field="channel" if channel is None else "event")
        wanted = read_wanted(channel, document.get("payload") or [], self._markets)
        heard = Heard(wanted, document.get("id"))
        if event == _UNSUBSCRIBE:
            return self._leave(heard, now_ms)
        if not channel.is_private:
            return self._follow(heard, now_ms)
        return (LogIn(heard, _proof(document, channel)),)

    def _follow(self, heard: Heard, now_ms: int) -> Effects:
        wanted = heard.wanted
        effects: list[Effect] = [_success(heard, _SUBSCRIBE, now_ms)]
        for topic in wanted.topics:
            channels = self._followed.setdefault(topic, {})
            channels[wanted.channel] = channels.get(wanted.channel, frozenset()) | wanted.pairs
            row = PRIVATE[wanted.channel][1] if wanted.channel.is_private else ""
            effects.append(Subscribe(topic, heard, row))
        return effects

    def _leave(self, heard: Heard, now_ms: int) -> Effects:
        wanted = heard.wanted
        effects: list[Effect] = []
        for topic in wanted.topics:
            channels = self._followed.get(topic, {})
            left = channels.pop(wanted.channel, frozenset()) - wanted.pairs
            if left:
                channels[wanted.channel] = left
            if not channels and self._followed.pop(topic, None) is not None:
                effects.append(Unsubscribe(topic))
        return (*effects, _success(heard, _UNSUBSCRIBE, now_ms))

    def _written(
        self, channel: Channel, topic: Topic, event: StreamEvent, now_ms: int
    ) -> Sequence[Frame]:
        write: Callable[[], Any] = partial(write_market_event, channel, event, self._markets)
        if channel is Channel.BOOK:
            write = partial(write_book_event, event, topic.depth, self._markets)
        return [message(channel, _UPDATE, row, now_ms) for row in write()]

    def _told_wrong(self, document: dict[str, Any], error: DrawbridgeError, now_ms: int) -> Send:
        channel, event = (str(document.get(name) or "")[:64] for name in ("channel", "event"))
        if isinstance(error, NotFound):
            text, code = f"unknown currency pair {error.facts.get('symbol', '')}", _BAD_ARGUMENT
        elif error.facts.get("field") == "auth":
            text, code = "authentication is required", _NOT_PROVEN
        else:
            text, code = f"invalid argument: {error.facts.get('field', '')}", _BAD_ARGUMENT
        return _failure(channel, event, document.get("id"), code, text, now_ms)

    # ------------------------------------------------------------------------------ requests
    def _take_request(self, frame: Frame, document: dict[str, Any], now_ms: int) -> Effects:
        try:
            text = frame if isinstance(frame, str) else frame.decode("utf-8")
            effect = requests.read_request(text, document, self._markets)
        except (DrawbridgeError, UnicodeDecodeError) as error:
            return (self._not_asked(document, error, now_ms),)
        if isinstance(effect, LogIn) and effect.proof is not None:
            self._logged_in_as = effect.proof.claim.key
        return (effect,)

    def _not_asked(self, document: dict[str, Any], error: Exception, now_ms: int) -> Send:
        told = error if isinstance(error, DrawbridgeError) else BadInput("malformed", field="body")
        try:
            request = requests.request_of(document)
        except DrawbridgeError:
            request = Request("", _API)
        return requests.write_refusal(request, told, self._errors, now_ms)


def _proof(document: dict[str, Any], channel: Channel) -> Proof:
    """Read what a private subscription proves. Raises: `BadInput`."""
    auth = document.get("auth")
    if not isinstance(auth, dict):
        raise BadInput("malformed", field="auth")
    stamp = str(int_of(object_of(document).get("time"), "time"))
    key, signature = text_of(auth.get("KEY"), "auth"), text_of(auth.get("SIGN"), "auth")
    if not (key + signature).isascii():
        raise BadInput("malformed", field="auth")
    signed = f"channel={channel}&event={_SUBSCRIBE}&time={stamp}"
    return Proof(Claim(key, stamp, signature.encode("ascii")), signed.encode("ascii"))


def _success(heard: Heard, event: str, now_ms: int) -> Send:
    more = {"id": heard.id, "error": None}
    return Send(message(heard.wanted.channel, event, {"status": "success"}, now_ms, more))


def _failure(channel: str, event: str, frame_id: object, code: int, text: str, now_ms: int) -> Send:
    more = {"id": frame_id, "error": {"code": code, "message": text}}
    return Send(message(channel, event, {"status": "fail"}, now_ms, more))
