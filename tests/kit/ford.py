"""A stub exchange with the proxy in front of it, in this process: raw bytes in, raw bytes out.

Time is a test's own, and everything that reached the exchange can be counted.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from drawbridge.app.bridge import Bridge
from drawbridge.app.clock import monotonic_ns
from drawbridge.app.listening import listen, port_of
from drawbridge.catalogue.registry import Exchange, credential_of
from drawbridge.core.clock import Clock
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.operations import Operation
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.proxy.answering import BotAnswering
from drawbridge.entrypoints.wire_server.serving import Served, WireServer
from drawbridge.gateway.bot_streams.hub import BotSockets
from drawbridge.gateway.bot_streams.snapshots import Snapshots
from drawbridge.gateway.bot_streams.tokens import BotTokens
from drawbridge.gateway.bot_streams.topics import PublicTopics
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.crossing_log import CrossingLog
from drawbridge.gateway.dialling import Dialler
from drawbridge.gateway.lines import Ways
from drawbridge.gateway.replay import Replays
from drawbridge.gateway.streaming import Streams
from drawbridge.gateway.venues import Venues
from drawbridge.sealing.envelope import VaultPublicKey
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database
from drawbridge.storage.rows import RowJournal
from drawbridge.trading.bots import Bots, Judges
from drawbridge.trading.quotes import Quotes
from drawbridge.trading.store import OrderStore
from drawbridge.trading.watch import Watch
from drawbridge.vault.service import Vault
from drawbridge.virtual_keys.book import VirtualKeyBook
from drawbridge.virtual_keys.opening import VirtualOpening
from drawbridge.virtual_keys.past_orders import PastOrders
from drawbridge.virtual_keys.service import Made, VirtualKeys
from drawbridge.virtual_keys.usage import Usages
from drawbridge.virtual_keys.uses import UseCounter
from drawbridge.virtual_keys.wishes import Wish
from drawbridge.wire.codec import encode_at
from drawbridge.wire.dialect import sign
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.stamps import StampKind
from tests.gateway.setting import OWNER, Setting, setting
from tests.kit.proxied import NobodyElse

TRADES: Final = Wish(scopes=("read", "trade_spot"))
READS: Final = Wish(scopes=("read",))


@dataclass
class Ford:
    """Everything that a test of bots' requests needs."""

    setting: Setting
    bridge: Bridge
    virtual_keys: VirtualKeys
    server: WireServer
    port: int
    sockets: BotSockets
    nonces: int = 0

    @property
    def exchange(self) -> Exchange:
        return self.setting.exchange

    @property
    def arrived(self) -> int:
        """Count what reached the exchange, of whatever kind."""
        return len(self.setting.server.visits)

    async def virtual_key(self, wish: Wish = TRADES, label: str = "") -> Made:
        """Make a virtual key in front of the one real one."""
        return await self.virtual_keys.make(OWNER, self.setting.key, wish, label)

    def signed(self, made: Made, operation: Operation[Any], **changed: Any) -> WireRequest:  # noqa: ANN401  fields of a request
        """Write an operation as a bot does, and sign it with its virtual key."""
        exchange, clock = self.exchange, self.setting.clock
        markets = exchange.card.markets()
        request = encode_at(exchange.codec, operation, markets, clock.now_ms())
        return self.signed_as_it_is(made, replace(request, **changed))

    def signed_as_it_is(
        self, made: Made, request: WireRequest, by_ms: int = 0, *, stamp: str = ""
    ) -> WireRequest:
        """Sign a request with a virtual key, at a time that is off by so much, or by a stamp."""
        secret = made.drawn.api_secret.reveal()
        fields = {"api_key": Secret(made.drawn.api_key), "api_secret": Secret(secret)}
        if made.drawn.passphrase is not None:
            fields["passphrase"] = made.drawn.passphrase
        rule, now_ms = self.exchange.card.stamp, self.setting.clock.now_ms() + by_ms
        number = now_ms * rule.units_per_ms // rule.ms_per_unit
        if rule.kind is StampKind.NONCE:
            self.nonces += 1
            number += self.nonces
        credential = credential_of(self.exchange, fields)
        return sign(self.exchange.dialect, request, credential, stamp or str(number))

    async def ask(self, request: WireRequest) -> WireAnswer:
        """Send a request over a connection of its own and give the answer."""
        return await self.say(written(request))

    async def say(self, raw: bytes) -> WireAnswer:
        """Send bytes and give the first answer to them."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(raw)
        if b"\r\n\r\n" not in raw:
            writer.write_eof()
        told = await reader.readuntil(b"\r\n\r\n")
        head, _, _ = told.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in lines[1:])
        body = await reader.readexactly(int(headers.get(b"content-length", b"0")))
        writer.close()
        return WireAnswer(int(lines[0].split(b" ")[1]), body, tuple(headers.items()))

    def read(self, answer: WireAnswer) -> DrawbridgeError | None:
        """Read an answer as the exchange's own clients do; None for one that says yes."""
        raw = self.exchange.codec.read_error(answer)
        return None if raw is None else self.exchange.errors.read(raw)

    async def crossings(self) -> list[dict[str, object]]:
        """Give what stands in the log by now, oldest first."""
        await self.bridge.write()
        return await self.setting.rows("crossings")


