"""Events of a stream, from the socket to who follows, against ccxt.pro's `watch_trades`.

Both read the same trades, in the exchange's own frames, off a stub server in a process of its own;
the CPU of the client's process is compared. Ours passes the whole way of `gateway/streaming.py`.
"""

import asyncio
from contextlib import aclosing
from typing import Any, cast

import ccxt.pro

from benchmarks.measure import Pair, Result, compare
from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.markets import Markets
from drawbridge.core.streams import Topic, TopicKind, TradesTold
from drawbridge.entrypoints.paper_server.hosting import client_urls
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.dialling import Dialler
from drawbridge.gateway.lines import Ways
from drawbridge.gateway.streaming import Streams
from drawbridge.gateway.venues import Venues
from tests.kit.processes import Process

_TRADES = 10_000
_ROUNDS = 5
_LAST = 1_000_000 + _TRADES - 1
_EXCHANGES = ("binance", "kraken")
_PAPER = "paper"


def run() -> list[Result]:
    """Compare for some exchanges."""
    return [_result(exchange_id) for exchange_id in _EXCHANGES]


def _result(exchange_id: str) -> Result:
    exchange = get_exchange(exchange_id)
    rest = Process("benchmarks.stubs.exchange_server", (exchange_id,))
    server = Process("benchmarks.stubs.flood_server", (exchange_id, str(_TRADES)))
    base, ws = f"127.0.0.1:{rest.ready['port']}", f"127.0.0.1:{server.ready['port']}"
    try:
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            client = runner.run(_ccxt(exchange, f"http://{base}", f"ws://{ws}"))
            pair = compare(
                lambda: loop.run_until_complete(_ours(exchange, f"http://{ws}")),
                lambda: loop.run_until_complete(_theirs(exchange, client)),
                rounds=_ROUNDS,
            )
            runner.run(client.close())
    finally:
        rest.stop()
        server.stop()
    return _told(exchange_id, pair)


def _told(exchange_id: str, pair: Pair) -> Result:
    ours, theirs = (cost.cpu_s / _TRADES * 1e6 for cost in (pair.ours, pair.reference))
    details = f"{ours:.1f} µs of CPU an event, ccxt.pro {theirs:.1f} µs"
    what = f"trades over a stream, {exchange_id}"
    return Result("streams", what, pair.cpu_ratio, None, details, at_least=False)


class _Known:
    """A gateway that knows the markets, which is all that public streams ask it for."""

    def __init__(self, exchange: Exchange) -> None:
        self._markets = exchange.card.markets()

    async def markets(self, *_: str) -> Markets:
        return self._markets


async def _ours(exchange: Exchange, url: str) -> None:
    venues = Venues({exchange.id: url})
    ways = Ways(cast("Gateway", _Known(exchange)), venues, Dialler(), lambda _: 0)
    streams = Streams(ways)
    topic = Topic(TopicKind.TRADES, exchange.card.paper_markets[0].symbol)
    async with aclosing(streams.follow(exchange.id, _PAPER, topic)) as told:
        async for event in told:
            if isinstance(event, TradesTold) and event.trades[-1].trade_id == _LAST:
                break
    await streams.close()


async def _theirs(exchange: Exchange, client: Any) -> None:  # noqa: ANN401  ccxt is published without types
    symbol = exchange.card.paper_markets[0].symbol
    while True:
        trades = await client.watch_trades(symbol)
        if int(trades[-1]["id"]) == _LAST:
            break
    # The markets stay known; only the connection is opened anew in each round.
    await client.close()


async def _ccxt(exchange: Exchange, base: str, ws: str) -> Any:  # noqa: ANN401  as above: no types
    urls = client_urls(exchange, "ccxt", base, ws)
    known = exchange.card.clients["ccxt"]
    client = getattr(ccxt.pro, known.id)({"urls": urls, "enableRateLimit": False})
    await client.load_markets()
    return client
