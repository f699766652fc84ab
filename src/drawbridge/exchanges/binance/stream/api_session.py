"""The WebSocket API at `/ws-api/v3`: requests with answers, log-in, and user data.

A request proves itself, or the connection has logged in before, which only keys of the kind
Ed25519 may. One connection speaks for one account.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import orjson

from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import BadInput, DrawbridgeError, Forbidden, NotProven
from drawbridge.core.operations import Operation
from drawbridge.core.streams import StreamEvent, Topic, TopicKind
from drawbridge.exchanges.binance.codec import decode_request, encode_answer
from drawbridge.exchanges.binance.stream.methods import METHODS, as_request, read_proof, read_texts
from drawbridge.exchanges.binance.stream.writing import write_user_event
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import parse_object
from drawbridge.wire.stream import (
    Ask,
    Close,
    Effects,
    Frame,
    LogIn,
    Opening,
    Send,
    Subscribe,
    Unsubscribe,
)

_OK: Final = 200
_MOST_ID: Final = 64
_MOST_NUMBER: Final = 2**63
_USER_DATA: Final = (Topic(TopicKind.ORDERS), Topic(TopicKind.BALANCES))
_ED25519_BYTES: Final = 64
_ONLY_ED25519: Final = MappingProxyType(
    {"code": -4056, "msg": "HMAC_SHA256 API key is not supported."}
)
# One account, one stream of user data: it has always the first number.
_SUBSCRIPTION: Final = 0

Id = str | int | None
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that waits for its result."""

    id: Id
    operation: Operation[Any]
    view: ServerView


@dataclass(frozen=True, slots=True)
class _LoggingIn:
    """A log-in that waits for its check; with `follows`, the user data come with it."""

    id: Id
    key: str
    follows: bool


