"""An exchange that always gives the same answers, as fast as Python can: for clients' benchmarks.

The answers are the exchange's own, made once by its codec; nothing is checked or carried out.
"""

import asyncio
import sys
from decimal import Decimal

import httptools

from drawbridge.app.lifetime import tell_ready, until_stopped
from drawbridge.app.listening import listen, port_of
from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.markets import Markets
from drawbridge.core.operations import (
    GetCurrencies,
    GetMarkets,
    GetServerTime,
    Placed,
    PlaceOrder,
    ServerTime,
)
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.wire.codec import ServerView
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireAnswer, WireRequest

_NOW_MS = 1_763_000_000_000
_OVER_A_STREAM = "WS"
_NOT_HERE = b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}"


def place_order(markets: Markets) -> PlaceOrder:
    """Give the order that both sides of the benchmark place: a limit buy of the first market."""
    market = next(iter(markets))
    return PlaceOrder(
        symbol=market.symbol,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.001"),
        price=Decimal(20_000),
        client_id="db7qk2m4x9",
    )


def canned_answers(exchange: Exchange) -> dict[tuple[bytes, bytes], bytes]:
    """Make the answer to every endpoint that a client asks before and while it places orders."""
    answers = {}
    for row in exchange.endpoints.rows():
        # What is asked over a stream has a row as well, but no answer of its own.
        answer = None if row.method == _OVER_A_STREAM else _answer(exchange, row)
        if answer is not None:
            answers[row.method.encode(), row.path] = _written(answer)
    return answers


def _answer(exchange: Exchange, row: Endpoint) -> WireAnswer | None:
    codec, markets = exchange.codec, exchange.card.markets()
    request = WireRequest(row.method, row.path, b"", (), b"newOrderRespType=FULL")
    view = ServerView(row, request, markets, _NOW_MS)
    if row.answer:
        return WireAnswer(200, row.answer)
    if row.operation == "get_server_time":
        return codec.encode_answer(GetServerTime(), ServerTime(_NOW_MS), view)
    if row.operation == "get_markets":
        return codec.encode_answer(GetMarkets(), tuple(markets), view)
    if row.operation == "get_currencies":
        return codec.encode_answer(GetCurrencies(), exchange.card.currencies, view)
    if row.operation == "place_order":
        operation = place_order(markets)
        return codec.encode_answer(operation, Placed(_placed(exchange, operation)), view)
    return None


def _placed(exchange: Exchange, operation: PlaceOrder) -> Order:
    return Order(
        order_id=exchange.codec.order_id(28),
        client_id=operation.client_id,
        symbol=operation.symbol,
        side=operation.side,
        type=operation.type,
        time_in_force=TimeInForce.GTC,
        status=OrderStatus.OPEN,
        quantity=operation.quantity or Decimal(0),
        price=operation.price,
        created_ms=_NOW_MS,
        updated_ms=_NOW_MS,
    )


def _written(answer: WireAnswer) -> bytes:
    lines = b"".join(b"%b: %b\r\n" % pair for pair in answer.headers)
    head = b"HTTP/1.1 %d OK\r\n%bcontent-length: %d\r\n\r\n" % (
        answer.status,
        lines,
        len(answer.body),
    )
    return head + answer.body


class _Connection(asyncio.Protocol):
    def __init__(self, answers: dict[tuple[bytes, bytes], bytes]) -> None:
        self._answers = answers
        self._path = b""
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path = url.partition(b"?")[0]

    def on_message_complete(self) -> None:
        answer = self._answers.get((self._parser.get_method(), self._path), _NOT_HERE)
        if self._transport is not None:
            self._transport.write(answer)


async def _serve(exchange_id: str, *, is_sleepy: bool) -> None:
    answers = canned_answers(get_exchange(exchange_id))
    listener = listen("127.0.0.1", 0)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(answers), sock=listener)
    awake = None if is_sleepy else asyncio.create_task(_stay_awake())
    tell_ready({"port": port_of(listener)})
    await until_stopped(with_parent=True)
    if awake is not None:
        awake.cancel()
    server.close()


async def _stay_awake() -> None:
    """Keep this process from sleeping between requests.

    Why: on an idle machine, waking a process takes longer than an order does; what is timed
    would be the machine's way of saving power, on both sides alike. Where many orders are under
    way at once there is always something to do, and a client with threads needs the processor.
    """
    while True:  # noqa: ASYNC110  There is no event to wait for: that is the point.
        await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], is_sleepy="--sleepy" in sys.argv))
