"""An exchange of a few lines that speaks a real dialect and codec, and fails when told to.

It checks signatures and stamps like the real one and keeps orders in a dict. For everything
that needs a market, use the paper exchange; here a test decides what is answered, or lost.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from typing import Any

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import DrawbridgeError, NotFound, NotProven
from drawbridge.core.markets import Level, OrderBook, Ticker
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
    Balance,
    CancelOrder,
    GetBalances,
    GetClosedOrders,
    GetKeyRights,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetServerTime,
    GetTicker,
    GetTickers,
    KeyRights,
    Operation,
    Placed,
    PlaceOrder,
    ServerTime,
)
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType
from drawbridge.core.secret import Secret
from drawbridge.wire.codec import ServerView
from drawbridge.wire.dialect import verify
from drawbridge.wire.http import Headers, WireAnswer, WireRequest
from drawbridge.wire.proving import check_stamp
from drawbridge.wire.stamps import StampKind, check_nonce
from tests.gateway.scripted_server import ScriptedServer, Visit, scripted_server

Refusal = DrawbridgeError


class Fault(Enum):
    """What goes wrong with one request."""

    LOST_BEFORE = "the request never arrives"
    LOST_AFTER = "it is carried out, the answer is lost"


@dataclass
class StubExchange:
    """The state of the exchange, all of it open to the test."""

    exchange: Exchange
    clock: Clock
    key: str
    secret: Secret
    rights: KeyRights
    balances: tuple[Balance, ...] = ()
    ahead_ms: int = 0
    price: Decimal = Decimal(100)
    asks: tuple[Level, ...] = ()
    bids: tuple[Level, ...] = ()
    orders: dict[str, Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    seen: list[Operation[Any]] = field(default_factory=list)
    refusals: dict[type[Operation[Any]], deque[Refusal | None]] = field(default_factory=dict)
    faults: dict[type[Operation[Any]], deque[Fault | None]] = field(default_factory=dict)
    fill_on_cancel: bool = False
    fill_at_once: bool = False
    last_nonce: int = 0
    told: Headers = ()
    in_flight: int = 0
    most_in_flight: int = 0

    def refuse(self, kind: type[Operation[Any]], *errors: Refusal | None) -> None:
        """Refuse the next requests of a kind; None lets one through."""
        self.refusals.setdefault(kind, deque()).extend(errors)

    def fail(self, kind: type[Operation[Any]], *faults: Fault | None) -> None:
        """Let the next requests of a kind go wrong; None lets one through."""
        self.faults.setdefault(kind, deque()).extend(faults)

    def count(self, kind: type[Operation[Any]]) -> int:
        """Count the requests of a kind that arrived."""
        return Counter(type(operation) for operation in self.seen)[kind]

    @property
    def now_ms(self) -> int:
        """Give the exchange's own time."""
        return self.clock.now_ms() + self.ahead_ms

    async def serve(self, visit: Visit) -> None:
        """Answer one request."""
        request = read_request(visit)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        # One turn of the loop, so that requests under way at once are seen as such.
        await asyncio.wait([asyncio.ensure_future(_turn())])
        fault, answer = self._answer(request)
        self.in_flight -= 1
        if fault is not None:
            visit.cut()
            return
        await visit.say(_written(replace(answer, headers=(*answer.headers, *self.told))))

    def _answer(self, request: WireRequest) -> tuple[Fault | None, WireAnswer]:
        exchange, codec = self.exchange, self.exchange.codec
        try:
            endpoint = exchange.endpoints.classify(request)
            view = ServerView(endpoint, request, exchange.card.markets(), self.now_ms)
            if endpoint.is_signed:
                self._admit(request)
            operation = codec.decode_request(view)
            fault = _next(self.faults, type(operation))
            if fault is Fault.LOST_BEFORE:
                return fault, WireAnswer(500)
            self.seen.append(operation)
            if refusal := _next(self.refusals, type(operation)):
                raise refusal
            return fault, codec.encode_answer(operation, self._carry_out(operation), view)
        except DrawbridgeError as error:
            raw = exchange.errors.speak(error.code, error.facts)
            return None, codec.write_error(raw)

    def _admit(self, request: WireRequest) -> None:
        exchange = self.exchange
        claim = exchange.dialect.claim(request)
        if claim.key != self.key:
            raise NotProven("bad_key")
        rule = exchange.card.stamp
        stamp = check_stamp(rule, claim, self.now_ms)
        verify(exchange.dialect, request, claim, exchange.keys.verifier(self.secret))
        if rule.kind is StampKind.NONCE:
            check_nonce(stamp, self.last_nonce)
            self.last_nonce = stamp

    def _carry_out(self, operation: Operation[Any]) -> Any:  # noqa: ANN401 - each operation has its own type of answer
        carry_out = _CARRY_OUT[type(operation)]
        return carry_out(self, operation)

    def _place(self, operation: PlaceOrder) -> Placed:
        if any(order.client_id == operation.client_id for order in self.orders.values()):
            raise NotProven("duplicate_client_id")
        number = len(self.orders) + 1
        order = Order(
            order_id="" if operation.dry_run else self.exchange.codec.order_id(number),
            client_id=operation.client_id,
            symbol=operation.symbol,
            side=operation.side,
            type=operation.type,
            time_in_force=operation.time_in_force,
            status=OrderStatus.OPEN,
            quantity=operation.quantity or ZERO,
            price=operation.price,
            created_ms=self.now_ms,
            updated_ms=self.now_ms,
            post_only=operation.post_only,
        )
        if operation.dry_run:
            return Placed(order)
        if self.fill_at_once or operation.type is OrderType.MARKET:
            order = self.fill(order)
            self.orders[order.order_id] = order
            return Placed(order, tuple(f for f in self.fills if f.order_id == order.order_id))
        self.orders[order.order_id] = order
        return Placed(order)

    def fill(self, order: Order) -> Order:
        """Fill an order whole."""
        price = order.price or self.price
        trade_id = self.exchange.codec.trade_id(len(self.fills) + 1)
        self.fills.append(
            Fill(
                trade_id=trade_id,
                order_id=order.order_id,
                client_id=order.client_id,
                symbol=order.symbol,
                side=order.side,
                type=order.type,
                price=price,
                quantity=order.quantity,
                fee=ZERO,
                fee_currency=order.symbol.partition("/")[2],
                is_maker=False,
                time_ms=self.now_ms,
            )
        )
        return replace(
            order,
            status=OrderStatus.FILLED,
            filled=order.quantity,
            filled_quote=order.quantity * price,
            updated_ms=self.now_ms,
            trade_ids=(trade_id,),
        )

    def _cancel(self, operation: CancelOrder) -> Order:
        order = self._find(operation.order_id, operation.client_id)
        if order is None or order.status.is_final:
            raise NotFound("unknown_order_cancel")
        if self.fill_on_cancel:
            self.orders[order.order_id] = self.fill(order)
            raise NotFound("unknown_order_cancel")
        order = replace(order, status=OrderStatus.CANCELLED, updated_ms=self.now_ms)
        self.orders[order.order_id] = order
        return order

    def _get(self, operation: GetOrder) -> Order:
        order = self._find(operation.order_id, operation.client_id)
        if order is None:
            raise NotFound("unknown_order")
        return order

    def _find(self, order_id: str, client_id: str) -> Order | None:
        for order in self.orders.values():
            if order_id == order.order_id or (client_id and client_id == order.client_id):
                return order
        return None

    def _ticker(self, symbol: str) -> Ticker:
        price = self.price
        return Ticker(
            symbol=symbol,
            time_ms=self.now_ms,
            last=price,
            bid=price,
            bid_quantity=Decimal(1),
            ask=price,
            ask_quantity=Decimal(1),
            open=price,
            high=price,
            low=price,
            volume=Decimal(1),
            volume_quote=price,
            trades=1,
        )

    def tickers(self, symbols: tuple[str, ...]) -> tuple[Ticker, ...]:
        """Give tickers, all at the one price."""
        every = tuple(market.symbol for market in self.exchange.card.markets())
        return tuple(self._ticker(symbol) for symbol in symbols or every)