class ApiSession:
    """One connection to the WebSocket API."""

    def __init__(self, opening: Opening) -> None:
        """Start without a log-in."""
        self._markets = opening.markets
        self._errors = opening.errors
        self._opened_ms = opening.now_ms
        self._key = ""
        self._since_ms = 0
        self._follows = False
        self._own: Mapping[str, Callable[[Id, Texts, int], Effects]] = {
            "session.logon": self._log_on,
            "session.status": self._status,
            "session.logout": self._log_out,
            "session.subscriptions": self._subscriptions,
            "userDataStream.subscribe": self._follow,
            "userDataStream.subscribe.signature": self._follow_signed,
            "userDataStream.unsubscribe": self._unfollow,
        }

    def opened(self, now_ms: int) -> Effects:
        """Say nothing: the client speaks first."""
        del now_ms
        return ()

    def receive(self, frame: Frame, now_ms: int) -> Effects:
        """Take a request."""
        number: Id = None
        try:
            document = parse_object(frame)
            number = _read_id(document.get("id"))
            method = document.get("method")
            if not isinstance(method, str):
                raise BadInput("missing_parameter", field="method")
            texts = read_texts(document.get("params"))
            own = self._own.get(method)
            if own is not None:
                return own(number, texts, now_ms)
            return (self._ask(number, method, texts, now_ms),)
        except DrawbridgeError as error:
            return (self._error(number, error),)

    def logged_in(self, ref: object, now_ms: int) -> Effects:
        """Hear that a log-in was right."""
        if not isinstance(ref, _LoggingIn):
            return ()
        if ref.follows:
            return self._followed(ref.id)
        self._key, self._since_ms = ref.key, now_ms
        return self._status(ref.id, {}, now_ms)

    def answered(self, ref: object, result: object, now_ms: int) -> Effects:
        """Hear a result, and write it as the answer over REST would."""
        del now_ms
        if not isinstance(ref, _Asked):
            return ()
        if isinstance(result, bytes):
            return (_answer(ref.id, orjson.Fragment(result)),)
        body = encode_answer(ref.operation, result, ref.view).body
        return (_answer(ref.id, orjson.Fragment(body)),)

    def refused(self, ref: object, error: DrawbridgeError, now_ms: int) -> Effects:
        """Hear that something was refused."""
        del now_ms
        number = ref.id if isinstance(ref, _Asked | _LoggingIn) else None
        return (self._error(number, error),)

    def tell(self, topic: Topic, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        """Write an event of the account."""
        del topic
        return [
            orjson.dumps({"subscriptionId": _SUBSCRIPTION, "event": document}).decode()
            for document in write_user_event(event, self._markets, now_ms)
        ]

    def tick(self, now_ms: int) -> Effects:
        """End connections after a day, as the exchange does."""
        return (Close(),) if now_ms - self._opened_ms >= DAY_MS else ()

    def _ask(self, number: Id, method: str, texts: Texts, now_ms: int) -> Ask:
        found = METHODS.get(method)
        if found is None:
            raise Forbidden("unknown_endpoint", rule="endpoint")
        row, endpoint = found
        proof = read_proof(texts) if "signature" in texts else None
        if proof is None and endpoint.is_signed and not self._key:
            # What a stream of user data was opened with is no log-in for requests.
            raise BadInput("missing_parameter", field="apiKey")
        view = ServerView(endpoint, as_request(endpoint, texts), self._markets, now_ms)
        operation = decode_request(view)
        return Ask(_Asked(number, operation, view), row, operation, proof)

    def _log_on(self, number: Id, texts: Texts, now_ms: int) -> Effects:
        del now_ms
        proof = read_proof(texts)
        if not _is_ed25519(texts["signature"]):
            return (_send({"id": number, "status": 400, "error": dict(_ONLY_ED25519)}),)
        return (LogIn(_LoggingIn(number, texts["apiKey"], follows=False), proof),)

    def _status(self, number: Id, texts: Texts, now_ms: int) -> Effects:
        del texts
        result = {
            "apiKey": self._key or None,
            "authorizedSince": self._since_ms or None,
            "connectedSince": self._opened_ms,
            "returnRateLimits": False,
            "serverTime": now_ms,
            "userDataStream": self._follows,
        }
        return (_answer(number, result),)

    def _log_out(self, number: Id, texts: Texts, now_ms: int) -> Effects:
        followed = self._follows
        self._key, self._since_ms, self._follows = "", 0, False
        left = tuple(Unsubscribe(topic) for topic in _USER_DATA) if followed else ()
        return (*self._status(number, texts, now_ms), *left)

    def _subscriptions(self, number: Id, texts: Texts, now_ms: int) -> Effects:
        del texts, now_ms
        return (_answer(number, [{"subscriptionId": _SUBSCRIPTION}] if self._follows else []),)

    def _follow(self, number: Id, texts: Texts, now_ms: int) -> Effects:
        del texts, now_ms
        if not self._key:
            raise NotProven("bad_key")
        return self._followed(number)

    def _follow_signed(self, number: Id, texts: Texts, now_ms: int) -> Effects:
        del now_ms
        proof = read_proof(texts)
        return (LogIn(_LoggingIn(number, texts["apiKey"], follows=True), proof),)

    def _followed(self, number: Id) -> Effects:
        self._follows = True
        ref = _LoggingIn(number, self._key, follows=True)
        subscribed = (Subscribe(topic, ref, "ws_user_data") for topic in _USER_DATA)
        return (_answer(number, {"subscriptionId": _SUBSCRIPTION}), *subscribed)

    def _unfollow(self, number: Id, texts: Texts, now_ms: int) -> Effects:
        del texts, now_ms
        self._follows = False
        return (_answer(number, {}), *(Unsubscribe(topic) for topic in _USER_DATA))

    def _error(self, number: Id, error: DrawbridgeError) -> Send:
        raw = self._errors.speak(error.code, error.facts)
        told = {"code": int(raw.code), "msg": raw.message}
        return _send({"id": number, "status": raw.status, "error": told, "rateLimits": []})


def _read_id(value: object) -> Id:
    """Read a request's id. Raises: `BadInput("malformed")`."""
    if isinstance(value, str) and len(value) <= _MOST_ID:
        return value
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST_NUMBER:
        return value
    raise BadInput("malformed", field="id")


def _is_ed25519(signature: str) -> bool:
    try:
        return len(base64.b64decode(signature, validate=True)) == _ED25519_BYTES
    except (binascii.Error, ValueError):
        return False


def _answer(number: Id, result: object) -> Send:
    return _send({"id": number, "status": _OK, "result": result, "rateLimits": []})


def _send(document: Mapping[str, Any]) -> Send:
    return Send(orjson.dumps(document).decode())
