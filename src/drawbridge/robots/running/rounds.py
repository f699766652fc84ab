"""A round: a candle has closed, and all robots on its market decide in one pass.

Candle, decisions and what is to be remembered are written in one transaction; only then orders
leave, side by side. Whatever dies in between, the round is found on disk as a whole or not at all.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, DrawbridgeError, ExchangeDown
from drawbridge.core.markets import Candle
from drawbridge.robots.candle_store import keep_candles
from drawbridge.robots.decision_store import Changes
from drawbridge.robots.risk import Refusal
from drawbridge.robots.running.charts import Chart, Charts
from drawbridge.robots.running.deciding import Verdict, judge_candles
from drawbridge.robots.running.orders import decided_notice, missed_notice
from drawbridge.robots.running.questions import asked_first, take_up, write_down
from drawbridge.robots.running.seat import Course, Seat
from drawbridge.robots.running.under_way import unhurried
from drawbridge.robots.running.writing import TAKEN_OVER, Pen
from drawbridge.robots.strategy import OWN, Settings, Strategy
from drawbridge.storage.database import Transaction

Judged = Sequence[tuple[Seat, Verdict]]

_NO_SEATS: Final[tuple[Seat, ...]] = ()


class Rounds:
    """Lets robots decide, and writes down what they decided."""

    def __init__(self, charts: Charts, pen: Pen, clock: Clock) -> None:
        """Take candles from charts, write with this pen."""
        self._charts = charts
        self._pen = pen
        self._clock = clock

    async def take_news(self, chart: Chart) -> None:
        """Take in what has closed on a chart since. Raises: what asking the exchange raises."""
        self.take(chart, await self._charts.news(chart))

    def take(self, chart: Chart, candles: Sequence[Candle]) -> None:
        """Take in closed candles; they are stored with what is decided on them."""
        if candles:
            chart.take(candles)
            chart.unstored += candles

    async def judge(self, chart: Chart, seats: Iterable[Seat] = _NO_SEATS) -> Judged:
        """Let signal strategies decide at the candles that are new to them, and write it all down.

        Gives the verdicts that ask for something to be done.
        """
        seats = tuple(seats)
        await _let_own_look(chart, seats)
        now_ms = self._clock.now_ms()
        judged = [
            (seat, self.asked_first(seat, _judged(seat, chart, now_ms), chart))
            async for seat in unhurried(seats)
        ]
        kept = await self.keep(chart, judged)
        return [pair for pair in kept if pair[1].decisions or pair[1].refusal]

    def asked_first(self, seat: Seat, verdict: Verdict, chart: Chart) -> Verdict:
        """Turn into a question what a person wants to be asked before."""
        if chart.newest is None:
            return verdict
        return asked_first(seat, verdict, chart.newest.close, self._clock.now_ms())

    async def keep(self, chart: Chart, judged: Judged) -> Judged:
        """Write verdicts down together with the candles that they came from.

        Gives those that were written: an account may just have been taken over by another process.
        """
        while True:
            ours = [it for it in judged if self._is_ours(it[0])]
            try:
                await self._keep(chart, ours)
            except Conflict as error:
                if error.code != TAKEN_OVER:
                    raise
            else:
                return ours

    def _is_ours(self, seat: Seat) -> bool:
        return not seat.is_left and self._pen.may_write(seat.key_id)

    async def _keep(self, chart: Chart, judged: Judged) -> None:
        changes = Changes()
        for seat, verdict in judged:
            if verdict.is_news:
                changes.standings.append((seat.robot.id, seat.key_id, verdict.standing))
            changes.made += (*verdict.decisions, *verdict.missed)
            changes.notices += [decided_notice(seat, it) for it in verdict.decisions]
            changes.notices += [missed_notice(seat, it) for it in verdict.missed]
            write_down(changes, verdict)
        candles, chart.unstored = chart.unstored, []
        try:
            if changes or candles:
                await self._pen.write(changes, partial(_keep, chart, tuple(candles)))
        except DrawbridgeError:
            chart.unstored = candles + chart.unstored
            raise
        for seat, verdict in judged:
            seat.standing = verdict.standing
            if verdict.is_news:
                seat.written_ms = verdict.standing.at_ms
            take_up(seat, verdict)


async def _let_own_look(chart: Chart, seats: Sequence[Seat]) -> None:
    """Let people's own strategies look at a chart beforehand, in a thread.

    Why: another process looks, and may take its time; what it saw is then there for all seats.
    What fails is told when the seat is judged.
    """
    async for seat in unhurried(seats):
        for strategy, settings in _own_of(seat.course):
            with contextlib.suppress(DrawbridgeError):
                await asyncio.to_thread(chart.look, strategy, settings)


def _own_of(course: Course) -> Sequence[tuple[Strategy, Settings]]:
    pairs = ((course.strategy, course.settings), *course.confirming)
    return [it for it in pairs if it[0].id.startswith(OWN)]


def _judged(seat: Seat, chart: Chart, now_ms: int) -> Verdict:
    """Judge a seat; what a person's own strategy fails with is its robot's trouble alone."""
    try:
        return judge_candles(seat, chart, now_ms)
    except ExchangeDown:
        # Not seen in time: what this candle said is made up for at the next.
        return Verdict(seat.standing)
    except DrawbridgeError as error:
        return Verdict(seat.standing, refusal=Refusal(error.code, error.facts))


async def _keep(chart: Chart, candles: Sequence[Candle], tx: Transaction) -> None:
    await keep_candles(tx, chart.series, candles, chart.reach)
