"""Run robots: those of our accounts in memory, each on each of them, and what is to be done when.

Driven by the gateway's process: `look` begins whatever is due and waits for nothing, so that one
exchange that is slow keeps no other waiting. What is done stands in the modules beside this one:
rounds.py decides, orders.py and resting.py trade, closing.py ends.
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Final

from drawbridge.cluster.looking import Looking
from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, Corrupted, DrawbridgeError
from drawbridge.robots.model import RobotStatus
from drawbridge.robots.risk import KEY_REASONS, MISTAKE, Refusal, goes_by, is_about_key
from drawbridge.robots.running.backing_off import backoff_ms, error_wait_ms
from drawbridge.robots.running.charts import Chart
from drawbridge.robots.running.listening import Listening, Place
from drawbridge.robots.running.moves import is_winding_up
from drawbridge.robots.running.prices import Prices
from drawbridge.robots.running.rounds import Judged
from drawbridge.robots.running.seat import Seat
from drawbridge.robots.running.seating import Seating
from drawbridge.robots.running.signalling import Signalling
from drawbridge.robots.running.tending import LOOK_AGAIN_MS, Tending, hands_of
from drawbridge.robots.running.under_way import Turns, UnderWay, unhurried
from drawbridge.robots.seams import Outside
from drawbridge.storage.database import Database
from drawbridge.trading.fanout import IN_FLIGHT
from drawbridge.trading.signals import Signal

_log: Final = logging.getLogger(__name__)

_AT_ONCE: Final = 64
_ANSWERS_AT_ONCE: Final = 256
_KEYS_EVERY_MS: Final = 1_000
# Who rests is woken by what happens; so often all are looked at, whatever has happened.
_ALL_EVERY_MS: Final = 60_000


class Robots:
    """Everything that runs robots; one of these lives in the gateway's process."""

    def __init__(
        self,
        database: Database,
        outside: Outside,
        clock: Clock,
        dice: Callable[[int], int],
        share: Share = WHOLE,
        *,
        at_once: int = IN_FLIGHT,
    ) -> None:
        """Use the app's database, for the accounts of our share.

        With `dice` waits are spread, so that not all try at once. Where there are several workers,
        a signal begins a robot's orders on so many accounts `at_once`.
        """
        self._clock = clock
        self._dice = dice
        looking = Looking(share)
        hands = hands_of(database, outside, clock, looking)
        self._hands = hands
        self._seating = Seating(database, outside.record, hands.moves, looking)
        self._tending = Tending(hands, self._seating, clock)
        self._signalling = Signalling(
            database, outside.roads, self._seating, clock, looking, at_once=at_once
        )
        self._prices = Prices(outside.roads, clock)
        self._listening = Listening(outside.streams, self)
        self._tasks = UnderWay()
        self._turns = Turns(_AT_ONCE)
        # Of their own: thousands of them may come at once, and hardly one asks an exchange.
        self._answers = Turns(_ANSWERS_AT_ONCE)
        self._restless: set[Seat] = set()
        self._all_looked_ms = 0
        self._keys_looked_ms = 0
        # The keys of which it is still to be asked whether robots may work with them.
        self._suspects: set[str] = set()

    async def look(self) -> None:
        """Read what people have changed, and begin whatever is due; nothing is waited for."""
        await self._look()
        while self._seating.is_taking_over:
            # Who came first is at work already while the next are read.
            await self._look()

    async def _look(self) -> None:
        self._tasks.check()
        self._listening.check()
        # What is on its way to an exchange for them may come to its end; nothing new is sent, and
        # nothing more is written by the seats.
        self._seating.give_up()
        if self._seating.is_taking_over:
            # Those of the same accounts begin anew, and nobody may still work on the ones before.
            self._tasks.cancel_left()
        now_ms = self._clock.now_ms()
        if news := await self._seating.read_changes():
            # Whoever has just come is held against its key, whether any key has changed or not:
            # it may have been good only between two looks.
            self._suspects.update(it.key_id for it in news.come)
            self._restless.update(news.come)
            self._listen()
        if (news and news.has_changed) or now_ms >= self._all_looked_ms + _ALL_EVERY_MS:
            self._all_looked_ms = now_ms
            self._restless.update(self._seating.seats())
        await self._look_at_keys()
        for signal in await self._signalling.list_due():
            self._tasks.begin(self._act_on(signal))
        for place in self._prices.places_to_ask(self._listening):
            self._tasks.begin(self._ask_price(place))
        self._begin_due(self._clock.now_ms())

    async def step(self) -> None:
        """Bring every robot further, as far as it goes now."""
        await self.look()
        await self.settle()

    async def settle(self) -> None:
        """Wait until all that was begun has ended."""
        await self._tasks.settle()

    async def close(self) -> None:
        """End what is under way; all of it is found on disk again."""
        await self._listening.close()
        await self._tasks.close()
        await self._hands.pen.close()

    def hear_candle(self, chart: Chart) -> None:
        """Hear from a stream that a chart may have a new candle."""
        if chart.columns is None or chart.lock.locked():
            return
        # Only after a failure it is left alone, not while it was merely early.
        if not chart.failures or self._clock.now_ms() >= chart.not_before_ms:
            self._tasks.begin(self._follow(chart))

    def hear_price(self, place: Place, price: Decimal, time_ms: int) -> None:
        """Let guards that judge every price judge one."""
        for seat, verdict in self._prices.judge(place, price, time_ms):
            self._begin_seat(seat, partial(self._tending.act_between, seat, verdict))

    def hear_order(self, key_id: str, client_id: str) -> None:
        """Hear from a stream that something happened to an order of a key."""
        for seat in self._seating.seats_of_key(key_id):
            if seat.is_started and _has_open(seat, client_id):
                seat.looked_ms = 0
                if not seat.is_busy:
                    self._begin_seat(seat, partial(self._tending.tend, seat))

    def _begin_due(self, now_ms: int) -> None:
        for chart in self._seating.charts():
            if now_ms >= chart.not_before_ms and not chart.lock.locked() and chart.is_due(now_ms):
                self._tasks.begin(self._follow(chart))
        self._begin_seats(now_ms)

    def _begin_seats(self, now_ms: int) -> None:
        """Begin what there is to do for single seats; those with nothing to do may rest.

        First for those who have orders open: of many that have just come here, some may have been
        left in the middle of one.
        """
        for seat in sorted(self._restless, key=_has_nothing_open):
            # Who is busy is looked at again when that has ended.
            if seat.is_busy or not self._seating.holds(seat):
                self._restless.discard(seat)
            elif not self._is_due(seat):
                if not self._is_waiting(seat):
                    self._restless.discard(seat)
            elif now_ms >= seat.not_before_ms:
                self._begin_seat(seat, partial(self._tending.tend, seat))

    def _is_waiting(self, seat: Seat) -> bool:
        """Tell whether something may become due for a seat without anybody telling of it."""
        if seat.places_orders and seat.watches_ticks:
            return True
        return seat.is_started and self._seating.chart_of(seat).columns is None

    def _is_due(self, seat: Seat) -> bool:
        if not seat.is_started:
            return seat.status is not RobotStatus.PAUSED or self._may_go_on(seat)
        chart = self._seating.chart_of(seat)
        if chart.columns is None:
            return False
        # What has failed is tried again, also where nothing is left to do but to find it well; who
        # came to a chart that others follow already does not know its market.
        if seat.failures or seat.market is None or self._tending.is_to_be_checked(seat):
            return True
        if seat.places_orders:
            seat.is_told = self._listening.tells_orders(seat.key_id)
            return self._hands.resting.is_due(seat, chart)
        return bool(seat.open or seat.asked) or seat.standing.at_ms < chart.last_ms

    def _may_go_on(self, seat: Seat) -> bool:
        if seat.asked or seat.account.reason in KEY_REASONS:
            return True
        return bool(seat.open) and not seat.places_orders

    async def _act_on(self, signal: Signal) -> None:
        await self._place_all(await self._signalling.act(signal))

    async def _ask_price(self, place: Place) -> None:
        price = await self._prices.ask(place)
        if price is not None:
            self.hear_price(place, price, 0)

    def _listen(self) -> None:
        """Follow the streams that robots need now."""
        seats = self._seating.seats()
        keys = {it.key_id for it in seats if it.places_orders and it.watches_ticks}
        self._listening.arrange(self._seating.charts(), self._prices.arrange(seats), keys)

    async def _follow(self, chart: Chart) -> None:
        """Let all robots of a chart decide, if a candle has closed."""
        seats = self._seating.seats_of(chart)
        if not seats:
            # All have paused since the last look, which is when a chart is given up.
            return
        try:
            async with chart.lock:
                judged = await self._judged(chart, seats)
        except DrawbridgeError as error:
            await self._chart_failed(chart, seats, error)
            return
        now_ms = self._clock.now_ms()
        chart.failures, chart.not_before_ms = 0, now_ms + LOOK_AGAIN_MS if judged is None else 0
        await self._place_all(judged or ())
        # Those who did not decide in the round come to the new candle by themselves.
        self._restless.update(it for it in seats if it.standing.at_ms < chart.last_ms)
        self._begin_seats(now_ms)
        free = [it for it in seats if it.is_started and not it.failures]
        await self._hands.moves.note([it for it in free if it.account.reason], "", {})
        if chart.told:
            self.hear_candle(chart)

    async def _judged(self, chart: Chart, seats: Sequence[Seat]) -> Judged | None:
        """Let those decide who are free; None while no candle has closed."""
        await self._hands.charts.warm_up(chart, max(it.course.reach for it in seats))
        market = await self._hands.charts.learn_market(chart)
        for seat in seats:
            seat.meet(market)
        news = await self._hands.charts.news(chart)
        if not news:
            return None
        self._hands.rounds.take(chart, news)
        return await self._judge(chart, seats)

    async def _judge(self, chart: Chart, seats: Sequence[Seat]) -> Judged:
        ready = [seat for seat in seats if _is_ready(seat)]
        # Until their decisions are on disk, nobody else may let them decide.
        for seat in ready:
            seat.is_busy = True
        try:
            return await self._hands.rounds.judge(chart, ready)
        finally:
            for seat in ready:
                seat.release()

    async def _chart_failed(
        self, chart: Chart, seats: Sequence[Seat], error: DrawbridgeError
    ) -> None:
        """Wait for what goes by itself; pause what needs a person."""
        # A candle may be in memory whose decisions could not be written down.
        self._restless.update(seats)
        if not goes_by(error):
            for seat in seats:
                if not seat.is_busy:
                    refusal = Refusal(error.code, error.facts)
                    self._begin_seat(seat, partial(self._hands.moves.give_up, seat, refusal))
        wait_ms = max(backoff_ms(chart.failures, self._dice), error_wait_ms(error))
        chart.not_before_ms = self._clock.now_ms() + wait_ms
        chart.failures += 1
        with contextlib.suppress(Corrupted):
            await self._hands.moves.note(list(seats), error.code, error.facts)

    async def _place_all(self, judged: Judged) -> None:
        """Carry out what many seats decided: first orders side by side, then each by itself."""
        sent = {seat: it.decisions[0] for seat, it in judged if it.decisions and not it.refusal}
        # Those who wait for a slow machine are looked at once more, each by itself.
        chains = self._hands.chains
        sent = {it: one for it, one in sent.items() if not chains.is_too_late(it, one)}
        for seat in sent:
            seat.is_busy = True
        for seat, verdict in judged:
            if seat not in sent:
                self._begin_seat(seat, partial(self._tending.act, seat, [(seat, verdict)]))
        try:
            async for seat, decision, outcome in chains.place_each(tuple(sent.items())):
                del sent[seat]
                heard = partial(self._tending.take_up, seat, decision, outcome)
                self._begin_seat(seat, heard, self._answers)
        finally:
            for seat in sent:
                self._release(seat)

    async def _look_at_keys(self) -> None:
        """Pause at once what works with a key that is not good any more."""
        now_ms = self._clock.now_ms()
        if now_ms < self._keys_looked_ms + _KEYS_EVERY_MS:
            return
        self._keys_looked_ms = now_ms
        self._suspects.update(await self._hands.checks.list_suspects())
        # Taken for seen only once nobody is left to pause: who is busy is looked at when free, and
        # a pause that failed is tried again.
        left = set[str]()
        suspected = [seat for key in self._suspects for seat in self._seating.seats_of_key(key)]
        async for seat in unhurried(suspected):
            if self._seating.holds(seat) and not await self._is_held_against_key(seat):
                left.add(seat.key_id)
        self._suspects = left

    async def _is_held_against_key(self, seat: Seat) -> bool:
        """Pause a seat if its key is not good; tells whether nothing is left to do about it."""
        if seat.is_busy or seat.status is RobotStatus.STARTING:
            return False
        if not seat.is_started:
            return True
        refusal = await self._hands.checks.find_refusal(seat)
        if refusal is not None:
            self._begin_seat(seat, partial(self._tending.pause, seat, refusal))
        return refusal is None

    def _begin_seat(
        self, seat: Seat, work: Callable[[], Awaitable[None]], turns: Turns | None = None
    ) -> None:
        if not seat.is_left:
            seat.is_busy = True
            self._tasks.begin(self._in_turn(seat, work, turns or self._turns), seat)

    async def _in_turn(self, seat: Seat, work: Callable[[], Awaitable[None]], turns: Turns) -> None:
        """Do a seat's work; its trouble is its own, and is written down as its reason."""
        try:
            async with turns.of(seat):
                await self._carefully(seat, work)
        finally:
            self._tasks.end(seat)
            self._release(seat)

    def _release(self, seat: Seat) -> None:
        seat.release()
        self._restless.add(seat)

    async def _carefully(self, seat: Seat, work: Callable[[], Awaitable[None]]) -> None:
        # A person may have moved the robot meanwhile: then the next look sees it anew.
        with contextlib.suppress(Conflict):
            try:
                await work()
            except Conflict:
                raise
            except DrawbridgeError as error:
                await self._failed(seat, error)
            except Exception as error:  # noqa: BLE001  A mistake of ours here stops no other robot.
                _log.error("robot %s: %s", seat.robot.id, type(error).__name__, exc_info=error)
                await self._hands.moves.give_up(seat, Refusal(MISTAKE))
            else:
                seat.failures = 0

    async def _failed(self, seat: Seat, error: DrawbridgeError) -> None:
        # Who stops does not wait until a key is good again, and tells what is left undone.
        stops = seat.status is RobotStatus.STOPPING and is_about_key(error)
        if stops or not goes_by(error):
            await self._hands.moves.give_up(seat, Refusal(error.code, error.facts))
            return
        wait_ms = max(backoff_ms(seat.failures, self._dice), error_wait_ms(error))
        seat.not_before_ms = self._clock.now_ms() + wait_ms
        seat.failures += 1
        # What a robot was paused for stays told: when that is gone, it goes on.
        if seat.status is not RobotStatus.PAUSED and not is_winding_up(seat):
            with contextlib.suppress(Corrupted):
                await self._hands.moves.note([seat], error.code, error.facts)


def _has_open(seat: Seat, client_id: str) -> bool:
    """Tell whether an order of this client id is open; with an empty one, whether any is."""
    ids = {str(decision.client_id) for decision in seat.open.values()}
    return client_id in ids if client_id else bool(ids)


def _has_nothing_open(seat: Seat) -> bool:
    return not seat.open


def _is_ready(seat: Seat) -> bool:
    """Tell whether a seat decides in the round; others come to it when they are free."""
    return seat.is_started and not (seat.places_orders or seat.is_busy or seat.open)
