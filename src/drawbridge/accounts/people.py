"""Who belongs here and as what: change a role, end sessions, end a person, let one back in.

Each act says by whom it is done, and that stands in the audit log. The acts judge anew inside
their transaction what the rim has judged before. What a person owns is not here; whoever keeps
such things is told in the same transaction (`Leaving`).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from drawbridge.accounts import people_store, store
from drawbridge.accounts.model import SESSION_IDLE_MS, SESSION_LONGEST_MS, Doer, Owner
from drawbridge.accounts.roles import Act, Role, check_may, may
from drawbridge.accounts.service import Audit, Fact
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, Forbidden, NotFound
from drawbridge.storage.database import Database, Transaction

# No session is open, so none was seen.
_NEVER: Final = (0, None)
# Told who may trade no more, and by whose word; switches off what of theirs could trade.
Leaving: TypeAlias = Callable[[Transaction, str, str, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the house; `seen_ms` is when a session of theirs was seen last.

    `sees` is the name of the person whose things they are shown, empty for their own.
    """

    owner: Owner
    sees: str
    sessions: int
    seen_ms: int | None


class People:
    """The people of a house, over the database that has their accounts."""

    def __init__(
        self, database: Database, audit: Audit, clock: Clock, *, leaving: tuple[Leaving, ...] = ()
    ) -> None:
        """Join the parts; `leaving` are those who keep something of a person that trades."""
        self._database = database
        self._audit = audit
        self._clock = clock
        self._leaving = leaving

    async def list_people(self) -> tuple[Person, ...]:
        """List everybody, the first one first; who is ended is among them."""
        visits = await people_store.count_sessions(self._database, *self._oldest())
        owners = await store.list_owners(self._database)
        names = {owner.id: owner.name for owner in owners}
        return tuple(
            Person(it, names.get(it.account, "") if it.sees else "", *visits.get(it.id, _NEVER))
            for it in owners
        )

    async def get_person(self, person_id: str) -> Person:
        """Give one of them. Raises: `NotFound("unknown_person")`."""
        known = await store.find_by_id(self._database, person_id)
        if known is None:
            raise NotFound("unknown_person")
        owner = known.owner
        visits = await people_store.count_sessions(self._database, *self._oldest(), of=owner.id)
        sees = self.name_of(owner.account) if owner.sees else ""
        return Person(owner, sees, *visits.get(owner.id, _NEVER))

    async def find_owner(self, person_id: str) -> Owner | None:
        """Find somebody who is not ended, with the role that they have now."""
        known = await store.find_by_id(self._database, person_id)
        return known.owner if known and known.owner.ended_ms is None else None

    def name_of(self, person_id: str) -> str:
        """Give somebody's name at once, empty for nobody."""
        row = self._database.glance("SELECT name FROM owners WHERE id = ?", person_id)
        return str(row["name"]) if row else ""

    async def set_role(self, by: Doer, person_id: str, role: Role) -> Owner:
        """Make somebody something else from now on; whoever calls has asked for the code.

        Who may trade no more has their keys switched off; who is to look only looks at the things
        of whoever decides so.
        Raises: `Forbidden("role_forbids")`, `NotFound("unknown_person")`,
        `Conflict("not_oneself")`, `Conflict("last_owner")`, `Conflict("person_has_ended")`.
        """
        async with self._database.transaction() as tx:
            person = await self._concerned(tx, by, person_id, Act.RULE)
            if person.ended_ms is not None:
                raise Conflict("person_has_ended", name=person.name)
            if person.role is role:
                return person
            await self._step_down(tx, by, person)
            if not may(role, Act.CHANGE):
                await self._lay_down(tx, by, person)
            sees = by.id if role is Role.READ_ONLY else ""
            await people_store.write_role(tx, person.id, role, sees)
            facts = {"by": by.name, "name": person.name, "role": role.value}
            await self._audit.record(tx, "people:role:changed", by.id, person.id, facts)
            return await _reread(tx, person.id)

    async def end_sessions(self, by: Doer, person_id: str) -> int:
        """Log somebody out everywhere; give how many sessions that were.

        Raises: as `end`, but for the last owner.
        """
        async with self._database.transaction() as tx:
            person = await self._concerned(tx, by, person_id, Act.HALT)
            count = await people_store.delete_sessions(tx, person.id)
            facts: Mapping[str, Fact] = {"by": by.name, "name": person.name, "sessions": count}
            await self._audit.record(tx, "people:sessions:ended", by.id, person.id, facts)
        return count

    async def end(self, by: Doer, person_id: str) -> tuple[Owner, ...]:
        """Let somebody in no more, and with them who only looks at their things; give them all.

        No session, token, chat or pass of theirs is left, and their keys are switched off. What
        they have is kept. Whoever calls has asked for the code.
        Raises: `Forbidden("role_forbids")`, `Forbidden("not_over_owner")`,
        `NotFound("unknown_person")`, `Conflict("not_oneself")`, `Conflict("last_owner")`.
        """
        async with self._database.transaction() as tx:
            person = await self._concerned(tx, by, person_id, Act.HALT)
            if person.ended_ms is not None:
                return ()
            await self._step_down(tx, by, person)
            # Leave to look was theirs to give, so it ends with them.
            lookers = await people_store.list_lookers(tx, person.id)
            for one in (person, *lookers):
                await self._lay_down(tx, by, one)
                await people_store.write_ended(tx, one.id, self._clock.now_ms())
                facts = {"by": by.name, "name": one.name}
                await self._audit.record(tx, "people:person:ended", by.id, one.id, facts)
        return (person, *lookers)

    async def let_back(self, by: Doer, person_id: str) -> Owner:
        """Let somebody in again who was ended; their keys stay off until they switch them on.

        Raises: `Forbidden("role_forbids")`, `NotFound("unknown_person")`,
        `Conflict("sees_nobody")` for who looked at the things of somebody who is ended.
        """
        async with self._database.transaction() as tx:
            person = await self._concerned(tx, by, person_id, Act.RULE)
            if person.ended_ms is None:
                return person
            seen = await store.find_by_id(tx, person.account)
            if person.sees and (seen is None or seen.owner.ended_ms is not None):
                raise Conflict("sees_nobody", name=person.name)
            # Such as a log-in began before the end and finished after it.
            await people_store.delete_ways_in(tx, person.id)
            await people_store.write_ended(tx, person.id, None)
            facts = {"by": by.name, "name": person.name}
            await self._audit.record(tx, "people:person:let_back", by.id, person.id, facts)
            return await _reread(tx, person.id)

    def _oldest(self) -> tuple[int, int]:
        """Give after when a session must have been seen, and have begun, to be open still."""
        now_ms = self._clock.now_ms()
        return now_ms - SESSION_IDLE_MS, now_ms - SESSION_LONGEST_MS

    async def _concerned(self, tx: Transaction, by: Doer, person_id: str, act: Act) -> Owner:
        """Give whom an act is about, once it is judged that this one may do it to them."""
        doer = await store.find_by_id(tx, by.id)
        if doer is None or doer.owner.ended_ms is not None:
            raise Forbidden("role_forbids", rule="role")
        check_may(doer.owner.role, act)
        known = await store.find_by_id(tx, person_id)
        if known is None:
            raise NotFound("unknown_person")
        if known.owner.id == doer.owner.id:
            await _refuse_oneself(tx, doer.owner)
        # Who may only stop things does not stop those who would stop them.
        if known.owner.role is Role.OWNER and not may(doer.owner.role, Act.RULE):
            raise Forbidden("not_over_owner", rule="role")
        return known.owner

    async def _step_down(self, tx: Transaction, by: Doer, person: Owner) -> None:
        """Take back what an owner alone may give, from who is to be none any more."""
        for invitation in await people_store.delete_invitations(tx, person.id):
            facts = {"by": by.name}
            await self._audit.record(tx, "people:invitation:withdrawn", by.id, invitation, facts)

    async def _lay_down(self, tx: Transaction, by: Doer, person: Owner) -> None:
        """End every way in, and what could trade without them."""
        await people_store.delete_ways_in(tx, person.id)
        for leave in self._leaving:
            await leave(tx, person.id, by.name, self._clock.now_ms())


async def _refuse_oneself(tx: Transaction, person: Owner) -> None:
    """Refuse what somebody would do to themselves.

    Why: so there is always an owner. Whoever decides is looked up inside the transaction and
    stays one, also when two would end each other at the same moment.
    """
    if person.role is Role.OWNER and await people_store.count_standing_owners(tx) == 1:
        raise Conflict("last_owner", name=person.name)
    raise Conflict("not_oneself")


async def _reread(tx: Transaction, person_id: str) -> Owner:
    known = await store.find_by_id(tx, person_id)
    if known is None:
        raise NotFound("unknown_person")
    return known.owner
