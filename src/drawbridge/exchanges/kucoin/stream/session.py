"""The exchange's side of one connection: a welcome, topics, and pings that the client sends.

A connection is opened with a token that was handed out over REST. The public one opens public
topics; one that was drawn with a key opens that account's as well.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from drawbridge.core.errors import DrawbridgeError, ExchangeDown
from drawbridge.core.markets import Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import Balance
from drawbridge.core.streams import BalancesTold, OrderTold, StreamEvent, Topic
from drawbridge.exchanges.kucoin.codec.tokens import (
    PING_EVERY_MS,
    PING_WITHIN_MS,
    PUBLIC_TOKEN,
)
from drawbridge.exchanges.kucoin.codec.values import order_id
from drawbridge.exchanges.kucoin.stream.channels import Channel, find_channels
from drawbridge.exchanges.kucoin.stream.writing import private_frame, write_order, write_public
from drawbridge.wire.documents import parse_object, write_document
from drawbridge.wire.parameters import read_query
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

_MOST_CHANNELS: Final = 300
_MOST_ID: Final = 64
_POLICY: Final = 1008
_WELCOME: Final = "welcome"
_BAD_REQUEST: Final = 400
_TOKEN_INVALID: Final = 401
_LOG_IN_FIRST: Final = 403
_NO_TOPIC: Final = 404
_NO_RIGHT: Final = 406
_NO_TYPE: Final = 415
_TOO_MANY: Final = 509


class ClassicSession:
    """One connection."""

    def __init__(self, opening: Opening) -> None:
        """Read token and name off the address."""
        self._markets = opening.markets
        self._shared = opening.shared
        self._heard_ms = opening.now_ms
        self._token, self._name = _read_address(opening.query)
        self._is_welcome = self._is_private = False
        self._channels: dict[Topic, dict[str, Channel]] = {}
        self._balances: dict[str, Balance] = {}
        self._types: Mapping[str, Callable[[object, Mapping[str, Any]], Effects]] = {
            "ping": self._ping,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
        }

    def opened(self, now_ms: int) -> Effects:
        """Welcome the client, once its token is looked at where it is not the public one."""
        del now_ms
        if self._token == PUBLIC_TOKEN:
            return self._welcome()
        return (LogIn(_WELCOME, token=self._token),)

    def receive(self, frame: Frame, now_ms: int) -> Effects:
        """Take a frame of the client."""
        self._heard_ms = now_ms
        try:
            document = parse_object(frame)
        except DrawbridgeError:
            return (_error(None, _BAD_REQUEST, "json format error"),)
        number = _read_id(document.get("id"))
        if not self._is_welcome:
            return (_error(number, _LOG_IN_FIRST, "token is invalid"), Close(_POLICY))
        do = self._types.get(str(document.get("type")))
        if do is None:
            return (_error(number, _NO_TYPE, "type is not supported"),)
        return do(number, document)

    def logged_in(self, ref: object, now_ms: int) -> Effects:
        """Hear that the token is good."""
        del ref, now_ms
        self._is_private = True
        return self._welcome()

    def answered(self, ref: object, result: object, now_ms: int) -> Effects:
        """Hear nothing: nothing is asked over these connections."""
        del ref, result, now_ms
        return ()

    def refused(self, ref: object, error: DrawbridgeError, now_ms: int) -> Effects:
        """Hear that the token is not good, or that something may not be subscribed to."""
        del now_ms
        if ref == _WELCOME:
            return (_error(self._name, _TOKEN_INVALID, "token is expired"), Close(_POLICY))
        if isinstance(error, ExchangeDown):
            return (_error(ref, _TOO_MANY, "exceed max subscription count limitation"),)
        return (_error(ref, _NO_RIGHT, "topic is forbidden for this key"),)

    def tell(self, topic: Topic, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        """Write an event for every channel that is about it."""
        del now_ms
        frames: list[Frame] = []
        if isinstance(event, BalancesTold):
            return self._tell_balances(topic, event)
        for channel in tuple(self._channels.get(topic, {}).values()):
            if not channel.is_private:
                form = (topic, channel.name)
                write = partial(_public_frames, channel, event, self._markets)
                frames += self._shared.frames(form, event, write)
            elif isinstance(event, OrderTold):
                frames += write_order(channel, event, self._markets)
        return frames

    def tick(self, now_ms: int) -> Effects:
        """End a connection whose client does not ping any more."""
        if now_ms - self._heard_ms <= PING_EVERY_MS + PING_WITHIN_MS:
            return ()
        return (_error(self._name, _BAD_REQUEST, "ping timeout"), Close(_POLICY))

    def _welcome(self) -> Effects:
        self._is_welcome = True
        return (_send({"id": self._name, "type": "welcome"}),)

    def _ping(self, number: object, _document: Mapping[str, Any]) -> Effects:
        return (_send({"id": number, "type": "pong"}),)

    def _subscribe(self, number: object, document: Mapping[str, Any]) -> Effects:
        try:
            channels = find_channels(str(document.get("topic")), self._markets)
        except DrawbridgeError:
            return (_error(number, _NO_TOPIC, "topic is not found"),)
        if not self._is_private and any(channel.is_private for channel in channels):
            return (_error(number, _LOG_IN_FIRST, "login is required"),)
        count = sum(map(len, self._channels.values()))
        if count + len(channels) > _MOST_CHANNELS:
            return (_error(number, _TOO_MANY, "exceed max subscription count limitation"),)
        effects: list[Effect] = [*_acknowledged(number, document)]
        for channel in channels:
            if channel.topic not in self._channels:
                effects.append(Subscribe(channel.topic, number))
            self._channels.setdefault(channel.topic, {})[channel.name] = channel
        return effects

    def _unsubscribe(self, number: object, document: Mapping[str, Any]) -> Effects:
        try:
            channels = find_channels(str(document.get("topic")), self._markets)
        except DrawbridgeError:
            return (_error(number, _NO_TOPIC, "topic is not found"),)
        effects: list[Effect] = [*_acknowledged(number, document)]
        for channel in channels:
            left = self._channels.get(channel.topic, {})
            if left.pop(channel.name, None) is not None and not left:
                del self._channels[channel.topic]
                effects.append(Unsubscribe(channel.topic))
        return effects

    def _tell_balances(self, topic: Topic, event: BalancesTold) -> Sequence[Frame]:
        """Tell balances that changed, and by how much; how they stood before is remembered."""
        channels = tuple(self._channels.get(topic, {}).values())
        frames = []
        for balance in event.balances:
            before = self._balances.get(balance.currency)
            self._balances[balance.currency] = balance
            if not event.is_snapshot:
                data = _balance_data(balance, before, event.time_ms)
                frames += [private_frame(it, "account.balance", data) for it in channels]
        return frames


def _balance_data(balance: Balance, before: Balance | None, time_ms: int) -> dict[str, object]:
    free = balance.free - (before.free if before is not None else 0)
    held = balance.held - (before.held if before is not None else 0)
    return {
        "accountId": str(int.from_bytes(balance.currency.encode(), "big")),
        "currency": balance.currency,
        "total": plain(balance.total),
        "available": plain(balance.free),
        "availableChange": plain(free),
        "hold": plain(balance.held),
        "holdChange": plain(held),
        "relationEvent": "trade_hf.setted" if free + held else "trade_hf.hold",
        "relationEventId": order_id(0),
        "relationContext": {},
        "time": str(time_ms),
    }


def _public_frames(channel: Channel, event: StreamEvent, markets: Markets) -> Sequence[Frame]:
    return tuple(write_public(channel, event, markets))


def _read_address(query: bytes) -> tuple[str, str]:
    """Read the token and the name of the connection; nothing of an address that is none."""
    try:
        found = read_query(query)
        return found.text("token"), found.text("connectId")[:_MOST_ID]
    except DrawbridgeError:
        return "", ""


def _read_id(value: object) -> str | int | None:
    if isinstance(value, str):
        return value[:_MOST_ID]
    return value if isinstance(value, int) and abs(value) < 2**63 else None


def _acknowledged(number: object, document: Mapping[str, Any]) -> Effects:
    # Only who asks for an answer gets one.
    return (_send({"id": number, "type": "ack"}),) if document.get("response") else ()


def _error(number: object, code: int, text: str) -> Send:
    return _send({"id": number, "type": "error", "code": code, "data": text})


def _send(document: Mapping[str, object]) -> Send:
    return Send(write_document(document).decode())
