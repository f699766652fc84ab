"""Replacing a key in place: a second secret is entered beside it, and later takes its place.

What is entered is a stand-in: a key's row of its own, sealed, checked and refused like any other,
but listed nowhere and used by nobody. The swap needs both secrets in the clear for a moment,
because each is bound to its row and version; so it runs in the gateway's process. Which step
comes when is decided in `rotation/`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.catalogue.registry import check_fields
from drawbridge.core.errors import Conflict, Corrupted, Forbidden, NotFound
from drawbridge.core.ids import KeyId
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import VaultPublicKey, seal
from drawbridge.storage.database import Database, Transaction
from drawbridge.vault import store
from drawbridge.vault.entering import PUBLIC_FIELD, check_known, get_open_card
from drawbridge.vault.model import (
    MAX_LABEL_LENGTH,
    KeyRecord,
    KeyStatus,
    Proof,
    check_deleting,
    next_label,
    read_proof,
)
from drawbridge.vault.service import binding_of

_PURPOSE: Final = "replacing"
# " #" and a number are put behind it.
_LABEL_ROOM: Final = MAX_LABEL_LENGTH - 8
# Erased, or of no use to anybody: such a key is replaced all the same, and nothing is kept of it.
_NO_SECRET: Final = frozenset({"key_has_no_secret", "sealed_value_damaged"})
# The old secret is still asked whether it is dead; nothing else ever crosses with it.
_ASKED_STILL: Final = frozenset({KeyStatus.DISABLED, KeyStatus.REFUSED})
_REPLACES: Final = "UPDATE keys SET replaces = ? WHERE id = ?"
_RENAME: Final = "UPDATE keys SET public_key = ? WHERE id = ?"
_SWAPPED: Final = """
UPDATE keys SET public_key = ?, version = ?, status = ?, reason = ?, facts = ?, scopes = ?,
    expires_ms = ?, account_hint = ?, checked_ms = ?, check_requested_ms = NULL, made_ms = ?,
    dated = ?
WHERE id = ?
"""


class Opening(Protocol):
    """What opens a key's sealed fields for the time of a block."""

    def open_fields(
        self, key_id: str, *, purpose: str
    ) -> AbstractAsyncContextManager[Mapping[str, Secret]]:
        """Open them. Raises: `Corrupted`, `Forbidden` while the vault is locked."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A stand-in as it was typed in, cleaned and checked, before anything is stored.

    `cleaned` names the fields from which blanks, quotes or line breaks were taken off.
    """

    proof: Proof
    secrets: Mapping[str, Secret] = field(repr=False)
    cleaned: tuple[str, ...] = ()

    @property
    def public_key(self) -> str:
        """Give the key's name at the exchange."""
        return self.secrets[PUBLIC_FIELD].reveal()


@dataclass(frozen=True, slots=True)
class Swap:
    """Two rows as they stand, as they are to stand, and the secrets sealed for that."""

    key: KeyRecord
    stand_in: KeyRecord
    new_key: KeyRecord
    new_stand_in: KeyRecord
    key_sealed: Mapping[str, bytes] = field(repr=False)
    stand_in_sealed: Mapping[str, bytes] = field(repr=False)


async def read_entry(
    database: Database, key: KeyRecord, fields: Mapping[str, str], proof: str
) -> Entry:
    """Check what was typed in for a stand-in of this key.

    Raises: `BadInput` naming the field; `Conflict("exchange_takes_no_keys")`,
    `Conflict("replacement_is_same")`, `Conflict("key_already_yours")`,
    `Conflict("key_known_elsewhere")`. Nothing is stored, and nothing was sent anywhere.
    """
    card = get_open_card(key.exchange)
    chosen = read_proof(proof, has_dry_run=card.probe_order.dry_run)
    # In a thread: reading an RSA key takes 30 ms, and a megabyte of nonsense a while.
    checked = await asyncio.to_thread(check_fields, card, fields)
    entry = Entry(chosen, checked.secrets, checked.cleaned)
    public_key = entry.public_key
    known = await store.find_by_public_key(database, key.exchange, key.venue, public_key)
    _check_unknown(key, known)
    return entry


async def insert_stand_in(
    tx: Transaction, key: KeyRecord, entry: Entry, public_key: VaultPublicKey, at: tuple[str, int]
) -> KeyRecord:
    """Store a stand-in under an id and at a time, and ask for its check. Raises: as `read_entry`.

    Whatever stood in for this key before must be dropped first.
    """
    key_id, now_ms = at
    known = await store.find_by_public_key(tx, key.exchange, key.venue, entry.public_key)
    _check_unknown(key, known)
    mine = await store.list_of_owner(tx, key.owner)
    stand_in = KeyRecord(
        id=KeyId(key_id),
        owner=key.owner,
        exchange=key.exchange,
        venue=key.venue,
        label=next_label(key.label[:_LABEL_ROOM].rstrip(), (it.label for it in mine)),
        public_key=entry.public_key,
        status=KeyStatus.UNVERIFIED,
        created_ms=now_ms,
        check_requested_ms=now_ms,
        check_proof=entry.proof,
        replaces=key.id,
    )
    await store.insert_key(tx, stand_in)
    await tx.execute(_REPLACES, key.id, stand_in.id)
    sealed = {
        name: seal(public_key, secret, binding_of(stand_in, name))
        for name, secret in entry.secrets.items()
    }
    await store.write_sealed(tx, stand_in.id, stand_in.version, sealed)
    facts = {
        "exchange": key.exchange,
        "venue": key.venue.value,
        "label": stand_in.label,
        "proof": entry.proof.value,
        "replaces": key.id,
    }
    await append(tx, AuditEvent(Tag.VAULT_KEY_ADDED, key.owner, stand_in.id, facts), now_ms)
    return stand_in


