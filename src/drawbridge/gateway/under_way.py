"""Which requests are under way just now, so that who gives accounts back can wait for them.

Only of accounts that have an end here: where one process has everything, nobody gives any back,
and nothing is counted.
"""

import asyncio
from types import TracebackType
from typing import Final

from drawbridge.core.shards import shard_of


class UnderWay:
    """The requests of each shard that were sent and not answered."""

    def __init__(self) -> None:
        """Count nothing yet."""
        self._counts: Final[dict[int, int]] = {}
        self._waiting: Final[dict[int, asyncio.Event]] = {}

    def sent(self, key_id: str) -> "_Sent":
        """Count a request for the time of the block."""
        return _Sent(self, shard_of(key_id))

    async def settled(self, shard: int) -> None:
        """Wait until nothing of a shard is under way."""
        if shard in self._counts:
            await self._waiting.setdefault(shard, asyncio.Event()).wait()

    def count(self, shard: int, by: int) -> None:
        """Count up or down."""
        left = self._counts.get(shard, 0) + by
        if left:
            self._counts[shard] = left
            return
        self._counts.pop(shard, None)
        waiting = self._waiting.pop(shard, None)
        if waiting is not None:
            waiting.set()


class _Sent:
    """One request, between its sending and its answer. No generator: orders pass here."""

    __slots__ = ("_shard", "_under_way")

    def __init__(self, under_way: UnderWay, shard: int) -> None:
        self._under_way = under_way
        self._shard = shard

    def __enter__(self) -> None:
        self._under_way.count(self._shard, 1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._under_way.count(self._shard, -1)
