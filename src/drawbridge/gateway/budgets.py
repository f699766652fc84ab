"""Staying below the exchanges' rate limits: counts per address, per account and per key.

Limits and costs stand in each exchange's endpoint table; how they are shared in `shares.py`, and
who goes next of those who wait in `turns.py`. What an answer tells of them is taken in. A short
wait is waited; a long one is told to the caller, who comes back later.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from drawbridge.core.clock import Clock
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.values import light_value
from drawbridge.gateway.shares import Blocked, SharedCount
from drawbridge.gateway.turns import NOBODY, Caller, Line, Sharer, Waiting
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireAnswer
from drawbridge.wire.limits import Limit, LimitHeaders, LimitPer, read_told

PATIENCE_MS: Final = 2_000
_S: Final = 1_000

_Purse: TypeAlias = tuple[tuple[SharedCount, int], ...]
"""What a payer is charged for an endpoint: the limits, and how much of each."""


@light_value
class Payer:
    """On whose counts a request goes: exchange and venue, the account, the key.

    Keys of one account share its limits, so `account` is the same text for all of them; `caller`
    tells apart who shares them.
    """

    exchange_id: str
    venue: str
    account: str = ""
    key_id: str = ""
    caller: Caller = NOBODY


@dataclass(frozen=True, slots=True, eq=False)
class _Payment:
    """A request that waits until it is paid for."""

    payer: Payer
    purse: _Purse
    paid: asyncio.Future[None]


class Budgets:
    """What is used up of every limit, and which exchange asked us to stay away."""

    def __init__(self, clock: Clock, sharers: Callable[[], int] = lambda: 1) -> None:
        """Begin with nothing used up.

        `sharers` tells how many processes go out by our addresses, with this one: each of them
        takes its part of what exchanges allow an address.
        """
        self._clock = clock
        self._sharers = sharers
        self._shared_by = 1
        self._counts: dict[tuple[str, str, str, str], SharedCount] = {}
        # The same counts, found with one look.
        self._purses: dict[tuple[str, str, str, str, str], _Purse] = {}
        self._silent_until_ms: dict[tuple[str, str], int] = {}
        self._lines: dict[SharedCount, Line[_Payment]] = {}
        self._alarms: dict[SharedCount, asyncio.TimerHandle] = {}

    def charge(self, payer: Payer, endpoint: Endpoint, limits: Mapping[str, Limit]) -> int:
        """Take what a request costs; give 0, or the milliseconds that it waits at least.

        Nobody overtakes those who wait already. Whoever has to wait goes on with `wait`.
        Raises: `ExchangeDown("rate_limited")` when that would be longer than patience lasts.
        """
        purse = self._purse(payer, endpoint, limits)
        blocked = (self._find_line(purse) if self._lines else None) or self._pay(payer, purse)
        if blocked is None:
            return 0
        for count, cost in purse:
            count.want(payer.caller.who, cost)
        if blocked.wait_ms > PATIENCE_MS:
            raise ExchangeDown("rate_limited", retry_after_ms=blocked.wait_ms)
        return blocked.wait_ms

    async def wait(self, payer: Payer, endpoint: Endpoint, limits: Mapping[str, Limit]) -> None:
        """Wait until a request is paid for, in turn with all others that wait.

        Raises: `ExchangeDown("rate_limited")` when patience has ended, or too many wait.
        """
        loop = asyncio.get_running_loop()
        one = _Payment(payer, self._purse(payer, endpoint, limits), loop.create_future())
        late = loop.call_later(PATIENCE_MS / _S, _end_late, one)
        try:
            self._find_place(one)
            await one.paid
        finally:
            late.cancel()

    async def hear(
        self,
        payer: Payer,
        endpoint: Endpoint,
        limits: Mapping[str, Limit],
        headers: Mapping[str, LimitHeaders],
        answering: Awaitable[WireAnswer],
    ) -> WireAnswer:
        """Wait for the answer to what was paid for, and take in what it tells of the limits.

        Raises: what waiting for it raises.
        """
        # Of what no header is for, nothing can be told.
        purse = [it for it in self._purse(payer, endpoint, limits) if it[0].limit.name in headers]
        sent_ms = self._clock.now_ms()
        for count, cost in purse:
            count.under_way += cost
        try:
            answer = await answering
        finally:
            for count, cost in purse:
                count.under_way -= cost
        told_by = dict(answer.headers)
        for count, _ in purse:
            named = headers[count.limit.name]
            if not named.among(told_by):
                continue
            now_ms = self._clock.now_ms()
            told = read_told(count.limit, named, told_by, sent_ms, now_ms)
            if told is not None:
                count.hear(told, now_ms)
        return answer

    def stay_away(self, payer: Payer, for_ms: int) -> None:
        """Send nothing to this exchange for a while, because it said so."""
        place = (payer.exchange_id, payer.venue)
        until_ms = self._clock.now_ms() + for_ms
        self._silent_until_ms[place] = max(until_ms, self._silent_until_ms.get(place, 0))

    def _pay(self, payer: Payer, purse: _Purse) -> Blocked | None:
        """Take what a request costs, all of it or nothing."""
        now_ms = self._clock.now_ms()
        if self._sharers() != self._shared_by:
            self._share_out(now_ms)
        if self._silent_until_ms:
            until_ms = self._silent_until_ms.get((payer.exchange_id, payer.venue), 0)
            if until_ms > now_ms:
                return Blocked(until_ms - now_ms)
        who, is_urgent = payer.caller.who, payer.caller.is_urgent
        for count, cost in purse:
            blocked = count.charge(who, cost, now_ms, is_urgent=is_urgent)
            if blocked is not None:
                _give_back(purse, count, who)
                return blocked
        return None

    def _share_out(self, now_ms: int) -> None:
        self._shared_by = self._sharers()
        for count in self._counts.values():
            if count.limit.per is LimitPer.ADDRESS:
                count.share_among(self._shared_by, now_ms)

    def _find_line(self, purse: _Purse) -> Blocked | None:
        for count, _ in purse:
            line = self._lines.get(count)
            if line is not None and line.length:
                return Blocked(1, count)
        return None

    def _find_place(self, one: _Payment) -> None:
        """Pay for a request, or let it wait where it has to."""
        blocked = self._find_line(one.purse) or self._pay(one.payer, one.purse)
        if blocked is None:
            one.paid.set_result(None)
        else:
            self._let_wait(one, blocked)

    def _let_wait(self, one: _Payment, blocked: Blocked) -> None:
        count, caller = blocked.count, one.payer.caller
        if blocked.wait_ms > PATIENCE_MS:
            _refuse(one, blocked.wait_ms)
        elif count is None:
            loop = asyncio.get_running_loop()
            loop.call_later(blocked.wait_ms / _S, self._come_back, one)
        else:
            line = self._lines.setdefault(count, Line(count.spare))
            cost = next(cost for it, cost in one.purse if it is count)
            waiting = Waiting(caller.who, cost, one, caller.is_urgent)
            if line.join(waiting):
                one.paid.add_done_callback(lambda _: self._leave(count, waiting))
                self._serve(count)
            else:
                _refuse(one, blocked.wait_ms)

    def _come_back(self, one: _Payment) -> None:
        if not one.paid.done():
            self._find_place(one)

    def _leave(self, count: SharedCount, waiting: Waiting[_Payment]) -> None:
        """Make room for others, whatever became of it; nothing happens where it has gone."""
        self._lines[count].leave(waiting)

    def _serve(self, count: SharedCount) -> None:
        """Let go who has room now, and look again when there may be room for the next."""
        line = self._lines[count]
        while line.length:
            wait_ms = self._serve_one(count, line)
            if wait_ms:
                alarm = self._alarms.pop(count, None)
                if alarm is not None:
                    alarm.cancel()
                loop = asyncio.get_running_loop()
                self._alarms[count] = loop.call_later(wait_ms / _S, self._serve, count)
                return

    def _serve_one(self, count: SharedCount, line: Line[_Payment]) -> int:
        """Let the next one go, or elsewhere; else give the milliseconds until it can be."""
        wait_ms = PATIENCE_MS
        for waiting in line.heads():
            one = waiting.item
            if one.paid.done():
                line.leave(waiting)
                return 0
            # Who has waited here does not stand in another line before it has no room there.
            blocked = self._pay(one.payer, one.purse)
            if blocked is None:
                line.serve(waiting)
                one.paid.set_result(None)
                return 0
            if blocked.count is not count or blocked.wait_ms > PATIENCE_MS:
                line.leave(waiting)
                self._let_wait(one, blocked)
                return 0
            wait_ms = min(wait_ms, blocked.wait_ms)
            if not blocked.is_kept:
                return wait_ms
        return wait_ms

    def _purse(self, payer: Payer, endpoint: Endpoint, limits: Mapping[str, Limit]) -> _Purse:
        at = (payer.exchange_id, payer.venue, payer.account, payer.key_id, endpoint.name)
        purse = self._purses.get(at)
        if purse is None:
            purse = self._purses[at] = tuple(
                (self._count(payer, limits[name]), cost) for name, cost in endpoint.costs
            )
        return purse

    def _count(self, payer: Payer, limit: Limit) -> SharedCount:
        at = (limit.name, payer.exchange_id, payer.venue, _whose(payer, limit.per))
        count = self._counts.get(at)
        if count is None:
            count = self._counts[at] = SharedCount(limit)
            if limit.per is LimitPer.ADDRESS:
                count.share_among(self._shared_by, self._clock.now_ms())
        return count


def _give_back(purse: _Purse, until: SharedCount, who: Sharer) -> None:
    """Take back what was charged before the count that had no room."""
    for count, cost in purse:
        if count is until:
            return
        count.give_back(who, cost)


def _end_late(one: _Payment) -> None:
    _refuse(one, PATIENCE_MS)


def _refuse(one: _Payment, wait_ms: int) -> None:
    if not one.paid.done():
        one.paid.set_exception(ExchangeDown("rate_limited", retry_after_ms=wait_ms))


def _whose(payer: Payer, per: LimitPer) -> str:
    if per is LimitPer.ADDRESS:
        return ""
    return payer.account if per is LimitPer.ACCOUNT else payer.key_id
