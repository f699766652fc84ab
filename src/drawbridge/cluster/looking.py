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
        self.share = share
        self._version = 0
        self._shards = _NONE

    @property
    def is_whole(self) -> bool:
        """Tell whether all accounts are ours, for ever."""
        return self.share.shards is None

    @property
    def seen(self) -> int:
        """Give the share's version as of the last look."""
        return self._version

    def look(self) -> News | None:
        """Give what is new since the last look, None where nothing is."""
        version = self.share.version
        if version == self._version:
            return None
        shards, gained = self.share.shards or _NONE, self.share.gained_since(self._version)
        news = News((self._shards - shards) | (self._shards & gained), gained)
        self._version, self._shards = version, shards
        return news

    def keeps(self, key_id: str, since: int | None = None) -> bool:
        """Tell whether an account is ours, and was all the time since what was `seen` then.

        Without it: since the last look.
        """
        return self.share.shards is None or self.keeps_shard(shard_of(key_id), since)

    def keeps_shard(self, shard: int, since: int | None = None) -> bool:
        """Tell the same of all accounts of a shard."""
        shards = self.share.shards
        if shards is None:
            return True
        if shard not in shards:
            return False
        version = self._version if since is None else since
        return version == self.share.version or shard not in self.share.gained_since(version)