_CARRY_OUT: dict[type[Operation[Any]], Callable[[StubExchange, Any], Any]] = {
    GetServerTime: lambda stub, _: ServerTime(stub.now_ms),
    GetMarkets: lambda stub, _: tuple(stub.exchange.card.markets()),
    GetTicker: lambda stub, operation: stub._ticker(operation.symbol),  # noqa: SLF001 - its own table
    GetTickers: lambda stub, operation: stub.tickers(operation.symbols),
    GetOrderBook: lambda stub, operation: OrderBook(
        operation.symbol, stub.now_ms, 1, stub.bids, stub.asks
    ),
    GetBalances: lambda stub, _: stub.balances,
    GetKeyRights: lambda stub, _: stub.rights,
    PlaceOrder: StubExchange._place,  # noqa: SLF001 - its own table
    CancelOrder: StubExchange._cancel,  # noqa: SLF001 - its own table
    GetOrder: StubExchange._get,  # noqa: SLF001 - its own table
    GetOpenOrders: lambda stub, _: tuple(
        order for order in stub.orders.values() if not order.status.is_final
    ),
    GetClosedOrders: lambda stub, operation: tuple(
        order for order in stub.orders.values() if order.status.is_final
    )[operation.offset :],
    GetOwnTrades: lambda stub, _: tuple(stub.fills),
}


@asynccontextmanager
async def stub_server(stub: StubExchange) -> AsyncIterator[ScriptedServer]:
    """Serve a stub on loopback for the time of a test."""
    async with scripted_server(stub.serve) as server:
        yield server


def read_request(visit: Visit) -> WireRequest:
    """Read what a visit asks for."""
    line, *lines = visit.head.rstrip().split(b"\r\n")
    method, target, _ = line.split(b" ")
    path, _, query = target.partition(b"?")
    headers = []
    for text in lines:
        name, _, value = text.partition(b": ")
        headers.append((name.lower(), value))
    return WireRequest(method.decode(), path, query, tuple(headers), visit.body)


def _written(answer: WireAnswer) -> bytes:
    lines = b"".join(b"%b: %b\r\n" % pair for pair in answer.headers)
    length = b"content-length: %d\r\n\r\n" % len(answer.body)
    return b"HTTP/1.1 %d Told\r\n" % answer.status + lines + length + answer.body


def _next(queues: dict[type[Operation[Any]], deque[Any]], kind: type[Operation[Any]]) -> Any:  # noqa: ANN401 - faults or refusals
    queue = queues.get(kind)
    return queue.popleft() if queue else None


async def _turn() -> None:
    return None
