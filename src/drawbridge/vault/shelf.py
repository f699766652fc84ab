"""The keys for which this process works: the vault's lists, kept to its share of the accounts.

Whoever does something with keys from time to time asks here which. A key that is known by its id
is given whoever works for it.
"""

from collections.abc import Mapping

from drawbridge.cluster.share import Share
from drawbridge.storage.database import Database
from drawbridge.vault import store
from drawbridge.vault.model import KeyRecord, KeyStatus, Standing
from drawbridge.vault.roster import News, Roster
from drawbridge.vault.service import Vault


class Shelf:
    """The vault, as far as it is this process's business."""

    def __init__(self, database: Database, vault: Vault, share: Share) -> None:
        """List from the app's database what is of this share."""
        self._database = database
        self._vault = vault
        self._share = share
        self._roster = Roster(database, share, vault.kept)
        self.kept = vault.kept

    async def get_record(self, key_id: str) -> KeyRecord:
        """Give a key whoever owns it. Raises: `NotFound("unknown_key")`."""
        return await self._vault.get_record(key_id)

    async def list_asked(self) -> tuple[KeyRecord, ...]:
        """List the keys of the share whose check was asked for, the oldest wish first."""
        return await store.list_asked(self._database, self._share.shards)

    async def list_standing(self, *statuses: KeyStatus) -> tuple[KeyRecord, ...]:
        """List the keys of the share that stand in one of these states."""
        return await store.list_standing(self._database, statuses, self._share.shards)

    async def news(self, seen: int) -> News:
        """Give what is new about the share's keys since the version `seen`; 0: all there is.

        So lists what is many; the keys of a state in which few are, `list_standing`.
        """
        return await self._roster.news(seen)

    async def list_of_account(self, key: KeyRecord) -> tuple[KeyRecord, ...]:
        """List the keys known to be of a key's account, itself among them, whoever has them."""
        return await store.list_of_account(self._database, key) if key.account else (key,)

    async def list_beside(self, key: KeyRecord) -> tuple[KeyRecord, ...]:
        """List the keys of a key's owner at its exchange, whoever works for them."""
        return await store.list_at_place_of(self._database, key)

    def holds(self, key_id: str) -> bool:
        """Tell whether this process works for a key's account now."""
        return self._share.holds(key_id)

    async def record_verdict(self, key_id: str, standing: Standing) -> KeyRecord:
        """Keep what a check found; see `Vault.record_verdict`."""
        return await self._vault.record_verdict(key_id, standing)

    async def refuse(self, key_id: str, reason: str, facts: Mapping[str, object]) -> KeyRecord:
        """Refuse a key for good; see `Vault.refuse`."""
        return await self._vault.refuse(key_id, reason, facts)
