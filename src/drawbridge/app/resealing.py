"""Sealing everything to the vault's new key, in the background, while it is in use.

Only the gateway's process does this. Values that others write meanwhile are left as they are, and
nothing that was opened before has to be opened again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append, append_all
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Corrupted
from drawbridge.sealing.envelope import header_for, seal
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database, Transaction
from drawbridge.vault import rotations
from drawbridge.vault.rotations import SETTLED_MS, Rotation, SealedValue, find_rotation
from drawbridge.virtual_keys import resealing as virtual

_AT_ONCE: Final = 32
# So that orders come between: opening and sealing a batch takes as long as a few of them.
_PAUSE_S: Final = 0.01
_PURPOSE: Final = "resealing"
_BEGINNING: Final = ("", "")

_List: TypeAlias = Callable[
    [Database, bytes, tuple[str, str], int], Awaitable[tuple[SealedValue, ...]]
]
_Write: TypeAlias = Callable[[Transaction, SealedValue, bytes], Awaitable[bool]]
# Everything that is sealed to the vault: secrets of keys, and what virtual keys are checked by.
_PLACES: Final[tuple[tuple[_List, _Write], ...]] = (
    (rotations.list_sealed_otherwise, rotations.reseal),
    (virtual.list_sealed_otherwise, virtual.reseal),
)


@dataclass(slots=True)
class _Pass:
    """What one walk over everything found."""

    resealed: int = 0
    damaged: int = 0


class Resealing:
    """Seal anew what is sealed to an older key."""

    def __init__(self, database: Database, clock: Clock, keyring: Callable[[], Keyring]) -> None:
        """Join the parts; `keyring` raises `Forbidden("vault_locked")` while there is none."""
        self._database = database
        self._clock = clock
        self._keyring = keyring
        self._walked = -1

    async def step(self) -> None:
        """Walk over everything, if the vault's key was replaced and that is not done yet.

        Raises: `Forbidden("vault_locked")`.
        """
        rotation = await find_rotation(self._database)
        if rotation is None or rotation.resealed_ms is not None:
            return
        began_ms = self._clock.now_ms()
        is_settled = began_ms - rotation.begun_ms >= SETTLED_MS
        if self._walked == rotation.n and not is_settled:
            return  # all of it was walked over once; now it is waited for who was too late
        found = _Pass()
        for list_values, write in _PLACES:
            await self._walk(rotation, (list_values, write), found)
        self._walked = rotation.n
        if is_settled:
            await self._end(rotation, found)

    async def _walk(self, rotation: Rotation, place: tuple[_List, _Write], found: _Pass) -> None:
        list_values, write = place
        after = _BEGINNING
        while True:
            ring = self._keyring()
            header = header_for(ring.public)
            values = await list_values(self._database, header, after, _AT_ONCE)
            if not values:
                return
            fresh = []
            for value in values:
                sealed = _sealed_anew(ring, value)
                if sealed is None:
                    found.damaged += 1
                else:
                    fresh.append((value, sealed))
                await asyncio.sleep(0)
            found.resealed += await self._write(rotation, write, fresh)
            after = (values[-1].holder, values[-1].field)
            await asyncio.sleep(_PAUSE_S)

    async def _write(
        self, rotation: Rotation, write: _Write, fresh: list[tuple[SealedValue, bytes]]
    ) -> int:
        if not fresh:
            return 0
        async with self._database.transaction() as tx:
            written = [value for value, sealed in fresh if await write(tx, value, sealed)]
            await rotations.count_resealed(tx, rotation.n, len(written))
            # Each was in the clear for a moment, and is told as any other use of it.
            whose = {value.holder: value.owner for value, _ in fresh}
            await append_all(tx, _told(whose), self._clock.now_ms())
        return len(written)

    async def _end(self, rotation: Rotation, found: _Pass) -> None:
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            await rotations.end_resealing(tx, rotation.n, found.damaged, now_ms)
            facts = {"damaged": found.damaged}
            await append(tx, AuditEvent(Tag.VAULT_KEYRING_RESEALED, "", "vault", facts), now_ms)


def _sealed_anew(ring: Keyring, value: SealedValue) -> bytes | None:
    """Open and seal a value at once; None for one that does not open."""
    try:
        return seal(ring.public, ring.open(value.sealed, value.binding), value.binding)
    except Corrupted:
        # What cannot be opened cannot be used either: its key is switched off at its next use.
        return None


def _told(whose: Mapping[str, str]) -> list[AuditEvent]:
    return [
        AuditEvent(Tag.VAULT_SECRET_OPENED, owner, holder, {"purpose": _PURPOSE})
        for holder, owner in whose.items()
    ]
