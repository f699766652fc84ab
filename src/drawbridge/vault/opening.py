"""Opening a key's secret, for the time of a block. Only the gateway may import this.

A secret is opened from its envelope once per process and lies sealed under the process' own
key after that, so that it is in the clear only while it is used. Each purpose is told in the
audit log when it first opens a secret.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Final, TypeAlias

import orjson

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append, append_all
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Corrupted, DrawbridgeError, Forbidden, NotFound
from drawbridge.core.secret import Secret
from drawbridge.sealing.keyring import Keyring
from drawbridge.sealing.local import LocalKey
from drawbridge.storage.database import Database
from drawbridge.vault import store
from drawbridge.vault.kept import KeptKeys
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.vault.service import binding_of

KeyringProvider: TypeAlias = Callable[[], Keyring]

_MOST_HELD: Final = 50_000
_MOST_AT_ONCE: Final = 256
_DAMAGED: Final = "sealed_value_damaged"
# For these the secret of a key that is switched off is opened no more, whoever asks.
_OF_KEYS_IN_USE: Final = frozenset({"trade", "read", "listen"})


@dataclass(slots=True)
class _Held:
    """A key's fields as they lie in memory: sealed together under the process' own key.

    `told` are the purposes that stand in the audit log. Small, because there are thousands.
    """

    key: KeyRecord
    about: bytes
    sealed: bytes
    told: tuple[str, ...] = ()

    def is_of(self, key: KeyRecord) -> bool:
        """Tell whether this is the secret that the key's row belongs to now."""
        if self.key is key:
            return True
        is_same = binding_of(self.key, "") == binding_of(key, "")
        if is_same:
            self.key = key
        return is_same


@dataclass(frozen=True, slots=True)
class _Asked:
    """A key that is to be held for a purpose, and who waits for it."""

    key: KeyRecord
    purpose: str
    waiter: "asyncio.Future[DrawbridgeError | None]"

    def tell(self, error: DrawbridgeError | None = None) -> None:
        """Tell who waits that it is done, or why it could not be."""
        if not self.waiter.done():
            self.waiter.set_result(error)


