"""Our streams against the paper server over real sockets, all in this process.

The paper exchange is the real one, on a port of its own, with a clock that a task moves quickly;
what its hub knows of connections is at hand. Its clients are the real gateway and the real vault.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random
from typing import Final, TypeVar

from drawbridge.app.listening import listen, port_of
from drawbridge.app.serving import server_for
from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import Forbidden
from drawbridge.core.ids import client_order_id
from drawbridge.core.markets import PublicTrade
from drawbridge.core.operations import GetTicker, GetTrades, PlaceOrder, Scope
from drawbridge.core.orders import Order, OrderType, Side
from drawbridge.core.streams import Topic
from drawbridge.entrypoints.paper_server.server import PaperServer
from drawbridge.gateway.conversation import Pace
from drawbridge.gateway.crossing import Gateway, Road
from drawbridge.gateway.dialling import Dialler
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.journal import OrderJournal
from drawbridge.gateway.lines import Ways
from drawbridge.gateway.policy import Purpose
from drawbridge.gateway.stamps import Stamps
from drawbridge.gateway.streaming import Gap, GapReason, Streams, Told
from drawbridge.gateway.venues import Venues
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.answering import Answering
from drawbridge.paper.hub import Hub
from drawbridge.paper.post import Post
from drawbridge.paper.streaming import MOST_FRAME_BYTES, Connection
from drawbridge.paper.world import PaperWorld
from drawbridge.sealing.envelope import VaultPublicKey
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database, open_journal
from drawbridge.storage.rows import RowJournal
from drawbridge.vault.model import KeyStatus
from drawbridge.vault.opening import Opening
from drawbridge.vault.service import Vault
from drawbridge.wire.stream import Opening as StreamOpening
from tests.gateway.setting import OWNER, add_owner
from tests.kit.store import place_in
from tests.kit.streams import START_MS, token_switches

T = TypeVar("T")

PAPER: Final = "paper"
ACCOUNT: Final = "ada"
HERE: Final = "127.0.0.1"
BEGAN: Final = Gap(GapReason.BEGAN)
LOST: Final = Gap(GapReason.LOST)
RESUMED: Final = Gap(GapReason.RESUMED)
OVERFLOWED: Final = Gap(GapReason.OVERFLOWED)
# As usual, with shorter waits.
QUICK: Final = replace(Pace(), pause_ms=1, first_wait_ms=5, most_wait_ms=20, check_ms=50)
WITHIN_S: Final = 20
_STEP_MS: Final = 250
_STEP_EVERY_S: Final = 0.01
_NUMBERS: Final = count(1)


class SeenHub(Hub):
    """The hub, and which connections it has."""

    def __init__(self, world: PaperWorld, clock: SteppedClock) -> None:
        super().__init__(world, clock)
        self.connections: list[Connection] = []
        self.opened = 0

    def open(self, post: Post, opening: StreamOpening, address: str) -> Connection | None:
        connection = super().open(post, opening, address)
        if connection is not None:
            self.opened += 1
            self.connections.append(connection)
        return connection

    def close(self, connection: Connection) -> None:
        super().close(connection)
        if connection in self.connections:
            self.connections.remove(connection)

    @property
    def topics(self) -> list[Topic]:
        """Give what is followed over all connections."""
        return [topic for connection in self.connections for topic in connection.topics]

    def drop(self) -> None:
        """Close all connections, as a server does that is about to restart."""
        for connection in self.connections:
            connection.outgoing.close(1001)


@dataclass
class Ring:
    """The vault's keyring, which a test may lock."""

    keyring: Keyring
    is_locked: bool = False

    def __call__(self) -> Keyring:
        if self.is_locked:
            raise Forbidden("vault_locked", rule="vault")
        return self.keyring


