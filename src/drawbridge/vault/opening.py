"""Opening a key's secret, for the time of a block. Only the gateway may import this.

A secret is opened from its envelope once per process and lies sealed under the process' own
key after that, so that it is in the clear only while it is used. Each purpose is told in the
audit log when it first opens a secret.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from drawbridge.audit.chain import AuditEvent, Fact
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Corrupted, Forbidden, NotFound
from drawbridge.core.secret import Secret
from drawbridge.sealing.keyring import Keyring
from drawbridge.sealing.local import LocalKey
from drawbridge.storage.database import Database
from drawbridge.vault import store
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.vault.service import binding_of

KeyringProvider: TypeAlias = Callable[[], Keyring]

_MOST_HELD: Final = 10_000
_DAMAGED: Final = "sealed_value_damaged"


@dataclass(slots=True)
class _Held:
    """A key's fields as they lie in memory: sealed under the process' own key."""

    key: KeyRecord
    sealed: Mapping[str, bytes]
    told: set[str] = field(default_factory=set)


class Opening:
    """Open what the vault holds."""

    def __init__(self, database: Database, clock: Clock, keyring: KeyringProvider) -> None:
        """Join the parts; `keyring` raises `Forbidden("vault_locked")` while there is none."""
        self._database = database
        self._clock = clock
        self._keyring = keyring
        self._local = LocalKey.fresh()
        self._held: dict[str, _Held] = {}
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def open_fields(
        self, key_id: str, *, purpose: str = "crossing"
    ) -> AsyncIterator[Mapping[str, Secret]]:
        """Give the key's fields for the time of the block; keep none of them longer.

        Raises: `NotFound("unknown_key")`, `Forbidden("vault_locked")`,
        `Forbidden("key_has_no_secret")`; `Corrupted("sealed_value_damaged")`, after which the
        key is switched off; `Corrupted("sealed_for_another_key")`.
        """
        held = await self._find_held(key_id, purpose)
        opened = {
            name: self._local.open(sealed, binding_of(held.key, name))
            for name, sealed in held.sealed.items()
        }
        try:
            yield opened
        finally:
            opened.clear()

    def forget(self, key_id: str) -> None:
        """Drop what memory holds of a key."""
        self._held.pop(key_id, None)

    def lock(self) -> None:
        """Drop everything that memory holds."""
        self._held.clear()
        self._local = LocalKey.fresh()

    async def _find_held(self, key_id: str, purpose: str) -> _Held:
        self._keyring()  # a locked vault opens nothing, also not what memory still holds
        key = store.glance_key(self._database, key_id)
        if key is None:
            self.forget(key_id)
            raise NotFound("unknown_key")
        if key.status is KeyStatus.REFUSED:
            self.forget(key_id)
        held = self._held.get(key_id)
        if held and held.key.version == key.version and purpose in held.told:
            return held
        async with self._turn:
            return await self._hold(key, purpose)

    async def _hold(self, key: KeyRecord, purpose: str) -> _Held:
        held = self._held.get(key.id)
        if held is None or held.key.version != key.version:
            held = _Held(key, await self._reseal(key))
            while len(self._held) >= _MOST_HELD:
                del self._held[next(iter(self._held))]
            self._held[key.id] = held
        if purpose not in held.told:
            # Told before the secret is handed out, so that no use of it stays untold.
            async with self._database.transaction() as tx:
                facts: dict[str, Fact] = {"purpose": purpose, "version": key.version}
                event = AuditEvent(Tag.VAULT_SECRET_OPENED, key.owner, key.id, facts)
                await append(tx, event, self._clock.now_ms())
            held.told.add(purpose)
        return held

    async def _reseal(self, key: KeyRecord) -> dict[str, bytes]:
        sealed = await store.read_sealed(self._database, key.id)
        if not sealed:
            raise Forbidden("key_has_no_secret", rule="status", label=key.label)
        keyring = self._keyring()
        resealed: dict[str, bytes] = {}
        for name, _, data in sealed:
            # Bound to the version in the key's row: an older secret put back does not open.
            binding = binding_of(key, name)
            try:
                secret = keyring.open(data, binding)
            except Corrupted as error:
                await self._tell_damage(key, error)
                raise
            resealed[name] = self._local.seal(secret, binding)
        return resealed

    async def _tell_damage(self, key: KeyRecord, error: Corrupted) -> None:
        """Switch a key off whose secret was tampered with, and tell it.

        Why not for `sealed_for_another_key`: there the vault's key file is the wrong one, and
        every key would be switched off for it.
        """
        async with self._database.transaction() as tx:
            facts = {"code": error.code, "field": str(error.facts.get("field", ""))}
            event = AuditEvent(Tag.VAULT_SECRET_DAMAGED, key.owner, key.id, facts)
            await append(tx, event, self._clock.now_ms())
            if error.code == _DAMAGED:
                told = {"key_id": key.id, "field": facts["field"]}
                await store.write_status(tx, key.id, KeyStatus.DISABLED, _DAMAGED, told)
