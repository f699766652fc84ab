"""A gateway on a real database against a stub exchange, for tests of everything above it."""

import base64
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from drawbridge.catalogue.card import Need
from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.clock import Clock, SteppedClock
from drawbridge.core.operations import Balance, KeyRights, PlaceOrder, Scope
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.gateway.crossing import Gateway, Road
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.journal import OrderJournal
from drawbridge.gateway.stamps import Stamps
from drawbridge.gateway.venues import Venues
from drawbridge.gateway.witness import NOBODY, Witness
from drawbridge.sealing.envelope import VaultPublicKey
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database, open_journal
from drawbridge.storage.place import Place
from drawbridge.storage.rows import RowJournal
from drawbridge.trading.last_look import LastLook
from drawbridge.vault.model import KeyStatus
from drawbridge.vault.opening import Opening
from drawbridge.vault.service import Vault
from tests.gateway.scripted_server import ScriptedServer
from tests.gateway.stub_exchange import StubExchange, stub_server
from tests.kit.store import place_in

START_MS = 1_763_000_000_000
EXCHANGES = ("binance", "kraken")
OWNER = "owner_1"
KEYS = {
    "binance": ("K" * 64, "S" * 64),
    "kraken": ("K" * 56, base64.b64encode(b"s" * 64).decode()),
}


class CountedOpening:
    """The vault's opening, counting."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.opened = 0

    @asynccontextmanager
    async def open_fields(
        self, key_id: str, *, purpose: str
    ) -> AsyncIterator[Mapping[str, Secret]]:
        self.opened += 1
        async with self.opening.open_fields(key_id, purpose=purpose) as fields:
            yield fields

    def find_open(
        self, key_id: str, *, purpose: str
    ) -> AbstractContextManager[Mapping[str, Secret]] | None:
        found = self.opening.find_open(key_id, purpose=purpose)
        self.opened += found is not None
        return found


@dataclass
class Setting:
    """Everything that stands between a test and the stub exchange."""

    stub: StubExchange
    server: ScriptedServer
    key: str
    vault: Vault
    opening: CountedOpening
    clock: SteppedClock
    database: Database
    group: RowJournal
    stamps: Stamps
    journal: OrderJournal
    gateway: Gateway
    path: Place
    keyring: Keyring

    @property
    def exchange(self) -> Exchange:
        return self.stub.exchange

    @property
    def symbol(self) -> str:
        return self.exchange.card.paper_markets[0].symbol

    def order(self, client_id: str = "db1", **changes: object) -> PlaceOrder:
        """Give a limit order far below the market."""
        wanted: dict[str, object] = {
            "symbol": self.symbol,
            "side": Side.BUY,
            "type": OrderType.LIMIT,
            "quantity": Decimal(1),
            "price": Decimal(50),
            "client_id": client_id,
        }
        return PlaceOrder(**{**wanted, **changes})  # type: ignore[arg-type]  # names and values come from the test

    async def change(self, status: KeyStatus, *scopes: Scope) -> None:
        """Put the key into a state, as if a check or a person had."""
        async with self.database.transaction() as tx:
            await tx.execute(
                "UPDATE keys SET status = ?, scopes = ? WHERE id = ?",
                status.value,
                " ".join(scopes),
                self.key,
            )

    async def rows(self, table: str) -> list[dict[str, object]]:
        found = await self.database.fetch_all(f"SELECT * FROM {table}")  # noqa: S608 - a table's name written in a test
        return [dict(row) for row in found]


@asynccontextmanager
async def setting(
    folder: Path, exchange_id: str, witness_of: Callable[[Clock], Witness] | None = None
) -> AsyncIterator[Setting]:
    """Build all of it for the time of a test, with one key that is enabled.

    `witness_of` makes who hears what the exchange says against the key; usually nobody does.
    """
    clock = SteppedClock(START_MS)
    exchange = get_exchange(exchange_id)
    fields = {"api_key": KEYS[exchange_id][0], "api_secret": KEYS[exchange_id][1]}
    secret = Secret(fields["api_secret"])
    stub = StubExchange(exchange, clock, fields["api_key"], secret, trading_rights(exchange))
    stub.balances = tuple(
        Balance(name, Decimal(1_000_000), Decimal(0))
        for name in sorted({market.quote for market in exchange.card.markets()})
    )
    path = place_in(folder)
    async with stub_server(stub) as server:
        database = await open_database(path, "app")
        group = open_journal(path)
        keyring = Keyring.create()
        vault, opening = _vault(database, clock, keyring)
        last_look = LastLook(database, vault.kept, clock)
        stamps, journal = Stamps(database, clock), OrderJournal(group, clock, last_look)
        venues = Venues({exchange_id: f"http://127.0.0.1:{server.port}"})
        witness = witness_of(clock) if witness_of else NOBODY
        road = Road(Egress(), venues, witness)
        gateway = Gateway(vault.kept, opening, road, stamps, journal, clock)
        await add_owner(database)
        added = await vault.add(OWNER, exchange_id, "paper", fields, "first")
        try:
            house = Setting(
                stub=stub,
                server=server,
                key=added.key.id,
                vault=vault,
                opening=opening,
                clock=clock,
                database=database,
                group=group,
                stamps=stamps,
                journal=journal,
                gateway=gateway,
                path=path,
                keyring=keyring,
            )
            await house.change(KeyStatus.ENABLED, Scope.READ, Scope.TRADE_SPOT)
            yield house
        finally:
            await gateway.close()
            await group.close()
            await database.close()


def _vault(
    database: Database, clock: SteppedClock, keyring: Keyring
) -> tuple[Vault, CountedOpening]:
    async def public_key() -> VaultPublicKey:
        return keyring.public

    vault = Vault(database, clock, os.urandom, public_key)
    return vault, CountedOpening(Opening(database, clock, lambda: keyring))


async def add_owner(database: Database) -> None:
    """Write the person to whom the keys belong."""
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO owners (id, name, name_folded, password_hash, created_ms)"
            " VALUES (?, 'Ada', 'ada', 'none', 0)",
            OWNER,
        )


def trading_rights(exchange: Exchange, *more: str) -> KeyRights:
    """Give the rights of a key as the guide wants it, and what else a test turns on."""
    wanted = {Need.REQUIRED, Need.TRADING}
    switches = {switch.api for switch in exchange.card.permissions if switch.need in wanted}
    return KeyRights(
        switches=frozenset({*switches, *more}),
        ip_list=("203.0.113.7/32",),
        ip_bound=True,
        created_ms=START_MS,
    )
