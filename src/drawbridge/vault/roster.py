"""The keys of a share of the accounts, in memory: read when they come, and when they change.

Whoever does something with many keys asks what is new since it asked before, so that a look costs
what has changed and not what there is. What is judged about an order is `kept.py`'s business.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from drawbridge.cluster.looking import Looking
from drawbridge.cluster.share import Share
from drawbridge.core.shards import shard_of
from drawbridge.storage.database import Database
from drawbridge.vault import store
from drawbridge.vault.kept import KeptKeys
from drawbridge.vault.model import KeyRecord

_NONE: Final[frozenset[int]] = frozenset()
# So many are read with one question.
_AT_ONCE: Final = 500
_NEVER: Final = -1


@dataclass(frozen=True, slots=True)
class News:
    """What is new about the keys of a share since somebody asked before.

    `keys`: how each stands that has come or has changed, whatever its state. `gone`: those that
    are another process's now, or deleted. `version` is what to ask with the next time.
    """

    version: int
    keys: tuple[KeyRecord, ...]
    gone: tuple[str, ...]


class Roster:
    """The records of the keys for which this process works."""

    def __init__(self, database: Database, share: Share, kept: KeptKeys) -> None:
        """Know nothing yet; what is asked for is read then, and kept for orders as well."""
        self._database = database
        self._kept = kept
        self._looking = Looking(share)
        self._turn = asyncio.Lock()
        # What has come and is not read yet: whatever fails on the way is read the next time.
        self._unread = _NONE
        self._is_begun = False
        self._changes = _NEVER
        self._version = 0
        # With the version in which it came to be so, the newest at the end.
        self._keys: dict[str, tuple[int, KeyRecord]] = {}
        self._gone: dict[str, int] = {}

    async def news(self, seen: int) -> News:
        """Give what is new since the version `seen`; with 0, all there is."""
        async with self._turn:
            await self._catch_up()
            known = takewhile(lambda it: it[0] > seen, reversed(self._keys.values()))
            gone = takewhile(lambda it: it[1] > seen, reversed(self._gone.items()))
            keys = tuple(key for _, key in known)
            return News(self._version, keys, tuple(key_id for key_id, _ in gone))

    async def _catch_up(self) -> None:
        # The number first: what changes after it is read once more the next time, never missed.
        changes = await store.count_changes(self._database)
        self._look_at_share()
        is_new = changes != self._changes
        if is_new or self._unread:
            self._version += 1
        for shard in sorted(self._unread):
            self._take(await store.list_of_shard(self._database, shard), changes)
            self._unread -= {shard}
        if not self._is_begun and self._looking.is_whole:
            await self._read_all(changes)
        elif is_new and self._is_begun:
            await self._read_again(changes)
        self._changes, self._is_begun = changes, True

    def _look_at_share(self) -> None:
        """Take note of what has come, and give up what another process has."""
        news = self._looking.look()
        if news is None:
            return
        self._version += 1
        self._unread = (self._unread - news.lost) | news.gained
        if news.lost:
            for key_id in [it for it in self._keys if shard_of(it) in news.lost]:
                self._drop(key_id)

    async def _read_all(self, changes: int) -> None:
        after = ""
        while some := await store.list_after(self._database, after, _AT_ONCE):
            self._take(some, changes)
            after = some[-1].id

    async def _read_again(self, changes: int) -> None:
        changed = await store.list_changed(self._database, self._changes)
        ours = [it for it in changed if self._looking.keeps(it)]
        for begin in range(0, len(ours), _AT_ONCE):
            some = ours[begin : begin + _AT_ONCE]
            found = await store.list_by_ids(self._database, some)
            for key_id in {*some} - {it.id for it in found}:
                self._drop(key_id)
            self._take(found, changes)

    def _take(self, keys: Collection[KeyRecord], changes: int) -> None:
        self._kept.take(keys, changes)
        for key in keys:
            self._keys.pop(key.id, None)
            self._gone.pop(key.id, None)
            self._keys[key.id] = (self._version, key)

    def _drop(self, key_id: str) -> None:
        if self._keys.pop(key_id, None) is not None:
            self._gone[key_id] = self._version
