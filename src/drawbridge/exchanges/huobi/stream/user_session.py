"""The exchange's side of a connection for an account's own: a log-in first, then channels.

Frames are plain text here. The exchange pings every twenty seconds.
"""

from collections.abc import Sequence
from typing import Any, Final

from drawbridge.core.errors import BadInput, DrawbridgeError, NotFound
from drawbridge.core.streams import OrderTold, StreamEvent, Topic
from drawbridge.exchanges.huobi.dialect import claim_of_stream, stream_payload
from drawbridge.exchanges.huobi.stream.channels import ALL, UserChannel, read_user_channel
from drawbridge.exchanges.huobi.stream.writing import write_user_event
from drawbridge.wire.documents import object_of, parse_object, text_of, write_document
from drawbridge.wire.stream import (
    Close,
    Effects,
    Frame,
    LogIn,
    Opening,
    Proof,
    Send,
    Subscribe,
    Unsubscribe,
)

_PING_MS: Final = 20_000
_MOST_MISSED: Final = 2
_MOST_NAME: Final = 64
_AUTH: Final = "auth"
_GOOD: Final = 200
_BAD_CHANNEL: Final = 2_001
_NOT_PROVEN: Final = 2_002


class UserSession:
    """One connection."""

    def __init__(self, opening: Opening) -> None:
        """Begin with nobody logged in."""
        self._opening = opening
        self._markets = opening.markets
        self._channels: dict[str, UserChannel] = {}
        self._is_proven = False
        self._pinged_ms = opening.now_ms
        self._missed = 0

    def opened(self, now_ms: int) -> Effects:
        """Say nothing: the client logs in first."""
        del now_ms
        return ()

    def receive(self, frame: Frame, now_ms: int) -> Effects:
        """Take a frame of the client."""
        try:
            document = parse_object(frame)
            action = text_of(document.get("action"), "action")
        except BadInput:
            return (_failure("", "", _BAD_CHANNEL, "invalid.action"),)
        if action == "pong":
            self._missed = 0
            return ()
        if action == "ping":
            return (_send({"action": "pong", "data": {"ts": now_ms}}),)
        name = document.get("ch")
        channel = name[:_MOST_NAME] if isinstance(name, str) else ""
        if action == "req" and channel == _AUTH:
            return self._log_in(document)
        if action not in ("sub", "unsub"):
            return (_failure(action[:_MOST_NAME], channel, _BAD_CHANNEL, "invalid.action"),)
        return self._take(action, channel)

    def logged_in(self, ref: object, now_ms: int) -> Effects:
        """Hear that the log-in was right."""
        del ref, now_ms
        self._is_proven = True
        return (_send({"action": "req", "code": _GOOD, "ch": _AUTH, "data": {}}),)

    def answered(self, ref: object, result: object, now_ms: int) -> Effects:
        """Hear nothing: nothing is asked over these connections."""
        del ref, result, now_ms
        return ()

    def refused(self, ref: object, error: DrawbridgeError, now_ms: int) -> Effects:
        """Hear that the log-in was wrong, or that something is not told to this key."""
        del error, now_ms
        if isinstance(ref, UserChannel):
            self._channels.pop(ref.name, None)
            return (_failure("sub", ref.name, _NOT_PROVEN, "invalid.auth.state"),)
        return (_failure("req", _AUTH, _NOT_PROVEN, "auth.fail"),)

    def tell(self, topic: Topic, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        """Write an event for every channel that is about it."""
        del now_ms
        symbol = event.order.symbol if isinstance(event, OrderTold) else ""
        pair = self._markets.get(symbol).id if symbol else ""
        return [
            write_document({"action": "push", "ch": channel.name, "data": row}).decode()
            for channel in self._channels.values()
            if channel.topic == topic and channel.pair in {ALL, pair}
            for row in write_user_event(channel, event, pair)
        ]

    def tick(self, now_ms: int) -> Effects:
        """Ping every twenty seconds, and show out who is not there any more."""
        if now_ms - self._pinged_ms < _PING_MS:
            return ()
        if self._missed >= _MOST_MISSED:
            return (Close(),)
        self._pinged_ms, self._missed = now_ms, self._missed + 1
        return (_send({"action": "ping", "data": {"ts": now_ms}}),)

    # ------------------------------------------------------------------------------ channels
    def _log_in(self, document: dict[str, Any]) -> Effects:
        try:
            params = object_of(document.get("params"), "params")
            found = claim_of_stream(params)
        except DrawbridgeError:
            return (_failure("req", _AUTH, _NOT_PROVEN, "auth.fail"),)
        host = dict(self._opening.headers).get(b"host", b"")
        payload = stream_payload(params, host, self._opening.path)
        return (LogIn(_AUTH, Proof(found, payload)),)

    def _take(self, action: str, name: str) -> Effects:
        if not self._is_proven:
            return (_failure(action, name, _NOT_PROVEN, "invalid.auth.state"),)
        try:
            channel = read_user_channel(name, self._markets)
        except NotFound:
            return (_failure(action, name, _BAD_CHANNEL, "invalid.symbol"),)
        except BadInput:
            return (_failure(action, name, _BAD_CHANNEL, "invalid.ch"),)
        done = _send({"action": action, "code": _GOOD, "ch": name, "data": {}})
        if action == "sub":
            self._channels[name] = channel
            return (done, Subscribe(channel.topic, channel, channel.row))
        self._channels.pop(name, None)
        if any(other.topic == channel.topic for other in self._channels.values()):
            return (done,)
        return (Unsubscribe(channel.topic), done)


def _send(document: dict[str, Any]) -> Send:
    return Send(write_document(document).decode())


def _failure(action: str, name: str, code: int, text: str) -> Send:
    return _send({"action": action, "code": code, "ch": name, "message": text})
