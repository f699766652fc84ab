"""Use cases of virtual keys: make, list, narrow, revoke, and how they are used.

What a bot's signature is checked by is sealed here and never opened: this half has the vault's
public key only. There is no use case that gives a virtual key more than it has.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeAlias

from drawbridge.accounts.store import find_by_id
from drawbridge.audit.chain import AuditEvent, Fact
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.catalogue.drawing import DrawnSecrets
from drawbridge.catalogue.forms import Entropy
from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput, Conflict, NotFound
from drawbridge.core.ids import id_from
from drawbridge.core.operations import Scope
from drawbridge.sealing.envelope import VaultPublicKey, seal
from drawbridge.storage.database import Database, Transaction
from drawbridge.vault.model import IN_USE, KeyRecord, Venue, clean_label, fold_label, next_label
from drawbridge.vault.store import find_key
from drawbridge.virtual_keys import store
from drawbridge.virtual_keys.amounts import OpenExposure
from drawbridge.virtual_keys.issue import binding_of, issue
from drawbridge.virtual_keys.model import MOST_RESTRICTIONS, VirtualKey, VirtualKeyId
from drawbridge.virtual_keys.restrictions import Pairs, Restriction, Scopes
from drawbridge.virtual_keys.store import Use
from drawbridge.virtual_keys.wishes import Wish, read_wish
from drawbridge.virtual_keys.written import encode_restrictions

PublicKeyProvider: TypeAlias = Callable[[], Awaitable[VaultPublicKey]]

_ID_BYTES: Final = 10
_MOST_LIVING: Final = 200
_READS: Final = Scopes(frozenset({Scope.READ}))


class SecondFactor(Protocol):
    """Who proves that the person has their authenticator at hand; `Accounts` is one."""

    async def check_second_factor(self, owner: str, code: str) -> None:
        """Raise `NotProven` unless the code is right."""


@dataclass(frozen=True, slots=True)
class Made:
    """A virtual key just made, with what the bot is given: shown this once."""

    virtual: VirtualKey
    drawn: DrawnSecrets


@dataclass(frozen=True, slots=True)
class Listed:
    """A virtual key in a list: the real key's name, and when it was last used."""

    virtual: VirtualKey
    key_label: str
    used_ms: int | None


@dataclass(frozen=True, slots=True)
class _Plan:
    """A virtual key that may be made, before the person has proven who they are."""

    key: KeyRecord
    exchange: Exchange
    given: tuple[Restriction, ...]
    label: str
    public_key: VaultPublicKey


