"""Requests of bots that were seen before. A request that was overheard is good for nothing.

What was seen is kept in memory. What could have been seen by a process before this one is told by
its stamp, which is from before this one began. Stamps are held against each other for each virtual
key by itself, and never strictly in order: several programs, or several connections of one, may
use a virtual key at once, and overtake each other.
"""

import hashlib
from collections import OrderedDict
from heapq import heappop, heappush
from typing import Final

from drawbridge.core.clock import SECOND_MS, Clock
from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.values import light_value
from drawbridge.wire.stamps import StampKind, StampRule

_MOST_SEEN: Final = 200_000
_MOST_KEYS: Final = 20_000
# So far one request may be overtaken by others of the same virtual key.
_WINDOW: Final = 64
_ON_ITS_WAY_MS: Final = 500
_AHEAD_MS: Final = 5 * SECOND_MS
# A time in seconds has ten digits until the year 2286.
_DIGITS_OF_SECONDS: Final = 10
_DIGEST_BYTES: Final = 16


@light_value
class Sent:
    """What a bot has signed: its stamp, the signed bytes, and whether it changes something."""

    stamp: int
    payload: bytes
    changes: bool = True


class Replays:
    """What was seen of all virtual keys."""

    def __init__(self, clock: Clock) -> None:
        """Begin now: what is stamped earlier than this was for somebody before us."""
        self._began_ms = clock.now_ms()
        self._seen: OrderedDict[bytes, int] = OrderedDict()
        self._floor_ms = 0
        self._nonces: OrderedDict[tuple[str, int], _Nonces] = OrderedDict()

    def check_time(
        self,
        virtual_id: str,
        rule: StampRule,
        sent: Sent,
        now_ms: int,
        since_ms: int = 0,
    ) -> None:
        """Refuse what changes something and was signed before in the same words at the same time.

        The stamp's own window was checked before this. What only reads may come twice, as at the
        exchange: two programs that ask the same in the same millisecond sign the same bytes. It
        is remembered all the same, because some signatures say nothing of method and path, and
        would be as good for a cancellation.
        Why the payload and not the signature: some signatures can be written in a second way.
        Why not at once where stamps are whole seconds: two orders of one second may be signed in
        the same words, and the exchange takes both. After that second nobody signs so again.
        Raises: `NotProven` `stale_stamp`, `used_nonce`.
        """
        stamped_ms = sent.stamp * rule.ms_per_unit // rule.units_per_ms
        # Exchanges that stamp with seconds mean any moment of them.
        is_old = stamped_ms + rule.ms_per_unit <= max(self._began_ms, self._floor_ms, since_ms)
        if sent.changes and is_old:
            raise NotProven("stale_stamp", by_ms=now_ms - stamped_ms)
        told = b"%b %d %b" % (virtual_id.encode(), sent.stamp, sent.payload)
        name = hashlib.blake2b(told, digest_size=_DIGEST_BYTES).digest()
        if name not in self._seen:
            self._see(name, stamped_ms, rule)
        elif sent.changes and (
            rule.ms_per_unit == 1 or now_ms >= stamped_ms + rule.ms_per_unit + _ON_ITS_WAY_MS
        ):
            raise NotProven("used_nonce")

    def check_nonce(self, virtual_id: str, nonce: int, now_ms: int, since_ms: int = 0) -> None:
        """Refuse a nonce that was used, or that could have been.

        Why times: clients count in milliseconds, in microseconds and in tens of nanoseconds since
        1970; one of each may share a virtual key, so each scale is counted by itself.
        Raises: `NotProven` `used_nonce`, `stamp_ahead`; `BadInput("bad_stamp")`.
        """
        digits = len(str(nonce))
        if digits < _DIGITS_OF_SECONDS:
            raise BadInput("bad_stamp", field="nonce")
        told_ms = _as_ms(nonce)
        if told_ms >= now_ms + _AHEAD_MS:
            raise NotProven("stamp_ahead", by_ms=told_ms - now_ms)
        if told_ms < max(self._began_ms, since_ms):
            raise NotProven("used_nonce")
        self._nonces_of(virtual_id, digits).use(nonce)

    def check(
        self, virtual_id: str, rule: StampRule, sent: Sent, now_ms: int, since_ms: int = 0
    ) -> None:
        """Refuse by time or by nonce, as the exchange stamps. Raises: as the two.

        `since_ms` is when the account came to this process: what is stamped earlier was for
        somebody else, as with all that is from before this process began.
        """
        if rule.kind is StampKind.NONCE:
            self.check_nonce(virtual_id, sent.stamp, now_ms, since_ms)
        else:
            self.check_time(virtual_id, rule, sent, now_ms, since_ms)

    def _see(self, name: bytes, stamped_ms: int, rule: StampRule) -> None:
        self._seen[name] = stamped_ms
        if len(self._seen) > _MOST_SEEN:
            # What is forgotten must be too old to come again.
            _, forgotten_ms = self._seen.popitem(last=False)
            self._floor_ms = max(self._floor_ms, forgotten_ms + rule.ms_per_unit)

    def _nonces_of(self, virtual_id: str, digits: int) -> "_Nonces":
        at = (virtual_id, digits)
        nonces = self._nonces.get(at)
        if nonces is None:
            nonces = self._nonces[at] = _Nonces()
            if len(self._nonces) > _MOST_KEYS:
                _, forgotten = self._nonces.popitem(last=False)
                # Whoever is forgotten begins anew with what nobody can have used.
                self._began_ms = max(self._began_ms, forgotten.highest_ms)
        else:
            self._nonces.move_to_end(at)
        return nonces


class _Nonces:
    """The highest nonces of one virtual key on one scale, and the one that all others are above."""

    __slots__ = ("_floor", "_heap", "_seen")

    def __init__(self) -> None:
        self._floor = 0
        self._heap: list[int] = []
        self._seen: set[int] = set()

    @property
    def highest_ms(self) -> int:
        return _as_ms(max(self._heap, default=0))

    def use(self, nonce: int) -> None:
        if nonce <= self._floor or nonce in self._seen:
            raise NotProven("used_nonce")
        self._seen.add(nonce)
        heappush(self._heap, nonce)
        if len(self._heap) > _WINDOW:
            self._floor = heappop(self._heap)
            self._seen.discard(self._floor)


def _as_ms(nonce: int) -> int:
    """Read a nonce as a time, by the digits that it has."""
    finer: int = 10 ** max(0, len(str(nonce)) - _DIGITS_OF_SECONDS)
    return nonce * SECOND_MS // finer
