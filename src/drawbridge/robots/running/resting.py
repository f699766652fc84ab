"""Order strategies at work: what is to rest is compared with what rests, and the rest is done.

What a strategy remembers is written in one transaction with the fills that it was shown and the
orders that it wants from now on: after any crash the same set of orders comes about.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.money import ZERO
from drawbridge.core.operations import GetOpenOrders
from drawbridge.core.orders import Fill, Order
from drawbridge.gateway.policy import Purpose
from drawbridge.robots.decision_store import Changes, DecisionStore
from drawbridge.robots.model import Decision, DecisionState, Standing
from drawbridge.robots.risk import goes_by
from drawbridge.robots.running.book import Book
from drawbridge.robots.running.charts import Chart
from drawbridge.robots.running.orders import OrderChains, filled_notice
from drawbridge.robots.running.seat import Seat
from drawbridge.robots.running.writing import Pen
from drawbridge.robots.seams import Outside
from drawbridge.robots.strategy import FilledWant, Memory, Scene, Want
from drawbridge.trading.fanout import Outcome

_LOOK_EVERY_MS: Final = 5_000
# Also while a stream tells of orders: nothing that matters rests on it alone.
_LOOK_ANYWAY_MS: Final = 60_000
# Orders that fill at once make room for others; a strategy that never comes to rest is cut off
# until the next look.
_MOST_TURNS: Final = 20
_RUN: Final = "run"
_KEPT: Final = "kept"


@dataclass(frozen=True, slots=True)
class Ended:
    """A decision whose order has ended, and what its strategy is told of it."""

    decision: Decision
    filled: FilledWant
    fills: tuple[Fill, ...] = ()


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is to become of a seat: its position with new fills, and where it stands."""

    book: Book
    standing: Standing
    ended: tuple[Ended, ...] = ()


@dataclass(frozen=True, slots=True)
class _Heard:
    """What became of placing an order."""

    decision: Decision
    error: DrawbridgeError | None = None
    has_ended: bool = False


class Resting:
    """Keeps the orders of order strategies as they are wanted."""

    def __init__(
        self,
        outside: Outside,
        chains: OrderChains,
        decisions: DecisionStore,
        pen: Pen,
        clock: Clock,
    ) -> None:
        """Place and cancel through chains, list what is open over the gateway."""
        self._outside = outside
        self._chains = chains
        self._decisions = decisions
        self._pen = pen
        self._clock = clock

    def is_due(self, seat: Seat, chart: Chart) -> bool:
        """Tell whether a seat's orders or its candles are to be looked at.

        As in a backtest, a strategy hears of its fills when a candle closes; with ticks it hears
        of them at once.
        """
        if seat.is_unfinished or chart.last_ms > seat.standing.at_ms:
            return True
        every_ms = _LOOK_ANYWAY_MS if seat.is_told else _LOOK_EVERY_MS
        return seat.watches_ticks and self._clock.now_ms() >= seat.looked_ms + every_ms

    async def work(self, seat: Seat, chart: Chart) -> None:
        """Take in what has ended and what has closed, and bring about what is wanted then.

        Raises: what the exchange refused, after it was written down; `ExchangeDown`,
        `OutcomeUnknown` and `NotProven` where it goes on later.
        """
        seat.is_unfinished = True
        for _ in range(_MOST_TURNS):
            missing, made = await self._missing(seat), list[Decision]()
            shown = await self._look(seat)
            is_new = chart.last_ms > seat.standing.at_ms
            if is_new or (shown.ended and seat.watches_ticks):
                made = await self._renew(seat, chart, shown)
            has_cancelled = await self._cancel(seat)
            has_ended = await self._place(seat, chart, [*missing, *made])
            if not (has_cancelled or has_ended) or not seat.watches_ticks:
                break
        seat.is_unfinished, seat.looked_ms = False, self._clock.now_ms()

    async def _missing(self, seat: Seat) -> list[Decision]:
        """Find out which orders are at the exchange already; give those that are not."""
        missing = []
        for decision in tuple(seat.open.values()):
            if decision.tag not in seat.order_ids and decision.state is DecisionState.OPEN:
                order = await self._outside.desk.look_up(seat.key_id, decision.client_id)
                if order is None:
                    missing.append(decision)
                else:
                    seat.order_ids[decision.tag] = order.order_id or decision.client_id
        return missing

    async def _look(self, seat: Seat) -> _Shown:
        """Find out which orders have ended, and with which fills."""
        resting = await self._still_open(seat)
        shown, ended = replace(seat), list[Ended]()
        for decision in tuple(seat.open.values()):
            is_leaving = decision.state is DecisionState.LEAVING
            if not (decision.tag in seat.order_ids or is_leaving):
                continue
            if _is_among(seat, decision, resting):
                continue
            order = await self._outside.desk.look_up(seat.key_id, decision.client_id)
            if order is None and is_leaving:
                ended += _nothing_of([decision], DecisionState.DROPPED)
            elif order is not None and order.status.is_final:
                fills = await self._chains.fills_of(seat, decision, order)
                shown.book, shown.standing = shown.with_fills(decision, fills)
                done = replace(decision, state=DecisionState.DONE)
                ended.append(Ended(done, _told(seat, decision, order, fills), fills))
        ended.sort(key=lambda it: it.filled.time_ms)
        return _Shown(shown.book, shown.standing, tuple(ended))

    async def _still_open(self, seat: Seat) -> tuple[Order, ...]:
        if not seat.order_ids:
            return ()
        asked = GetOpenOrders(seat.plan.symbol)
        return await self._outside.roads.call(seat.key_id, asked, purpose=Purpose.READ)

    async def _renew(self, seat: Seat, chart: Chart, shown: _Shown) -> list[Decision]:
        """Ask the strategy what is to rest, and write its answer down with what it was shown.

        Gives the decisions that are new.
        """
        scene = _scene(seat, chart, shown)
        orders = seat.course.strategy.orders
        if scene is None or orders is None:
            return []
        kept = dict(seat.memory.get(_KEPT, {}))
        memory, wants = orders(kept, seat.course.settings, scene)
        run = int(seat.memory.get(_RUN, 0))
        still = dict(seat.open)
        for ended in shown.ended:
            still.pop(ended.decision.tag, None)
        wanted = {_tag(run, want): want for want in wants}
        leaving = [
            replace(it, state=DecisionState.LEAVING)
            for tag, it in still.items()
            if tag not in wanted and it.state is DecisionState.OPEN
        ]
        made = await self._new(seat, wanted, still, chart.last_ms)
        standing = shown.standing._replace(at_ms=chart.last_ms)
        changes = Changes(
            made=made,
            moved=[*(it.decision for it in shown.ended), *leaving],
            notices=[filled_notice(seat, it.decision, it.fills) for it in shown.ended if it.fills],
        )
        after: Memory = {_RUN: run, _KEPT: memory}
        if changes or after != seat.memory:
            changes.standings.append((seat.robot.id, seat.key_id, standing))
            changes.memories.append((seat.robot.id, seat.key_id, after))
            await self._pen.write(changes)
        seat.book, seat.standing, seat.memory = shown.book, standing, after
        seat.open = still | {it.tag: it for it in (*leaving, *made)}
        for ended in shown.ended:
            seat.order_ids.pop(ended.decision.tag, None)
        return made

    async def _new(
        self, seat: Seat, wanted: dict[str, Want], still: dict[str, Decision], moment_ms: int
    ) -> list[Decision]:
        """Make decisions of the wants whose tags were never used before."""
        fresh = [tag for tag in wanted if tag not in still]
        if not fresh:
            return []
        used = await self._decisions.used_tags(seat.robot.id, seat.key_id, fresh)
        return [
            Decision(
                robot_id=seat.robot.id,
                key_id=seat.key_id,
                tag=tag,
                moment_ms=moment_ms,
                side=wanted[tag].side,
                quantity=wanted[tag].quantity,
                price=wanted[tag].price,
            )
            for tag in fresh
            if tag not in used
        ]

    async def _cancel(self, seat: Seat) -> bool:
        """Cancel what is not wanted any more; how it ended is seen at the next look."""
        leaving = [it for it in seat.open.values() if it.state is DecisionState.LEAVING]
        for decision in leaving:
            await self._outside.desk.cancel(seat.key_id, decision.client_id)
        return bool(leaving)

    async def _place(self, seat: Seat, chart: Chart, wanted: Sequence[Decision]) -> bool:
        """Place orders; tells whether one has ended at once. What was refused is told."""
        open_ = [it for it in wanted if seat.open.get(it.tag) == it]
        if not open_:
            return False
        sent = [(seat, it) for it in open_]
        heard = [await self._heard(*told) async for told in self._chains.place_each(sent)]
        refused = [it.decision for it in heard if it.error and not goes_by(it.error)]
        if refused:
            nothing = _nothing_of(refused, DecisionState.REFUSED)
            await self._renew(seat, chart, _Shown(seat.book, seat.standing, nothing))
        errors = [it.error for it in heard if it.error]
        # A definite no says more than what goes by.
        for error in sorted(errors, key=goes_by):
            raise error
        return any(it.has_ended for it in heard)

    async def _heard(self, seat: Seat, decision: Decision, outcome: Outcome) -> _Heard:
        try:
            order = await self._chains.hear(seat, decision, outcome)
        except DrawbridgeError as error:
            return _Heard(decision, error)
        return _Heard(decision, has_ended=order is not None and order.status.is_final)


