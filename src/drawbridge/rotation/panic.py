"""Stopping in a hurry: a key that may have leaked, a virtual key, or all keys of an exchange.

Everything that a person wishes for in that moment is one transaction; the gateway's process sees
it at its next request and does the rest: it cancels, pauses robots and asks the exchange. Nothing
here gives anybody more than they had, so no code is asked for.
"""

from collections.abc import Iterable
from typing import Final

from drawbridge.audit.chain import Fact
from drawbridge.core.clock import DAY_MS, Clock
from drawbridge.core.errors import NotFound
from drawbridge.rotation import leak_store
from drawbridge.storage.database import Database, Transaction
from drawbridge.trading.cancelling import is_wished, wish_to_cancel
from drawbridge.trading.limit_store import key_subject
from drawbridge.vault.freezing import freeze_leaked, freeze_lot, tell_lot
from drawbridge.vault.lots import Lot
from drawbridge.vault.model import KeyRecord
from drawbridge.vault.store import find_key
from drawbridge.virtual_keys.model import VirtualKey, origin_of
from drawbridge.virtual_keys.service import revoke_in

LOOKED_BACK_MS: Final = 7 * DAY_MS
"""So far back the exchange is asked at once when a key may have leaked."""


class Panic:
    """What pages and commands call when something burns."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use the app's database and its clock."""
        self._database = database
        self._clock = clock

    async def stop_key(self, owner: str, key_id: str, *, cancel: bool = False) -> KeyRecord:
        """Stop the use of a person's key that may have leaked, and give it as it stands now.

        `cancel` wishes for its open orders to be cancelled. What the account did of late is asked
        for at once: the key may be deleted at the exchange a minute from now.
        Raises: `NotFound("unknown_key")`.
        """
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            key = await find_key(tx, key_id)
            # Another person's key is as unknown as one that never was.
            if key is None or key.owner != owner:
                raise NotFound("unknown_key")
            await freeze_leaked(tx, key, now_ms, {"cancel": cancel})
            if cancel:
                await self._cancel(tx, [key], now_ms)
            await leak_store.ask(tx, key.id, now_ms - LOOKED_BACK_MS, now_ms)
            return await find_key(tx, key_id) or key

    async def stop_virtual_key(
        self, owner: str, virtual_id: str, *, cancel: bool = False
    ) -> VirtualKey:
        """End a person's virtual key for good. Raises: `NotFound("unknown_virtual_key")`."""
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            virtual = await revoke_in(tx, owner, virtual_id, now_ms)
            if cancel:
                await wish_to_cancel(tx, [(origin_of(virtual.id), virtual.owner)], now_ms)
            return virtual

    async def stop_lot(
        self, lot: Lot, *, cancel: bool = False, by: str = ""
    ) -> tuple[KeyRecord, ...]:
        """Stop the use of many keys, tell each owner, and give the keys as they stood.

        `by` is the name of whoever does it, empty for this machine's own command line.
        Raises: `NotFound("unknown_exchange")`.
        """
        now_ms = self._clock.now_ms()
        facts: dict[str, Fact] = {"by": by, "cancel": cancel}
        async with self._database.transaction() as tx:
            keys = await freeze_lot(tx, lot, now_ms, facts)
            if cancel:
                await self._cancel(tx, keys, now_ms)
        async with self._database.transaction() as tx:
            await tell_lot(tx, keys, now_ms, facts)
        return keys

    async def is_cancelling(self, key_id: str) -> bool:
        """Tell whether open orders of a key are still being cancelled."""
        return await is_wished(self._database, key_subject(key_id))

    async def _cancel(self, tx: Transaction, keys: Iterable[KeyRecord], now_ms: int) -> None:
        await wish_to_cancel(tx, [(key_subject(key.id), key.owner) for key in keys], now_ms)
