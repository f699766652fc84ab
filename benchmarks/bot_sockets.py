"""One event told to many bots over their sockets, against `websockets.broadcast` of a ready frame.

The reference only sends: its frame is written before the clock runs. Ours reads nothing either (the
events are there), but passes topics, sessions and sockets as in the gateway's process. Clients are
sinks in the same process, alike on both sides; the CPU of that process is compared.
"""

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Final, cast

from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmarks.measure import Pair, Result, compare
from drawbridge.app.listening import listen, port_of
from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.clock import SteppedClock
from drawbridge.core.markets import PublicTrade
from drawbridge.core.streams import TradesTold
from drawbridge.entrypoints.wire_server.serving import Served, WireServer
from drawbridge.gateway.bot_streams.hub import BotSockets
from drawbridge.gateway.bot_streams.station import Parts, Station
from drawbridge.gateway.bot_streams.topics import PublicTopics
from drawbridge.gateway.bot_words import as_spoken
from drawbridge.gateway.following import Told
from drawbridge.wire.http import WireAnswer, WireRequest

_BOTS: Final = 200
_EVENTS: Final = 300
_ROUNDS: Final = 5
_HERE: Final = "127.0.0.1"
_NOW_MS: Final = 1_800_000_000_000
_END: Final = b"\r\n\r\n"
_HANDSHAKE: Final = (
    b"GET /ws/btcusdt@trade HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13" + _END
)


class _Sink(asyncio.Protocol):
    """A client that counts what it is told after the handshake."""

    def __init__(self, wanted: int) -> None:
        self.is_open = asyncio.get_running_loop().create_future()
        self.has_all = asyncio.get_running_loop().create_future()
        self._left = wanted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(_HANDSHAKE)

    def data_received(self, data: bytes) -> None:
        if not self.is_open.done():
            _, _, data = data.partition(_END)
            self.is_open.set_result(None)
        self._left -= len(data)
        if self._left <= 0 and not self.has_all.done():
            self.has_all.set_result(None)


class _Events:
    """Streams of which everything is there at once, when told to go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def follow(self, *_: object) -> AsyncGenerator[Told, None]:
        await self.go.wait()
        for number in range(_EVENTS):
            price = Decimal("100.00")
            trade = PublicTrade(
                1_000_000 + number, "BTC/USDT", _NOW_MS, price, price, taker_buys=True
            )
            yield TradesTold("BTC/USDT", (trade,))
            # As between two frames of an exchange: whatever waits is done.
            await asyncio.sleep(0)
        await asyncio.Event().wait()


class _Gateway:
    """What public streams ask a gateway for."""

    def __init__(self) -> None:
        self.relay = self

    async def markets(self, *_: str) -> object:
        return get_exchange("binance").card.markets()

    def now_ms(self, *_: str) -> int:
        return _NOW_MS


class _Opening:
    """Opens sockets, and nothing else."""

    def __init__(self, station: Station, sockets: BotSockets) -> None:
        self._station = station
        self._sockets = sockets

    async def answer(self, request: WireRequest, address: str) -> WireAnswer:
        raise NotImplementedError

    def hear_refused(self, code: str, address: str) -> None:
        """Nothing is refused."""

    async def open_socket(self, request: WireRequest, address: str) -> Any:  # noqa: ANN401  as its protocol
        return await self._sockets.open(self._station, request, address)


def run() -> list[Result]:
    """Compare."""
    size = asyncio.run(_size())
    pair = compare(
        lambda: asyncio.run(_ours(size)), lambda: asyncio.run(_theirs(size)), rounds=_ROUNDS
    )
    return [_told(pair)]


def _told(pair: Pair) -> Result:
    told = _BOTS * _EVENTS
    ours, theirs = (cost.cpu_s / told * 1e6 for cost in (pair.ours, pair.reference))
    details = f"{ours:.1f} µs of CPU a bot and event, websockets.broadcast {theirs:.1f} µs"
    what = f"a trade told to {_BOTS} bots"
    return Result("bot_sockets", what, pair.cpu_ratio, None, details, at_least=False)


async def _ours(size: int) -> None:
    async with _standing() as (port, events):
        sinks = await _sinks(port, size * _EVENTS)
        events.go.set()
        await asyncio.gather(*(sink.has_all for sink in sinks))


async def _theirs(size: int) -> None:
    opened: set[ServerConnection] = set()

    async def stay(connection: ServerConnection) -> None:
        opened.add(connection)
        await connection.wait_closed()

    async with serve(stay, _HERE, 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        sinks = await _sinks(port, size * _EVENTS)
        # Less its own head of four bytes, as any frame of this length has.
        frame = "x" * (size - 4)
        for _ in range(_EVENTS):
            broadcast(opened, frame)
            await asyncio.sleep(0)
        await asyncio.gather(*(sink.has_all for sink in sinks))
        for connection in opened:
            connection.transport.abort()


async def _size() -> int:
    """Give how many bytes one event is on the wire."""
    async with _standing() as (port, events):
        reader, writer = await asyncio.open_connection(_HERE, port)
        writer.write(_HANDSHAKE)
        await reader.readuntil(_END)
        events.go.set()
        head = await reader.readexactly(4)
        writer.close()
        return 4 + int.from_bytes(head[2:], "big")


async def _sinks(port: int, wanted: int) -> list[_Sink]:
    loop = asyncio.get_running_loop()
    sinks = []
    for _ in range(_BOTS):
        _, sink = await loop.create_connection(lambda: _Sink(wanted), _HERE, port)
        sinks.append(sink)
    await asyncio.gather(*(sink.is_open for sink in sinks))
    return sinks


@asynccontextmanager
async def _standing() -> AsyncIterator[tuple[int, _Events]]:
    """Serve sockets of one exchange, with everything behind them but the exchange."""
    events, gateway, ticks = _Events(), cast("Any", _Gateway()), itertools.count()
    topics = PublicTopics(gateway, cast("Any", events))
    nobody = cast("Any", None)
    clock = SteppedClock(_NOW_MS)
    parts = Parts(
        gateway, cast("Any", events), topics, nobody, nobody, nobody, clock, ticks.__next__
    )
    station = Station(get_exchange("binance"), "paper", parts, nobody, as_spoken)
    sockets = BotSockets(topics, nobody)
    opening, listener = _Opening(station, sockets), listen(_HERE, 0)
    server = WireServer([Served(listener, opening, opening=opening)])
    await server.start()
    try:
        yield port_of(listener), events
    finally:
        await sockets.close(1)
        await server.stop(0)
