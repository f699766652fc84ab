"""Looking at a share now and then: what was lost and gained since, and what was held all along.

For whoever keeps something in memory about accounts: what came back between two looks was perhaps
another's meanwhile, so it counts as lost and gained.
"""

from dataclasses import dataclass
from typing import Final

from drawbridge.cluster.share import Share
from drawbridge.core.shards import shard_of

_NONE: Final[frozenset[int]] = frozenset()


@dataclass(frozen=True, slots=True)
class News:
    """What has changed since the last look; one shard may be in both."""

    lost: frozenset[int]
    gained: frozenset[int]


class Looking:
    """One who looks. Of a share without end there is never any news."""

    def __init__(self, share: Share) -> None:
        """Begin with nothing seen, so that the first look finds all as gained."""
        self._share = share
        self._version = 0
        self._shards = _NONE

    def look(self) -> News | None:
        """Give what is new since the last look, None where nothing is."""
        version = self._share.version
        if version == self._version:
            return None
        shards, gained = self._share.shards or _NONE, self._share.gained_since(self._version)
        news = News((self._shards - shards) | (self._shards & gained), gained)
        self._version, self._shards = version, shards
        return news

    def keeps(self, key_id: str) -> bool:
        """Tell whether an account is ours, and has been since before the last look."""
        return self._share.shards is None or self.keeps_shard(shard_of(key_id))

    def keeps_shard(self, shard: int) -> bool:
        """Tell the same of all accounts of a shard."""
        shards = self._share.shards
        if shards is None:
            return True
        if shard not in shards:
            return False
        is_same = self._share.version == self._version
        return is_same or shard not in self._share.gained_since(self._version)
