"""Stamps for requests: the exchange's time, or a nonce that rises for every real key.

How far an exchange's clock is from ours is learnt, not assumed. Nonces rise across concurrent
calls and across restarts; what makes a stamp good at the other end is in `wire/stamps.py`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Final

from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.clock import MINUTE_MS, SECOND_MS, Clock
from drawbridge.core.shards import shard_of
from drawbridge.gateway.one_by_one import OneByOne
from drawbridge.gateway.turns import NOBODY, Caller
from drawbridge.storage.database import Database
from drawbridge.wire.stamps import StampKind, StampRule, next_stamp

Place = tuple[str, str]
"""An exchange id and a venue: clocks are the exchange's, not the key's."""

_GOOD_FOR_MS: Final = 30 * MINUTE_MS
_RESERVED_AHEAD_MS: Final = 5 * SECOND_MS
_RESERVE: Final = (
    "INSERT INTO used_stamps (key_id, reserved) VALUES (?, ?)"
    " ON CONFLICT (key_id) DO UPDATE"
    " SET reserved = max(used_stamps.reserved, excluded.reserved)"
)


@dataclass(frozen=True, slots=True)
class Offset:
    """How far the exchange's clock is ahead of ours, and when that was found out."""

    ahead_ms: int
    learnt_ms: int


class Stamps:
    """The stamps of all keys in this process."""

    def __init__(self, database: Database, clock: Clock, share: Share = WHOLE) -> None:
        """Keep nonces in the database, offsets in memory, for the accounts of our share."""
        self._database = database
        self._clock = clock
        self._share = share
        self._offsets: dict[Place, Offset] = {}
        self._turns: dict[str, OneByOne] = {}
        self._last: dict[str, int] = {}
        # The share's version when a key's last nonce was looked at.
        self._looked: dict[str, int] = {}
        self._reserved: dict[str, int] = {}
        self._wanted: dict[str, int] = {}
        self._turn = asyncio.Lock()

    def learn(self, place: Place, sent_ms: int, told_ms: int) -> Offset:
        """Learn the exchange's clock from an answer that arrived just now.

        Why: half of the way there and back is the best guess at when the exchange looked.
        """
        now_ms = self._clock.now_ms()
        offset = Offset(told_ms - (sent_ms + now_ms) // 2, now_ms)
        self._offsets[place] = offset
        return offset

    def find_offset(self, place: Place) -> Offset | None:
        """Give what is known of the exchange's clock, or None when it is not, or no longer."""
        offset = self._offsets.get(place)
        if offset is None or self._clock.now_ms() - offset.learnt_ms > _GOOD_FOR_MS:
            return None
        return offset

    def forget(self, place: Place) -> None:
        """Drop what was learnt, after the exchange called a stamp stale."""
        self._offsets.pop(place, None)

    def stamped(
        self, key_id: str, place: Place, rule: StampRule, caller: Caller = NOBODY
    ) -> AbstractAsyncContextManager[str]:
        """Give the stamp for one request, to be sent inside the block.

        Raises: `ExchangeDown("rate_limited")` where too many wait for the key's next nonce.
        Why: for nonces the block is held until the answer is there. Two connections may
        overtake each other, and an exchange refuses the smaller nonce when it comes second.
        """
        if rule.kind is StampKind.TIME:
            return nullcontext(self.time_stamp(place, rule))
        return self._nonce(key_id, place, rule, caller)

    def time_stamp(self, place: Place, rule: StampRule) -> str:
        """Give the exchange's time as a stamp, for which nothing has to be held."""
        return str(next_stamp(rule, self._now_ms(place), 0))

    async def raise_above(self, key_id: str, stamp: int) -> None:
        """Go on above a nonce that the exchange told to be the key's last."""
        async with self._in_turn(key_id, NOBODY):
            self._last[key_id] = max(self._reached(key_id), stamp)

    async def rise_together(self, key_id: str, other_id: str) -> None:
        """Go on above whatever either of two keys may have used: they change their secrets."""
        reached = max(
            *(self._glance_reserved(it) for it in (key_id, other_id)),
            *(self._last.get(it, 0) for it in (key_id, other_id)),
        )
        if reached:
            await self.raise_above(key_id, reached)
            await self.raise_above(other_id, reached)

    @asynccontextmanager
    async def _nonce(
        self, key_id: str, place: Place, rule: StampRule, caller: Caller
    ) -> AsyncIterator[str]:
        async with self._in_turn(key_id, caller):
            stamp = next_stamp(rule, self._now_ms(place), self._reached(key_id))
            if stamp > self._reserved.get(key_id, 0):
                await self._reserve(key_id, stamp + _RESERVED_AHEAD_MS * rule.units_per_ms)
            self._last[key_id] = stamp
            yield str(stamp)

    @asynccontextmanager
    async def _in_turn(self, key_id: str, caller: Caller) -> AsyncIterator[None]:
        turn = self._turns.get(key_id)
        if turn is None:
            turn = self._turns[key_id] = OneByOne()
        await turn.take(caller)
        try:
            yield
        finally:
            turn.release()

    def _now_ms(self, place: Place) -> int:
        offset = self._offsets.get(place)
        return self._clock.now_ms() + (offset.ahead_ms if offset else 0)

    def _reached(self, key_id: str) -> int:
        """Give the highest nonce that anybody may have used for a key.

        Why it is read again for an account that has come back: meanwhile another process signed
        for it, and its nonces may have run ahead of the time.
        """
        last, version = self._last.get(key_id), self._share.version
        looked, self._looked[key_id] = self._looked.get(key_id, version), version
        if last is None:
            return self._glance_reserved(key_id)
        if looked != version and shard_of(key_id) in self._share.gained_since(looked):
            return max(last, self._glance_reserved(key_id))
        return last

    def _glance_reserved(self, key_id: str) -> int:
        row = self._database.glance("SELECT reserved FROM used_stamps WHERE key_id = ?", key_id)
        return int(row["reserved"]) if row else 0

    async def _reserve(self, key_id: str, up_to: int) -> None:
        """Put on disk how far nonces may go before the next such row: one write in seconds.

        Why together: thousands of keys that one signal wakes would wait for thousands of syncs.
        """
        self._wanted[key_id] = up_to
        async with self._turn:
            if self._reserved.get(key_id, 0) >= up_to:
                return  # written by whoever had the turn before
            wanted = {**self._wanted, key_id: up_to}
            async with self._database.lane() as tx:
                await tx.execute_many(_RESERVE, tuple(wanted.items()))
            self._reserved.update(wanted)
            for written, reserved in wanted.items():
                if self._wanted.get(written) == reserved:
                    del self._wanted[written]
