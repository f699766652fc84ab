"""The exchange's side of one connection: channels, heartbeats, and on the private one trading.

Every private request carries a token that was drawn over REST; a connection that has shown a good
one goes on with it for as long as it lives.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.clock import SECOND_MS
from drawbridge.core.errors import BadInput, DrawbridgeError, NotProven
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetOwnTrades,
    Operation,
    Placed,
)
from drawbridge.core.orders import Order
from drawbridge.core.streams import BalancesTold, OrdersTold, OrderTold, StreamEvent, Topic
from drawbridge.exchanges.kraken.stream.messages import (
    PRIVATE_CHANNELS,
    PUBLIC_CHANNELS,
    described,
    topic_of,
    write_market_event,
    write_user_message,
)
from drawbridge.exchanges.kraken.stream.trading import read_cancels, read_order
from drawbridge.exchanges.kraken.stream.writing import (
    Row,
    balance_rows,
    execution_rows,
    fill_row,
    moment,
    order_row,
)
from drawbridge.wire.documents import parse_object, write_document
from drawbridge.wire.stream import (
    Ask,
    Effect,
    Effects,
    Frame,
    LogIn,
    Opening,
    Send,
    Subscribe,
    Unsubscribe,
)

_MOST_SYMBOLS: Final = 200
_MOST_NUMBER: Final = 2**53
_MOST_TOLD: Final = 40
_TRADES_TOLD: Final = 50
# What streams say in other words than REST.
_TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bad_key": "ESession:Invalid session",
        "right_missing": "EAccount:Invalid permissions",
        "right_read_only": "EAccount:Invalid permissions",
        "unknown_symbol": "Currency pair not supported {symbol}",
    }
)
_HEARTBEAT: Final = Send('{"channel":"heartbeat"}')


@dataclass(frozen=True, slots=True)
class _Request:
    """A request of the client."""

    method: str
    req_id: int | None
    params: Mapping[str, Any]
    time_ms: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that waits for the result of an operation."""

    request: _Request
    operation: Operation[Any]


