"""Reading what accounts hold and are worth: each minute, hourly where they are many, or on wish.

Of each reading a snapshot is taken where one is due. What is asked of exchanges is spread: in no
second are many accounts read, however many there are.
"""

import asyncio
import logging
from typing import Final, Protocol

from drawbridge.core.clock import MINUTE_MS, Clock
from drawbridge.core.due import Due, Pace
from drawbridge.core.errors import DrawbridgeError
from drawbridge.vault.model import IN_USE, KeyRecord
from drawbridge.vault.roster import News

_log: Final = logging.getLogger(__name__)

_AT_ONCE: Final = 8
# So many a second, or as many as it takes for a snapshot of each in every hour.
_USUAL: Final = 10
_ROUND_MS: Final = 50 * MINUTE_MS


class Keys(Protocol):
    """Where keys stand; the shelf is one."""

    async def news(self, seen: int) -> News:
        """Give what is new about our keys since that version."""

    async def get_record(self, key_id: str) -> KeyRecord:
        """Give a key's record. Raises: `NotFound("unknown_key")`."""

    def holds(self, key_id: str) -> bool:
        """Tell whether this process works for a key's account now."""


class Wishes(Protocol):
    """Where stands who waits for a reading; the store of portfolios is one."""

    async def list_wished(self) -> tuple[str, ...]:
        """List the keys whose portfolio somebody waits for."""


class Reading(Protocol):
    """Who reads portfolios; `Portfolios` does."""

    async def refresh(self, key_id: str) -> bool:
        """Read one that is old or wished for; tell whether it was read."""


class Taking(Protocol):
    """Who takes snapshots; `Snapshots` does."""

    async def take(self, key_id: str) -> None:
        """Take one if it is due."""


class Valuing:
    """Reads the accounts of keys in use, those that waited longest first."""

    def __init__(
        self, keys: Keys, wishes: Wishes, portfolios: Reading, snapshots: Taking, clock: Clock
    ) -> None:
        """Join the parts; `step` reads what is due."""
        self._keys = keys
        self._wishes = wishes
        self._portfolios = portfolios
        self._snapshots = snapshots
        self._clock = clock
        self._seen = 0
        self._due: Due[str] = Due()
        self._pace = Pace(_USUAL, _ROUND_MS)

    async def step(self) -> None:
        """Read what somebody waits for, and as much of what is due as is good at once."""
        now_ms = self._clock.now_ms()
        await self._take_in(now_ms)
        wished = [it for it in await self._wishes.list_wished() if it in self._due]
        for key_id in wished:
            self._due.put(key_id, now_ms + MINUTE_MS)
        due = self._due.take(now_ms, self._pace.most(now_ms, len(self._due)), again_ms=MINUTE_MS)
        self._pace.took(len(due))
        turn = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(self._told(turn, it) for it in (*wished, *due)))

    async def _take_in(self, now_ms: int) -> None:
        """Take note of the keys that have come, changed or gone since the last look."""
        news = await self._keys.news(self._seen)
        for key_id in news.gone:
            self._due.drop(key_id)
        for key in news.keys:
            if not key.is_in_use:
                self._due.drop(key.id)
            elif key.id not in self._due:
                self._due.put(key.id, now_ms)
        self._seen = news.version

    async def _told(self, turn: asyncio.Semaphore, key_id: str) -> None:
        """Read one, and log by its code what went wrong: facts of errors never hold secrets."""
        async with turn:
            try:
                await self._read(key_id)
            except DrawbridgeError as error:
                _log.warning("portfolio: %s", error)

    async def _read(self, key_id: str) -> None:
        # The list is as old as all before this one took; meanwhile the key may have been stopped.
        key = await self._keys.get_record(key_id)
        if key.status not in IN_USE or not self._keys.holds(key_id):
            return
        if await self._portfolios.refresh(key_id):
            await self._snapshots.take(key_id)
