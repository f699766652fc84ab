"""A Drawbridge elsewhere, with the rooms of the house that commands need from there.

Its rooms have the names and methods of the house's own, so that a command is written once; what
the two do not have in common is asked for in `house.py`.
"""

from itertools import islice

from drawbridge.app.clock import SystemClock
from drawbridge.app.remotes import Remote
from drawbridge.audit.chain import Verified
from drawbridge.audit.store import ToldEvent
from drawbridge.client import every
from drawbridge.client.audit import Verification
from drawbridge.client.me import Me
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.cli.remote_accounts import (
    MOST,
    RemoteChecks,
    RemoteKeys,
    RemotePortfolios,
    RemoteStatistics,
    RemoteWealth,
)
from drawbridge.entrypoints.cli.remote_approvals import RemoteApprovals
from drawbridge.entrypoints.cli.remote_line import Line
from drawbridge.entrypoints.cli.remote_lives import RemoteForeignTrades, RemoteLives
from drawbridge.entrypoints.cli.remote_notices import RemoteNotices
from drawbridge.entrypoints.cli.remote_panic import RemotePanic
from drawbridge.entrypoints.cli.remote_people import RemoteInvitations, RemotePeople
from drawbridge.entrypoints.cli.remote_reading import read_as
from drawbridge.entrypoints.cli.remote_trading import (
    ME,
    RemoteLab,
    RemoteLimits,
    RemoteOrders,
    RemoteRobots,
)
from drawbridge.entrypoints.cli.remote_virtual_keys import RemoteVirtualKeys
from drawbridge.entrypoints.cli.typing_in import read_secret
from drawbridge.vault.unlock import VaultStatus
from drawbridge.wording.say import say


class Elsewhere:
    """What a Drawbridge elsewhere lets a person with a token see and do."""

    def __init__(self, remote: Remote) -> None:
        """Speak to a remote. Raises: as `Line`."""
        line = Line(remote)
        self._line = line
        self.owner = ME
        self.address = remote.address
        self.clock = SystemClock()
        self.vault = RemoteKeys(line, _ask_code)
        self.lives = RemoteLives(line)
        self.foreign_trades = RemoteForeignTrades(line)
        self.checks = RemoteChecks(line)
        self.portfolios = RemotePortfolios(line)
        self.statistics = RemoteStatistics(line)
        self.robots = RemoteRobots(line)
        self.orders = RemoteOrders(line)
        self.history = self.orders
        self.limits = RemoteLimits(line)
        self.lab = RemoteLab(line)
        self.notices = RemoteNotices(line, _ask_code)
        self.virtual_keys = RemoteVirtualKeys(line)
        self.panic = RemotePanic(line)
        self.people = RemotePeople(line, _ask_code)
        self.invitations = RemoteInvitations(line, _ask_code)
        self.wealth = RemoteWealth(line)
        self.approvals = self.answering = RemoteApprovals(line, self.clock)

    async def who(self) -> Me:
        """Tell whose token it is and what it may do."""
        return await self._line.ask(lambda client: client.me.get_me())

    async def has_gateway(self) -> bool:
        """Tell whether a gateway is there."""
        return await self._line.ask(lambda client: client.me.get_vault()["is_reachable"])

    async def vault_status(self) -> VaultStatus:
        """Tell how the vault stands."""
        return await self._line.ask(lambda client: VaultStatus(client.me.get_vault()["status"]))

    async def list_events(self, limit: int) -> tuple[ToldEvent, ...]:
        """List at most so many events of the audit log, the newest first."""
        return await self._line.ask(
            lambda client: tuple(
                read_as(ToldEvent, it, {"n": it["id"]})
                for it in islice(every(client.audit.list_audit, limit=min(limit, MOST)), limit)
            )
        )

    async def verify_audit(self) -> Verified:
        """Have the whole chain of the audit log followed."""
        return await self._line.ask(lambda client: _read_verified(client.audit.verify_audit()))

    async def egress_addresses(self, exchange: str) -> tuple[str, ...]:
        """Give the addresses from which requests reach an exchange."""
        return await self._line.ask(
            lambda client: tuple(client.exchanges.get_guide(exchange)["addresses"])
        )


def _ask_code() -> Secret:
    return read_secret(say("cli.prompt.code"))


def _read_verified(told: Verification) -> Verified:
    return Verified(told["events"], bytes.fromhex(told["head"]))
