"""T1: an order of our own (encode, sign, send, decode) against ccxt's `create_order`.

Both clients place the same limit order at the same stub server, which runs in a process of its
own and always gives the exchange's answer. One at a time, time is compared; with 32 in flight,
the CPU of the client's process. What the journal costs on top is measured in `journal.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import ccxt.async_support as ccxt_async

from benchmarks.measure import Pair, Result, compare
from benchmarks.stubs.exchange_server import place_order
from drawbridge.catalogue.registry import Exchange, credential_of, get_exchange
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.paper_server.hosting import client_urls
from drawbridge.gateway import outcome
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.venues import Address, parse_paper_url
from drawbridge.wire.dialect import Credential, sign
from drawbridge.wire.stamps import next_stamp
from tests.kit.processes import Process

_ORDERS = 960
_IN_FLIGHT = 32
_TIMEOUT_MS = 10_000
_EXCHANGES = ("binance", "kraken")
_KEY = "K" * 56
_SECRET = "czNjcjN0" * 11  # base64 and letters only: good for every exchange here
_NOW_MS = 1_763_000_000_000

Place = Callable[[], Awaitable[object]]


def run() -> list[Result]:
    """Compare for each exchange, one at a time and many in flight."""
    return [result for exchange_id in _EXCHANGES for result in _results(exchange_id)]


def _results(exchange_id: str) -> list[Result]:
    exchange = get_exchange(exchange_id)
    server = Process("benchmarks.stubs.exchange_server", (exchange_id,))
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        base = f"http://127.0.0.1:{server.ready['port']}"
        client = runner.run(_ccxt(exchange, base))
        egress = Egress()
        ours = _Ours(exchange, egress, parse_paper_url(base))

        async def reference() -> object:
            order = ours.order
            return await client.create_order(order.symbol, "limit", "buy", 0.001, 20000)

        try:
            one = compare(
                lambda: loop.run_until_complete(_one_by_one(ours.place)),
                lambda: loop.run_until_complete(_one_by_one(reference)),
            )
            many = compare(
                lambda: loop.run_until_complete(_in_flight(ours.place)),
                lambda: loop.run_until_complete(_in_flight(reference)),
            )
        finally:
            runner.run(client.close())
            runner.run(egress.close())
            server.stop()
    return [
        Result(
            "T1",
            f"own order ({exchange_id}), one at a time: time / ccxt's",
            one.wall_ratio,
            0.30,
            _wall(one),
            at_least=False,
        ),
        Result(
            "T1",
            f"own order ({exchange_id}), {_IN_FLIGHT} in flight: client CPU / ccxt's",
            many.cpu_ratio,
            0.15,
            _cpu(many),
            at_least=False,
        ),
    ]


class _Ours:
    """Our own way, as the gateway takes it."""

    def __init__(self, exchange: Exchange, egress: Egress, address: Address) -> None:
        self._exchange = exchange
        self._egress = egress
        self._address = address
        self._markets = exchange.card.markets()
        self._credential = _credential(exchange)
        self._last = 0
        self.order: PlaceOrder = place_order(self._markets)

    async def place(self) -> object:
        exchange = self._exchange
        request = exchange.codec.encode_request(self.order, self._markets)
        self._last = next_stamp(exchange.card.stamp, _NOW_MS, self._last)
        signed = sign(exchange.dialect, request, self._credential, str(self._last))
        answer = await self._egress.send(self._address, signed, _TIMEOUT_MS)
        return outcome.read(exchange, self.order, answer, self._markets)


def _credential(exchange: Exchange) -> Credential:
    fields = {"api_key": Secret(_KEY), "api_secret": Secret(_SECRET)}
    return credential_of(exchange, fields)


async def _ccxt(exchange: Exchange, base: str) -> Any:  # noqa: ANN401 - ccxt has no types
    client_id = exchange.card.clients["ccxt"].id
    client = getattr(ccxt_async, client_id)(
        {
            "apiKey": _KEY,
            "secret": _SECRET,
            "urls": client_urls(exchange, "ccxt", base, base),
            "enableRateLimit": False,
        }
    )
    await client.load_markets()
    return client


async def _one_by_one(place: Place) -> None:
    for _ in range(_ORDERS):
        await place()


async def _in_flight(place: Place) -> None:
    async def worker() -> None:
        for _ in range(_ORDERS // _IN_FLIGHT):
            await place()

    await asyncio.gather(*(worker() for _ in range(_IN_FLIGHT)))


def _wall(pair: Pair) -> str:
    micros = 1e6 / _ORDERS
    return f"{pair.ours.wall_s * micros:.0f} against {pair.reference.wall_s * micros:.0f} µs"


def _cpu(pair: Pair) -> str:
    micros = 1e6 / _ORDERS
    return f"{pair.ours.cpu_s * micros:.0f} against {pair.reference.cpu_s * micros:.0f} µs"