class _Opened:
    """A key's fields, open between the beginning and the end of a block.

    Why no generator: every order passes here, and this costs it a fifth of one.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: dict[str, Secret]) -> None:
        self._fields = fields

    def __enter__(self) -> Mapping[str, Secret]:
        return self._fields

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._fields.clear()


class Opening:
    """Open what the vault holds."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        keyring: KeyringProvider,
        kept: KeptKeys | None = None,
    ) -> None:
        """Join the parts; `keyring` raises `Forbidden("vault_locked")` while there is none.

        `kept` are the records that the vault's service keeps, so that they are in memory once.
        """
        self._database = database
        self._clock = clock
        self._keyring = keyring
        self._kept = kept or KeptKeys(database)
        self._local = LocalKey.fresh()
        self._held: dict[str, _Held] = {}
        self._asked: list[_Asked] = []
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def open_fields(
        self, key_id: str, *, purpose: str = "crossing"
    ) -> AsyncIterator[Mapping[str, Secret]]:
        """Give the key's fields for the time of the block; keep none of them longer.

        Raises: `NotFound("unknown_key")`, `Forbidden("vault_locked")`,
        `Forbidden("key_not_usable")`, `Forbidden("key_has_no_secret")`;
        `Corrupted("sealed_value_damaged")`, after which the key is switched off;
        `Corrupted("sealed_for_another_key")`.
        """
        # Looked for again after every wait: the vault may be locked or the key changed by then.
        while (opened := self.find_open(key_id, purpose=purpose)) is None:
            await self._hold(key_id, purpose)
        with opened as fields:
            yield fields

    def find_open(
        self, key_id: str, *, purpose: str
    ) -> AbstractContextManager[Mapping[str, Secret]] | None:
        """Open a key's fields at once, for a block in which nothing is awaited.

        None where they are not in memory yet, or not told for this purpose: `open_fields` does
        both. Raises: `NotFound("unknown_key")`, `Forbidden("vault_locked")`.
        """
        held = self._find_held(key_id, purpose)
        if held is None:
            return None
        plain: dict[str, str] = orjson.loads(self._local.open_bytes(held.sealed, held.about))
        return _Opened({name: Secret(text) for name, text in plain.items()})

    def forget(self, key_id: str) -> None:
        """Drop what memory holds of a key."""
        self._held.pop(key_id, None)

    def lock(self) -> None:
        """Drop everything that memory holds."""
        self._held.clear()
        self._local = LocalKey.fresh()

    def _find_held(self, key_id: str, purpose: str) -> _Held | None:
        self._keyring()  # a locked vault opens nothing, also not what memory still holds
        key = self._get_key(key_id)
        if key.status is KeyStatus.DISABLED and purpose in _OF_KEYS_IN_USE:
            # It was judged before it waited for its turn; meanwhile the key was stopped.
            raise Forbidden("key_not_usable", rule="status", status=key.status)
        if key.status is KeyStatus.REFUSED:
            self.forget(key_id)
        held = self._held.get(key_id)
        return held if held and purpose in held.told and held.is_of(key) else None

    def _get_key(self, key_id: str) -> KeyRecord:
        key = self._kept.find(key_id)
        if key is None:
            self.forget(key_id)
            raise NotFound("unknown_key")
        return key

    async def _hold(self, key_id: str, purpose: str) -> None:
        """Take a key's secret into memory, together with all who ask for one at this moment.

        Why: what is told in the audit log is synced to disk; thousands of keys that one signal
        wakes would wait for thousands of syncs.
        """
        waiter = asyncio.get_running_loop().create_future()
        self._asked.append(_Asked(self._get_key(key_id), purpose, waiter))
        async with self._turn:
            while not waiter.done():
                await self._hold_asked()
        error = waiter.result()
        if error is not None:
            raise error

    async def _hold_asked(self) -> None:
        batch, self._asked = self._asked[:_MOST_AT_ONCE], self._asked[_MOST_AT_ONCE:]
        try:
            await self._hold_all(batch)
        except DrawbridgeError as error:
            for asked in batch:
                asked.tell(error)
        finally:
            # Whoever did this for all may be cancelled; the next in turn does the rest.
            self._asked[:0] = [asked for asked in batch if not asked.waiter.done()]

    async def _hold_all(self, batch: list[_Asked]) -> None:
        fresh = {asked.key.id: asked.key for asked in batch if not self._holds(asked.key)}
        sealed = await store.read_sealed(self._database, fresh) if fresh else {}
        for key in fresh.values():
            try:
                self._keep(key, self._opened(key, sealed.get(key.id, ())))
            except DrawbridgeError as error:
                if self._has_moved_on(key):
                    _look_again(batch, key)
                else:
                    await self._refuse(batch, key, error)
            await asyncio.sleep(0)  # opening one takes as long as several orders do
        left = [asked for asked in batch if not asked.waiter.done()]
        await self._tell_opened(left)
        for asked in left:
            held = self._held.get(asked.key.id)
            if held is not None and asked.purpose not in held.told:
                held.told = (*held.told, asked.purpose)
            asked.tell()

    def _holds(self, key: KeyRecord) -> bool:
        held = self._held.get(key.id)
        return held is not None and held.is_of(key)

    def _has_moved_on(self, key: KeyRecord) -> bool:
        """Tell whether the key got another secret between its record and its envelopes."""
        now = self._kept.find(key.id)
        return now is None or now.version != key.version

    def _keep(self, key: KeyRecord, fields: Mapping[str, str]) -> None:
        about = f"{key.id} {key.version}".encode()
        sealed = self._local.seal_bytes(orjson.dumps(fields), about)
        while len(self._held) >= _MOST_HELD:
            del self._held[next(iter(self._held))]
        self._held[key.id] = _Held(key, about, sealed)

    async def _refuse(self, batch: list[_Asked], key: KeyRecord, error: DrawbridgeError) -> None:
        if isinstance(error, Corrupted):
            await self._tell_damage(key, error)
        for asked in batch:
            if asked.key.id == key.id:
                asked.tell(error)

    def _opened(self, key: KeyRecord, sealed: Iterable[tuple[str, bytes]]) -> dict[str, str]:
        """Give what a key's envelopes hold; it is sealed again at once."""
        keyring = self._keyring()
        # Bound to the version in the key's row: an older secret put back does not open.
        opened = {name: keyring.open(data, binding_of(key, name)).reveal() for name, data in sealed}
        if not opened:
            raise Forbidden("key_has_no_secret", rule="status", label=key.label)
        return opened

    async def _tell_opened(self, batch: list[_Asked]) -> None:
        """Tell it before any secret is handed out, so that no use of one stays untold."""
        untold = {(asked.key.id, asked.purpose): asked for asked in batch if self._is_untold(asked)}
        events = [
            AuditEvent(
                Tag.VAULT_SECRET_OPENED,
                asked.key.owner,
                asked.key.id,
                {"purpose": asked.purpose, "version": asked.key.version},
            )
            for asked in untold.values()
        ]
        if events:
            async with self._database.transaction() as tx:
                await append_all(tx, events, self._clock.now_ms())

    def _is_untold(self, asked: _Asked) -> bool:
        held = self._held.get(asked.key.id)
        return held is not None and asked.purpose not in held.told

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


def _look_again(batch: Iterable[_Asked], key: KeyRecord) -> None:
    for asked in batch:
        if asked.key.id == key.id:
            asked.tell()