class VirtualKeys:
    """Virtual keys of people, over the app's database."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        entropy: Entropy,
        public_key: PublicKeyProvider,
        second_factor: SecondFactor,
    ) -> None:
        """Join the parts; `public_key` gives the key that what we keep is sealed to."""
        self._database = database
        self._clock = clock
        self._entropy = entropy
        self._public_key = public_key
        self._second_factor = second_factor

    async def make(
        self, owner: str, key_id: str, wish: Wish, label: str = "", code: str = ""
    ) -> Made:
        """Make a virtual key in front of a real one.

        A person who has an authenticator proves it by `code`, whichever way they come.
        Raises: `BadInput` naming the field; `NotFound("unknown_key")`,
        `NotFound("exchange_not_carried")`; `NotProven` `code_needed`, `code_wrong`,
        `too_many_attempts`; `Conflict` `virtual_key_not_usable`, `virtual_label_taken`,
        `virtual_too_many_keys`, `vault_absent`.
        """
        return (await self.make_together(owner, (key_id,), wish, label, code))[0]

    async def make_together(
        self, owner: str, key_ids: tuple[str, ...], wish: Wish, label: str = "", code: str = ""
    ) -> tuple[Made, ...]:
        """Make a virtual key in front of each of several real ones, proven by one code.

        Raises: as `make`; nothing is made then but for a name that was taken meanwhile.
        """
        wanted = clean_label(label)
        plans = [await self._plan(owner, key_id, wish, wanted) for key_id in key_ids]
        # Before the code is asked for: it counts once, and a name taken would use it up.
        mine = await store.list_of_owner(self._database, owner)
        for plan in plans:
            _free_label(wanted, plan.key, mine)
        await self._prove(owner, code)
        return tuple([await self._made(plan) for plan in plans])

    async def list_virtual_keys(self, owner: str) -> tuple[Listed, ...]:
        """List a person's virtual keys, also revoked ones, oldest first."""
        found = await store.list_of_owner(self._database, owner)
        used = await store.read_last_uses(self._database, [it.id for it in found])
        names = {it.key_id: await self._key_label(it.key_id) for it in found}
        return tuple(Listed(it, names[it.key_id], used.get(it.id)) for it in found)

    async def get(self, owner: str, virtual_id: str) -> VirtualKey:
        """Give a person's virtual key. Raises: `NotFound("unknown_virtual_key")`."""
        return _of(owner, await store.find_virtual_key(self._database, virtual_id))

    async def find(self, owner: str, name: str) -> VirtualKey:
        """Find a person's virtual key by its id or, among those in use, by its name.

        Raises: `NotFound("unknown_virtual_key")`.
        """
        mine = await store.list_of_owner(self._database, owner)
        folded = fold_label(name)
        named = (it for it in mine if it.revoked_ms is None and fold_label(it.label) == folded)
        return _of(owner, next((it for it in mine if it.id == name), next(named, None)))

    async def narrow(self, owner: str, virtual_id: str, wish: Wish) -> VirtualKey:
        """Hold a virtual key to more than before, at once; to less is not possible.

        Raises: `BadInput` naming the field, `BadInput("virtual_nothing_to_narrow")`;
        `NotFound("unknown_virtual_key")`; `Conflict` `virtual_key_is_revoked`,
        `virtual_too_narrow`.
        """
        more = read_wish(wish, self._clock.now_ms())
        async with self._database.transaction() as tx:
            virtual = _of(owner, await store.find_virtual_key(tx, virtual_id))
            if virtual.revoked_ms is not None:
                raise Conflict("virtual_key_is_revoked", label=virtual.label)
            fresh = tuple(it for it in more if it not in virtual.restrictions)
            if not fresh:
                raise BadInput("virtual_nothing_to_narrow", field="restrictions")
            _check_countable((*virtual.restrictions, *fresh))
            together = (*virtual.restrictions, *fresh)
            if len(together) > MOST_RESTRICTIONS:
                raise Conflict("virtual_too_narrow", most=MOST_RESTRICTIONS)
            await store.write_restrictions(tx, virtual.id, together)
            facts = {"label": virtual.label, "restrictions": encode_restrictions(fresh)}
            await self._tell(tx, Tag.VIRTUAL_KEYS_KEY_NARROWED, virtual, facts)
        return replace(virtual, restrictions=together)

    async def revoke(self, owner: str, virtual_id: str) -> VirtualKey:
        """End a virtual key for good, at once; again changes nothing.

        Raises: `NotFound("unknown_virtual_key")`.
        """
        async with self._database.transaction() as tx:
            return await revoke_in(tx, owner, virtual_id, self._clock.now_ms())

    async def uses(self, owner: str, virtual_id: str, since_ms: int) -> tuple[Use, ...]:
        """Tell how a person's virtual key was used since then, by hour and rule.

        Raises: `NotFound("unknown_virtual_key")`.
        """
        virtual = await self.get(owner, virtual_id)
        return await store.list_uses(self._database, virtual.id, since_ms)

    async def _plan(self, owner: str, key_id: str, wish: Wish, label: str) -> _Plan:
        given = read_wish(wish, self._clock.now_ms())
        if not any(isinstance(it, Scopes) for it in given):
            given = (_READS, *given)
        key = await self._usable_key(owner, key_id)
        exchange = get_exchange(key.exchange)
        _check_enforceable(exchange, key, given)
        return _Plan(key, exchange, given, label, await self._public_key())

    async def _made(self, plan: _Plan) -> Made:
        issued = issue(plan.exchange, self._entropy)
        key = plan.key
        async with self._database.transaction() as tx:
            virtual = VirtualKey(
                id=VirtualKeyId(id_from("vk", self._entropy(_ID_BYTES))),
                owner=key.owner,
                key_id=key.id,
                exchange=key.exchange,
                venue=key.venue,
                label=_free_label(plan.label, key, await store.list_of_owner(tx, key.owner)),
                public=issued.drawn.api_key,
                restrictions=plan.given,
                created_ms=self._clock.now_ms(),
            )
            sealed = {
                field: seal(plan.public_key, secret, binding_of(virtual, field))
                for field, secret in issued.kept.items()
            }
            await store.insert(tx, virtual, sealed)
            facts = {"label": virtual.label, "restrictions": encode_restrictions(plan.given)}
            await self._tell(tx, Tag.VIRTUAL_KEYS_KEY_MADE, virtual, facts)
        return Made(virtual, issued.drawn)

    async def _usable_key(self, owner: str, key_id: str) -> KeyRecord:
        key = await find_key(self._database, key_id)
        if key is None or key.owner != owner or key.replaces:
            raise NotFound("unknown_key")
        if key.status not in IN_USE:
            raise Conflict("virtual_key_not_usable", label=key.label, status=key.status.value)
        return key

    async def _prove(self, owner: str, code: str) -> None:
        known = await find_by_id(self._database, owner)
        # A session or a token alone makes no key: it would outlive them by months.
        if known is not None and known.owner.second_factor:
            await self._second_factor.check_second_factor(owner, code)

    async def _key_label(self, key_id: str) -> str:
        key = await find_key(self._database, key_id)
        return key.label if key is not None else ""

    async def _tell(
        self, tx: Transaction, tag: Tag, virtual: VirtualKey, facts: Mapping[str, Fact]
    ) -> None:
        await append(tx, _event(tag, virtual, facts), self._clock.now_ms())


