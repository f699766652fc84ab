"""An app that replaces keys, against a paper exchange in this process, by a clock that jumps."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.gateway.crossing import Gateway, Road
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.journal import OrderJournal
from drawbridge.gateway.policy import Purpose
from drawbridge.gateway.stamps import Stamps
from drawbridge.gateway.venues import Venues
from drawbridge.rotation.replacement import Replacement, ReplacementState
from drawbridge.rotation.replacements import Replacements
from drawbridge.rotation.switching import Parts, Switching
from drawbridge.sealing.envelope import VaultPublicKey
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database, open_journal
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.vault.opening import Opening
from drawbridge.vault.service import KeyNeed, Vault
from drawbridge.verification.doubts import Doubts
from drawbridge.verification.probing import Probing
from drawbridge.verification.service import Verification
from drawbridge.verification.store import CheckStore
from tests.gateway.setting import OWNER, add_owner
from tests.kit.paper_here import ACCOUNT, PaperHere, paper_here
from tests.kit.paper_keys import end_paper_key
from tests.kit.store import place_in

# One that tells no account, one with nonces, one that tells the account, and one whose requests
# name an account that must be asked for.
SYMBOLS = {"binance": "BTC/USDT", "kraken": "BTC/USD", "okx": "BTC/USDT", "huobi": "BTC/USDT"}
_WITHIN_S = 20
_JUMP_MS = 6_000


class JumpingClock:
    """Tell the machine's time, ahead by what a test says."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead_ms


@dataclass
class Replacing:
    """Everything that a replacement passes, and the paper exchange that it is about."""

    exchange_id: str
    paper: PaperHere
    clock: JumpingClock
    database: Database
    vault: Vault
    gateway: Gateway
    opening: Opening
    verification: Verification
    replacements: Replacements
    switching: Switching
    key: str
    orders: int = 0

    async def paper_key(self, account: str = ACCOUNT) -> dict[str, str]:
        """Make a key at the paper exchange."""
        return await self.paper.key(self.exchange_id, account)

    async def end_paper_key(self, public_key: str, account: str = ACCOUNT) -> None:
        """Delete a key at the paper exchange."""
        await end_paper_key(self.paper.place.state, self.exchange_id, account, public_key)

    async def record(self, key_id: str = "") -> KeyRecord:
        """Read a key as it stands."""
        return await self.vault.get_record(key_id or self.key)

    async def stand(self, status: KeyStatus) -> None:
        """Put the key into a state, as if a check or a person had."""
        async with self.database.transaction() as tx:
            await tx.execute("UPDATE keys SET status = ? WHERE id = ?", status, self.key)

    async def order(self, key_id: str = "") -> None:
        """Place an order with a key that rests far below the market."""
        self.orders += 1
        symbol = SYMBOLS[self.exchange_id]
        size, price = Decimal("0.001"), Decimal(20_000)
        order = PlaceOrder(
            symbol, Side.BUY, OrderType.LIMIT, size, price, client_id=f"db{self.orders}"
        )
        await self.gateway.call(
            key_id or self.key, order, purpose=Purpose.TRADE, origin="robot:one"
        )

    async def step(self) -> Replacement:
        """Let the gateway's process do what is due, and some seconds pass."""
        for key in await self.vault.list_asked():
            await self.verification.verify(key.id, proof=key.check_proof)
        await self.switching.step()
        self.clock.ahead_ms += _JUMP_MS
        found = await self.replacements.find(OWNER, self.key)
        assert found is not None
        return found.replacement

    async def until(self, state: ReplacementState) -> Replacement:
        """Let the gateway's process work until a replacement stands there."""
        async with asyncio.timeout(_WITHIN_S):
            while (found := await self.step()).state is not state:
                pass
        return found

    async def enter(self, account: str = ACCOUNT) -> dict[str, str]:
        """Make a new key at the paper exchange and enter it in place of the old one."""
        fields = await self.paper_key(account)
        await self.replacements.enter(OWNER, self.key, fields)
        return fields


@asynccontextmanager
async def replacing(
    folder: Path, exchange_id: str, users: tuple[KeyNeed, ...] = ()
) -> AsyncIterator[Replacing]:
    """Build all of it, with one key that was checked and is good."""
    clock, keyring = JumpingClock(), Keyring.create()

    async def public_key() -> VaultPublicKey:
        return keyring.public

    place = place_in(folder)
    async with paper_here(folder / "paper", clock, only=frozenset({exchange_id})) as paper:
        database = await open_database(place, "app")
        rows = open_journal(place)
        await add_owner(database)
        vault = Vault(database, clock, os.urandom, public_key)
        journal, checks = OrderJournal(rows, clock), CheckStore(database, clock)
        opening = Opening(database, clock, lambda: keyring, vault.kept)
        stamps, doubts = Stamps(database, clock), Doubts(clock)
        venues = Venues({exchange_id: f"http://127.0.0.1:{paper.port(exchange_id)}"})
        road = Road(Egress(), venues, doubts)
        gateway = Gateway(vault.kept, opening, road, stamps, journal, clock)
        probing = Probing(gateway, journal, clock)
        verification = Verification(gateway, vault, checks, probing, clock)
        fields = await paper.key(exchange_id)
        added = await vault.add(OWNER, exchange_id, "paper", fields, "Main")
        await verification.verify(added.key.id)
        parts = Parts(gateway, opening, stamps, doubts, public_key, users)
        try:
            yield Replacing(
                exchange_id=exchange_id,
                paper=paper,
                clock=clock,
                database=database,
                vault=vault,
                gateway=gateway,
                opening=opening,
                verification=verification,
                replacements=Replacements(
                    database, clock, os.urandom, vault, public_key, users=users
                ),
                switching=Switching(database, parts, clock),
                key=added.key.id,
            )
        finally:
            await gateway.close()
            await rows.close()
            await database.close()
