"""The paper exchange's streams with the proxy in front of them, in this process.

Bots are an independent client of WebSockets, or bytes. Time moves quickly, by itself.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from drawbridge.app.bridge import Bridge
from drawbridge.app.listening import listen, port_of
from drawbridge.catalogue.registry import credential_of
from drawbridge.core.operations import GetStreamToken, Operation
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.proxy.answering import BotAnswering
from drawbridge.entrypoints.wire_server.serving import Served, WireServer
from drawbridge.gateway.bot_streams.hub import BotSockets
from drawbridge.gateway.bot_streams.snapshots import Snapshots
from drawbridge.gateway.bot_streams.topics import PublicTopics
from drawbridge.sealing.envelope import VaultPublicKey
from drawbridge.virtual_keys.service import Made, VirtualKeys
from drawbridge.virtual_keys.wishes import Wish
from drawbridge.wire.codec import encode_at
from drawbridge.wire.dialect import Credential, sign
from drawbridge.wire.http import WireAnswer
from drawbridge.wire.stamps import StampKind
from tests.gateway.setting import OWNER
from tests.kit.ford import TRADES, Roads, bridge_over
from tests.kit.proxied import NobodyElse
from tests.kit.stream_house import HERE, PAPER, StreamHouse, stream_house

_WITHIN_S: Final = 10


@dataclass
class Bot:
    """One socket of a bot."""

    socket: ClientConnection

    async def say(self, **document: object) -> None:
        """Send a document."""
        await self.socket.send(orjson.dumps(document).decode())

    async def hear(self) -> dict[str, Any]:
        """Take the next document."""
        async with asyncio.timeout(_WITHIN_S):
            document: dict[str, Any] = orjson.loads(await self.socket.recv())
            return document

    async def hear_of(self, **wanted: object) -> dict[str, Any]:
        """Take documents until one has these values."""
        while True:
            document = await self.hear()
            if document.items() >= wanted.items():
                return document

    async def ask(self, **document: object) -> dict[str, Any]:
        """Send a request and take the answer with its id."""
        await self.say(**document)
        name = "req_id" if "req_id" in document else "id"
        return await self.hear_of(**{name: document[name]})

    async def ended(self) -> int:
        """Read until the socket ends, and give the code that it ended with."""
        try:
            while True:
                async with asyncio.timeout(_WITHIN_S):
                    await self.socket.recv()
        except ConnectionClosed:
            return self.socket.close_code or 0


@dataclass
class SocketFord:
    """Everything that a test of bots' sockets needs."""

    house: StreamHouse
    bridge: Bridge
    virtual_keys: VirtualKeys
    sockets: BotSockets
    port: int
    key_id: str
    nonces: int = 0

    async def virtual_key(self, wish: Wish = TRADES, key_id: str = "") -> Made:
        """Make a virtual key in front of the real one, or of another."""
        return await self.virtual_keys.make(OWNER, key_id or self.key_id, wish, "")

    @asynccontextmanager
    async def bot(self, path: str) -> AsyncIterator[Bot]:
        """Open a socket at a path, as an independent client does."""
        async with connect(f"ws://{HERE}:{self.port}{path}", proxy=None) as socket:
            yield Bot(socket)

    def credential(self, made: Made) -> Credential:
        """Give what a bot signs with."""
        fields = {"api_key": Secret(made.drawn.api_key), "api_secret": made.drawn.api_secret}
        if made.drawn.passphrase is not None:
            fields["passphrase"] = made.drawn.passphrase
        return credential_of(self.house.exchange, fields)

    def stamp(self, by_ms: int = 0) -> str:
        """Give a stamp of now, or of so much later."""
        rule, now_ms = self.house.exchange.card.stamp, self.house.clock.now_ms() + by_ms
        self.nonces += rule.kind is StampKind.NONCE
        return str(now_ms * rule.units_per_ms // rule.ms_per_unit + self.nonces)

    async def token(self, made: Made, wanted: GetStreamToken | None = None) -> str:
        """Draw a token for streams with a virtual key."""
        operation = wanted or GetStreamToken()
        answer = await self.ask(made, operation)
        markets = self.house.exchange.card.markets()
        return self.house.exchange.codec.decode_answer(operation, answer, markets).token

    async def ask(self, made: Made, operation: Operation[Any]) -> WireAnswer:
        """Ask over REST with a virtual key."""
        exchange = self.house.exchange
        markets, now_ms = exchange.card.markets(), self.house.clock.now_ms()
        request = encode_at(exchange.codec, operation, markets, now_ms)
        request = sign(exchange.dialect, request, self.credential(made), self.stamp())
        answering = BotAnswering(exchange, PAPER, self.bridge, self.sockets)
        return await answering.answer(request, HERE)

    async def crossings(self) -> list[dict[str, Any]]:
        """Give what stands in the log by now, oldest first."""
        await self.bridge.write()
        return await self.rows("crossings")

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """Give the rows of a table."""
        found = await self.house.database.fetch_all(f"SELECT * FROM {table}")  # noqa: S608 - a table's name written in a test
        return [dict(row) for row in found]


@asynccontextmanager
async def socket_ford(folder: Path, exchange_id: str) -> AsyncIterator[SocketFord]:
    """Build all of it for the time of a test."""
    async with stream_house(folder, exchange_id) as house:

        async def public_key() -> VaultPublicKey:
            return house.ring.keyring.public

        roads = Roads(house.gateway, house.streams, house.database, house.rows, house.clock)
        bridge = bridge_over(roads, house.vault, house.ring)
        virtual_keys = VirtualKeys(
            house.database, house.clock, os.urandom, public_key, NobodyElse()
        )
        listener = listen(HERE, 0)
        sockets = BotSockets(
            PublicTopics(bridge.gateway, bridge.streams, linger_s=0), Snapshots(bridge.gateway)
        )
        answering = BotAnswering(house.exchange, PAPER, bridge, sockets)
        server = WireServer([Served(listener, answering, opening=answering)])
        await server.start()
        sockets.start()
        key_id = await house.new_key()
        # What is asked once and kept is asked now: markets and the exchange's clock.
        await house.gateway.markets(exchange_id, PAPER)
        await house.gateway.learn_clock(exchange_id, PAPER)
        try:
            yield SocketFord(house, bridge, virtual_keys, sockets, port_of(listener), key_id)
        finally:
            await sockets.close(5)
            await server.stop(5)
