"""Finds the worker that a request is for, also when that one has lost it, or is gone.

What is handed on is handed on once, unless it changes nothing or was surely not begun. An account
that moves is asked for again until it has come to somebody, and not for long.
"""

import asyncio
from collections import OrderedDict
from itertools import count
from typing import Final, Protocol

from drawbridge.core.errors import DrawbridgeError, ExchangeDown, OutcomeUnknown
from drawbridge.core.tracing import step
from drawbridge.entrypoints.edge.lines import Lines, Lost, NotReached
from drawbridge.entrypoints.edge.messages import Message, Relayed
from drawbridge.entrypoints.front.legs import Leg, Listener
from drawbridge.wire.http import WireAnswer

# As long as it takes until somebody else has taken over the accounts of a worker that is gone.
FOUND_WITHIN_S: Final = 5.0
_FIRST_WAIT_S: Final = 0.05
_MOST_WAIT_S: Final = 0.8
# So long nobody is sent to a worker that could not be reached, where another will do.
_SHUNNED_S: Final = 2.0
_MOST_REMEMBERED: Final = 20_000
_COME_BACK_AFTER_MS: Final = 1_000
# A worker that lives pings each second; one that was stopped is still connected.
_QUIET_S: Final = 2.5
_LOOK_EVERY_S: Final = 0.5
# What only reads may be asked once more, also when the answer was waited for that long.
_ONCE_MORE_S: Final = 2.0


class Directory(Protocol):
    """Who knows which worker serves what, as `host:port`; `cluster/directory.py` is one."""

    async def find_shard(self, shard: int) -> str | None:
        """Find where the accounts of a shard are served, None where nowhere just now."""

    def forget_shard(self, shard: int) -> None:
        """Ask anew for this shard."""

    async def list_serving(self) -> tuple[str, ...]:
        """List all who serve any."""


class Routes:
    """The ways from a front to its workers."""

    def __init__(
        self, directory: Directory, lines: Lines, found_within_s: float = FOUND_WITHIN_S
    ) -> None:
        """Know nobody yet; who serves an account is looked for so long."""
        self._found_within_s = found_within_s
        self._directory = directory
        self._lines = lines
        self._turns = count()
        self._shunned: dict[str, float] = {}
        self._last: OrderedDict[tuple[str, bytes], int] = OrderedDict()
        self.ways_lost = 0

    @property
    def open_lines(self) -> int:
        """Count the lines to workers that are open."""
        return self._lines.open_count

    async def count_ways(self) -> tuple[int, int]:
        """Count the workers that serve, and those of them that could not be reached just now.

        Raises: what the database raises.
        """
        serving, now_s = await self._directory.list_serving(), asyncio.get_running_loop().time()
        return len(serving), sum(self._shunned.get(it, 0) > now_s for it in serving)

    async def keep_looking(self) -> None:
        """Give up workers that say nothing and have no accounts any more, until cancelled.

        Why both: one that is only slow may still answer, and one that gives its accounts back may
        still be at it. Who was stopped beyond its claims sends nothing more to any exchange.
        """
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if self._lines.quiet_at(_QUIET_S):
                await self._give_up_quiet()

    async def carry(self, relayed: Relayed, shard: int | None, *, changes: bool) -> WireAnswer:
        """Hand a request on to whoever serves its account, or to anybody, and give the answer.

        Raises: `ExchangeDown("no_worker")`: nothing happened; `OutcomeUnknown("relay_lost")`; what
        the database raises.
        """
        trying = _Trying(self._found_within_s)
        while await trying.again():
            where = await self._find(shard)
            if where is None:
                continue
            try:
                with step("hand_on"):
                    told = await self._lines.ask(where, relayed, trying.deadline)
            except NotReached:
                self._forget(where, shard)
            except Lost:
                if changes:
                    # It may have left: nothing is ever sent a second time on a guess.
                    raise OutcomeUnknown("relay_lost") from None
                self._forget(where, shard)
                trying.once_more()
            else:
                if isinstance(told, WireAnswer):
                    return told
                shard = told.shard
                self._directory.forget_shard(shard)
        raise ExchangeDown("no_worker", retry_after_ms=_COME_BACK_AFTER_MS)

    async def open(
        self, relayed: Relayed, shard: int | None, listener: Listener
    ) -> Leg | WireAnswer:
        """Open a socket at whoever serves an account, or at anybody; give the refusal of one.

        Raises: `ExchangeDown("no_worker")`; what the database raises.
        """
        trying = _Trying(self._found_within_s)
        while await trying.again():
            where = await self._find(shard)
            if where is None:
                continue
            leg = Leg(listener)
            try:
                line = await self._lines.open(where, leg, trying.deadline)
                told = await leg.open(line, relayed, trying.deadline)
            except (NotReached, Lost):
                self._forget(where, shard)
            else:
                return leg if told is None else told
        raise ExchangeDown("no_worker", retry_after_ms=_COME_BACK_AFTER_MS)

    def remember(self, relayed: Relayed, shard: int) -> None:
        """Keep in mind what account was named last from an address at an exchange."""
        at = (relayed.address, relayed.place)
        self._last[at] = shard
        self._last.move_to_end(at)
        if len(self._last) > _MOST_REMEMBERED:
            self._last.popitem(last=False)

    def guess(self, relayed: Relayed) -> int | None:
        """Give the account that a socket is likely to be for; it names it only later."""
        return self._last.get((relayed.address, relayed.place))

    def tell_any(self, told: Message) -> None:
        """Say something that nobody answers to whichever worker is at hand."""
        self._lines.tell_any(told)

    async def _find(self, shard: int | None) -> str | None:
        if shard is not None:
            return await self._directory.find_shard(shard)
        serving = await self._directory.list_serving()
        now_s = asyncio.get_running_loop().time()
        able = [it for it in serving if self._shunned.get(it, 0) <= now_s] or serving
        return able[next(self._turns) % len(able)] if able else None

    async def _give_up_quiet(self) -> None:
        try:
            serving = await self._directory.list_serving()
        except DrawbridgeError:
            return
        # Looked at anew: it may be that we were stopped, and have not read yet what was said.
        for where in self._lines.quiet_at(_QUIET_S).difference(serving):
            self._lines.end_at(where)

    def _forget(self, where: str, shard: int | None) -> None:
        self.ways_lost += 1
        if shard is not None:
            self._directory.forget_shard(shard)
        now_s = asyncio.get_running_loop().time()
        self._shunned = {it: until for it, until in self._shunned.items() if until > now_s}
        self._shunned[where] = now_s + _SHUNNED_S


class _Trying:
    """A few tries, each a little later than the one before, until there is no more time."""

    def __init__(self, within_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self.deadline = self._loop.time() + within_s
        self._wait_s = 0.0
        self._is_more = False

    def once_more(self) -> None:
        """Let there be time for another try, once."""
        if not self._is_more:
            self._is_more = True
            self.deadline = max(self.deadline, self._loop.time() + _ONCE_MORE_S)

    async def again(self) -> bool:
        """Wait for the next try; False where there is none any more."""
        if self._loop.time() + self._wait_s >= self.deadline:
            return False
        if self._wait_s:
            await asyncio.sleep(self._wait_s)
        self._wait_s = min(max(2 * self._wait_s, _FIRST_WAIT_S), _MOST_WAIT_S)
        return True
