"""One connection, to public streams or to private ones: the client speaks first, and pings.

Who wants to hear of an account logs in by subscribing to a channel of its own.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from drawbridge.core.clock import SECOND_MS
from drawbridge.core.errors import BadInput, DrawbridgeError, NotProven
from drawbridge.core.streams import BalancesTold, OrderTold, StreamEvent, Topic
from drawbridge.exchanges.poloniex.stream.channels import (
    ALL,
    AUTH,
    BALANCES,
    Channel,
    Wish,
    read_wishes,
)
from drawbridge.exchanges.poloniex.stream.requests import (
    EVENTS,
    Part,
    read_request,
    refusal_row,
    tell_refusal,
    tell_result,
)
from drawbridge.exchanges.poloniex.stream.writing import (
    Document,
    write_balances,
    write_order,
    write_public,
)
from drawbridge.wire.dialect import Claim
from drawbridge.wire.documents import parse_object, write_document
from drawbridge.wire.parameters import Parameters
from drawbridge.wire.stream import (
    Ask,
    Close,
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

_MOST_CHANNELS: Final = 500
_SILENT_MS: Final = 30 * SECOND_MS
_MOST_ID: Final = 64
_STAMP: Final = re.compile(r"[0-9]{1,16}")
_SIGNED: Final = "GET\n/ws\nsignTimestamp="
_ONLY_METHOD: Final = "hmacsha256"
_BALANCES_ROW: Final = "ws_balances"
_ORDERS_ROW: Final = "ws_orders"

Fields = Mapping[str, Any]


class StreamSession:
    """One connection."""

    def __init__(self, opening: Opening, *, is_private: bool) -> None:
        """Start without channels and without a log-in."""
        self._markets = opening.markets
        self._errors = opening.errors
        self._shared = opening.shared
        self._is_private = is_private
        self._is_logged_in = False
        self._heard_ms = opening.now_ms
        self._channels: dict[Topic, dict[Channel, None]] = {}
        self._events: Mapping[str, Callable[[Fields, int], Effects]] = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "unsubscribe_all": self._unsubscribe_all,
            "ping": self._ping,
            **dict.fromkeys(EVENTS, self._request),
        }

    def opened(self, now_ms: int) -> Effects:
        """Say nothing: the client speaks first."""
        del now_ms
        return ()

    def receive(self, frame: Frame, now_ms: int) -> Effects:
        """Take a frame of the client."""
        self._heard_ms = now_ms
        try:
            document = parse_object(frame)
        except BadInput:
            return (_error("Bad request"),)
        event = document.get("event")
        do = self._events.get(event) if isinstance(event, str) else None
        if do is None or (event in EVENTS and not self._is_private):
            return (_error("Bad request"),)
        return do(document, now_ms)

    def logged_in(self, ref: object, now_ms: int) -> Effects:
        """Hear that a log-in was right."""
        del ref
        self._is_logged_in = True
        return (_send({"channel": AUTH, "data": {"success": True, "ts": now_ms}}),)

    def answered(self, ref: object, result: object, now_ms: int) -> Effects:
        """Hear the result of a part of a request."""
        del now_ms
        told = tell_result(ref, result) if isinstance(ref, Part) else None
        return () if told is None else (_send(told),)

    def refused(self, ref: object, error: DrawbridgeError, now_ms: int) -> Effects:
        """Hear that a log-in, a subscription or a part of a request was refused."""
        if isinstance(ref, Part):
            told = tell_refusal(ref, error, self._errors)
            return () if told is None else (_send(told),)
        if ref == AUTH:
            return (_no_log_in(now_ms),)
        if isinstance(ref, Channel):
            self._channels.get(ref.topic, {}).pop(ref, None)
        return (_error("Subscription failed"),)

    def tell(self, topic: Topic, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        """Write an event for every channel that is about it."""
        frames: list[Frame] = []
        for channel in tuple(self._channels.get(topic, ())):
            if not topic.kind.is_private:
                write = partial(self._public_frames, channel.name, event, now_ms)
                frames += self._shared.frames((topic, channel.name), event, write)
            elif isinstance(event, OrderTold):
                frames.append(_frame(write_order(channel.name, event, self._markets, now_ms)))
            elif isinstance(event, BalancesTold) and not event.is_snapshot:
                frames.append(_frame(write_balances(channel.name, event, now_ms)))
        return frames

    def tick(self, now_ms: int) -> Effects:
        """End a connection whose client has not been heard of."""
        return (Close(),) if now_ms - self._heard_ms > _SILENT_MS else ()

    def _public_frames(self, name: str, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        return [_frame(it) for it in write_public(name, event, self._markets, now_ms)]

    # ------------------------------------------------------------------------------- channels
    def _subscribe(self, document: Fields, now_ms: int) -> Effects:
        if document.get("channel") == [AUTH]:
            return self._log_in(document, now_ms)
        if self._is_private and not self._is_logged_in:
            return (_error("User not authenticated"),)
        try:
            wishes = self._wishes(document)
        except DrawbridgeError:
            return (_error("Subscription failed"),)
        effects: list[Effect] = []
        for wish in wishes:
            effects.append(_send(_acknowledged(wish, "subscribe")))
            for channel in wish.channels:
                effects += self._add(channel)
        return effects

    def _add(self, channel: Channel) -> Sequence[Effect]:
        known = self._channels.setdefault(channel.topic, {})
        if channel in known:
            return ()
        if sum(map(len, self._channels.values())) >= _MOST_CHANNELS:
            return (_error("Subscription failed"),)
        known[channel] = None
        if not channel.topic.kind.is_private:
            return (Subscribe(channel.topic, channel),)
        row = _BALANCES_ROW if channel.name == BALANCES else _ORDERS_ROW
        return (Subscribe(channel.topic, channel, row),)

    def _unsubscribe(self, document: Fields, now_ms: int) -> Effects:
        del now_ms
        try:
            wishes = self._wishes(document)
        except DrawbridgeError:
            return (_error("Unsubscription failed"),)
        effects: list[Effect] = []
        for wish in wishes:
            effects.append(_send(_acknowledged(wish, "unsubscribe")))
            for channel in wish.channels:
                effects += self._remove(channel)
        return effects

    def _unsubscribe_all(self, document: Fields, now_ms: int) -> Effects:
        del document, now_ms
        left = [Unsubscribe(topic) for topic in self._channels]
        self._channels.clear()
        return (_send({"channel": ALL, "event": "unsubscribe"}), *left)

    def _remove(self, channel: Channel) -> Sequence[Effect]:
        known = self._channels.get(channel.topic, {})
        known.pop(channel, None)
        if known or channel.topic not in self._channels:
            return ()
        del self._channels[channel.topic]
        return (Unsubscribe(channel.topic),)

    def _wishes(self, document: Fields) -> tuple[Wish, ...]:
        return read_wishes(document, self._markets, is_private=self._is_private)

    def _ping(self, document: Fields, now_ms: int) -> Effects:
        del document, now_ms
        return (_send({"event": "pong"}),)

    # --------------------------------------------------------------------------------- account
    def _log_in(self, document: Fields, now_ms: int) -> Effects:
        try:
            if not self._is_private:
                raise BadInput("malformed", field="channel")
            return (LogIn(AUTH, _read_log_in(document)),)
        except DrawbridgeError:
            return (_no_log_in(now_ms),)

    def _request(self, document: Fields, now_ms: int) -> Effects:
        del now_ms
        number = document.get("id")
        if not isinstance(number, str | int) or len(str(number)) > _MOST_ID:
            return (_error("Bad request"),)
        if not self._is_logged_in:
            return (_send({"id": number, "event": "error", "message": "User not authenticated"}),)
        try:
            asks: tuple[Ask, ...] = read_request(document, self._markets)
        except DrawbridgeError as error:
            return (_send({"id": number, "data": [refusal_row(error, self._errors)]}),)
        return asks


def _read_log_in(document: Fields) -> Proof:
    """Read what a log-in claims. Raises: `BadInput`, `NotProven`."""
    told = document.get("params")
    if not isinstance(told, dict):
        raise BadInput("missing_parameter", field="params")
    found = Parameters(told)
    key, stamp, signature = found.need("key"), found.need("signTimestamp"), found.need("signature")
    method = found.text("signatureMethod") or _ONLY_METHOD
    if not _STAMP.fullmatch(stamp) or method.lower() != _ONLY_METHOD:
        raise NotProven("bad_signature")
    claim = Claim(key=key, stamp=stamp, signature=signature.encode("utf-8"))
    return Proof(claim, (_SIGNED + stamp).encode("ascii"))


def _acknowledged(wish: Wish, event: str) -> Document:
    named: Document = {"symbols": list(wish.symbols)} if wish.symbols else {}
    return {"channel": wish.name, "event": event, **named}


def _no_log_in(now_ms: int) -> Send:
    told = {"success": False, "message": "Authentication failed!", "ts": now_ms}
    return _send({"channel": AUTH, "data": told})


def _error(message: str) -> Send:
    return _send({"event": "error", "message": message})


def _send(document: Mapping[str, object]) -> Send:
    return Send(_frame(document))


def _frame(document: Mapping[str, object]) -> str:
    return write_document({**document}).decode("utf-8")