@dataclass
class StreamHouse:
    """One exchange on paper, and everything of ours up to its streams."""

    exchange: Exchange
    clock: SteppedClock
    world: PaperWorld
    hub: SeenHub
    gateway: Gateway
    vault: Vault
    database: Database
    streams: Streams
    ways: Ways
    ring: Ring
    rows: RowJournal
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def symbol(self) -> str:
        return self.exchange.card.paper_markets[0].symbol

    def follow(self, topic: Topic) -> AsyncGenerator[Told, None]:
        """Follow a public topic of the exchange on paper."""
        return self.streams.follow(self.exchange.id, PAPER, topic)

    async def new_key(self) -> str:
        """Make a key at the exchange, and put it into the vault as one that was checked."""
        exchange = self.exchange
        is_spot = ":" not in self.symbol
        scopes = frozenset({Scope.READ, Scope.TRADE_SPOT if is_spot else Scope.TRADE_DERIVATIVES})
        switches = switches_for(exchange.card, scopes) | token_switches(exchange)
        addresses = (HERE,) if scopes.intersection(exchange.card.ip_list.required_for) else ()
        wish = KeyWish(exchange.id, switches=switches, ip_list=addresses)
        made = await self.world.keys.create(ACCOUNT, wish)
        await self.world.open_account(ACCOUNT, self.clock.now_ms())
        named = {part.field for part in exchange.card.credentials}
        secret = "api_secret" if "api_secret" in named else "private_key"
        told = {"passphrase": made.passphrase, secret: made.api_secret}
        fields = {name: it.reveal() for name, it in told.items() if it is not None}
        added = await self.vault.add(OWNER, exchange.id, PAPER, {"api_key": made.api_key, **fields})
        await self.change(added.key.id, KeyStatus.ENABLED, *scopes)
        self.keys[added.key.id] = made.api_key
        return added.key.id

    async def change(self, key_id: str, status: KeyStatus, *scopes: Scope) -> None:
        """Put a key into a state, as if a check or a person had."""
        async with self.database.transaction() as tx:
            await tx.execute(
                "UPDATE keys SET status = ?, scopes = ? WHERE id = ?",
                status.value,
                " ".join(scopes),
                key_id,
            )

    async def revoke(self, key_id: str) -> None:
        """Delete a key at the exchange."""
        await self.world.keys.delete(ACCOUNT, self.exchange.id, self.keys[key_id])

    async def trades(self) -> tuple[PublicTrade, ...]:
        """Ask for the last trades over REST."""
        return await self.gateway.call_public(self.exchange.id, PAPER, GetTrades(self.symbol))

    async def buy(self, key_id: str) -> Order:
        """Buy a little with a limit far above the price."""
        ticker = await self.gateway.call_public(self.exchange.id, PAPER, GetTicker(self.symbol))
        market = self.exchange.card.markets().get(self.symbol)
        wanted = max(market.min_notional * 3 / ticker.last, market.min_quantity * 3)
        quantity = (wanted // market.quantity_step + 1) * market.quantity_step
        limit = (ticker.last * Decimal("1.5") // market.price_tick) * market.price_tick
        own_id = client_order_id("streams", str(next(_NUMBERS)))
        order = PlaceOrder(
            self.symbol, Side.BUY, OrderType.LIMIT, quantity, limit, client_id=own_id
        )
        placed = await self.gateway.call(key_id, order, purpose=Purpose.TRADE)
        return placed.order


@asynccontextmanager
async def stream_house(
    folder: Path, exchange_id: str, *, pace: Pace = QUICK, below: bool = False
) -> AsyncIterator[StreamHouse]:
    """Build all of it for the time of a test; `below` its name on the server's first port."""
    clock, exchange, ring = (
        SteppedClock(START_MS),
        get_exchange(exchange_id),
        Ring(Keyring.create()),
    )

    async def public_key() -> VaultPublicKey:
        return ring.keyring.public

    world = await PaperWorld.open(folder, [exchange], clock, Random(1).randbytes)
    database = await open_database(place_in(folder), "app")
    await add_owner(database)
    rows = open_journal(place_in(folder))
    hub = SeenHub(world, clock)
    async with _served(exchange, world, hub, clock) as ports:
        address = f"{HERE}:{ports[0]}/{exchange_id}" if below else f"{HERE}:{ports[1]}"
        vault = Vault(database, clock, os.urandom, public_key)
        venues = Venues({exchange_id: f"http://{address}"})
        opening = Opening(database, clock, ring)
        stamps, journal = Stamps(database, clock), OrderJournal(rows, clock)
        gateway = Gateway(vault.kept, opening, Road(Egress(), venues), stamps, journal, clock)
        ways = Ways(gateway, venues, Dialler(), Random(1).randrange, pace)
        streams = Streams(ways)
        moving = asyncio.create_task(_keep_moving(world, hub, clock))
        try:
            yield StreamHouse(
                exchange=exchange,
                clock=clock,
                world=world,
                hub=hub,
                gateway=gateway,
                vault=vault,
                database=database,
                streams=streams,
                ways=ways,
                ring=ring,
                rows=rows,
            )
        finally:
            moving.cancel()
            await asyncio.wait((moving,))
            await streams.close()
            await gateway.close()
    await rows.close()
    await database.close()
    await world.close()


@asynccontextmanager
async def _served(
    exchange: Exchange, world: PaperWorld, hub: Hub, clock: SteppedClock
) -> AsyncIterator[tuple[int, int]]:
    async def no_site(*_: object) -> None:
        raise NotImplementedError

    answering = Answering(exchange, world, clock, unlimited=True)
    app = PaperServer({exchange.id: answering}, no_site, hub)
    listeners = [listen(HERE, 0), listen(HERE, 0)]
    ports = port_of(listeners[0]), port_of(listeners[1])
    app.put_on_port(ports[1], answering)
    server = server_for(app, most_frame_bytes=MOST_FRAME_BYTES)
    serving = asyncio.create_task(server.serve(sockets=listeners))
    try:
        yield ports
    finally:
        server.should_exit = True
        await serving


async def _keep_moving(world: PaperWorld, hub: Hub, clock: SteppedClock) -> None:
    while True:
        await asyncio.sleep(_STEP_EVERY_S)
        clock.advance(_STEP_MS)
        await world.refresh()
        world.advance(clock.now_ms())
        await hub.step(clock.now_ms())


async def until(is_so: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    try:
        async with asyncio.timeout(WITHIN_S):
            while not is_so():  # noqa: ASYNC110  nobody sets an event for what is waited for
                await asyncio.sleep(_STEP_EVERY_S)
    except TimeoutError:
        raise AssertionError(what) from None


async def first(
    following: AsyncGenerator[Told, None], is_wanted: Callable[[list[Told]], bool]
) -> list[Told]:
    """Read until what was read is as wanted, and give it; the follower goes on following."""
    told: list[Told] = []
    try:
        async with asyncio.timeout(WITHIN_S):
            while not is_wanted(told):
                told.append(await anext(following))
    except TimeoutError:
        raise AssertionError([type(it).__name__ for it in told[-9:]]) from None
    return told


async def within(awaited: Awaitable[T]) -> T:
    """Wait for something that is bound to come soon."""
    async with asyncio.timeout(WITHIN_S):
        return await awaited