class KrakenSession:
    """One connection."""

    def __init__(self, opening: Opening, *, is_private: bool) -> None:
        """Start with no channel; the private connection has those of an account alone."""
        self._markets = opening.markets
        self._errors = opening.errors
        self._shared = opening.shared
        self._is_private = is_private
        self._token = ""
        self._last_ms = opening.now_ms
        self._followed: dict[Topic, str] = {}
        # Topics of which nothing was told yet, with the request that asked for them.
        self._new: dict[Topic, _Request] = {}
        self._numbers: Counter[str] = Counter()
        self._methods: Mapping[str, Callable[[_Request], Effects]] = {
            "ping": self._pong,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "add_order": self._trade,
            "cancel_order": self._trade,
            "cancel_all": self._trade,
        }

    def opened(self, now_ms: int) -> Effects:
        """Tell how the exchange is."""
        status = {"version": "2.0.10", "system": "online", "api_version": "v2"}
        row = {**status, "connection_id": now_ms}
        return (_send({"channel": "status", "type": "update", "data": [row]}),)

    def receive(self, frame: Frame, now_ms: int) -> Effects:
        """Take a request."""
        request = _Request("", None, {}, now_ms)
        try:
            document = parse_object(frame)
            request = _read_request(document, now_ms)
            do = self._methods.get(request.method)
            if do is None:
                raise BadInput("malformed", field="method")
            return do(request)
        except DrawbridgeError as error:
            return (self._error(request, error),)

    def logged_in(self, ref: object, now_ms: int) -> Effects:
        """Hear that a token is good: what came with it is done now."""
        del now_ms
        if not isinstance(ref, _Request):
            return ()
        self._token = ref.params["token"]
        try:
            return self._private(ref)
        except DrawbridgeError as error:
            return (self._error(ref, error),)

    def answered(self, ref: object, result: object, now_ms: int) -> Effects:
        """Hear what became of a request to trade, or an account's last trades."""
        if not isinstance(ref, _Asked):
            return ()
        if isinstance(ref.operation, GetOwnTrades) and isinstance(result, tuple):
            rows = [fill_row(fill) for fill in result]
            return (Send(self._user_message("executions", rows, is_first=True)),) if rows else ()
        return (self._answer(ref.request, _result_of(ref.operation, result), now_ms),)

    def refused(self, ref: object, error: DrawbridgeError, now_ms: int) -> Effects:
        """Hear that something was refused."""
        del now_ms
        request = ref.request if isinstance(ref, _Asked) else ref
        if not isinstance(request, _Request):
            return ()
        for topic, waiting in tuple(self._new.items()):
            if waiting is request:
                del self._new[topic], self._followed[topic]
        return (self._error(request, error),)

    def tell(self, topic: Topic, event: StreamEvent, now_ms: int) -> Sequence[Frame]:
        """Write an event of a channel; an answer to who asked for it goes before the first."""
        self._last_ms = now_ms
        request = self._new.pop(topic, None)
        if topic.kind.is_private:
            return [*self._acknowledge(topic, request, now_ms), *self._tell_owner(event, request)]
        if request is not None and request.params.get("snapshot") is False:
            return ()
        is_first = request is not None
        market = self._markets.get(topic.symbol)
        return self._shared.frames(
            (topic, is_first), event, lambda: write_market_event(event, market, is_first=is_first)
        )

    def tick(self, now_ms: int) -> Effects:
        """Give a sign of life about once a second where nothing else does."""
        if not self._followed or now_ms - self._last_ms < SECOND_MS:
            return ()
        self._last_ms = now_ms
        return (_HEARTBEAT,)

    def _pong(self, request: _Request) -> Effects:
        return (_send(_envelope("pong", request, request.time_ms)),)

    def _subscribe(self, request: _Request) -> Effects:
        channel = request.params.get("channel")
        if isinstance(channel, str) and channel in PRIVATE_CHANNELS:
            return self._with_token(request)
        if self._is_private or not isinstance(channel, str) or channel not in PUBLIC_CHANNELS:
            raise BadInput("malformed", field="channel")
        effects: list[Effect] = []
        for symbol in _read_symbols(request):
            effects += self._follow(request, channel, symbol)
        return effects

    def _follow(self, request: _Request, channel: str, symbol: str) -> Sequence[Effect]:
        told = {"symbol": symbol}
        if self._markets.find(symbol) is None:
            text = _TEXTS["unknown_symbol"].format(symbol=symbol[:_MOST_TOLD])
            return (_send(_failure(request, text, told)),)
        topic = topic_of(channel, symbol, request.params)
        if any(it.kind is topic.kind and it.symbol == symbol for it in self._followed):
            return (_send(_failure(request, "Already subscribed", told)),)
        self._followed[topic] = channel
        self._new[topic] = request
        snapshot = request.params.get("snapshot") is not False
        result = described(channel, topic, snapshot=snapshot)
        answer = self._answer(request, result, request.time_ms)
        return answer, Subscribe(topic, request)

    def _unsubscribe(self, request: _Request) -> Effects:
        channel = request.params.get("channel")
        if not isinstance(channel, str):
            raise BadInput("malformed", field="channel")
        symbols = [""] if channel in PRIVATE_CHANNELS else _read_symbols(request)
        effects: list[Effect] = []
        for symbol in symbols:
            left = [
                topic
                for topic, name in self._followed.items()
                if name == channel and topic.symbol == symbol
            ]
            if not left:
                effects.append(_send(_failure(request, "Subscription not found", {})))
            for topic in left:
                del self._followed[topic]
                self._new.pop(topic, None)
                result = described(channel, topic, snapshot=True)
                effects += [self._answer(request, result, request.time_ms), Unsubscribe(topic)]
        return effects

    def _trade(self, request: _Request) -> Effects:
        return self._with_token(request)

    def _with_token(self, request: _Request) -> Effects:
        token = request.params.get("token")
        if not self._is_private or not isinstance(token, str) or not token:
            raise NotProven("bad_key")
        if token == self._token:
            return self._private(request)
        return (LogIn(request, token=token),)

    def _private(self, request: _Request) -> Effects:
        params = request.params
        match request.method:
            case "subscribe":
                return self._follow_privately(request)
            case "add_order":
                order = read_order(params, self._markets, request.time_ms)
                return (Ask(_Asked(request, order), "ws_add_order", order),)
            case "cancel_order":
                wanted = read_cancels(params, self._markets, request.time_ms)
                return [Ask(_Asked(request, it), "ws_cancel_order", it) for it in wanted]
        everything = CancelAllOrders()
        return (Ask(_Asked(request, everything), "ws_cancel_all", everything),)

    def _follow_privately(self, request: _Request) -> Effects:
        channel = str(request.params["channel"])
        topic, row = PRIVATE_CHANNELS[channel]
        if topic in self._followed:
            return (_send(_failure(request, "Already subscribed", {})),)
        self._followed[topic] = channel
        self._new[topic] = request
        effects: list[Effect] = [Subscribe(topic, request, row)]
        if channel == "executions" and request.params.get("snap_trades") is True:
            trades = GetOwnTrades(limit=_TRADES_TOLD)
            effects.append(Ask(_Asked(request, trades), "ws_own_trades", trades))
        return effects

    def _acknowledge(self, topic: Topic, request: _Request | None, now_ms: int) -> Sequence[Frame]:
        if request is None:
            return ()
        channel = self._followed[topic]
        result: Row = {"channel": channel, "snapshot": request.params.get("snapshot") is not False}
        if channel == "executions":
            wanted = ("snap_orders", "snap_trades")
            result = {
                "channel": channel,
                "maxratecount": 180,
                **{name: request.params.get(name) is True for name in wanted},
                "warnings": [],
            }
        return (self._answer(request, result, now_ms).frame,)

    def _tell_owner(self, event: StreamEvent, request: _Request | None) -> Iterable[Frame]:
        match event:
            case OrdersTold():
                if request is not None and request.params.get("snap_orders") is not True:
                    return ()
                rows = [order_row(order) for order in event.orders]
                return (self._user_message("executions", rows, is_first=True),)
            case OrderTold():
                told = execution_rows(event)
                return [self._user_message("executions", (row,), is_first=False) for row in told]
            case BalancesTold():
                rows = balance_rows(event)
                if rows:
                    return (self._user_message("balances", rows, is_first=event.is_snapshot),)
        return ()

    def _user_message(self, channel: str, rows: Iterable[Row], *, is_first: bool) -> Frame:
        self._numbers[channel] += 1
        return write_user_message(channel, rows, self._numbers[channel], is_first=is_first)

    def _answer(self, request: _Request, result: Row, now_ms: int) -> Send:
        told = _envelope(request.method, request, now_ms)
        return _send({**told, "result": result, "success": True})

    def _error(self, request: _Request, error: DrawbridgeError) -> Send:
        if error.code in _TEXTS:
            text = _TEXTS[error.code].format(symbol=error.facts.get("symbol", ""))
        else:
            text = self._errors.speak(error.code, error.facts).message
        return _send(_failure(request, text, {}))


