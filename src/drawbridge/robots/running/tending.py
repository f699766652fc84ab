"""What is done for one robot on one account, by its status: start, work, stop, rest."""

from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

from drawbridge.cluster.looking import Looking
from drawbridge.core.clock import MINUTE_MS, Clock
from drawbridge.robots.candle_store import CandleStore
from drawbridge.robots.decision_store import DecisionStore
from drawbridge.robots.feasible import check_stake
from drawbridge.robots.model import Decision, RobotStatus
from drawbridge.robots.risk import KEY_EXPIRES, KEY_REASONS, Refusal
from drawbridge.robots.running.charts import Chart, Charts
from drawbridge.robots.running.checks import Checks
from drawbridge.robots.running.closing import Closing
from drawbridge.robots.running.deciding import Verdict
from drawbridge.robots.running.moves import Moves
from drawbridge.robots.running.orders import OrderChains
from drawbridge.robots.running.questions import Questions
from drawbridge.robots.running.resting import Resting
from drawbridge.robots.running.rounds import Judged, Rounds
from drawbridge.robots.running.seat import Seat
from drawbridge.robots.running.seating import Seating
from drawbridge.robots.running.writing import Pen
from drawbridge.robots.seams import Outside
from drawbridge.storage.database import Database
from drawbridge.trading.fanout import Outcome

LOOK_AGAIN_MS: Final = 1_000
_CHECK_EVERY_MS: Final = 15 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Hands:
    """What does the parts of the work."""

    pen: Pen
    charts: Charts
    checks: Checks
    questions: Questions
    rounds: Rounds
    chains: OrderChains
    resting: Resting
    closing: Closing
    moves: Moves


