"""Where an account is served now: the address of the worker that holds its shard.

What is told may be a quarter of a second old. The worker judges for itself whether it still holds
the account; who finds that it does not forgets what was told, and asks again.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from drawbridge.cluster import store
from drawbridge.core.shards import HOUSE, shard_of
from drawbridge.storage.database import Database

_KEPT_MS: Final = 250


class Directory:
    """The addresses of all shards, read at most so often as it takes."""

    def __init__(self, database: Database, monotonic_ms: Callable[[], int]) -> None:
        """Know nothing yet."""
        self._database = database
        self._monotonic_ms = monotonic_ms
        self._addresses: Mapping[int, str] = {}
        self._read_ms: int | None = None
        self._forgotten: set[int] = set()
        self._turn = asyncio.Lock()

    async def find(self, key_id: str) -> str | None:
        """Find where this key's account is served, as host:port; None where nowhere just now.

        Raises: what the database raises.
        """
        return await self.find_shard(shard_of(key_id))

    async def find_shard(self, shard: int) -> str | None:
        """Find where the accounts of a shard are served. Raises: as `find`."""
        if self._is_old(shard):
            async with self._turn:
                # Who waited here finds what the one before has read.
                if self._is_old(shard):
                    await self._read()
        return self._addresses.get(shard)

    def forget(self, key_id: str) -> None:
        """Ask anew for this account, because it was not served where it was said to be."""
        self.forget_shard(shard_of(key_id))

    def forget_shard(self, shard: int) -> None:
        """Ask anew for all accounts of a shard."""
        self._forgotten.add(shard)

    async def list_serving(self) -> tuple[str, ...]:
        """List the addresses at which any account is served now. Raises: as `find`."""
        await self.find_shard(HOUSE)
        return tuple(sorted(set(self._addresses.values())))

    def _is_old(self, shard: int) -> bool:
        if self._read_ms is None or shard in self._forgotten:
            return True
        return self._monotonic_ms() - self._read_ms >= _KEPT_MS

    async def _read(self) -> None:
        # From before it is asked: what is forgotten or changes meanwhile is read again.
        began_ms = self._monotonic_ms()
        forgotten, self._forgotten = self._forgotten, set()
        try:
            now_ms = await self._database.now_ms()
            self._addresses = await store.list_addresses(self._database, now_ms)
        except BaseException:
            self._forgotten |= forgotten
            raise
        self._read_ms = began_ms
