"""What bots' signatures are checked by, opened once and kept ready. Only the gateway imports this.

What is opened here signs nothing at an exchange: it only tells whether a bot is the one it says.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import NotProven
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database
from drawbridge.virtual_keys import store
from drawbridge.virtual_keys.issue import MATERIAL, PASSPHRASE, binding_of
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.wire.algorithms import Verifier
from drawbridge.wire.dialect import Claim
from drawbridge.wire.proving import check_proof

KeyringProvider: TypeAlias = Callable[[], Keyring]

_MOST_HELD: Final = 20_000


@dataclass(frozen=True, slots=True, repr=False)
class Proofs:
    """What the requests of one virtual key are checked by."""

    verifier: Verifier
    passphrase: str | None

    def check(self, claim: Claim, payload: bytes) -> None:
        """Make sure that whoever sent this has the key's secret, and its passphrase.

        Raises: `NotProven("bad_signature")`, `NotProven("bad_passphrase")`.
        """
        check_proof(claim, payload, self.verifier, self.passphrase)


class VirtualOpening:
    """Open what virtual keys are checked by."""

    def __init__(self, database: Database, keyring: KeyringProvider) -> None:
        """Join the parts; `keyring` raises `Forbidden("vault_locked")` while there is none."""
        self._database = database
        self._keyring = keyring
        self._held: dict[str, Proofs] = {}
        self._turn = asyncio.Lock()

    def find(self, virtual: VirtualKey) -> Proofs | None:
        """Give what a key is checked by, at once; None where it is not open yet.

        Raises: `Forbidden("vault_locked")`.
        """
        self._keyring()  # a locked vault lets nobody in, also not who was let in before
        return self._held.get(virtual.id)

    async def get(self, virtual: VirtualKey) -> Proofs:
        """Give what a key is checked by.

        Raises: `Forbidden("vault_locked")`; `NotProven("bad_key")` for one that is revoked;
        `Corrupted("sealed_value_damaged")`, `Corrupted("sealed_for_another_key")`.
        """
        async with self._turn:
            return self.find(virtual) or await self._opened(virtual)

    def forget(self, virtual_id: str) -> None:
        """Drop what memory holds of a key."""
        self._held.pop(virtual_id, None)

    def lock(self) -> None:
        """Drop everything that memory holds."""
        self._held.clear()

    async def _opened(self, virtual: VirtualKey) -> Proofs:
        keyring = self._keyring()
        sealed = await store.read_sealed(self._database, virtual.id)
        opened = {
            field: keyring.open(data, binding_of(virtual, field)) for field, data in sealed.items()
        }
        if virtual.revoked_ms is not None or MATERIAL not in opened:
            raise NotProven("bad_key")
        passphrase = opened.get(PASSPHRASE)
        proofs = Proofs(
            get_exchange(virtual.exchange).keys.verifier(opened[MATERIAL]),
            None if passphrase is None else passphrase.reveal(),
        )
        while len(self._held) >= _MOST_HELD:
            del self._held[next(iter(self._held))]
        self._held[virtual.id] = proofs
        return proofs
