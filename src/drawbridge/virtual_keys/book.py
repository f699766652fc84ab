"""Virtual keys in memory, never older than the last commit before this turn of the loop.

Whether any has changed, in whichever process, is one number on disk; it is looked at once in a
turn of the event loop, so that one that a person revoked or narrowed is so at its next request.
"""

from functools import partial
from typing import Final

from drawbridge.storage.database import Database
from drawbridge.storage.turns import KeptInTurn
from drawbridge.virtual_keys import store
from drawbridge.virtual_keys.model import VirtualKey

# One takes about two kilobytes.
_MOST_KEPT: Final = 20_000
_MOST_PUBLIC: Final = 512


class VirtualKeyBook:
    """Virtual keys, by what bots send as their key."""

    def __init__(self, database: Database) -> None:
        """Keep what this database holds."""
        self._database = database
        self._kept: dict[tuple[str, str], VirtualKey] = {}
        self._places: dict[str, tuple[str, str]] = {}
        self._turns = KeptInTurn(
            partial(store.glance_changes, database),
            partial(store.glance_changed, database),
            self._drop,
            self._clear,
            database.turn(),
        )
        self._told = -1

    def find(self, exchange_id: str, public: str) -> VirtualKey | None:
        """Find a virtual key, at once; also one that is revoked, so that it can be told so."""
        self._turns.catch_up()
        place = (exchange_id, public)
        virtual = self._kept.get(place)
        if virtual is None and len(public) <= _MOST_PUBLIC and public.isascii():
            virtual = store.glance_by_public(self._database, exchange_id, public)
            if virtual is not None:
                self._keep(place, virtual)
        return virtual

    async def refresh(self) -> tuple[str, ...]:
        """Give the ids of those that changed since this was asked last; nothing at first.

        Why: whoever holds connections of a bot open looks at them again after a change.
        """
        changes = store.glance_changes(self._database)
        since, self._told = self._told, changes
        if since in {-1, changes}:
            return ()
        return await store.read_changed(self._database, since)

    def _keep(self, place: tuple[str, str], virtual: VirtualKey) -> None:
        if len(self._kept) >= _MOST_KEPT:
            self._clear()
        self._kept[place] = virtual
        self._places[virtual.id] = place

    def _drop(self, virtual_id: str) -> None:
        place = self._places.pop(virtual_id, None)
        if place is not None:
            self._kept.pop(place, None)

    def _clear(self) -> None:
        self._kept.clear()
        self._places.clear()
