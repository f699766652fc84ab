"""Put the house together: the half that every process may have.

Everything here works with the vault's public key alone: it can seal a new secret and open none.
The half that opens secrets is built in `app/gateway_process.py` and nowhere else, so that no
page and no command line can reach it by an import.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from drawbridge.accounts.api_tokens import ApiTokens
from drawbridge.accounts.invitations import Invitations
from drawbridge.accounts.key_passes import KeyPasses
from drawbridge.accounts.languages import Languages
from drawbridge.accounts.passkeys import Passkeys
from drawbridge.accounts.people import People
from drawbridge.accounts.service import Accounts
from drawbridge.accounts.sessions import OpenSessions
from drawbridge.accounts.telegram_links import TelegramLinks
from drawbridge.app.answering import Answering, Proposals
from drawbridge.app.backup import SafeKeeping
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.app.presence import is_vault_held
from drawbridge.app.same_local_key import load_local_key
from drawbridge.app.settings import Settings
from drawbridge.app.window import PublicWindow
from drawbridge.approvals.service import Approvals
from drawbridge.audit.store import AuditLog
from drawbridge.core.clock import Clock
from drawbridge.importing.service import Importing
from drawbridge.lab.service import Lab
from drawbridge.lab.shelf import Shelf
from drawbridge.licences.service import Licences
from drawbridge.notices.service import NoticeService
from drawbridge.robots.service import RobotService, check_unused
from drawbridge.rotation.leak_service import LeakReports
from drawbridge.rotation.panic import Panic
from drawbridge.rotation.replacements import Replacements, check_not_replaced
from drawbridge.sealing.local import LocalKey
from drawbridge.statistics.earnings import Earnings
from drawbridge.statistics.service import Statistics
from drawbridge.statistics.store import SnapshotStore
from drawbridge.statistics.wealth import Wealth
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.trading.foreign_trades import ForeignTrades
from drawbridge.trading.history import OrderHistory
from drawbridge.trading.holdings import PortfolioStore
from drawbridge.trading.limit_service import LimitService
from drawbridge.trading.signal_service import SignalService
from drawbridge.trading.store import OrderStore
from drawbridge.trading.trades import TradeStore
from drawbridge.vault.freezing import halt_keys_of
from drawbridge.vault.living import KeyLives
from drawbridge.vault.service import Vault
from drawbridge.vault.unlock import VaultDoor, read_vault_key
from drawbridge.verification.store import CheckStore
from drawbridge.virtual_keys.service import VirtualKeys, check_no_bots

_OWNER_ONLY: Final = 0o700
# Who may still need a key that a person wants to delete.
_NEEDS: Final = (check_unused, check_no_bots, check_not_replaced)


@dataclass(frozen=True, slots=True)
class House:
    """The services of one process over the app's database."""

    settings: Settings
    database: Database
    clock: Clock
    entropy: Callable[[int], bytes]
    accounts: Accounts
    people: People
    invitations: Invitations
    languages: Languages
    telegram: TelegramLinks
    passes: KeyPasses
    tokens: ApiTokens
    sessions: OpenSessions
    passkeys: Passkeys
    door: VaultDoor
    vault: Vault
    lives: KeyLives
    foreign_trades: ForeignTrades
    virtual_keys: VirtualKeys
    licences: Licences
    importing: Importing
    panic: Panic
    leaks: LeakReports
    checks: CheckStore
    replacements: Replacements
    robots: RobotService
    lab: Lab
    orders: OrderStore
    history: OrderHistory
    statistics: Statistics
    wealth: Wealth
    earnings: Earnings
    portfolios: PortfolioStore
    limits: LimitService
    signals: SignalService
    notices: NoticeService
    approvals: Approvals
    answering: Answering
    proposals: Proposals
    local_key: LocalKey
    safe_keeping: SafeKeeping


@asynccontextmanager
async def open_house(settings: Settings, clock: Clock | None = None) -> AsyncIterator[House]:
    """Open the data folder, made at its first use and closed to everybody else.

    Everybody in the house goes by `clock`, which is this machine's unless another is given.
    Raises: `Corrupted("database_newer")`, as `load_local_key`.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    settings.data.chmod(_OWNER_ONLY)
    database = await open_database(settings.database, "app")
    try:
        # Keeps authenticators' and webhooks' secrets out of the database; the vault's are not
        # under it.
        local_key = await load_local_key(settings, database)
        yield _furnish(settings, database, clock or SystemClock(), local_key)
    finally:
        await database.close()


def _furnish(settings: Settings, database: Database, clock: Clock, local_key: LocalKey) -> House:
    public_key = partial(read_vault_key, database)
    vault = Vault(database, clock, entropy, public_key, needs=_NEEDS)
    accounts = Accounts(database, AuditLog(clock), clock, entropy, local_key)
    virtual_keys = VirtualKeys(database, clock, entropy, public_key, accounts)
    robots = RobotService(database, vault, clock, entropy, PublicWindow(settings))
    tokens = ApiTokens(database, AuditLog(clock), clock, entropy)
    limits = LimitService(database, clock)
    approvals = Approvals(database, clock, entropy)
    return House(
        settings=settings,
        database=database,
        clock=clock,
        entropy=entropy,
        accounts=accounts,
        people=People(database, AuditLog(clock), clock, leaving=(halt_keys_of,)),
        invitations=Invitations(database, AuditLog(clock), clock, entropy),
        languages=Languages(database, AuditLog(clock)),
        telegram=TelegramLinks(database, AuditLog(clock), clock, entropy),
        passes=KeyPasses(database, clock, entropy),
        tokens=tokens,
        sessions=OpenSessions(database, AuditLog(clock), clock),
        passkeys=Passkeys(database, AuditLog(clock), clock, entropy),
        door=VaultDoor(database, clock, entropy, partial(is_vault_held, settings, database)),
        vault=vault,
        lives=KeyLives(database, clock),
        foreign_trades=ForeignTrades(database),
        virtual_keys=virtual_keys,
        licences=Licences(database, settings.operator, clock, local_key),
        importing=Importing(vault, virtual_keys),
        panic=Panic(database, clock),
        leaks=LeakReports(database, clock),
        checks=CheckStore(database, clock),
        replacements=Replacements(
            database, clock, entropy, vault, public_key, users=(check_unused,)
        ),
        robots=robots,
        lab=Lab(database, Shelf(settings.candles), clock, entropy),
        orders=OrderStore(database),
        history=OrderHistory(database),
        statistics=Statistics(TradeStore(database), SnapshotStore(database)),
        wealth=Wealth(SnapshotStore(database)),
        earnings=Earnings(TradeStore(database)),
        portfolios=PortfolioStore(database, clock),
        limits=limits,
        signals=SignalService(database, clock, entropy),
        notices=NoticeService(
            database, AuditLog(clock), local_key, clock, entropy, reach=settings.notices.reach
        ),
        approvals=approvals,
        answering=Answering(approvals, robots, limits, vault),
        proposals=Proposals(tokens, approvals, robots, vault),
        local_key=local_key,
        safe_keeping=SafeKeeping(settings, database, clock, local_key),
    )
