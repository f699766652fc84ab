"""A robot on one of its accounts, as it lives in the runner's memory. No SQL and no I/O.

What a seat holds is what the disk holds: changes are written first and taken up here after.
"""

from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from drawbridge.core.markets import Market
from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill, Side
from drawbridge.robots.guards import Guards, looks_back
from drawbridge.robots.model import (
    Account,
    Decision,
    Plan,
    Robot,
    RobotStatus,
    Standing,
    Trigger,
    Trip,
)
from drawbridge.robots.risk import sellable
from drawbridge.robots.running.book import Book, Ending
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategy import NOTHING_HELD, Held, Memory, Settings, Strategy
from drawbridge.robots.wishes import guards_of

_MOST_TRIPS: Final = 200
_STOPS: Final = frozenset({"stop", "trail"})
_SAFETY: Final = "safety"
_PROTECTING: Final = _STOPS | {"close"}


@dataclass(frozen=True, slots=True)
class Course:
    """How a robot decides: read once from its plan, shared by its accounts.

    `reach` is how many candles the strategy that looks back furthest needs.
    """

    strategy: Strategy
    settings: Settings
    guards: Guards
    confirming: tuple[tuple[Strategy, Settings], ...]
    reach: int


def course_of(plan: Plan) -> Course:
    """Read how a robot decides. Raises: `NotFound("unknown_strategy")`, `BadInput`."""
    strategy = get_strategy(plan.strategy)
    settings = strategy.read_settings(plan.settings)
    confirming = tuple(
        (confirming, confirming.read_settings(it.settings))
        for it in plan.confirm
        for confirming in (get_strategy(it.strategy),)
    )
    reaches = [it.reach(chosen) for it, chosen in ((strategy, settings), *confirming)]
    return Course(strategy, settings, guards_of(plan.guards), confirming, max(reaches))


