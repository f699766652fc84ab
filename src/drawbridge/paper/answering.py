"""One request to a papered exchange, from its bytes to the bytes of the answer.

Admit, decode, carry out in the world, make durable, encode. Whatever goes wrong is spoken in the
exchange's own status, code and words. There is no transport here; see entrypoints/paper_server.
"""

from typing import Any

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import DrawbridgeError, ExchangeDown, Forbidden, NotProven
from drawbridge.core.markets import Currency
from drawbridge.core.operations import (
    GetCurrencies,
    GetFixed,
    GetKeyRights,
    GetMarkets,
    GetServerTime,
    KeyRights,
    Operation,
    PlaceOrder,
    ServerTime,
)
from drawbridge.paper.accounts import PaperKey
from drawbridge.paper.admission import Admission, Admitted
from drawbridge.paper.world import PaperWorld
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.stamps import StampKind

_TOO_MANY = frozenset({418, 429})


class Answering:
    """A papered exchange as its clients meet it."""

    def __init__(
        self, exchange: Exchange, world: PaperWorld, clock: Clock, *, unlimited: bool = False
    ) -> None:
        """Join an exchange's folder to the paper world; `unlimited` takes the rate limits off."""
        self._exchange = exchange
        self._world = world
        self._clock = clock
        self._admission = Admission(exchange, world, unlimited=unlimited)
        self._markets = world.markets(exchange.card.id)
        self._currencies = tuple(
            Currency(row.code, row.name, row.places) for row in exchange.card.currencies
        )

    async def answer(self, request: WireRequest, address: str) -> WireAnswer:
        """Answer a request that came from `address`; never raises for what a sender can do."""
        now_ms = self._clock.now_ms()
        try:
            admitted = await self._admit(request, address, now_ms)
            answer = self._carry_out(admitted, request, now_ms)
            if admitted.key is not None:
                # Nothing is told to a client before it is on disk: neither that an order was
                # placed nor, to who only reads, that it was filled.
                await self._world.durable()
        except DrawbridgeError as error:
            return self.refuse(error)
        headers = self._exchange.codec.limit_headers(admitted.used)
        if headers:
            answer = WireAnswer(answer.status, answer.body, answer.headers + headers)
        return answer

    def refuse(self, error: DrawbridgeError) -> WireAnswer:
        """Speak one of our errors as this exchange would."""
        raw = self._exchange.errors.speak(error.code, error.facts)
        answer = self._exchange.codec.write_error(raw)
        if isinstance(error, ExchangeDown) and answer.status in _TOO_MANY:
            seconds = -(-error.retry_after_ms // 1_000)
            wait = (b"retry-after", str(seconds).encode())
            return WireAnswer(answer.status, answer.body, (*answer.headers, wait))
        return answer

    async def _admit(self, request: WireRequest, address: str, now_ms: int) -> Admitted:
        try:
            return self._admission.admit(request, address, now_ms)
        except NotProven as error:
            if error.code != "bad_key":
                raise
        # The key may have been made this very moment by another process.
        await self._world.refresh()
        return self._admission.admit(request, address, now_ms)

    def _carry_out(self, admitted: Admitted, request: WireRequest, now_ms: int) -> WireAnswer:
        endpoint, key = admitted.endpoint, admitted.key
        if not endpoint.operation:
            # It exists on the real exchange; the paper exchange does not carry it out.
            raise Forbidden("unknown_endpoint", rule="endpoint")
        if endpoint.answer:
            return WireAnswer(200, endpoint.answer)
        codec = self._exchange.codec
        view = ServerView(endpoint, request, self._markets, now_ms)
        operation = codec.decode_request(view)
        if key is not None and isinstance(operation, PlaceOrder):
            self._admission.require(key, operation.scope)
        result = self._result(key, operation, now_ms)
        return codec.encode_answer(operation, result, view)

    def _result(self, key: PaperKey | None, operation: Operation[Any], now_ms: int) -> object:
        match operation:
            case GetServerTime():
                return ServerTime(now_ms)
            case GetMarkets(symbols):
                wanted = frozenset(symbols)
                return tuple(
                    market for market in self._markets if not wanted or market.symbol in wanted
                )
            case GetCurrencies():
                return self._currencies
            case GetFixed(answer):
                return answer
            case GetKeyRights() if key is not None:
                return self._rights(key)
        account = None if key is None else key.account
        return self._world.carry_out(self._exchange.card.id, account, operation, now_ms)

    def _rights(self, key: PaperKey) -> KeyRights:
        told_nonce = self._exchange.card.stamp.kind is StampKind.NONCE
        return KeyRights(
            switches=key.switches,
            ip_list=tuple(str(network) for network in key.ip_list),
            ip_bound=bool(key.ip_list),
            created_ms=key.created_ms,
            expires_ms=key.expires_ms,
            label=key.label,
            key=key.key,
            last_nonce=key.last_nonce if told_nonce else None,
        )
