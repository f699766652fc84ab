"""A house with something in it, and backups of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from drawbridge.app.backup import Wish
from drawbridge.app.build import House, open_house
from drawbridge.app.settings import Settings
from drawbridge.app.store_settings import StoreSettings
from drawbridge.core.clock import SteppedClock
from drawbridge.core.secret import Secret
from drawbridge.sealing.recovery import RecoveryKey
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.unlock import Wish as VaultWish
from tests.kit.holding import held_here

PASSPHRASE = "nine grey geese on a pond"
PASSWORD = "seven quiet herons at dusk"
SECRET = "s" * 63 + "7"
START_MS = 1_790_000_000_000


@dataclass
class Kept:
    """An owner with a vault and a key, and a recovery key that she has on paper."""

    house: House
    holder: KeyHolder
    clock: SteppedClock
    owner: str
    key_id: str
    recovery: RecoveryKey

    async def backup(self, place: Path, *, paper: bool = False, candles: bool = False) -> Path:
        """Make a backup in a folder and give its file."""
        wish = Wish(paper=paper, candles=candles)
        made = await self.house.safe_keeping.make(self.owner, place, wish)
        return place / made.name


@asynccontextmanager
async def kept_house(
    folder: Path, passphrase: str = PASSPHRASE, url: str = ""
) -> AsyncIterator[Kept]:
    """Open a house, and fill it; without a passphrase its vault opens by itself.

    With a URL its rows are in a PostgreSQL database.
    """
    clock = SteppedClock(START_MS)
    settings = Settings(folder, names=("bridge.example.com",), store=StoreSettings(url))
    async with open_house(settings, clock) as opened:
        house = held_here(opened)
        owner = await house.accounts.create_owner("Ada", Secret(PASSWORD), first=True)
        holder = KeyHolder(house.database, clock, settings.vault_key)
        await holder.start()
        chosen = Secret(passphrase) if passphrase else None
        await house.door.ask(owner.id, VaultWish.CREATE, chosen)
        await holder.answer()
        fields = {"api_key": "k" * 64, "api_secret": SECRET}
        added = await house.vault.add(owner.id, "binance", "paper", fields, "Main")
        text = await house.safe_keeping.make_recovery_key(owner.id)
        recovery = await asyncio.to_thread(RecoveryKey.read, text)
        yield Kept(house, holder, clock, owner.id, added.key.id, recovery)
        await holder.stop()
