"""Virtual keys in memory, never older than the last commit before this turn of the loop.

Whether any has changed, in whichever process, is one number on disk; it is looked at once in a
turn of the event loop, so that one that a person revoked or narrowed is so at its next request.
"""

import asyncio
from typing import Final

from drawbridge.storage.database import Database
from drawbridge.virtual_keys import store
from drawbridge.virtual_keys.model import VirtualKey

# One takes about two kilobytes.
_MOST_KEPT: Final = 20_000
_MOST_DROPPED: Final = 1_000
_MOST_PUBLIC: Final = 512


class VirtualKeyBook:
    """Virtual keys, by what bots send as their key."""

    def __init__(self, database: Database) -> None:
        """Keep what this database holds."""
        self._database = database
        self._kept: dict[tuple[str, str], VirtualKey] = {}
        self._places: dict[str, tuple[str, str]] = {}
        self._changes = -1
        self._told = -1
        self._is_fresh = False

    def find(self, exchange_id: str, public: str) -> VirtualKey | None:
        """Find a virtual key, at once; also one that is revoked, so that it can be told so."""
        if not self._is_fresh:
            self._catch_up()
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
            self._clear()
            return
        for virtual_id in store.glance_changed(self._database, self._changes):
            place = self._places.pop(virtual_id, None)
            if place is not None:
                self._kept.pop(place, None)

    def _clear(self) -> None:
        self._kept.clear()
        self._places.clear()

    def _end_turn(self) -> None:
        self._is_fresh = False
