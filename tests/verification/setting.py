"""A key's check from end to end, against a stub exchange."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.verification.probing import Probing
from drawbridge.verification.service import Verification
from drawbridge.verification.store import Check, CheckStore
from tests.gateway.setting import Setting, setting


@dataclass
class Checking:
    """The house of the gateway, and the service that checks keys in it."""

    house: Setting
    checks: CheckStore
    verification: Verification

    async def key(self) -> KeyRecord:
        """Read the key as it stands."""
        return await self.house.vault.get_record(self.house.key)

    async def latest(self) -> Check:
        """Read its last check."""
        check = await self.checks.find_latest(self.house.key)
        assert check is not None
        return check

    def restarted(self) -> Verification:
        """Give a service that knows nothing of what the first one did."""
        house = self.house
        probing = _probing(house)
        return Verification(house.gateway, house.vault, self.checks, probing, house.clock)


def _probing(house: Setting) -> Probing:
    return Probing(house.gateway, house.journal, house.clock, pauses_ms=(1, 2, 3))


@asynccontextmanager
async def checking(folder: Path, exchange_id: str) -> AsyncIterator[Checking]:
    """Build all of it, with one key that was never checked."""
    async with setting(folder, exchange_id) as house:
        await house.change(KeyStatus.UNVERIFIED)
        checks = CheckStore(house.database, house.clock)
        probing = _probing(house)
        verification = Verification(house.gateway, house.vault, checks, probing, house.clock)
        yield Checking(house, checks, verification)
