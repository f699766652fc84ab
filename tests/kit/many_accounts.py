"""A gateway with the keys of many accounts, sealed in its vault, and the journal on.

Everything is the product's own and on disk, put together as the gateway's process does; only how
many keys there are is chosen here. Also used by benchmarks.
"""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drawbridge.app.clock import SystemClock, entropy
from drawbridge.app.observing.working import UNWATCHED, Gauged
from drawbridge.catalogue.registry import Exchange
from drawbridge.core.ids import KeyId, OwnerId
from drawbridge.core.operations import Scope
from drawbridge.core.secret import Secret
from drawbridge.gateway.crossing import Gateway, Road
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.journal import OrderJournal
from drawbridge.gateway.stamps import Stamps
from drawbridge.gateway.venues import Venues
from drawbridge.paper.accounts import KeyWish, draw_key, switches_for
from drawbridge.paper.store import PaperStore, open_database
from drawbridge.sealing.envelope import VaultPublicKey, seal
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage import engines
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_journal
from drawbridge.trading.broker import Broker
from drawbridge.trading.fanout import FanOut
from drawbridge.trading.reconcile import Reconciliation
from drawbridge.trading.store import OrderStore
from drawbridge.trading.watch import Watch
from drawbridge.vault import store
from drawbridge.vault.model import KeyRecord, KeyStatus, Standing, Venue
from drawbridge.vault.opening import Opening
from drawbridge.vault.service import Vault, binding_of
from tests.kit.store import place_in

_OWNER: Final = OwnerId("owner_many")
_NOW_MS: Final = 1_763_000_000_000
_RIGHTS: Final = frozenset({Scope.READ, Scope.TRADE_SPOT})

Credentials = Sequence[tuple[str, str]]
"""Key and secret of each account."""


@dataclass(frozen=True, slots=True)
class ManyAccounts:
    """What trades for many accounts."""

    key_ids: tuple[str, ...]
    fan_out: FanOut
    broker: Broker
    orders: OrderStore
    database: Database


@asynccontextmanager
async def many_accounts(
    folder: Path,
    exchange_id: str,
    base_url: str,
    credentials: Credentials,
    gauged: Gauged = UNWATCHED,
) -> AsyncIterator[ManyAccounts]:
    """Open a house of one person with a key for each of these accounts, all enabled to trade."""
    place, clock, keyring = place_in(folder), SystemClock(), Keyring.create()
    database = await engines.open_database(place, "app")
    key_ids = await _add_keys(database, exchange_id, keyring.public, credentials)

    async def public_key() -> VaultPublicKey:
        return keyring.public

    rows = gauged.timed(open_journal(place))
    journal, orders = OrderJournal(rows, clock), OrderStore(database)
    vault = Vault(database, clock, os.urandom, public_key)
    opening = Opening(database, clock, lambda: keyring, vault.kept)
    road = Road(Egress(), Venues({exchange_id: base_url}), measures=gauged.measures)
    gateway = Gateway(vault.kept, opening, road, Stamps(database, clock), journal, clock)
    reconciliation = Reconciliation(gateway, vault, orders, journal, clock)
    watch = Watch(database, orders, vault, gateway, clock)
    broker = Broker(gateway, orders, reconciliation, watch)
    try:
        yield ManyAccounts(key_ids, FanOut(broker, gateway), broker, orders, database)
    finally:
        await gateway.close()
        await rows.close()
        await database.close()


async def paper_credentials(state: Path, exchange: Exchange, count: int) -> Credentials:
    """Make so many accounts at the paper exchange, each with a key that may trade."""
    card = exchange.card
    wish = KeyWish(card.id, switches=switches_for(card, _RIGHTS))
    database, made = await open_database(state), []
    try:
        papers, now_ms = PaperStore(database), SystemClock().now_ms()
        for number in range(count):
            # Not by way of `PaperKeys`, which reads all keys anew for each that it makes.
            drawn, account = draw_key(exchange, wish, entropy, now_ms), f"account-{number}"
            await papers.add_account(account, now_ms)
            await papers.add_key(card.id, account, drawn, now_ms)
            secret = drawn.shown.api_secret
            made.append((drawn.shown.api_key, secret.reveal() if secret else ""))
    finally:
        await database.close()
    return made


async def _add_keys(
    database: Database, exchange_id: str, public: VaultPublicKey, credentials: Credentials
) -> tuple[str, ...]:
    """Write keys as the vault writes them, all in one transaction."""
    standing = Standing(KeyStatus.ENABLED, scopes=_RIGHTS)
    key_ids: list[str] = []
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO owners (id, name, name_folded, password_hash, created_ms)"
            " VALUES (?, 'Many', 'many', 'none', 0)",
            _OWNER,
        )
        for number, (api_key, secret) in enumerate(credentials):
            key = _key(exchange_id, number, api_key)
            fields = {"api_key": api_key, "api_secret": secret}
            sealed = {
                name: seal(public, Secret(text), binding_of(key, name))
                for name, text in fields.items()
            }
            await store.insert_key(tx, key)
            await store.write_standing(tx, key.id, standing, status=standing.status)
            await store.write_sealed(tx, key.id, key.version, sealed)
            key_ids.append(key.id)
    return tuple(key_ids)


def _key(exchange_id: str, number: int, api_key: str) -> KeyRecord:
    return KeyRecord(
        id=KeyId(f"key_many{number:07}"),
        owner=_OWNER,
        exchange=exchange_id,
        venue=Venue.PAPER,
        label=f"Account {number}",
        public_key=api_key,
        status=KeyStatus.UNVERIFIED,
        created_ms=_NOW_MS,
    )