async def get_stand_in(tx: Transaction | Database, stand_in_id: str) -> KeyRecord:
    """Give a stand-in. Raises: `NotFound("unknown_key")`."""
    found = await store.find_key(tx, stand_in_id)
    if found is None or not found.replaces:
        raise NotFound("unknown_key")
    return found


async def ask_again(tx: Transaction, stand_in: KeyRecord, now_ms: int) -> None:
    """Ask for another check of a stand-in, as the last one was.

    Raises: `Conflict("key_refused")`, `Conflict("key_disabled")`.
    """
    if stand_in.status is KeyStatus.REFUSED:
        raise Conflict("key_refused", label=stand_in.label)
    if stand_in.status is KeyStatus.DISABLED:
        raise Conflict("key_disabled", label=stand_in.label)
    await store.ask_for_check(tx, stand_in.id, stand_in.check_proof, now_ms)


async def drop_stand_in(tx: Transaction, stand_in_id: str, now_ms: int) -> None:
    """Erase what a stand-in's row holds and take the row out of use; its history stays.

    Raises: `Conflict("key_cleanup_pending")`, `Conflict("key_being_checked")`.
    """
    found = await store.find_key(tx, stand_in_id)
    if found is None or not found.replaces:
        return
    check_deleting(found)
    await store.erase_sealed(tx, found.id)
    await store.write_deleted(tx, found.id, now_ms)
    facts = {"label": found.label, "replaces": found.replaces}
    await append(tx, AuditEvent(Tag.VAULT_KEY_DELETED, found.owner, found.id, facts), now_ms)


async def prepare_swap(
    opening: Opening, public_key: VaultPublicKey, key: KeyRecord, stand_in: KeyRecord
) -> Swap:
    """Seal each secret anew for the other's row; nothing is written yet.

    Raises: `Forbidden("vault_locked")`, `Corrupted`, `NotFound("unknown_key")`.
    """
    new_key = _taking_over(key, stand_in, stand_in.status)
    status = KeyStatus.UNVERIFIED if key.status in _ASKED_STILL else key.status
    new_stand_in = _taking_over(stand_in, key, status)
    async with opening.open_fields(stand_in.id, purpose=_PURPOSE) as fields:
        key_sealed = _sealed(public_key, new_key, fields)
    async with _whatever_is_left(opening, key.id) as fields:
        stand_in_sealed = _sealed(public_key, new_stand_in, fields)
    return Swap(key, stand_in, new_key, new_stand_in, key_sealed, stand_in_sealed)


async def write_swap(tx: Transaction, swap: Swap) -> None:
    """Let two rows change their secrets, and what is known of them, in one moment.

    Raises: `Conflict("key_has_changed")` if either is not what it was when the swap was prepared.
    """
    for was in (swap.key, swap.stand_in):
        now = await store.find_key(tx, was.id)
        if now is None or (now.version, now.status) != (was.version, was.status):
            raise Conflict("key_has_changed", label=was.label)
    # No two rows may have one public key, not for a moment: a name that is none stands between.
    await tx.execute(_RENAME, swap.stand_in.id, swap.stand_in.id)
    for key, sealed in (
        (swap.new_key, swap.key_sealed),
        (swap.new_stand_in, swap.stand_in_sealed),
    ):
        await _write(tx, key)
        await store.write_sealed(tx, key.id, key.version, sealed)


def _taking_over(key: KeyRecord, other: KeyRecord, status: KeyStatus) -> KeyRecord:
    """Give a row with what belongs to the other's secret; what its owner chose stays."""
    life = replace(key.life, made_ms=other.life.made_ms, dated=other.life.dated)
    return replace(
        key,
        public_key=other.public_key,
        version=key.version + 1,
        status=status,
        reason=other.reason,
        facts=other.facts,
        scopes=other.scopes,
        expires_ms=other.expires_ms,
        account_hint=other.account_hint,
        checked_ms=other.checked_ms,
        check_requested_ms=None,
        life=life,
    )


def _sealed(
    public_key: VaultPublicKey, key: KeyRecord, fields: Mapping[str, Secret]
) -> dict[str, bytes]:
    return {name: seal(public_key, it, binding_of(key, name)) for name, it in fields.items()}


@asynccontextmanager
async def _whatever_is_left(opening: Opening, key_id: str) -> AsyncIterator[Mapping[str, Secret]]:
    """Open a key's fields; give none where they were erased or are damaged."""
    async with AsyncExitStack() as stack:
        fields: Mapping[str, Secret] = {}
        try:
            opened = opening.open_fields(key_id, purpose=_PURPOSE)
            fields = await stack.enter_async_context(opened)
        except (Forbidden, Corrupted) as error:
            if error.code not in _NO_SECRET:
                raise
        yield fields


async def _write(tx: Transaction, key: KeyRecord) -> None:
    await tx.execute(
        _SWAPPED,
        *(key.public_key, key.version, key.status.value, key.reason),
        store.facts_text(key.facts),
        " ".join(sorted(key.scopes)),
        *(key.expires_ms, key.account_hint, key.checked_ms),
        *(key.life.made_ms, key.life.dated.value, key.id),
    )


def _check_unknown(key: KeyRecord, known: KeyRecord | None) -> None:
    if known is None or known.replaces == key.id:
        return
    if known.id == key.id:
        raise Conflict("replacement_is_same", field=PUBLIC_FIELD, label=key.label)
    check_known(key.owner, known)
    raise Conflict("key_already_yours", field=PUBLIC_FIELD, label=known.label)
