"""A house with an owner and others, as they come in: each by a link."""

import os
from dataclasses import dataclass, field

from drawbridge.accounts.invitations import Invitations
from drawbridge.accounts.model import Owner
from drawbridge.accounts.people import People
from drawbridge.accounts.roles import Role
from drawbridge.accounts.service import Accounts
from drawbridge.audit.store import AuditLog
from drawbridge.core.clock import SteppedClock
from drawbridge.core.secret import Secret
from drawbridge.sealing.local import LocalKey
from drawbridge.storage.database import Database, Transaction

PASSWORD = Secret("walnut ferry 9 orbit")
HOME = "127.0.0.1"


@dataclass
class Household:
    database: Database
    clock: SteppedClock
    left: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        log = AuditLog(self.clock)
        seals = LocalKey.fresh()
        self.accounts = Accounts(self.database, log, self.clock, os.urandom, seals)
        self.invitations = Invitations(self.database, log, self.clock, os.urandom)
        self.people = People(self.database, log, self.clock, leaving=(self._leave,))

    async def owner(self) -> Owner:
        return await self.accounts.create_owner("Ada", PASSWORD, first=True)

    async def joined(self, by: Owner, role: Role, name: str) -> Owner:
        _, link = await self.invitations.invite(by, role)
        return await self.invitations.join(self.accounts, link.reveal(), name, PASSWORD)

    async def log_in(self, name: str) -> str:
        return (await self.accounts.log_in(name, PASSWORD, None, HOME)).reveal()

    async def _leave(self, _tx: Transaction, person: str, by: str, _now_ms: int) -> None:
        self.left.append((person, by))
