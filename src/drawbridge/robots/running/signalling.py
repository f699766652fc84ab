"""Robots that act on signals from outside: each signal once, on every account that is free.

How signals come in stands in trading; here they become decisions, written in the transaction that
marks the signal as acted on, for the shards that are ours. A signal that no account could act on
in time is ended by name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from drawbridge.cluster.looking import Looking
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, DrawbridgeError, OutcomeUnknown
from drawbridge.core.operations import GetTicker
from drawbridge.robots import steering
from drawbridge.robots.decision_store import Changes, write
from drawbridge.robots.model import Direction, Trigger
from drawbridge.robots.running.deciding import Verdict, judge_signal
from drawbridge.robots.running.orders import decided_notice
from drawbridge.robots.running.questions import asked_first, take_up, write_down
from drawbridge.robots.running.rounds import Judged
from drawbridge.robots.running.seat import Seat
from drawbridge.robots.running.seating import Seating
from drawbridge.storage.database import Database
from drawbridge.trading.reading import Passage
from drawbridge.trading.signal_words import Action
from drawbridge.trading.signals import (
    NOT_LISTENING,
    NOTHING_TO_DO,
    Signal,
    SignalStore,
    drop_stale,
    mark_acted,
)

# Less than the pause between two looks of a worker: whom a signal wakes finds it at once.
_LOOK_EVERY_MS: Final = 20
_DROP_EVERY_MS: Final = 10_000
# So many failures in a row take about half a minute; a signal is good for a few.
_IN_TROUBLE: Final = 6


class Signalling:
    """Turns signals into decisions."""

    def __init__(
        self,
        database: Database,
        roads: Passage,
        seating: Seating,
        clock: Clock,
        looking: Looking,
        *,
        at_once: int,
    ) -> None:
        """Read signals from the app's database, prices over these roads; act where it is ours.

        Of a robot's accounts that many are begun `at_once`, and more when so many are done.
        """
        self._database = database
        self._looking = looking
        self._signals = SignalStore(database)
        self._roads = roads
        self._seating = seating
        self._clock = clock
        self._at_once = at_once
        self._looked_ms = 0
        self._dropped_ms = 0

    async def list_due(self) -> Sequence[Signal]:
        """List the signals that may be acted on now."""
        now_ms = self._clock.now_ms()
        if now_ms < self._looked_ms + _LOOK_EVERY_MS:
            return ()
        self._looked_ms = now_ms
        if now_ms >= self._dropped_ms + _DROP_EVERY_MS and self._looking.share.is_house:
            self._dropped_ms = now_ms
            if await self._signals.has_stale(now_ms):
                async with self._database.transaction() as tx:
                    await drop_stale(tx, now_ms)
        return await self._signals.list_new(now_ms, self._seating.shards)

    async def act(self, signal: Signal) -> Judged:
        """Let a robot decide on a signal; gives what is to be carried out.

        The signal waits while no account is free or no price is told, and for every account that
        is well: only one in trouble keeps no other waiting. Where there are several workers, it
        waits shard by shard: accounts that have just come here keep nobody else waiting.
        """
        seen = self._looking.seen
        seats = self._seating.seats_of_robot(signal.robot_id)
        if not self._looking.is_whole:
            signal = replace(signal, shards=self._ready(signal.shards, seats))
            if not signal.shards:
                return ()
        shards = signal.shards or seats.keys()
        listening = [
            it
            for shard in shards
            for it in seats.get(shard, ())
            if _listens(it) and self._seating.holds(it)
        ]
        if not listening:
            await self._write(signal, (), NOT_LISTENING, seen)
            return ()
        free = [it for it in listening if _is_free(it)]
        if not free or any(_is_soon_free(it) for it in listening):
            return ()
        for seat in free:
            seat.is_busy = True
        try:
            return await self._judged(signal, free, seen)
        finally:
            for seat in free:
                seat.release()

    def _ready(self, shards: frozenset[int], seats: Mapping[int, Sequence[Seat]]) -> frozenset[int]:
        """Give those of a signal's shards in which it is acted on now, as there is room.

        Why: of thousands of accounts at once each would wait for all others. Those that came last
        go first: their worker is gone, and they have waited for longest.
        """
        room = self._at_once - sum(it.is_busy for of_shard in seats.values() for it in of_shard)
        ready = set()
        last_first = (*reversed([*seats]), *(shards - seats.keys()))
        for shard in filter(shards.__contains__, last_first):
            if room <= 0:
                break
            of_shard = seats.get(shard, ())
            if not _is_held_up(of_shard):
                ready.add(shard)
                room -= sum(map(_is_free, of_shard))
        return frozenset(ready)

    async def _judged(self, signal: Signal, seats: Sequence[Seat], seen: int) -> Judged:
        plan, chart = seats[0].plan, self._seating.chart_of(seats[0])
        try:
            asked = GetTicker(plan.symbol)
            ticker = await self._roads.call_public(plan.exchange, plan.venue, asked)
        except DrawbridgeError:
            return ()
        name, now_ms = f"signal{signal.n}", self._clock.now_ms()
        judged = []
        for seat in seats:
            side = _side_of(signal.action, seat)
            verdict = judge_signal(seat, chart, side, ticker.last, (name, now_ms))
            judged.append((seat, asked_first(seat, verdict, ticker.last, now_ms)))
        acting = [pair for pair in judged if _acts(pair[1])]
        if not await self._write(signal, acting, "" if acting else NOTHING_TO_DO, seen):
            return ()
        for seat, verdict in acting:
            take_up(seat, verdict)
        return [pair for pair in acting if pair[1].decisions or pair[1].refusal]

    async def _write(self, signal: Signal, judged: Judged, outcome: str, seen: int) -> bool:
        """Mark a signal together with what comes of it; False when somebody was faster.

        Or when one of its shards is not ours any more since it was `seen`.
        """
        changes, now_ms = Changes(), self._clock.now_ms()
        for seat, verdict in judged:
            changes.made += verdict.decisions
            changes.notices += [decided_notice(seat, it) for it in verdict.decisions]
            write_down(changes, verdict)
        try:
            async with self._database.transaction() as tx:
                if not all(self._looking.keeps_shard(it, seen) for it in signal.shards):
                    return False
                await mark_acted(tx, signal.n, now_ms, outcome, signal.shards)
                await write(tx, changes, now_ms)
        except Conflict:
            return False
        except OutcomeUnknown:
            self._seating.doubt(signal.shards)
            raise
        return True


_SIDES: Final[Mapping[Action, int]] = {
    Action.BUY: steering.LONG,
    Action.SELL: steering.SHORT,
    Action.CLOSE: steering.LEAVE,
}


def _side_of(action: Action, seat: Seat) -> int:
    """Give the side that a signal asks for; who may not be short is out instead."""
    side = _SIDES[action]
    if side == steering.SHORT and seat.plan.direction is Direction.LONG:
        return steering.LEAVE
    return side


def _acts(verdict: Verdict) -> bool:
    return bool(verdict.decisions or verdict.asked or verdict.refusal)


def _listens(seat: Seat) -> bool:
    return seat.is_started and seat.plan.trigger is Trigger.SIGNAL


def _is_held_up(seats: Iterable[Seat]) -> bool:
    """Tell whether an account of a shard is not ready, but soon will be.

    One of which nobody knows yet what its last order came to is not in trouble: its worker was. Nor
    is one that failed a few times: the database may have been away, or it has just come here.
    """
    return any(_listens(it) and (it.open or _is_soon_free(it, _IN_TROUBLE)) for it in seats)


def _is_soon_free(seat: Seat, trouble: int = 1) -> bool:
    """Tell whether a seat is not free, but will be: it is worked on, or is not in trouble."""
    return not _is_free(seat) and (seat.is_busy or seat.failures < trouble)


def _is_free(seat: Seat) -> bool:
    return not seat.is_busy and not seat.open and seat.market is not None