def _scene(seat: Seat, chart: Chart, shown: _Shown) -> Scene | None:
    candle, columns, course = chart.newest, chart.columns, seat.course
    if candle is None or columns is None or seat.market is None:
        return None
    return Scene(
        time_ms=candle.open_time_ms,
        price=candle.close,
        market=seat.market,
        amount=seat.account.stake.amount,
        held=shown.book.quantity,
        cost=shown.book.cost,
        filled=tuple(it.filled for it in shown.ended),
        seen=chart.look(course.strategy, course.settings),
        at=len(columns) - 1,
    )


def _tag(run: int, want: Want) -> str:
    return f"want{run}:{want.tag}"


def _told(seat: Seat, decision: Decision, order: Order, fills: Iterable[Fill]) -> FilledWant:
    fills = tuple(fills)
    quantity = sum((fill.quantity for fill in fills), ZERO)
    spent = sum((fill.quote_quantity for fill in fills), ZERO)
    fees = (fill.fee for fill in fills if fill.fee_currency == seat.plan.base)
    return FilledWant(
        tag=decision.tag.partition(":")[2],
        side=decision.side,
        quantity=quantity,
        price=spent / quantity if quantity else decision.price or ZERO,
        time_ms=max((fill.time_ms for fill in fills), default=order.updated_ms),
        fee=sum(fees, Decimal(0)),
    )


def _nothing_of(ended: Iterable[Decision], state: DecisionState) -> tuple[Ended, ...]:
    """Tell a strategy of wants of which nothing came."""
    return tuple(
        Ended(
            replace(it, state=state),
            FilledWant(it.tag.partition(":")[2], it.side, ZERO, it.price or ZERO, it.moment_ms),
        )
        for it in ended
    )


def _is_among(seat: Seat, decision: Decision, resting: Iterable[Order]) -> bool:
    order_id = seat.order_ids.get(decision.tag, "")
    return any(
        it.client_id == decision.client_id or (order_id and it.order_id == order_id)
        for it in resting
    )