class Tending:
    """Brings single seats further."""

    def __init__(self, hands: Hands, seating: Seating, clock: Clock) -> None:
        """Work with these hands."""
        self._hands = hands
        self._seating = seating
        self._clock = clock

    async def tend(self, seat: Seat) -> None:
        """Do for one seat what its status asks for."""
        match seat.status:
            case RobotStatus.STARTING:
                await self._start(seat)
            case RobotStatus.STARTED:
                await self._work(seat)
            case RobotStatus.STOPPING:
                await self._hands.questions.withdraw(seat)
                await self._know_market(seat)
                if await self._hands.closing.close(seat):
                    await self._hands.moves.end(seat)
                else:
                    self._wait(seat)
            case RobotStatus.PAUSED:
                await self._rest(seat)
            case RobotStatus.STOPPED:
                pass

    async def pause(self, seat: Seat, refusal: Refusal) -> None:
        """Pause a seat for its key: with what it holds, or closed first where its owner chose so.

        Closing is possible only before the key's end.
        """
        is_end = refusal.code == KEY_EXPIRES
        if is_end and seat.is_started and await self._hands.checks.closes_first(seat):
            await self._hands.moves.move(seat, RobotStatus.STOPPING, refusal)
        else:
            await self._hands.moves.give_up(seat, refusal)

    async def _start(self, seat: Seat) -> None:
        """Check all that can be checked, warm the strategy up, and act at the newest candle."""
        await self._hands.questions.withdraw(seat)
        await self._hands.checks.check_key(seat)
        await self._know_market(seat)
        if not seat.places_orders and not await self._hands.chains.settle(seat):
            self._wait(seat)
            return
        chart = self._seating.chart_of(seat)
        async with chart.lock:
            await self._hands.charts.warm_up(chart, seat.course.reach)
            await self._hands.rounds.take_news(chart)
        await self._check_position(seat)
        self._check_amount(seat, chart)
        judged = await self._hands.rounds.judge(chart, () if seat.places_orders else (seat,))
        await self._hands.moves.move(seat, RobotStatus.STARTED)
        if seat.places_orders:
            await self._hands.resting.work(seat, chart)
        await self.act(seat, judged)

    def _check_amount(self, seat: Seat, chart: Chart) -> None:
        market, candle = seat.market, chart.newest
        if market is not None and candle is not None:
            check_stake(seat.plan, market, candle.close, seat.account.stake.amount)

    async def _work(self, seat: Seat) -> None:
        """Settle what is open; then decide, if a candle has closed meanwhile."""
        chart = self._seating.chart_of(seat)
        await self._hands.questions.hear(seat)
        if chart.asked <= seat.course.reach:
            # It came to a chart that those here never needed to be so long.
            async with chart.lock:
                await self._hands.charts.warm_up(chart, seat.course.reach)
        # First of all: who does not know the market would take what it holds for nothing.
        await self._know_market(seat)
        if seat.places_orders:
            await self._hands.resting.work(seat, chart)
        elif not await self._hands.chains.settle(seat):
            self._wait(seat)
        else:
            judged = await self._hands.rounds.judge(chart, (seat,))
            await self.act(seat, judged)
        if seat.is_started:
            if self.is_to_be_checked(seat):
                await self._check_position(seat)
            # Else what it was paused for is to stay told.
            await self._hands.moves.note([seat], "", {})
        if seat.asked:
            self._wait(seat)

    def is_to_be_checked(self, seat: Seat) -> bool:
        """Tell whether a position is to be held against the account once more."""
        now_ms = self._clock.now_ms()
        if not seat.checked_ms:
            # After a restart all would be due at once: each has a moment of its own instead.
            seat.checked_ms = now_ms - crc32(seat.robot.id.encode()) % _CHECK_EVERY_MS
        is_old = now_ms >= seat.checked_ms + _CHECK_EVERY_MS
        return is_old and not seat.book.is_flat and not seat.failures

    async def _check_position(self, seat: Seat) -> None:
        await self._hands.checks.check_position(seat)
        seat.checked_ms = self._clock.now_ms()

    async def act(self, seat: Seat, judged: Judged) -> None:
        """Carry out what one seat decided."""
        for _, verdict in judged:
            if verdict.refusal is not None:
                await self._hands.moves.give_up(seat, verdict.refusal)
            elif verdict.decisions and not await self._hands.chains.settle(seat):
                self._wait(seat)

    async def _rest(self, seat: Seat) -> None:
        """Settle what is open; go on by itself only when the reason was the key and is gone."""
        await self._hands.questions.withdraw(seat)
        if not seat.places_orders and not await self._hands.chains.settle(seat):
            self._wait(seat)
        elif seat.account.reason in KEY_REASONS:
            if await self._hands.checks.find_refusal(seat) is None:
                await self._hands.moves.move(seat, RobotStatus.STARTING)
            else:
                self._wait(seat)

    async def take_up(self, seat: Seat, decision: Decision, outcome: Outcome) -> None:
        """Take in what became of a seat's first order, and go on with its others."""
        order = await self._hands.chains.hear(seat, decision, outcome)
        await self._hands.chains.take_up(seat, decision, order)
        # Looked up at once, because not every exchange tells in its answer what was filled.
        if not await self._hands.chains.settle(seat):
            self._wait(seat)

    async def act_between(self, seat: Seat, verdict: Verdict) -> None:
        """Write down and carry out what was decided between candles."""
        chart = self._seating.chart_of(seat)
        verdict = self._hands.rounds.asked_first(seat, verdict, chart)
        if not (verdict.decisions or verdict.asked or verdict.withdrawn or verdict.refusal):
            return  # It waits for an answer already, which every price says anew.
        if await self._hands.rounds.keep(chart, [(seat, replace(verdict, is_news=True))]):
            await self.act(seat, [(seat, verdict)])

    async def _know_market(self, seat: Seat) -> None:
        seat.meet(await self._hands.charts.learn_market(self._seating.chart_of(seat)))

    def _wait(self, seat: Seat) -> None:
        seat.not_before_ms = self._clock.now_ms() + LOOK_AGAIN_MS


def hands_of(database: Database, outside: Outside, clock: Clock, looking: Looking) -> Hands:
    """Put together what does the parts of the work."""
    pen = Pen(database, clock, looking)
    checks = Checks(outside, clock)
    charts = Charts(outside.roads, CandleStore(database), clock)
    chains = OrderChains(outside, checks, pen, clock)
    return Hands(
        pen=pen,
        charts=charts,
        checks=checks,
        questions=Questions(database, pen, clock),
        rounds=Rounds(charts, pen, clock),
        chains=chains,
        resting=Resting(outside, chains, DecisionStore(database), pen, clock),
        closing=Closing(outside, chains, checks, pen, clock),
        moves=Moves(pen, clock),
    )