def _read_request(document: Mapping[str, Any], now_ms: int) -> _Request:
    """Read a request. Raises: `BadInput("malformed")`."""
    method, params = document.get("method"), document.get("params", {})
    req_id = document.get("req_id")
    if not isinstance(method, str) or not isinstance(params, dict):
        raise BadInput("malformed", field="method")
    if req_id is not None and (
        isinstance(req_id, bool) or not isinstance(req_id, int) or abs(req_id) >= _MOST_NUMBER
    ):
        raise BadInput("malformed", field="req_id")
    return _Request(method[:_MOST_TOLD], req_id, params, now_ms)


def _read_symbols(request: _Request) -> Sequence[str]:
    """Read which pairs are asked for. Raises: `BadInput("malformed")`."""
    symbols = request.params.get("symbol")
    if not isinstance(symbols, list) or not 0 < len(symbols) <= _MOST_SYMBOLS:
        raise BadInput("malformed", field="symbol")
    if not all(isinstance(symbol, str) for symbol in symbols):
        raise BadInput("malformed", field="symbol")
    return symbols


def _result_of(operation: Operation[Any], result: object) -> Row:
    """Write what became of a request to trade."""
    if isinstance(result, Placed):
        order = result.order
        told: Row = {"order_id": order.order_id} if order.order_id else {}
        return told | ({"cl_ord_id": order.client_id} if order.client_id else {}) | {"warnings": []}
    if isinstance(operation, CancelOrder) and isinstance(result, Order):
        named = {"cl_ord_id": operation.client_id} if operation.client_id else {}
        return {"order_id": result.order_id, **named}
    return {"count": len(result) if isinstance(result, tuple) else 0}


def _envelope(method: str, request: _Request, now_ms: int) -> Row:
    told: Row = {"method": method}
    if request.req_id is not None:
        told["req_id"] = request.req_id
    return told | {"time_in": moment(request.time_ms), "time_out": moment(now_ms)}


def _failure(request: _Request, text: str, more: Mapping[str, object]) -> Row:
    told = _envelope(request.method, request, request.time_ms)
    return {**told, **more, "success": False, "error": text}


def _send(document: Row) -> Send:
    return Send(write_document(document).decode())
