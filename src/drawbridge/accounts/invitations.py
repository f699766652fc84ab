"""Invitations: a link lets one person in, once and within a day, as what an owner chose.

The link is shown to the owner and kept nowhere; what stands in the table is its hash. Whoever
holds it chooses a name and a password of their own, so it proves nothing about anybody here.
"""

from dataclasses import dataclass, replace
from typing import Final

from drawbridge.accounts import store
from drawbridge.accounts.model import Doer, Owner
from drawbridge.accounts.roles import Act, Role, may
from drawbridge.accounts.service import Accounts, Audit
from drawbridge.accounts.tokens import MAX_TOKEN_LENGTH, Entropy, draw_token, hash_invitation
from drawbridge.core.clock import DAY_MS, Clock
from drawbridge.core.errors import Conflict, Forbidden, NotFound
from drawbridge.core.ids import id_from
from drawbridge.core.secret import Secret
from drawbridge.storage.database import Database, Row, Transaction

INVITATION_LIVES_MS: Final = DAY_MS
MOST_INVITATIONS: Final = 20
_ID_BYTES: Final = 10
_OPEN: Final = """
SELECT invitations.*, owners.name AS inviter_name, owners.role AS inviter_role, owners.ended_ms
FROM invitations JOIN owners ON owners.id = invitations.inviter
"""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that nobody has used yet; `by` is the name of who invites."""

    id: str
    inviter: str
    by: str
    role: Role
    made_ms: int
    until_ms: int

    @property
    def sees(self) -> str:
        """Give whose things the invited will be shown, empty for their own."""
        return self.inviter if self.role is Role.READ_ONLY else ""


class Invitations:
    """Invitations, over the database that has the accounts."""

    def __init__(self, database: Database, audit: Audit, clock: Clock, entropy: Entropy) -> None:
        """Join the parts."""
        self._database = database
        self._audit = audit
        self._clock = clock
        self._entropy = entropy

    async def invite(self, by: Doer, role: Role) -> tuple[Invitation, Secret]:
        """Draw the link of an invitation; whoever calls has asked for the code.

        Raises: `Forbidden("role_forbids")`, `Conflict("too_many_invitations")`.
        """
        token, now_ms = draw_token(self._entropy), self._clock.now_ms()
        invitation = Invitation(
            id_from("invitation", self._entropy(_ID_BYTES)),
            *(by.id, by.name, role, now_ms, now_ms + INVITATION_LIVES_MS),
        )
        async with self._database.transaction() as tx:
            _check_rules(await store.find_by_id(tx, by.id))
            await tx.execute("DELETE FROM invitations WHERE until_ms <= ?", now_ms)
            waiting = await tx.fetch_all("SELECT id FROM invitations")
            if len(waiting) >= MOST_INVITATIONS:
                raise Conflict("too_many_invitations", most=MOST_INVITATIONS)
            await tx.execute(
                "INSERT INTO invitations VALUES (?, ?, ?, ?, ?, ?)",
                *(invitation.id, hash_invitation(token.reveal()), by.id, role.value),
                *(now_ms, invitation.until_ms),
            )
            facts = {"by": by.name, "role": role.value}
            await self._audit.record(tx, "people:invitation:made", by.id, invitation.id, facts)
        return invitation, token

    async def list_open(self) -> tuple[Invitation, ...]:
        """List the invitations that wait, the newest first."""
        sql = f"{_OPEN} WHERE until_ms > ? ORDER BY made_ms DESC, invitations.id"
        rows = await self._database.fetch_all(sql, self._clock.now_ms())
        return tuple(_invitation(row) for row in rows if _stands(row))

    async def withdraw(self, by: Doer, invitation_id: str) -> None:
        """Let nobody in by this invitation. Raises: `NotFound("unknown_invitation")`."""
        async with self._database.transaction() as tx:
            _check_rules(await store.find_by_id(tx, by.id))
            sql = "DELETE FROM invitations WHERE id = ?"
            if not await tx.execute(sql, invitation_id):
                raise NotFound("unknown_invitation")
            facts = {"by": by.name}
            await self._audit.record(tx, "people:invitation:withdrawn", by.id, invitation_id, facts)

    async def get(self, token: str) -> Invitation:
        """Give what a link invites to; looking uses nothing up.

        Raises: `NotFound("invitation_ended")` alike for one that was used, withdrawn, is too old
        or never was.
        """
        return await self._find(self._database, token)

    async def join(self, accounts: Accounts, token: str, name: str, password: Secret) -> Owner:
        """Let somebody in, with the name and the password that they choose.

        Raises: as `get`, and as `Accounts.create_owner`; the invitation stands after a refusal.
        """
        # Looked at first: a password costs us time, which is not for whoever guesses links.
        await self.get(token)

        async def admit(tx: Transaction, newcomer: Owner) -> Owner:
            invitation = await self._find(tx, token)
            # In the transaction that makes the person: two with one link are not both let in.
            await tx.execute("DELETE FROM invitations WHERE id = ?", invitation.id)
            facts = {"by": invitation.by, "name": newcomer.name, "role": invitation.role.value}
            await self._audit.record(
                tx, "people:invitation:used", invitation.inviter, newcomer.id, facts
            )
            return replace(newcomer, role=invitation.role, sees=invitation.sees)

        return await accounts.create_owner(name, password, admission=admit)

    async def _find(self, source: Database | Transaction, token: str) -> Invitation:
        row = None
        if len(token) <= MAX_TOKEN_LENGTH:
            sql = f"{_OPEN} WHERE token_hash = ? AND until_ms > ?"
            hashed, now_ms = hash_invitation(token), self._clock.now_ms()
            row = await source.fetch_one(sql, hashed, now_ms)
        if row is None or not _stands(row):
            raise NotFound("invitation_ended")
        return _invitation(row)


def _check_rules(known: store.Known | None) -> None:
    """Make sure, inside the transaction, that who decides may decide still."""
    if known is None or known.owner.ended_ms is not None or not may(known.owner.role, Act.RULE):
        raise Forbidden("role_forbids", rule="role")


def _stands(row: Row) -> bool:
    """Tell whether who invited could invite still."""
    return row["ended_ms"] is None and may(Role(row["inviter_role"]), Act.RULE)


def _invitation(row: Row) -> Invitation:
    return Invitation(
        id=row["id"],
        inviter=row["inviter"],
        by=row["inviter_name"],
        role=Role(row["role"]),
        made_ms=row["made_ms"],
        until_ms=row["until_ms"],
    )
