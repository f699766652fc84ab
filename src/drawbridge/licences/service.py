"""Use cases of people: enter a licence, see how it stands, set accounts aside, take them up again.

What needs the licence server is a wish: a row that the gateway's process carries out. Without an
operator in the settings there is nothing to ask, and whoever shows things shows nothing of this.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput, Conflict, NotFound
from drawbridge.core.secret import Secret
from drawbridge.licences import store
from drawbridge.licences.documents import Kind, prove
from drawbridge.licences.kept import account_of, find_known, find_revocations, has_slot, is_licensed
from drawbridge.licences.leasing import code_binding, take_revocations
from drawbridge.licences.marks import key_mark_of, mark_of
from drawbridge.licences.model import Act, Operator
from drawbridge.licences.needs import can_trade
from drawbridge.licences.standing import LETS_TRADE, Known, State, refusal_of, state_of
from drawbridge.licences.store import Bound, Holding, Wish
from drawbridge.licences.written import read_licence
from drawbridge.sealing.envelope import Binding
from drawbridge.storage.database import Database
from drawbridge.vault.model import KeyRecord
from drawbridge.vault.store import list_of_owner

_OF_KEYS: Final = frozenset({Act.BIND, Act.ARCHIVE, Act.CLAIM})
_OF_LICENCES: Final = frozenset({Act.RENEW, Act.RELEASE, Act.RECOVER})
_MOST_WISHES: Final = 20
_MOST_CODE: Final = 100
# A licence that grants nothing any more makes room for another.
_OVER: Final = frozenset({State.EXPIRED, State.REVOKED})


class Seals(Protocol):
    """What closes recovery codes until they are used: the machine's own key."""

    def seal(self, secret: Secret, binding: Binding) -> bytes:
        """Seal."""


class Place(StrEnum):
    """How a key's account stands under the licence."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    WAITING = "waiting"
    REFUSED = "refused"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class PlacedKey:
    """A key and its account's place; `reason` is the code of a refusal."""

    key: KeyRecord
    place: Place
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """A person's licence as pages show it.

    `reason` says why it lets nobody trade, empty where it does; `problem` what went wrong when
    the licence server was last asked.
    """

    state: State
    known: Known | None
    keys: tuple[PlacedKey, ...]
    reason: str = ""
    problem: str = ""
    problem_facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def lets_trade(self) -> bool:
        """Tell whether accounts with a slot may add to positions now."""
        return self.state in LETS_TRADE


