"""One connection to the streams: greeting, channels, log-in, and orders sent over it.

Everything of a market has a channel of its own, whose number the server gives; everything of the
account comes under the number zero once somebody has logged in.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from zlib import crc32

from drawbridge.core.clock import SECOND_MS
from drawbridge.core.errors import BadInput, DrawbridgeError, NotProven
from drawbridge.core.operations import GetCandles, GetKeyRights, KeyRights
from drawbridge.core.streams import StreamEvent, Topic, TopicKind
from drawbridge.exchanges.bitfinex.codec.account import rights_rows
from drawbridge.exchanges.bitfinex.codec.prices import candle_row
from drawbridge.exchanges.bitfinex.stream.channels import ACCOUNT, Channel, read_channel
from drawbridge.exchanges.bitfinex.stream.frames import Flags, Frames, read_flags
from drawbridge.exchanges.bitfinex.stream.inputs import Input, notify, read_input, refuse
from drawbridge.exchanges.bitfinex.stream.writing import (
    Parts,
    account_parts,
    checksum,
    market_parts,
)
from drawbridge.wire.dialect import Claim
from drawbridge.wire.documents import parse_document
from drawbridge.wire.parameters import Parameters
from drawbridge.wire.stream import (
    Ask,
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

_GREETING: Final = MappingProxyType(
    {
        "event": "info",
        "version": 2,
        "serverId": "00000000-0000-4000-8000-000000000000",
        "platform": {"status": 1},
    }
)
_FIRST_CHANNEL: Final = 101
_MOST_CHANNELS: Final = 25
_CANDLES_BEFORE: Final = 240
_HEARTBEAT_MS: Final = 15 * SECOND_MS
_PREFIX: Final = "AUTH"
_NONCE: Final = re.compile(r"[0-9]{1,16}")
# What a log-in may be narrowed to, and the row that says which right it needs.
_PRIVATE: Final[Mapping[str, tuple[Topic, str]]] = MappingProxyType(
    {
        "trading": (Topic(TopicKind.ORDERS), "ws_orders"),
        "wallet": (Topic(TopicKind.BALANCES), "ws_wallets"),
    }
)
# The server's own numbers for what it cannot follow.
_UNKNOWN_EVENT: Final = 10000
_SUBSCRIBE_FAILED: Final = 10300
_SUBSCRIBED_ALREADY: Final = 10301
_TOO_MANY_CHANNELS: Final = 10305
_UNSUBSCRIBE_FAILED: Final = 10400

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _LoggingIn:
    """A log-in that waits for its check, and then for what its key may do."""

    key: str
    wanted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Beginning:
    """A channel that waits for the candles before."""

    number: int


class StreamSession:
    """One connection."""

    def __init__(self, opening: Opening) -> None:
        """Start without channels and without a log-in."""
        self._markets = opening.markets
        self._errors = opening.errors
        self._frames = Frames()
        self._channels: dict[int, Channel] = {}
        self._next = _FIRST_CHANNEL
        self._is_logged_in = False
        self._account_ms = 0
        self._events: Mapping[str, Callable[[Document, int], Effects]] = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "ping": self._ping,
            "conf": self._configure,
            "auth": self._log_in,
        }

    def opened(self, now_ms: int) -> Effects:
        """Greet."""
        del now_ms
        return (self._event(_GREETING),)

    def receive(self, frame: Frame, now_ms: int) -> Effects:
        """Take a frame: an object is about the connection, a list about the account."""
        try:
            document = parse_document(frame)
        except BadInput:
            document = None
        if isinstance(document, list):
            return self._input(document, now_ms)
        event = document.get("event") if isinstance(document, dict) else None
        do = self._events.get(event) if isinstance(event, str) else None
        if do is None:
            return (self._error(_UNKNOWN_EVENT, "event: invalid"),)
        return do(document, now_ms)

    def logged_in(self, ref: object, now_ms: int) -> Effects:
        """Hear that a log-in was right; before it is told so, the client's rights are asked."""
        del now_ms
        return (Ask(ref, "ws_permissions", GetKeyRights()),)

    def answered(self, ref: object, result: object, now_ms: int) -> Effects:
        """Hear a result."""
        if isinstance(ref, Input):
            told = notify(ref, result, self._markets, now_ms)
            return (Send(self._frames.message(ACCOUNT, told, now_ms)),)
        if isinstance(ref, _LoggingIn) and isinstance(result, KeyRights):
            return self._welcome(ref, result, now_ms)
        if isinstance(ref, _Beginning) and isinstance(result, tuple):
            return self._begin_candles(ref.number, result, now_ms)
        return ()

    def refused(self, ref: object, error: DrawbridgeError, now_ms: int) -> Effects:
        """Hear that something was refused."""
        raw = self._errors.speak(error.code, error.facts)
        if isinstance(ref, Input):
            told = refuse(ref, raw.message, now_ms)
            return (Send(self._frames.message(ACCOUNT, told, now_ms)),)
        if isinstance(ref, _LoggingIn):
            return (self._refused_log_in(raw.code, raw.message),)
        number = ref.number if isinstance(ref, _Beginning) else ref
        channel = self._channels.pop(number, None) if isinstance(number, int) else None
        if channel is None:
            # A part of the account that the key may not see stays silent.
            return ()
        return (self._error(_SUBSCRIBE_FAILED, raw.message, channel.told),)

    def tell(self, topic: Topic, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        """Write an event on every channel that is about it."""
        if topic.kind.is_private:
            parts = list(account_parts(event, self._markets))
            self._account_ms = now_ms
            return [self._frames.message(ACCOUNT, each, now_ms) for each in parts]
        frames: list[Frame] = []
        for channel in self._channels.values():
            if channel.topic == topic:
                frames += self._on_channel(channel, event, now_ms)
        return frames

    def tick(self, now_ms: int) -> Effects:
        """Let channels on which nothing was told for a while be heard."""
        effects: list[Effect] = []
        for channel in self._channels.values():
            if now_ms - channel.last_ms >= _HEARTBEAT_MS:
                channel.last_ms = now_ms
                effects.append(Send(self._frames.message(channel.number, ["hb"], now_ms)))
        if self._is_logged_in and now_ms - self._account_ms >= _HEARTBEAT_MS:
            self._account_ms = now_ms
            effects.append(Send(self._frames.message(ACCOUNT, ["hb"], now_ms)))
        return effects

    # ------------------------------------------------------------------------------- channels
    def _subscribe(self, document: Document, now_ms: int) -> Effects:
        try:
            channel = read_channel(document, self._markets)
        except DrawbridgeError as error:
            raw = self._errors.speak(error.code, error.facts)
            return (self._error(_SUBSCRIBE_FAILED, raw.message, _asked(document)),)
        if any(channel.told == other.told for other in self._channels.values()):
            return (self._error(_SUBSCRIBED_ALREADY, "subscribe: dup", channel.told),)
        if len(self._channels) >= _MOST_CHANNELS:
            return (self._error(_TOO_MANY_CHANNELS, "subscribe: limit", channel.told),)
        channel.number, channel.last_ms = self._next, now_ms
        self._next += 1
        self._channels[channel.number] = channel
        told = {"event": "subscribed", **channel.told, "chanId": channel.number}
        return (self._event(told), self._begin(channel))

    @staticmethod
    def _begin(channel: Channel) -> Effect:
        topic, number = channel.topic, channel.number
        if topic.kind is not TopicKind.CANDLES:
            return Subscribe(topic, number)
        before = GetCandles(topic.symbol, topic.interval_ms, limit=_CANDLES_BEFORE)
        return Ask(_Beginning(number), "ws_candles", before)

    def _begin_candles(self, number: int, candles: tuple[Any, ...], now_ms: int) -> Effects:
        channel = self._channels.get(number)
        if channel is None:
            return ()
        channel.begun = True
        parts: Parts = [[candle_row(candle) for candle in reversed(candles)]]
        return (
            Send(self._frames.message(number, parts, now_ms)),
            Subscribe(channel.topic, number),
        )

    def _on_channel(self, channel: Channel, event: StreamEvent, now_ms: int) -> list[Frame]:
        number, parts = channel.number, list(market_parts(channel, event, self._markets))
        if not parts:
            return []
        channel.last_ms, begun, channel.begun = now_ms, channel.begun, True
        if begun and channel.length and self._frames.flags & Flags.CHECKSUM:
            parts.append(["cs", checksum(channel)])
        return [self._frames.message(number, each, now_ms) for each in parts]

    def _unsubscribe(self, document: Document, now_ms: int) -> Effects:
        del now_ms
        # Some clients send the number as a text.
        told = str(document.get("chanId"))
        channel = self._channels.pop(int(told), None) if _NONCE.fullmatch(told) else None
        if channel is None:
            return (self._error(_UNSUBSCRIBE_FAILED, "unsubscribe: invalid"),)
        done = {"event": "unsubscribed", "status": "OK", "chanId": channel.number}
        is_last = all(other.topic != channel.topic for other in self._channels.values())
        return (self._event(done), *([Unsubscribe(channel.topic)] if is_last else ()))

    # -------------------------------------------------------------------------- the connection
    def _ping(self, document: Document, now_ms: int) -> Effects:
        cid = document.get("cid")
        named = {"cid": cid} if isinstance(cid, int) else {}
        return (self._event({"event": "pong", "ts": now_ms, **named}),)

    def _configure(self, document: Document, now_ms: int) -> Effects:
        del now_ms
        try:
            sent, known = read_flags(document.get("flags"))
        except BadInput:
            return (self._error(_UNKNOWN_EVENT, "flags: invalid"),)
        self._frames.flags = known
        return (self._event({"event": "conf", "status": "OK", "flags": sent}),)

    # --------------------------------------------------------------------------------- account
    def _log_in(self, document: Document, now_ms: int) -> Effects:
        del now_ms
        try:
            ref, proof = _read_log_in(document)
        except DrawbridgeError as error:
            raw = self._errors.speak(error.code, error.facts)
            return (self._refused_log_in(raw.code, raw.message),)
        if self._is_logged_in:
            return (self._refused_log_in("10101", "auth: dup"),)
        return (LogIn(ref, proof),)

    def _welcome(self, ref: _LoggingIn, rights: KeyRights, now_ms: int) -> Effects:
        self._is_logged_in, self._account_ms = True, now_ms
        number = crc32(ref.key.encode())
        caps = {str(row[0]): {"read": row[1], "write": row[2]} for row in rights_rows(rights)}
        told = {
            "event": "auth",
            "status": "OK",
            "chanId": ACCOUNT,
            "userId": number,
            "auth_id": f"{number:08x}-0000-4000-8000-000000000000",
            "caps": caps,
        }
        return (self._event(told), *(Subscribe(*_private(name)) for name in ref.wanted))

    def _refused_log_in(self, code: str, message: str) -> Send:
        told = {"event": "auth", "status": "FAILED", "chanId": ACCOUNT, "msg": message}
        return self._event({**told, "code": int(code)})

    def _input(self, message: list[Any], now_ms: int) -> Effects:
        try:
            sent, read = read_input(message, self._markets)
        except BadInput:
            return (self._error(_UNKNOWN_EVENT, "input: invalid"),)
        if not self._is_logged_in:
            return (self._error(int(self._errors.speak("bad_key", {}).code), "auth: needed"),)
        try:
            return (Ask(sent, sent.endpoint, read()),)
        except DrawbridgeError as error:
            return self.refused(sent, error, now_ms)

    def _event(self, document: Mapping[str, object]) -> Send:
        return Send(self._frames.event({**document}))

    def _error(self, code: int, message: str, about: Mapping[str, object] | None = None) -> Send:
        return self._event({"event": "error", "msg": message, "code": code, **(about or {})})


def _private(name: str) -> tuple[Topic, None, str]:
    topic, endpoint = _PRIVATE[name]
    return topic, None, endpoint


def _asked(document: Document) -> dict[str, object]:
    """Give the short texts of a subscription, to name it in an error."""
    named = ("channel", "symbol", "pair", "key", "prec", "len", "subId")
    found = {name: document.get(name) for name in named}
    return {name: value[:40] for name, value in found.items() if isinstance(value, str)}


def _read_log_in(document: Document) -> tuple[_LoggingIn, Proof]:
    """Read what a log-in claims. Raises: `BadInput`, `NotProven`."""
    found = Parameters(document)
    key, signature = found.text("apiKey"), found.text("authSig")
    nonce, payload = found.text("authNonce"), found.text("authPayload")
    if not key:
        raise NotProven("bad_key")
    # The nonce must be the one that is signed: else an old signature would do for ever.
    if not signature or not _NONCE.fullmatch(nonce) or payload != _PREFIX + nonce:
        raise NotProven("bad_signature")
    if found.value("dms"):
        # Cancelling all orders when the connection ends is not carried out; better to say so.
        raise BadInput("malformed", field="dms")
    claim = Claim(key=key, stamp=nonce, signature=signature.encode("utf-8"))
    return _LoggingIn(key, _wanted(found.value("filter"))), Proof(claim, payload.encode("ascii"))


def _wanted(told: object) -> tuple[str, ...]:
    if told is None:
        return tuple(_PRIVATE)
    if not isinstance(told, list) or not all(isinstance(name, str) for name in told):
        raise BadInput("malformed", field="filter")
    # A filter may name a market behind a dash; all of the account's orders are told then.
    named = {name.partition("-")[0] for name in told}
    return tuple(name for name in _PRIVATE if name in named)