async def revoke_in(tx: Transaction, owner: str, virtual_id: str, now_ms: int) -> VirtualKey:
    """End a person's virtual key in the transaction of whoever has more to write with it.

    Raises: `NotFound("unknown_virtual_key")`.
    """
    virtual = _of(owner, await store.find_virtual_key(tx, virtual_id))
    if virtual.revoked_ms is not None:
        return virtual
    await store.write_revoked(tx, virtual.id, now_ms)
    facts = {"label": virtual.label}
    await append(tx, _event(Tag.VIRTUAL_KEYS_KEY_REVOKED, virtual, facts), now_ms)
    return replace(virtual, revoked_ms=now_ms)


async def check_no_bots(tx: Transaction, key: KeyRecord) -> None:
    """Keep a real key from being deleted while virtual keys stand before it.

    Raises: `Conflict("key_used_by_virtual_keys")`.
    """
    count = await store.count_living(tx, key.id)
    if count:
        raise Conflict("key_used_by_virtual_keys", label=key.label, count=count)


def _check_enforceable(exchange: Exchange, key: KeyRecord, given: tuple[Restriction, ...]) -> None:
    """Refuse what the real key cannot give, or what could not be held at this exchange."""
    _check_countable(given)
    for restriction in given:
        if isinstance(restriction, Scopes):
            beyond = restriction.allowed - key.scopes - {Scope.READ}
            if beyond:
                raise BadInput(
                    "virtual_scope_beyond_key", field="scopes", scope=min(beyond), label=key.label
                )
        if isinstance(restriction, Pairs) and key.venue is Venue.PAPER:
            markets = exchange.card.markets()
            unknown = [it for it in sorted(restriction.symbols) if markets.find(it) is None]
            if unknown:
                name = exchange.card.name
                raise BadInput(
                    "virtual_no_such_pair", field="pairs", pair=unknown[0], exchange=name
                )


def _check_countable(given: tuple[Restriction, ...]) -> None:
    """Refuse to promise what cannot be counted.

    Why: what a margin order opens and closes cannot be told from the journal of orders.
    """
    on_margin = all(Scope.TRADE_MARGIN in it.allowed for it in given if isinstance(it, Scopes))
    if on_margin and any(isinstance(it, OpenExposure) for it in given):
        raise BadInput("virtual_exposure_on_margin", field="open_exposure")


def _free_label(wanted: str, key: KeyRecord, mine: tuple[VirtualKey, ...]) -> str:
    living = [it.label for it in mine if it.revoked_ms is None]
    if len(living) >= _MOST_LIVING:
        raise Conflict("virtual_too_many_keys", most=_MOST_LIVING)
    if wanted and fold_label(wanted) in set(map(fold_label, living)):
        raise Conflict("virtual_label_taken", field="label", label=wanted)
    return wanted or next_label(key.label, living)


def _event(tag: Tag, virtual: VirtualKey, facts: Mapping[str, Fact]) -> AuditEvent:
    return AuditEvent(tag, virtual.owner, virtual.id, {"key": virtual.key_id, **facts})


def _of(owner: str, virtual: VirtualKey | None) -> VirtualKey:
    # Another person's is as unknown as one that never was.
    if virtual is None or virtual.owner != owner:
        raise NotFound("unknown_virtual_key")
    return virtual
