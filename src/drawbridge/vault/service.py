"""Use cases of keys: add, list, switch off and on, delete, and keep what a check found.

Secrets are sealed here and never opened: this half has the vault's public key only.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.chain import Fact as AuditFact
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.catalogue.card import Card
from drawbridge.catalogue.registry import check_fields, get_card
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, NotFound
from drawbridge.core.ids import KeyId, OwnerId, id_from
from drawbridge.core.operations import Scope
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import Binding, VaultPublicKey, seal
from drawbridge.storage.database import Database, Transaction
from drawbridge.vault import store
from drawbridge.vault.entering import (
    PUBLIC_FIELD,
    check_known,
    check_label,
    check_no_secret,
    get_open_card,
    read_place,
)
from drawbridge.vault.kept import KeptKeys
from drawbridge.vault.model import (
    CHECKED_STATUSES,
    Added,
    KeyRecord,
    KeyStatus,
    Proof,
    Standing,
    Venue,
    check_deleting,
    check_enabling,
    clean_label,
    next_label,
    read_proof,
)
from drawbridge.vault.telling import tell_verdict

Entropy: TypeAlias = Callable[[int], bytes]
PublicKeyProvider: TypeAlias = Callable[[], Awaitable[VaultPublicKey]]
# Asked before a key is deleted, in the same transaction; raises `Conflict` if it is needed still.
KeyNeed: TypeAlias = Callable[[Transaction, KeyRecord], Awaitable[None]]

_ID_BYTES: Final = 10


@dataclass(frozen=True, slots=True)
class _Entry:
    """A key as it was entered, cleaned and checked, before anything is stored."""

    owner: OwnerId
    card: Card
    venue: Venue
    label: str
    proof: Proof
    secrets: Mapping[str, Secret]

    @property
    def public_key(self) -> str:
        return self.secrets[PUBLIC_FIELD].reveal()


class Vault:
    """Keys of people, over the app's database."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        entropy: Entropy,
        public_key: PublicKeyProvider,
        *,
        needs: tuple[KeyNeed, ...] = (),
    ) -> None:
        """Join the parts; `public_key` gives the key that secrets are sealed to.

        `needs` are those who may still need a key that a person wants to delete.
        Why: who uses keys stands above the vault, and yet no road around them may lead to it.
        """
        self._database = database
        self._clock = clock
        self._entropy = entropy
        self._public_key = public_key
        self._needs = needs
        self.kept = KeptKeys(database)

    async def add(
        self,
        owner: str,
        exchange_id: str,
        venue: str,
        fields: Mapping[str, str],
        label: str = "",
        *,
        proof: str = Proof.ORDER,
    ) -> Added:
        """Check the fields, seal them, store the key and ask for its check.

        A key of the same person that never worked gets the new secret in its old place.
        Raises: `BadInput` naming the field; `NotFound("unknown_exchange")`;
        `Conflict("exchange_takes_no_keys")`, `Conflict("label_taken")`,
        `Conflict("key_already_yours")`, `Conflict("key_known_elsewhere")`,
        `Conflict("vault_absent")`. Nothing is stored then, and nothing was sent anywhere.
        """
        card = get_open_card(exchange_id)
        place = read_place(card, venue)
        wanted = clean_label(label)
        chosen = read_proof(proof, has_dry_run=card.probe_order.dry_run)
        # In a thread: reading an RSA key takes 30 ms, and a megabyte of nonsense a while.
        checked = await asyncio.to_thread(check_fields, card, fields)
        check_no_secret(card, wanted, checked.secrets)
        public_key = await self._public_key()
        entry = _Entry(OwnerId(owner), card, place, wanted, chosen, checked.secrets)
        async with self._database.transaction() as tx:
            known = await store.find_by_public_key(tx, card.id, place, entry.public_key)
            key = await self._entered(tx, entry, known)
            sealed = {
                name: seal(public_key, secret, binding_of(key, name))
                for name, secret in entry.secrets.items()
            }
            await store.write_sealed(tx, key.id, key.version, sealed)
            tag = Tag.VAULT_KEY_RESEALED if known else Tag.VAULT_KEY_ADDED
            facts = {
                "exchange": card.id,
                "venue": place.value,
                "label": key.label,
                "proof": chosen.value,
            }
            await self._tell(tx, tag, key, facts)
        return Added(key, checked.cleaned, seen_before=known is not None)

    async def list_keys(self, owner: str) -> tuple[KeyRecord, ...]:
        """List a person's keys in the order in which they were added."""
        mine = await store.list_of_owner(self._database, owner)
        return tuple(key for key in mine if not key.replaces)

    async def get_key(self, owner: str, key_id: str) -> KeyRecord:
        """Give a person's key. Raises: `NotFound("unknown_key")`, also for another's key."""
        return _of(owner, await store.find_key(self._database, key_id))

    async def get_record(self, key_id: str) -> KeyRecord:
        """Give a key whoever owns it. Raises: `NotFound("unknown_key")`."""
        return self.kept.get(key_id)

    async def list_asked(self) -> tuple[KeyRecord, ...]:
        """List the keys whose check was asked for, the oldest wish first."""
        return await store.list_asked(self._database)

    async def list_standing(self, *statuses: KeyStatus) -> tuple[KeyRecord, ...]:
        """List everybody's keys that stand in one of these states."""
        return await store.list_standing(self._database, statuses)

    async def request_check(
        self, owner: str, key_id: str, *, proof: str = Proof.ORDER
    ) -> KeyRecord:
        """Ask for a check; asking again while one is asked for joins it.

        A check that has not begun yet goes by the newest choice of `proof`.
        Raises: `NotFound("unknown_key")`, `Conflict("key_refused")`,
        `Conflict("key_disabled")`, `BadInput("bad_proof")`, `BadInput("dry_run_not_offered")`.
        """
        async with self._database.transaction() as tx:
            key = _of(owner, await store.find_key(tx, key_id))
            if key.status is KeyStatus.REFUSED:
                raise Conflict("key_refused", label=key.label)
            if key.status is KeyStatus.DISABLED:
                raise Conflict("key_disabled", label=key.label)
            has_dry_run = get_card(key.exchange).probe_order.dry_run
            chosen = read_proof(proof, has_dry_run=has_dry_run)
            if await store.ask_for_check(tx, key_id, chosen, self._clock.now_ms()):
                facts = {"proof": chosen.value}
                await self._tell(tx, Tag.VAULT_KEY_CHECK_REQUESTED, key, facts)
            return await _reread(tx, key_id)

    async def disable(self, owner: str, key_id: str) -> KeyRecord:
        """Switch a key off; from now on nothing crosses with it.

        Raises: `NotFound("unknown_key")`, `Conflict("key_refused")`.
        """
        async with self._database.transaction() as tx:
            key = _of(owner, await store.find_key(tx, key_id))
            if key.status is KeyStatus.REFUSED:
                raise Conflict("key_refused", label=key.label)
            if key.status is not KeyStatus.DISABLED:
                await store.write_status(tx, key_id, KeyStatus.DISABLED)
                await self._tell(tx, Tag.VAULT_KEY_DISABLED, key)
            return await _reread(tx, key_id)

    async def enable(self, owner: str, key_id: str) -> KeyRecord:
        """Switch a key on again: it is checked anew, as last time, before it is used.

        Raises: `NotFound("unknown_key")`, `Conflict("key_not_disabled")`,
        `Conflict("key_refused")`.
        """
        async with self._database.transaction() as tx:
            key = _of(owner, await store.find_key(tx, key_id))
            check_enabling(key)
            await store.write_status(tx, key_id, KeyStatus.UNVERIFIED)
            await store.ask_for_check(tx, key_id, key.check_proof, self._clock.now_ms())
            await self._tell(tx, Tag.VAULT_KEY_ENABLED, key)
            return await _reread(tx, key_id)

    async def delete(self, owner: str, key_id: str) -> None:
        """Delete a key: its secret is erased, its history stays.

        Raises: `NotFound("unknown_key")`; `Conflict("key_cleanup_pending")`,
        `Conflict("key_being_checked")` while an order of its check may still be open; whatever
        those raise who need the key still, as `Conflict("key_used_by_robots")`.
        """
        async with self._database.transaction() as tx:
            key = _of(owner, await store.find_key(tx, key_id))
            check_deleting(key)
            for check_need in self._needs:
                await check_need(tx, key)
            await store.erase_sealed(tx, key_id)
            await store.write_deleted(tx, key_id, self._clock.now_ms())
            await self._tell(tx, Tag.VAULT_KEY_DELETED, key, {"label": key.label})

    async def refuse(
        self,
        key_id: str,
        reason: str,
        facts: Mapping[str, object],
        scopes: frozenset[Scope] = frozenset(),
    ) -> KeyRecord:
        """Refuse a key for what it may do, and erase its secret.

        Raises: `NotFound("unknown_key")`.
        """
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            key = await store.find_key(tx, key_id)
            if key is None:
                raise NotFound("unknown_key")
            standing = Standing(KeyStatus.REFUSED, reason, facts, scopes)
            await store.erase_sealed(tx, key_id)
            await store.write_standing(tx, key_id, standing, status=KeyStatus.REFUSED)
            await store.write_checked(tx, key_id, now_ms)
            await tell_verdict(tx, key, standing, now_ms)
            return await _reread(tx, key_id)

    async def record_verdict(self, key_id: str, standing: Standing) -> KeyRecord:
        """Keep what a check found; `CHECKING` begins one, every other status ends it.

        A key that the person switched off in the meantime stays off, a refused one refused.
        Raises: `NotFound("unknown_key")`.
        """
        if standing.status not in CHECKED_STATUSES:
            message = f"no check concludes {standing.status}"
            raise ValueError(message)
        async with self._database.transaction() as tx:
            key = await store.find_key(tx, key_id)
            if key is None:
                raise NotFound("unknown_key")
            if key.status is KeyStatus.REFUSED:
                return key
            await self._write_standing(tx, key, standing)
            return await _reread(tx, key_id)

    async def _write_standing(self, tx: Transaction, key: KeyRecord, standing: Standing) -> None:
        if standing.status is KeyStatus.CHECKING or standing.is_interim:
            if key.status is not KeyStatus.DISABLED:
                # Reason and rights of the last check stay until this one has found its own.
                told = standing if standing.reason else key
                await store.write_status(tx, key.id, standing.status, told.reason, told.facts)
            return
        was_off = key.status is KeyStatus.DISABLED
        if was_off and key.reason:
            # Why it was switched off outlasts what a check, begun before, has found.
            standing = replace(standing, reason=key.reason, facts=key.facts)
        status = KeyStatus.DISABLED if was_off else standing.status
        await store.write_standing(tx, key.id, standing, status=status)
        await store.write_checked(tx, key.id, self._clock.now_ms())
        await tell_verdict(tx, key, standing, self._clock.now_ms())

    async def _entered(self, tx: Transaction, entry: _Entry, known: KeyRecord | None) -> KeyRecord:
        mine = await store.list_of_owner(tx, entry.owner)
        now_ms = self._clock.now_ms()
        if known is not None:
            return await _entered_again(tx, entry, known, mine, now_ms)
        taken = tuple(key.label for key in mine)
        label = entry.label or next_label(entry.card.name, taken)
        check_label(label, mine)
        key = KeyRecord(
            id=KeyId(id_from("key", self._entropy(_ID_BYTES))),
            owner=entry.owner,
            exchange=entry.card.id,
            venue=entry.venue,
            label=label,
            public_key=entry.public_key,
            status=KeyStatus.UNVERIFIED,
            created_ms=now_ms,
            check_requested_ms=now_ms,
            check_proof=entry.proof,
        )
        await store.insert_key(tx, key)
        return key

    async def _tell(
        self,
        tx: Transaction,
        tag: Tag,
        key: KeyRecord,
        facts: Mapping[str, AuditFact] | None = None,
    ) -> None:
        event = AuditEvent(tag, key.owner, key.id, facts or {})
        await append(tx, event, self._clock.now_ms())


