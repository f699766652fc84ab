"""Run robots: all of them in memory, each on each of its accounts, and what is to be done when.

Driven by the gateway's process: `look` begins whatever is due and waits for nothing, so that one
exchange that is slow keeps no other waiting. What is done stands in the modules beside this one:
rounds.py decides, orders.py and resting.py trade, closing.py ends.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import (
    Conflict,
    Corrupted,
    DrawbridgeError,
    ExchangeDown,
)
from drawbridge.robots.candle_store import CandleStore
from drawbridge.robots.charts import Chart, Charts
from drawbridge.robots.checks import Checks
from drawbridge.robots.closing import Closing
from drawbridge.robots.decision_store import DecisionStore
from drawbridge.robots.model import Decision, RobotStatus
from drawbridge.robots.moves import Moves
from drawbridge.robots.orders import OrderChains
from drawbridge.robots.resting import Resting
from drawbridge.robots.risk import KEY_REASONS, Refusal, check_amount, goes_by
from drawbridge.robots.rounds import Judged, Rounds
from drawbridge.robots.seams import Outside
from drawbridge.robots.seat import Seat
from drawbridge.robots.seating import Seating
from drawbridge.robots.writing import Pen
from drawbridge.storage.database import Database
from drawbridge.trading.fanout import Outcome

_AT_ONCE: Final = 32
_LOOK_AGAIN_MS: Final = 1_000
_LONGEST_WAIT_MS: Final = 60_000
_KEYS_EVERY_MS: Final = 1_000
_MOST_DOUBLINGS: Final = 10


class Robots:
    """Everything that runs robots; one of these lives in the gateway's process."""

    def __init__(
        self, database: Database, outside: Outside, clock: Clock, dice: Callable[[int], int]
    ) -> None:
        """Use the app's database; with `dice` waits are spread, so that not all try at once."""
        self._clock = clock
        self._dice = dice
        self._outside = outside
        decisions, candles = DecisionStore(database), CandleStore(database)
        self._pen = Pen(database, clock)
        self._moves = Moves(database, self._pen, clock)
        self._checks = Checks(outside)
        self._charts = Charts(outside.roads, candles, clock)
        self._rounds = Rounds(database, self._charts, clock)
        self._chains = OrderChains(outside, self._checks, self._pen, clock)
        self._resting = Resting(outside, self._chains, decisions, self._pen, clock)
        self._closing = Closing(outside, self._chains, self._checks, self._pen, clock)
        self._seating = Seating(database, outside.record, self._moves)
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns: dict[tuple[str, str], asyncio.Semaphore] = {}
        self._keys_looked_ms = 0
        self._bug: BaseException | None = None

    async def look(self) -> None:
        """Read what people have changed, and begin whatever is due; nothing is waited for."""
        if self._bug is not None:
            raise self._bug
        await self._seating.read_changes()
        await self._look_at_keys()
        now_ms = self._clock.now_ms()
        for chart in self._seating.charts():
            if now_ms >= chart.not_before_ms and not chart.lock.locked() and chart.is_due(now_ms):
                self._begin(self._follow(chart))
        for seat in self._seating.seats():
            if not seat.is_busy and now_ms >= seat.not_before_ms and self._is_due(seat):
                self._begin_seat(seat, partial(self._tend, seat))

    async def step(self) -> None:
        """Bring every robot further, as far as it goes now."""
        await self.look()
        while self._tasks:
            await asyncio.wait(self._tasks)
        if self._bug is not None:
            raise self._bug

    async def close(self) -> None:
        """End what is under way; all of it is found on disk again."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _is_due(self, seat: Seat) -> bool:
        if not seat.is_started:
            return seat.status is not RobotStatus.PAUSED or self._may_go_on(seat)
        chart = self._seating.chart_of(seat)
        if chart.columns is None:
            return False
        if seat.places_orders:
            return self._resting.is_due(seat, chart)
        return bool(seat.open) or seat.standing.at_ms < chart.last_ms

    def _may_go_on(self, seat: Seat) -> bool:
        return seat.account.reason in KEY_REASONS or (bool(seat.open) and not seat.places_orders)

    async def _tend(self, seat: Seat) -> None:
        """Do for one seat what its status asks for."""
        match seat.status:
            case RobotStatus.STARTING:
                await self._start(seat)
            case RobotStatus.STARTED:
                await self._work(seat)
            case RobotStatus.STOPPING:
                await self._know_market(seat)
                if await self._closing.close(seat):
                    await self._moves.move(seat, RobotStatus.STOPPED)
                else:
                    self._wait(seat)
            case RobotStatus.PAUSED:
                await self._rest(seat)
            case RobotStatus.STOPPED:
                pass

    async def _start(self, seat: Seat) -> None:
        """Check all that can be checked, warm the strategy up, and act at the newest candle."""
        await self._checks.check_key(seat)
        await self._know_market(seat)
        if not seat.places_orders and not await self._chains.settle(seat):
            self._wait(seat)
            return
        chart = self._seating.chart_of(seat)
        async with chart.lock:
            await self._charts.warm_up(chart, seat.course.reach)
            await self._rounds.take_news(chart)
            await self._checks.check_position(seat)
            self._check_amount(seat, chart)
            judged = await self._rounds.judge(chart, () if seat.places_orders else (seat,))
        await self._moves.move(seat, RobotStatus.STARTED)
        if seat.places_orders:
            await self._resting.work(seat, chart)
        await self._act(seat, judged)

    def _check_amount(self, seat: Seat, chart: Chart) -> None:
        course, market, candle = seat.course, seat.market, chart.newest
        if market is None or candle is None:
            return
        amount = seat.account.stake.amount
        if seat.places_orders:
            course.strategy.check_amount(course.settings, market, candle.close, amount)
        else:
            check_amount(market, candle.close, amount)

    async def _work(self, seat: Seat) -> None:
        """Settle what is open; then decide, if a candle has closed meanwhile."""
        chart = self._seating.chart_of(seat)
        if seat.places_orders:
            await self._resting.work(seat, chart)
        elif not await self._chains.settle(seat):
            self._wait(seat)
        else:
            async with chart.lock:
                judged = await self._rounds.judge(chart, (seat,))
            await self._act(seat, judged)
        await self._moves.note([seat], "", {})

    async def _act(self, seat: Seat, judged: Judged) -> None:
        """Carry out what one seat decided."""
        for _, verdict in judged:
            if verdict.refusal is not None:
                await self._moves.give_up(seat, verdict.refusal)
            elif verdict.decisions and not await self._chains.settle(seat):
                self._wait(seat)

    async def _rest(self, seat: Seat) -> None:
        """Settle what is open; go on by itself only when the reason was the key and is gone."""
        if not seat.places_orders and not await self._chains.settle(seat):
            self._wait(seat)
        elif seat.account.reason in KEY_REASONS:
            if await self._checks.find_refusal(seat, {}) is None:
                await self._moves.move(seat, RobotStatus.STARTING)
            else:
                self._wait(seat)

    async def _follow(self, chart: Chart) -> None:
        """Let all robots of a chart decide, if a candle has closed."""
        seats = self._seating.seats_of(chart)
        try:
            async with chart.lock:
                judged = await self._judged(chart, seats)
        except DrawbridgeError as error:
            await self._chart_failed(chart, seats, error)
            return
        if judged is None:
            chart.not_before_ms = self._clock.now_ms() + _LOOK_AGAIN_MS
            return
        chart.failures = chart.not_before_ms = 0
        await self._place_all(judged)
        free = [it for it in seats if it.is_started and not it.failures]
        await self._moves.note([it for it in free if it.account.reason], "", {})

    async def _judged(self, chart: Chart, seats: Sequence[Seat]) -> Judged | None:
        """Let those decide who are free; None while no candle has closed."""
        series = chart.series
        await self._charts.warm_up(chart, max(it.course.reach for it in seats))
        market = (await self._outside.roads.markets(series.exchange, series.venue)).get(
            series.symbol
        )
        for seat in seats:
            seat.meet(market)
        if not await self._rounds.take_news(chart):
            return None
        return await self._rounds.judge(chart, [it for it in seats if _is_ready(it)])

    async def _chart_failed(
        self, chart: Chart, seats: Sequence[Seat], error: DrawbridgeError
    ) -> None:
        """Wait for what goes by itself; pause what needs a person."""
        if not goes_by(error):
            for seat in seats:
                if not seat.is_busy:
                    refusal = Refusal(error.code, error.facts)
                    self._begin_seat(seat, partial(self._moves.give_up, seat, refusal))
        wait_ms = max(backoff_ms(chart.failures, self._dice), error_wait_ms(error))
        chart.not_before_ms = self._clock.now_ms() + wait_ms
        chart.failures += 1
        with contextlib.suppress(Corrupted):
            await self._moves.note(list(seats), error.code, error.facts)

    async def _place_all(self, judged: Judged) -> None:
        """Carry out what many seats decided: first orders side by side, then each by itself."""
        sent = {seat: it.decisions[0] for seat, it in judged if it.decisions and not it.refusal}
        for seat in sent:
            seat.is_busy = True
        for seat, verdict in judged:
            if seat not in sent:
                self._begin_seat(seat, partial(self._act, seat, [(seat, verdict)]))
        try:
            async for seat, decision, outcome in self._chains.place_each(tuple(sent.items())):
                del sent[seat]
                self._begin_seat(seat, partial(self._take_up, seat, decision, outcome))
        finally:
            for seat in sent:
                seat.is_busy = False

    async def _take_up(self, seat: Seat, decision: Decision, outcome: Outcome) -> None:
        """Take in what became of a seat's first order, and go on with its others."""
        order = await self._chains.hear(seat, decision, outcome)
        is_over = await self._chains.take_up(seat, decision, order)
        if not is_over or not await self._chains.settle(seat):
            self._wait(seat)

    async def _look_at_keys(self) -> None:
        """Pause at once what works with a key that is not good any more."""
        now_ms = self._clock.now_ms()
        if now_ms < self._keys_looked_ms + _KEYS_EVERY_MS:
            return
        self._keys_looked_ms = now_ms
        good = await self._checks.good_keys()
        for seat in self._seating.seats():
            if seat.is_started and not seat.is_busy:
                refusal = await self._checks.find_refusal(seat, good)
                if refusal is not None:
                    self._begin_seat(seat, partial(self._moves.give_up, seat, refusal))

    async def _know_market(self, seat: Seat) -> None:
        plan = seat.plan
        markets = await self._outside.roads.markets(plan.exchange, plan.venue)
        seat.meet(markets.get(plan.symbol))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _begin_seat(self, seat: Seat, work: Callable[[], Awaitable[None]]) -> None:
        seat.is_busy = True
        self._begin(self._in_turn(seat, work))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and self._bug is None:
            # Not an error of the house but a mistake in it: told at the next look.
            self._bug = task.exception()

    async def _in_turn(self, seat: Seat, work: Callable[[], Awaitable[None]]) -> None:
        """Do a seat's work; its trouble is its own, and is written down as its reason."""
        place = (seat.plan.exchange, seat.plan.venue)
        turn = self._turns.setdefault(place, asyncio.Semaphore(_AT_ONCE))
        try:
            async with turn:
                await self._carefully(seat, work)
        finally:
            seat.is_busy = False

    async def _carefully(self, seat: Seat, work: Callable[[], Awaitable[None]]) -> None:
        # A person may have moved the robot meanwhile: then the next look sees it anew.
        with contextlib.suppress(Conflict):
            try:
                await work()
            except Conflict:
                raise
            except DrawbridgeError as error:
                await self._failed(seat, error)
            else:
                seat.failures = 0

    async def _failed(self, seat: Seat, error: DrawbridgeError) -> None:
        if not goes_by(error):
            await self._moves.give_up(seat, Refusal(error.code, error.facts))
            return
        wait_ms = max(backoff_ms(seat.failures, self._dice), error_wait_ms(error))
        seat.not_before_ms = self._clock.now_ms() + wait_ms
        seat.failures += 1
        with contextlib.suppress(Corrupted):
            await self._moves.note([seat], error.code, error.facts)

    def _wait(self, seat: Seat) -> None:
        seat.not_before_ms = self._clock.now_ms() + _LOOK_AGAIN_MS


def backoff_ms(failures: int, dice: Callable[[int], int]) -> int:
    """Tell how long to wait after so many failures in a row: from half of it to all, by dice."""
    longest_ms = min(_LONGEST_WAIT_MS, _LOOK_AGAIN_MS << min(failures, _MOST_DOUBLINGS))
    return longest_ms // 2 + dice(longest_ms // 2 + 1)


def error_wait_ms(error: DrawbridgeError) -> int:
    """Tell how long the exchange asked to be left alone."""
    return min(error.retry_after_ms, _LONGEST_WAIT_MS) if isinstance(error, ExchangeDown) else 0


def _is_ready(seat: Seat) -> bool:
    """Tell whether a seat decides in the round; others come to it when they are free."""
    return seat.is_started and not (seat.places_orders or seat.is_busy or seat.open)
