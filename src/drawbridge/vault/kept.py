"""The keys' records in memory, never older than the last commit before this turn of the loop.

Reading a record costs as much as all else that is judged about an order. Whether any key has
changed, in whichever process, is one number on disk; it is looked at once in a turn of the event
loop, so that a key which a person switched off is refused at once.
"""

from collections.abc import Collection
from functools import partial
from typing import Final

from drawbridge.core.errors import NotFound
from drawbridge.storage.database import Database
from drawbridge.storage.turns import KeptInTurn
from drawbridge.vault import store
from drawbridge.vault.model import KeyRecord

# A record takes about a kilobyte; most of them are in the roster of the share as well.
_MOST_KEPT: Final = 200_000


class KeptKeys:
    """What the vault holds, by the keys' ids."""

    def __init__(self, database: Database) -> None:
        """Keep what this database holds."""
        self._database = database
        self._records: dict[str, KeyRecord] = {}
        self._turns = KeptInTurn(
            partial(store.glance_changes, database),
            partial(store.glance_changed, database),
            self._drop,
            self._records.clear,
            database.turn(),
        )

    def find(self, key_id: str) -> KeyRecord | None:
        """Find a key that is not deleted, at once."""
        self._turns.catch_up()
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

    def take(self, keys: Collection[KeyRecord], changes: int) -> None:
        """Keep what somebody else has read after the number of changes was that.

        Why: one by one, the keys of thousands of robots would be read while nothing else is done.
        """
        self._turns.catch_up()
        changed = set[str]()
        if self._turns.seen > changes:
            # Of those nobody knows whether they were read before or after.
            changed.update(store.glance_changed(self._database, changes))
        if len(self._records) + len(keys) <= _MOST_KEPT:
            self._records.update((key.id, key) for key in keys if key.id not in changed)

    def _drop(self, key_id: str) -> None:
        self._records.pop(key_id, None)