def binding_of(key: KeyRecord, field: str) -> Binding:
    """Give what a field of this key is sealed for."""
    return Binding(key.owner, key.exchange, key.id, field, key.version, key.venue)


async def _entered_again(
    tx: Transaction,
    entry: _Entry,
    known: KeyRecord,
    mine: tuple[KeyRecord, ...],
    now_ms: int,
) -> KeyRecord:
    check_known(entry.owner, known)
    label = entry.label or known.label
    check_label(label, [key for key in mine if key.id != known.id])
    key = replace(
        known,
        label=label,
        status=KeyStatus.UNVERIFIED,
        version=known.version + 1,
        reason="",
        facts={},
        scopes=frozenset(),
        expires_ms=None,
        account_hint="",
        checked_ms=None,
        check_requested_ms=now_ms,
        check_proof=entry.proof,
    )
    await store.write_resealed(tx, key)
    return key


def _of(owner: str, key: KeyRecord | None) -> KeyRecord:
    # Another person's key is as unknown as one that never was; what is to replace a key is
    # reached through that key alone.
    if key is None or key.owner != owner or key.replaces:
        raise NotFound("unknown_key")
    return key


async def _reread(tx: Transaction, key_id: str) -> KeyRecord:
    key = await store.find_key(tx, key_id)
    if key is None:
        raise NotFound("unknown_key")
    return key