class Licences:
    """Licences of people, over the app's database."""

    def __init__(
        self, database: Database, operator: Operator | None, clock: Clock, seals: Seals
    ) -> None:
        """Join the parts; without an operator nothing is asked of anybody."""
        self._database = database
        self._operator = operator
        self._clock = clock
        self._seals = seals

    @property
    def is_asked(self) -> bool:
        """Tell whether this installation needs licences at all."""
        return self._operator is not None

    async def show(self, owner: str) -> Shown:
        """Tell how a person's licence stands. Raises: `NotFound("licence_not_asked")`."""
        operator = self._needed()
        holding = await store.find_holding(self._database, owner)
        seen_ms, told = await store.read_time(self._database)
        revoked = find_revocations(told, operator).revoked
        known = None if holding is None else find_known(holding, operator, revoked, seen_ms)
        state = state_of(known, self._clock.now_ms())
        keys = tuple(
            it for it in await list_of_owner(self._database, owner) if is_licensed(it, operator)
        )
        bound = await store.list_bound(self._database, owner)
        return Shown(
            state=state,
            known=known,
            keys=tuple(_placed(known, it, bound.get(it.id)) for it in keys),
            reason=refusal_of(state),
            problem="" if holding is None else holding.problem,
            problem_facts={} if holding is None else holding.problem_facts,
        )

    async def add(self, owner: str, document: str) -> Shown:
        """Enter a licence; the gateway's process then asks the licence server for a lease.

        Raises: `BadInput("licence_unreadable")`, `Forbidden("licence_forged")`;
        `Conflict("licence_held")` where another one is good still; `BadInput("licence_over")`.
        """
        operator, text = self._needed(), "".join(document.split())
        licence = read_licence(prove(Kind.LICENCE, text, operator.public_key))
        now_ms = self._clock.now_ms()
        if licence.expires_ms is not None and licence.expires_ms <= now_ms:
            raise BadInput("licence_over", field="licence", at_ms=licence.expires_ms)
        before = await self.show(owner)
        if before.known is not None and before.state not in _OVER:
            if before.known.licence.id == licence.id:
                return before
            raise Conflict("licence_held", holder=before.known.licence.holder)
        async with self._database.transaction() as tx:
            await store.insert_holding(tx, owner, licence.id, text, now_ms)
            facts = {"slots": licence.slots}
            event = AuditEvent(Tag.LICENCES_LICENCE_ADDED, owner, licence.id, facts)
            await append(tx, event, now_ms)
        return await self.show(owner)

    async def wish(self, owner: str, act: Act, key_id: str = "") -> int:
        """Wish something of the licence server, and give the wish's number.

        Raises: `NotFound` `licence_not_asked`, `licence_none_held`, `unknown_key`;
        `Conflict("licence_busy")` while too much is waiting.
        """
        holding = await self._held(owner)
        if act in _OF_KEYS:
            keys = await list_of_owner(self._database, owner)
            if key_id not in {it.id for it in keys}:
                raise NotFound("unknown_key")
        elif act not in _OF_LICENCES - {Act.RECOVER} or key_id:
            raise NotFound("licence_none_held")
        return await self._wished(holding, act, key_id, None)

    async def recover(self, owner: str, code: str) -> int:
        """Go on here with a licence whose installation is lost, by its recovery code.

        Raises: as `wish`; `BadInput("licence_code_missing")`.
        """
        holding, text = await self._held(owner), code.strip()
        if not text or len(text) > _MOST_CODE:
            raise BadInput("licence_code_missing", field="code")
        sealed = self._seals.seal(Secret(text), code_binding(owner))
        return await self._wished(holding, Act.RECOVER, "", sealed)

    async def find_wish(self, owner: str, number: int) -> Wish | None:
        """Find a person's wish, to see what became of it."""
        found = await store.find_wish(self._database, number)
        return found if found is not None and found.owner == owner else None

    async def take_list(self, owner: str, document: str) -> None:
        """Take in a list of what is revoked that came by another way than the network.

        Raises: as `take_revocations`.
        """
        await take_revocations(self._database, self._needed(), "".join(document.split()))
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            await append(tx, AuditEvent(Tag.LICENCES_LIST_TAKEN, owner, ""), now_ms)

    def _needed(self) -> Operator:
        if self._operator is None:
            raise NotFound("licence_not_asked")
        return self._operator

    async def _held(self, owner: str) -> Holding:
        self._needed()
        holding = await store.find_holding(self._database, owner)
        if holding is None:
            raise NotFound("licence_none_held")
        return holding

    async def _wished(self, holding: Holding, act: Act, key_id: str, sealed: bytes | None) -> int:
        now_ms, owner = self._clock.now_ms(), holding.owner
        async with self._database.transaction() as tx:
            if await store.count_open_wishes(tx, owner) >= _MOST_WISHES:
                raise Conflict("licence_busy")
            number = await store.insert_wish(tx, owner, act, key_id, sealed, now_ms)
            await store.ask_soon(tx, owner)
            facts = {"act": act.value, "key": key_id}
            event = AuditEvent(Tag.LICENCES_LICENCE_ASKED, owner, holding.licence_id, facts)
            await append(tx, event, now_ms)
        return number


def _placed(known: Known | None, key: KeyRecord, bound: Bound | None) -> PlacedKey:
    if not can_trade(key):
        return PlacedKey(key, Place.NOT_NEEDED)
    if has_slot(known, key):
        return PlacedKey(key, Place.ACTIVE)
    if known is not None and known.lease is not None:
        mark_key, account = known.licence.mark_key, account_of(key)
        marks = {mark_of(mark_key, account), key_mark_of(mark_key, account)}
        if marks & known.lease.archived:
            return PlacedKey(key, Place.ARCHIVED)
        if known.lease.used_slots >= known.licence.slots:
            facts = {"count": known.licence.slots}
            return PlacedKey(key, Place.REFUSED, "licence_slots_full", facts)
    if bound is not None and bound.problem:
        return PlacedKey(key, Place.REFUSED, bound.problem, bound.problem_facts)
    return PlacedKey(key, Place.WAITING)
