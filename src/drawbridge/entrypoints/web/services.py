"""What the pages are served with: the services of the house, put together in `app/`."""

from collections.abc import Callable
from dataclasses import dataclass

from drawbridge.accounts.api_tokens import ApiTokens
from drawbridge.accounts.key_passes import KeyPasses
from drawbridge.accounts.languages import Languages
from drawbridge.accounts.passkeys import Passkeys
from drawbridge.accounts.service import Accounts
from drawbridge.accounts.sessions import OpenSessions
from drawbridge.accounts.telegram_links import TelegramLinks
from drawbridge.core.clock import Clock
from drawbridge.lab.service import Lab
from drawbridge.notices.service import NoticeService
from drawbridge.robots.service import RobotService
from drawbridge.statistics.service import Statistics
from drawbridge.storage.database import Database
from drawbridge.trading.history import OrderHistory
from drawbridge.trading.holdings import PortfolioStore
from drawbridge.trading.limit_service import LimitService
from drawbridge.trading.signal_service import SignalService
from drawbridge.trading.store import OrderStore
from drawbridge.vault.service import Vault
from drawbridge.vault.unlock import VaultDoor
from drawbridge.verification.store import CheckStore


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that pages call.

    `paper_site` is the address of the paper exchange's account site, `address` our own as others
    reach it. `addresses` are those from
    which we reach the exchanges, shown for IP lists; `hosts` are names under which the site is
    served besides this machine's own; `secure` where TLS is.
    """

    database: Database
    accounts: Accounts
    languages: Languages
    telegram: TelegramLinks
    passes: KeyPasses
    tokens: ApiTokens
    sessions: OpenSessions
    passkeys: Passkeys
    door: VaultDoor
    vault: Vault
    checks: CheckStore
    robots: RobotService
    lab: Lab
    orders: OrderStore
    history: OrderHistory
    statistics: Statistics
    portfolios: PortfolioStore
    limits: LimitService
    signals: SignalService
    notices: NoticeService
    clock: Clock
    entropy: Callable[[int], bytes]
    addresses: tuple[str, ...] = ()
    paper_site: str = ""
    address: str = ""
    secure: bool = False
    hosts: tuple[str, ...] = ()