@asynccontextmanager
async def ford(folder: Path, exchange_id: str) -> AsyncIterator[Ford]:
    """Build all of it for the time of a test."""
    async with setting(folder, exchange_id) as house:
        bridge = _bridge(house)
        public_key = partial(_public_key, house)
        virtual_keys = VirtualKeys(
            house.database, house.clock, os.urandom, public_key, NobodyElse()
        )
        listener = listen("127.0.0.1", 0)
        sockets = BotSockets(
            PublicTopics(bridge.gateway, bridge.streams), Snapshots(bridge.gateway)
        )
        answering = BotAnswering(house.exchange, "paper", bridge, sockets)
        server = WireServer([Served(listener, answering, opening=answering)])
        await server.start()
        try:
            yield Ford(house, bridge, virtual_keys, server, port_of(listener), sockets)
        finally:
            await sockets.close(5)
            await server.stop(5)
            await bridge.streams.close()


async def _public_key(house: Setting) -> VaultPublicKey:
    return house.keyring.public


def _bridge(house: Setting) -> Bridge:
    venues = Venues({house.exchange.id: f"http://127.0.0.1:{house.server.port}"})
    streams = Streams(Ways(house.gateway, venues, Dialler(), lambda _: 0))
    roads = Roads(house.gateway, streams, house.database, house.group, house.clock)
    return bridge_over(roads, house.vault, lambda: house.keyring)


@dataclass(frozen=True)
class Roads:
    """What a bridge stands on."""

    gateway: Gateway
    streams: Streams
    database: Database
    rows: RowJournal
    clock: Clock


def bridge_over(roads: Roads, vault: Vault, keyring: Callable[[], Keyring]) -> Bridge:
    """Put together what bots' requests pass, as the gateway's process does."""
    database, clock, gateway = roads.database, roads.clock, roads.gateway
    usages, counter = Usages(PastOrders(database)), UseCounter(database)
    watch = Watch(database, OrderStore(database), vault, gateway, clock)
    judges = Judges(usages, watch, Quotes(gateway, clock), counter)
    return Bridge(
        gateway=gateway,
        streams=roads.streams,
        bots=Bots(gateway, judges, os.urandom, clock),
        book=VirtualKeyBook(database),
        proofs=VirtualOpening(database, keyring),
        replays=Replays(clock),
        tokens=BotTokens(os.urandom),
        usages=usages,
        counter=counter,
        log=CrossingLog(database, roads.rows, clock),
        clock=clock,
        ticks_ns=monotonic_ns,
    )


def written(request: WireRequest) -> bytes:
    """Write a request as a bot does."""
    lines = [b"%b %b HTTP/1.1" % (request.method.encode(), request.target), b"Host: 127.0.0.1"]
    lines += [b"%b: %b" % pair for pair in request.headers]
    if request.body:
        lines.append(b"Content-Length: %d" % len(request.body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + request.body


def trading(**more: Any) -> Wish:  # noqa: ANN401  fields of a wish
    """Wish for a key that trades and is held to more."""
    return replace(TRADES, **more)