@dataclass(slots=True, eq=False)
class Seat:
    """A robot on one account.

    `open` are the decisions that are not settled, by tag, in the order in which they are to be;
    `asked` those that wait for a person's answer, which keep nothing else waiting; `unasked` are
    the kinds and sides that are not asked for again before a moment, because the answer was no;
    `order_ids` what the exchange calls those of them that rest. `failures` counts what has failed
    in a row, `not_before_ms` is when it is looked at again, `looked_ms` when its resting orders
    were looked at, `written_ms` the candle of the standing that is on disk,
    `checked_ms` when its position was last held against the account; `is_left` once its account
    is another process's, and nothing is to be done here any more; `is_told` while a stream tells
    of its orders, `is_unfinished` while they are not all as they are wanted. `told`
    is what people have changed while it was busy: it is taken in when it is free again.
    """

    robot: Robot
    account: Account
    course: Course
    book: Book
    standing: Standing
    memory: Memory
    open: dict[str, Decision] = field(default_factory=dict)
    asked: dict[str, Decision] = field(default_factory=dict)
    unasked: tuple[frozenset[tuple[str, str]], int] = (frozenset(), 0)
    order_ids: dict[str, str] = field(default_factory=dict)
    market: Market | None = None
    failures: int = 0
    not_before_ms: int = 0
    looked_ms: int = 0
    written_ms: int = 0
    checked_ms: int = 0
    is_busy: bool = False
    is_left: bool = False
    is_told: bool = False
    is_unfinished: bool = True
    told: tuple[Robot, Account] | None = None

    @property
    def key_id(self) -> str:
        """Give its key."""
        return self.account.key_id

    @property
    def plan(self) -> Plan:
        """Give what it is to do."""
        return self.robot.plan

    @property
    def status(self) -> RobotStatus:
        """Give where it stands."""
        return self.account.status

    @property
    def is_started(self) -> bool:
        """Tell whether it decides."""
        return self.status is RobotStatus.STARTED

    @property
    def places_orders(self) -> bool:
        """Tell whether its strategy places orders of its own, instead of saying in or out."""
        return self.course.strategy.orders is not None

    @property
    def watches_ticks(self) -> bool:
        """Tell whether its guards judge every price."""
        return self.plan.trigger is Trigger.TICK

    def hear(self, robot: Robot, account: Account) -> None:
        """Take in what people changed; what the runner itself keeps is newer in memory.

        Why not while it is busy: whoever works on it moves it from where it stood when that
        began, so that a person's wish that came in between is never undone unseen.
        """
        if self.is_busy:
            self.told = robot, account
            return
        if account.status is not self.account.status:
            self.not_before_ms = self.failures = 0
            if account.status is RobotStatus.STARTING:
                self.standing, self.memory = account.standing, dict(account.memory)
        self.robot, self.account = robot, account

    def release(self) -> None:
        """Be free again."""
        self.is_busy = False
        if self.told is not None:
            told, self.told = self.told, None
            self.hear(*told)

    def meet(self, market: Market) -> None:
        """Get to know the market, as it is now."""
        self.market = market
        self.book.step = market.quantity_step

    def held_at(self, price: Decimal) -> Decimal:
        """Give what of its position can be closed at a price, below zero for a short one."""
        if self.market is None:
            return ZERO
        size = sellable(self.market, abs(self.book.quantity), price)
        return size if self.book.quantity > 0 else -size

    def seen_by_strategy(self, standing: Standing, price: float, candle_ms: int) -> Held:
        """Give what a strategy may know of the position, at the close of a candle."""
        if self.book.is_flat:
            return NOTHING_HELD
        quantity = self.held_at(Decimal(repr(price)))
        if not quantity:
            return NOTHING_HELD
        since = (candle_ms - standing.entered_ms) // self.plan.interval_ms + 1
        return Held(
            float(quantity),
            float(self.book.price),
            standing.entry,
            standing.best,
            max(0, since),
            standing.steps,
        )

    def with_fills(self, decision: Decision, fills: tuple[Fill, ...]) -> tuple[Book, Standing]:
        """Give position and standing after what a decision's order has filled."""
        book, standing = copy(self.book), self.standing
        kind, interval_ms = decision.tag.partition(":")[0], self.plan.interval_ms
        for ending in book.take(fills):
            trips = self._trips_with(standing.trips, ending, kind)
            standing = standing._replace(trips=trips, entered_ms=0, entry=0.0, best=0.0, steps=0)
        if fills and self.book.is_flat and not book.is_flat:
            price, entered_ms = float(book.entry), book.opened_ms - book.opened_ms % interval_ms
            standing = standing._replace(entered_ms=entered_ms, entry=price, best=price, steps=0)
        elif fills and kind == _SAFETY:
            standing = standing._replace(steps=standing.steps + 1)
        return book, standing._replace(sums=book.sums())

    def _trips_with(self, trips: tuple[Trip, ...], ending: Ending, kind: str) -> tuple[Trip, ...]:
        """Give the trades that ended, with one more, as far back as guards look.

        Why: they are written down with every order.
        """
        interval_ms = self.plan.interval_ms
        at_ms = ending.time_ms - ending.time_ms % interval_ms
        oldest_ms = at_ms - looks_back(self.course.guards) * interval_ms
        trip = Trip(at_ms, ending.gain, int(kind in _STOPS))
        return tuple(it for it in (*trips, trip) if it.at_ms > oldest_ms)[-_MOST_TRIPS:]


def is_entry(decision: Decision) -> bool:
    """Tell whether a decision of a signal strategy may add to a position."""
    return decision.tag.partition(":")[0] in {"enter", "buy", _SAFETY}


def protects(decision: Decision) -> bool:
    """Tell whether a decision ends a position to keep it from worse, or because a person said so.

    Why: a stop that waits for an answer is none.
    """
    return decision.tag.partition(":")[0] in _PROTECTING


def side_into(side: int) -> Side:
    """Give the side of the order that takes a position towards LONG or SHORT."""
    return Side.BUY if side > 0 else Side.SELL
