"""A stream of one exchange's public and private frames that does what a test tells it.

Everything else of the exchange, and everything of ours, is the stub's setting.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import orjson
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from drawbridge.core.streams import Topic, TopicKind
from drawbridge.gateway.conversation import Pace
from drawbridge.gateway.dialling import Dialler
from drawbridge.gateway.lines import Ways
from drawbridge.gateway.streaming import Streams, Told
from drawbridge.gateway.venues import Venues
from tests.gateway.setting import Setting, setting
from tests.kit.stream_house import PAPER, QUICK

Script = Callable[["Peer"], Awaitable[None]]

EXCHANGE: Final = "binance"
TRADES: Final = Topic(TopicKind.TRADES, "BTC/USDT")
TICKER: Final = Topic(TopicKind.TICKER, "BTC/USDT")
ORDERS: Final = Topic(TopicKind.ORDERS)


@dataclass
class Peer:
    """One connection of ours, as the exchange sees it."""

    connection: ServerConnection
    number: int

    async def hear(self) -> dict[str, Any]:
        """Take a request."""
        document: dict[str, Any] = orjson.loads(await self.connection.recv())
        return document

    async def say(self, **document: object) -> None:
        """Send a document."""
        await self.connection.send(orjson.dumps(document).decode())

    async def agree(self) -> dict[str, Any]:
        """Take a request and say yes."""
        request = await self.hear()
        await self.say(result=None, id=request["id"])
        return request

    async def tell_trade(self, number: int) -> None:
        """Tell of a trade."""
        prices = {"p": "100.00", "q": "1.00"}
        await self.say(e="trade", E=1, s="BTCUSDT", t=number, T=number, m=False, **prices)

    async def stay(self) -> None:
        """Go on agreeing for as long as we are there."""
        while True:
            await self.agree()


@dataclass
class ScriptedStream:
    """What stands between a test and its script."""

    house: Setting
    streams: Streams
    waits_ms: list[int]
    peers: list[Peer] = field(default_factory=list)

    def follow(self, topic: Topic = TRADES) -> AsyncGenerator[Told, None]:
        """Follow a public topic."""
        return self.streams.follow(EXCHANGE, PAPER, topic)

    def follow_key(self) -> AsyncGenerator[Told, None]:
        """Follow the orders of the key."""
        return self.streams.follow_key(self.house.key, ORDERS)


@asynccontextmanager
async def scripted_stream(
    folder: Path, script: Script, **pace: int
) -> AsyncIterator[ScriptedStream]:
    """Serve a script to each connection for the time of a test."""
    waits_ms: list[int] = []
    peers: list[Peer] = []

    def no_dice(below: int) -> int:
        waits_ms.append(below)
        return 0

    async def guarded(connection: ServerConnection) -> None:
        peer = Peer(connection, len(peers) + 1)
        peers.append(peer)
        try:
            await script(peer)
        except ConnectionClosed:
            return

    async with (
        setting(folder, EXCHANGE) as house,
        serve(guarded, "127.0.0.1", 0, ping_interval=None) as server,
    ):
        port = next(iter(server.sockets)).getsockname()[1]
        venues = Venues({EXCHANGE: f"http://127.0.0.1:{port}"})
        quick: Pace = replace(QUICK, **pace)
        streams = Streams(Ways(house.gateway, venues, Dialler(), no_dice, quick))
        try:
            yield ScriptedStream(house, streams, waits_ms, peers)
        finally:
            await streams.close()
            await asyncio.gather(*(peer.connection.close() for peer in peers))
