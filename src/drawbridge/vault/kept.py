"""The keys' records in memory, never older than the last commit before this turn of the loop.

Reading a record costs as much as all else that is judged about an order. Whether any key has
changed, in whichever process, is one number on disk; it is looked at once in a turn of the event
loop, so that a key which a person switched off is refused at once.
"""

import asyncio
from typing import Final

from drawbridge.core.errors import NotFound
from drawbridge.storage.database import Database
from drawbridge.vault import store
from drawbridge.vault.model import KeyRecord

# A record takes about a kilobyte.
_MOST_KEPT: Final = 50_000
_MOST_DROPPED: Final = 1_000


class KeptKeys:
    """What the vault holds, by the keys' ids."""

    def __init__(self, database: Database) -> None:
        """Keep what this database holds."""
        self._database = database
        self._records: dict[str, KeyRecord] = {}
        self._changes = -1
        self._is_fresh = False

    def find(self, key_id: str) -> KeyRecord | None:
        """Find a key that is not deleted, at once."""
        if not self._is_fresh:
            self._catch_up()
        record = self._records.get(key_id)
        if record is None:
            record = store.glance_key(self._database, key_id)
            if record is not None:
                if len(self._records) >= _MOST_KEPT:
                    self._records.clear()
                self._records[key_id] = record
        return record

    def get(self, key_id: str) -> KeyRecord:
        """Give a key that is not deleted, at once. Raises: `NotFound("unknown_key")`."""
        record = self.find(key_id)
        if record is None:
            raise NotFound("unknown_key")
        return record

    def _catch_up(self) -> None:
        # The number first: what changes after it is dropped in a later turn, and never missed.
        changes = store.glance_changes(self._database)
        if changes != self._changes:
            self._drop(changes)
            self._changes = changes
        self._is_fresh = True
        asyncio.get_running_loop().call_soon(self._end_turn)

    def _drop(self, changes: int) -> None:
        """Drop what has changed since; all of it where that is more than a few."""
        if changes - self._changes > _MOST_DROPPED:
            self._records.clear()
            return
        for key_id in store.glance_changed(self._database, self._changes):
            self._records.pop(key_id, None)

    def _end_turn(self) -> None:
        self._is_fresh = False
