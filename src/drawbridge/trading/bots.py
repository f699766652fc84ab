"""What bots ask for through virtual keys: read, judged, and sent over the one road.

Whose a request is was proven before (`gateway/admission.py`). Here it is read by the exchange's own
codec, held against the virtual key's restrictions and the person's limits, and its order counted
until it is known what became of it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import (
    BadInput,
    DrawbridgeError,
    Forbidden,
    NotFound,
    OutcomeUnknown,
)
from drawbridge.core.ids import client_order_id
from drawbridge.core.operations import Operation, Placed, PlaceOrder, Scope
from drawbridge.core.orders import Order
from drawbridge.core.refusals import Refused
from drawbridge.core.values import light_value
from drawbridge.gateway.admission import Admitted
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.forwarding import Forwarding, Heard
from drawbridge.gateway.policy import Purpose
from drawbridge.trading.quotes import Quotes
from drawbridge.virtual_keys.asked import Act, Asked, asked_of
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.virtual_keys.usage import Usages
from drawbridge.wire.bodies import bare, refuse_beside
from drawbridge.wire.codec import ServerView, beside_body, encode_at
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireRequest

_ENTROPY_BYTES: Final = 16
_READS: Final = frozenset({None, Scope.READ})
_CANCELS: Final = frozenset({"cancel_order", "cancel_all_orders"})
_TOKEN: Final = "get_stream_token"  # noqa: S105  the name of an operation
# Where money is to be sent is nobody's business who only trades. The tables call it reading.
_WHERE_MONEY_GOES: Final = re.compile(rb"address|invoice", re.IGNORECASE)


class Limits(Protocol):
    """The limits and stops that the person has set; the watch is one."""

    def admits_all(self) -> bool:
        """Tell at once that nothing is limited."""

    async def admit(self, key_id: str, origin: str, order: PlaceOrder) -> None:
        """Let an order through, to be released. Raises: `Forbidden`, `ExchangeDown`."""

    def release(self, key_id: str, client_id: str) -> None:
        """Count an order by its row from now on."""


class Counter(Protocol):
    """Who counts what passes and what does not, for people to see."""

    def note(self, virtual_id: str, refused: Refused | None, now_ms: int) -> None:
        """Count a request."""


@dataclass(frozen=True, slots=True)
class Judges:
    """Who is asked before a request goes out."""

    usages: Usages
    limits: Limits
    quotes: Quotes
    counter: Counter


@light_value
class _Read:
    """A request as far as it could be read."""

    operation: Operation[Any] | None
    asked: Asked


class Bots:
    """The desk of all bots."""

    def __init__(
        self, gateway: Gateway, judges: Judges, entropy: Callable[[int], bytes], clock: Clock
    ) -> None:
        """Join the parts."""
        self._gateway = gateway
        self._judges = judges
        self._entropy = entropy
        self._clock = clock

    async def carry(
        self, exchange: Exchange, venue: str, admitted: Admitted, request: WireRequest, address: str
    ) -> Heard:
        """Take an admitted request to the exchange and give what was heard.

        Raises: `Forbidden` with the rule that speaks against it, before anything was sent;
        `BadInput`, `NotFound` for what the exchange would not understand either; as
        `Forwarder.forward`.
        """
        endpoint, virtual = admitted.endpoint, admitted.virtual
        request = bare(request)
        if endpoint.scope not in _READS:
            refuse_beside(request, beside_body(exchange.codec))
        if virtual is None:
            answer = await self._gateway.relay.ask(exchange.id, venue, endpoint, request)
            return Heard(answer)
        read = await self._read(virtual, endpoint, request, address)
        if isinstance(read.operation, PlaceOrder):
            return await self._ordered(virtual, endpoint, request, read)
        self.hold(virtual, read.asked)
        purpose = Purpose.READ if read.asked.act is Act.READ else Purpose.TRADE
        heard = await self._gateway.forwarder.forward(
            Forwarding(virtual.key_id, virtual.origin, purpose, endpoint, request, read.operation)
        )
        if heard.order is not None:
            named = heard.order.client_id or getattr(read.operation, "client_id", "")
            self._judges.usages.settle(virtual.id, named, heard.order)
        return heard

    async def answer(
        self, virtual: VirtualKey, endpoint: Endpoint, operation: Operation[Any], address: str
    ) -> object:
        """Give the result of what a bot asks for over a stream, in our own words.

        It goes on over REST, written anew: `endpoint` is the row that named it there.
        Raises: as `carry`; the exchange's own refusal as well.
        """
        place = (virtual.exchange, virtual.venue)
        markets, now_ms = await self._gateway.markets(*place), self._clock.now_ms()
        exchange = get_exchange(virtual.exchange)
        rest = exchange.endpoints.classify(
            encode_at(exchange.codec, operation, markets, self._gateway.relay.now_ms(*place))
        )
        read = _Read(operation, asked_of(operation, rest.scope or endpoint.scope, address, now_ms))
        if isinstance(operation, PlaceOrder):
            heard = await self._ordered(virtual, rest, None, read)
            if heard.error is not None or heard.order is None:
                raise heard.error or OutcomeUnknown("unreadable_answer")
            return Placed(heard.order, heard.fills)
        self.hold(virtual, read.asked)
        purpose = Purpose.READ if read.asked.act is Act.READ else Purpose.TRADE
        result: object = await self._gateway.call(
            virtual.key_id, operation, purpose=purpose, origin=virtual.origin
        )
        if isinstance(result, Order):
            named = result.client_id or getattr(operation, "client_id", "")
            self._judges.usages.settle(virtual.id, named, result)
        return result

    def hold(self, virtual: VirtualKey, asked: Asked, client_id: str = "") -> None:
        """Hold something against its virtual key's restrictions, at once, and count it.

        Raises: `Forbidden` with the rule that speaks against it.
        """
        refused = self._judges.usages.admit(virtual, asked, client_id)
        self._judges.counter.note(virtual.id, refused, asked.now_ms)
        if refused is not None:
            raise Forbidden(refused.code, **refused.facts)

    async def _read(
        self, virtual: VirtualKey, endpoint: Endpoint, request: WireRequest, address: str
    ) -> _Read:
        now_ms = self._clock.now_ms()
        if not endpoint.operation:
            scope = endpoint.scope
            if scope in _READS and _WHERE_MONEY_GOES.search(request.path):
                scope = Scope.OTHER
            return _Read(None, asked_of(None, scope, address, now_ms))
        exchange = get_exchange(virtual.exchange)
        at = (virtual.exchange, virtual.venue)
        markets = self._gateway.relay.find_markets(*at) or await self._gateway.markets(*at)
        try:
            view = ServerView(endpoint, request, markets, now_ms)
            operation = exchange.codec.decode_request(view)
        except (BadInput, NotFound):
            # What only ends orders may always do so, and what only reads changes nothing.
            if endpoint.operations <= _CANCELS:
                return _Read(None, Asked(Act.CANCEL, endpoint.scope, address, now_ms))
            if not _only_reads(endpoint):
                raise
            return _Read(None, asked_of(None, endpoint.scope, address, now_ms))
        return _Read(operation, asked_of(operation, endpoint.scope, address, now_ms))

    async def _ordered(
        self, virtual: VirtualKey, endpoint: Endpoint, request: WireRequest | None, read: _Read
    ) -> Heard:
        order, own = read.operation, request
        assert isinstance(order, PlaceOrder)  # noqa: S101 - who calls this has looked
        forwarding = Forwarding(virtual.key_id, virtual.origin, Purpose.TRADE, endpoint, own, order)
        if not order.client_id:
            # Without an id, an order whose answer is lost could never be found again.
            drawn = client_order_id(virtual.id, self._entropy(_ENTROPY_BYTES).hex())
            order = replace(order, client_id=drawn)
            forwarding = replace(forwarding, request=None, operation=order)
        asked = read.asked if order is read.operation else replace(read.asked, order=order)
        if virtual.wants_prices:
            asked = await self._with_prices(virtual, asked, order)
        await self._judges.usages.prepare(virtual, asked.now_ms)
        limits = self._judges.limits
        if not limits.admits_all():
            await self._within_limits(virtual, order, asked)
        try:
            self.hold(virtual, asked, order.client_id)
            return await self._counted(virtual, order, forwarding)
        finally:
            limits.release(virtual.key_id, order.client_id)

    async def _within_limits(self, virtual: VirtualKey, order: PlaceOrder, asked: Asked) -> None:
        try:
            await self._judges.limits.admit(virtual.key_id, virtual.origin, order)
        except Forbidden as error:
            refused = Refused(error.code, error.facts)
            self._judges.counter.note(virtual.id, refused, asked.now_ms)
            raise

    async def _counted(
        self, virtual: VirtualKey, order: PlaceOrder, forwarding: Forwarding
    ) -> Heard:
        usages = self._judges.usages
        try:
            heard = await self._gateway.forwarder.forward(forwarding)
        except DrawbridgeError as error:
            # While nobody knows, what was reserved stays so.
            if not isinstance(error, OutcomeUnknown):
                usages.release(virtual.id, order.client_id)
            raise
        if heard.error is None and heard.order is not None:
            usages.settle(virtual.id, order.client_id, heard.order)
        elif not isinstance(heard.error, OutcomeUnknown):
            usages.release(virtual.id, order.client_id)
        return heard

    async def _with_prices(self, virtual: VirtualKey, asked: Asked, order: PlaceOrder) -> Asked:
        quotes = self._judges.quotes
        last = await quotes.last(virtual.exchange, virtual.venue, asked.symbol)
        if last is None or not virtual.wants_book:
            return replace(asked, last=last)
        expected = await quotes.expected(virtual.exchange, virtual.venue, order, last)
        return replace(asked, last=last, expected=expected)


def _only_reads(endpoint: Endpoint) -> bool:
    named = endpoint.operations
    return endpoint.scope in _READS and _TOKEN not in named and all(map(_is_question, named))


def _is_question(name: str) -> bool:
    return name.startswith("get_") or name == "check_access"
