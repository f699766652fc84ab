"""The app's pages in this process, over a database in a temporary folder and a moved clock.

The vault's holder is in here as well, so that a vault can be made; in the product it is another
process. Nothing checks keys here: that needs a gateway, see tests/stories.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyotp

from drawbridge.accounts.api_tokens import ApiTokens
from drawbridge.accounts.key_passes import KeyPasses
from drawbridge.accounts.languages import Languages
from drawbridge.accounts.passkeys import Passkeys
from drawbridge.accounts.service import Accounts
from drawbridge.accounts.sessions import OpenSessions
from drawbridge.accounts.telegram_links import TelegramLinks
from drawbridge.audit.store import AuditLog
from drawbridge.core.clock import SteppedClock
from drawbridge.entrypoints.pages.manners import Manners
from drawbridge.entrypoints.web.app import build_app
from drawbridge.entrypoints.web.services import Services
from drawbridge.lab.service import Lab
from drawbridge.lab.shelf import Shelf
from drawbridge.notices.model import Channel, Reach
from drawbridge.notices.service import NoticeService
from drawbridge.robots.service import RobotService, check_unused
from drawbridge.sealing.local import LocalKey
from drawbridge.statistics.service import Statistics
from drawbridge.statistics.store import SnapshotStore
from drawbridge.storage.database import Database
from drawbridge.trading.history import OrderHistory
from drawbridge.trading.holdings import PortfolioStore
from drawbridge.trading.limit_service import LimitService
from drawbridge.trading.signal_service import SignalService
from drawbridge.trading.store import OrderStore
from drawbridge.trading.trades import TradeStore
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.service import Vault
from drawbridge.vault.unlock import VaultDoor, read_vault_key
from drawbridge.verification.store import CheckStore

START_MS = 1_790_000_000_000
REACH = Reach(frozenset({Channel.MAIL, Channel.WEBHOOK}))
_STEP_MS = 30_000


@dataclass(frozen=True)
class WebSite:
    """The site, its services, the vault's holder, and the clock of all."""

    app: Manners
    services: Services
    holder: KeyHolder
    clock: SteppedClock

    def code(self, secret: str) -> str:
        """Give the authenticator's next code; a code counts once, so the clock moves on."""
        self.clock.advance(_STEP_MS)
        return pyotp.TOTP(secret).at(self.clock.now_ms() // 1_000)


@asynccontextmanager
async def open_web_site(folder: Path) -> AsyncIterator[WebSite]:
    """Open the database and build the pages over it."""
    clock = SteppedClock(START_MS)
    database = await Database.open(folder / "drawbridge.db", "app")
    try:
        local_key = LocalKey.fresh()
        public_key = partial(read_vault_key, database)
        vault = Vault(database, clock, os.urandom, public_key, needs=(check_unused,))
        services = Services(
            database=database,
            languages=Languages(database, AuditLog(clock)),
            telegram=TelegramLinks(database, AuditLog(clock), clock, os.urandom),
            passes=KeyPasses(database, clock, os.urandom),
            tokens=ApiTokens(database, AuditLog(clock), clock, os.urandom),
            sessions=OpenSessions(database, AuditLog(clock), clock),
            passkeys=Passkeys(database, AuditLog(clock), clock, os.urandom),
            accounts=Accounts(database, AuditLog(clock), clock, os.urandom, local_key),
            door=VaultDoor(database, clock, os.urandom),
            vault=vault,
            checks=CheckStore(database, clock),
            robots=RobotService(database, vault, clock, os.urandom),
            lab=Lab(database, Shelf(folder / "candles"), clock, os.urandom),
            orders=OrderStore(database),
            history=OrderHistory(database),
            statistics=Statistics(TradeStore(database), SnapshotStore(database)),
            portfolios=PortfolioStore(database, clock),
            limits=LimitService(database, clock),
            signals=SignalService(database, clock, os.urandom),
            notices=NoticeService(
                database, AuditLog(clock), local_key, clock, os.urandom, reach=REACH
            ),
            clock=clock,
            entropy=os.urandom,
            addresses=("203.0.113.7",),
            paper_site="http://127.0.0.1:8520",
            address="https://bridge.example.com",
        )
        holder = KeyHolder(database, clock, folder / "vault.key")
        await holder.start()
        yield WebSite(build_app(services), services, holder, clock)
        await holder.stop()
    finally:
        await database.close()
