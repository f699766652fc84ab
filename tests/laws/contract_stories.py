"""Stories for the laws of perpetual contracts: what people do while the price takes its path.

Everyone begins with a position; orders lie around the market, and what is to reduce is on the
side that does, so that most of what is drawn means something.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate

from hypothesis import strategies as st

from drawbridge.core.derivatives import (
    AdjustMargin,
    MarginMode,
    SetLeverage,
    SetMarginMode,
    SetPositionMode,
)
from drawbridge.core.errors import ExchangeRefused, NotFound
from drawbridge.core.operations import CancelAllOrders, CancelOrder, Operation, PlaceOrder
from drawbridge.core.orders import (
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from drawbridge.paper.margin import closing_side
from drawbridge.paper.state import Floor
from tests.paper.perpetuals import OTHER, PERP
from tests.paper.small import ALPHA, GAMMA, SmallWorld

PEOPLE = ("ann", "bob", "cid")
MONEY = 400


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a person does after some time has passed; without a wish, cancels an order."""

    wait: int
    person: str
    exchange: str
    wish: Operation[object] | None
    nth: int


@dataclass(frozen=True, slots=True)
class Habit:
    """How a person trades contracts from the beginning, and what they begin with."""

    leverage: int
    isolated: bool
    hedged: bool
    side: Side
    quantity: int


@dataclass(frozen=True, slots=True)
class Story:
    """What people do, while the price takes its path."""

    acts: Sequence[Act]
    path: Sequence[Decimal]
    habits: Sequence[Habit]


def _path(moves: Sequence[int]) -> list[Decimal]:
    return [Decimal(max(20, price)) for price in accumulate(moves, initial=100)]


# Prices are drawn as distances from the market and moved there when an order is placed.
_distances = st.sampled_from((0, 0, 0, 1, -1, 1, -1, 2, -2, 6, -6)).map(lambda it: Decimal(it) / 2)
_quantities = st.sampled_from(("0.05", "0.5", "2", "5", "20")).map(Decimal)
_times = st.sampled_from((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.GTC, *TimeInForce))
_symbols = st.sampled_from((PERP, PERP, OTHER))


@st.composite
def _orders(draw: st.DrawFn) -> PlaceOrder:
    symbol = draw(_symbols)
    limit = draw(st.booleans())
    trigger = draw(
        st.none() | st.none() | st.builds(Trigger, st.sampled_from(TriggerKind), _distances)
    )
    close = draw(st.integers(0, 7)) == 0
    return PlaceOrder(
        symbol,
        draw(st.sampled_from(Side)),
        OrderType.LIMIT if limit else OrderType.MARKET,
        quantity=None if close else draw(_quantities),
        price=draw(_distances) if limit else None,
        time_in_force=draw(_times) if limit else TimeInForce.GTC,
        post_only=limit and draw(st.integers(0, 5)) == 0,
        trigger=trigger,
        reduce_only=draw(st.integers(0, 3)) == 0,
        close_position=close,
        position_side=draw(st.sampled_from((PositionSide.LONG, PositionSide.SHORT))),
    )


_spot_orders = st.builds(
    PlaceOrder,
    st.just("BTC/USD"),
    st.sampled_from(Side),
    st.just(OrderType.MARKET),
    quantity=_quantities,
)
_settings = (
    st.builds(SetLeverage, _symbols, st.integers(1, 50))
    | st.builds(SetMarginMode, _symbols, st.sampled_from(MarginMode))
    | st.builds(SetPositionMode, hedged=st.booleans())
    | st.builds(
        AdjustMargin,
        _symbols,
        st.integers(-2_000, 2_000).filter(bool).map(lambda cents: Decimal(cents) / 100),
        st.sampled_from(PositionSide),
    )
)
_waits = st.sampled_from((0, 0, 0, 1, 1, 2, 3, 8 * 3_600))
_moves = st.sampled_from((0, 0, 1, -1, 2, -2, 5, -5, 12, -12))
_acts = st.lists(
    st.builds(
        Act,
        wait=_waits,
        person=st.sampled_from(PEOPLE),
        exchange=st.just("gamma"),
        wish=st.one_of(_orders(), _orders(), _orders(), _orders(), _settings, st.none()),
        nth=st.integers(0, 5),
    )
    | st.builds(
        Act,
        wait=_waits,
        person=st.sampled_from(PEOPLE),
        exchange=st.just("alpha"),
        wish=_spot_orders,
        nth=st.just(0),
    ),
    min_size=12,
    max_size=40,
)
_seldom = st.sampled_from((False, False, True))
_habits = st.builds(
    Habit,
    st.sampled_from((2, 10, 50)),
    st.booleans(),
    _seldom,
    st.sampled_from(Side),
    st.integers(1, 6),
)
stories = st.builds(
    Story,
    _acts,
    st.lists(_moves, min_size=8, max_size=30).map(_path),
    st.tuples(_habits, _habits, _habits),
)


def play(story: Story) -> Iterator[SmallWorld]:
    """Play the acts and stop after each one for a look at the world."""
    world = begin(story)
    for act in story.acts:
        step(world, act)
        yield world


def end(story: Story) -> SmallWorld:
    """Play all acts and give the world as it is then."""
    world = begin(story)
    for act in story.acts:
        step(world, act)
    return world


def begin(story: Story) -> SmallWorld:
    """Give the world in which a story begins."""
    world = SmallWorld(
        prices=story.path, depth=Decimal("0.5"), money=Decimal(MONEY), exchanges=(ALPHA, GAMMA)
    )
    for person, habit in zip(PEOPLE, story.habits, strict=True):
        _ask(world, person, SetLeverage(PERP, habit.leverage))
        if habit.isolated:
            _ask(world, person, SetMarginMode(PERP, MarginMode.ISOLATED))
        if habit.hedged:
            _ask(world, person, SetPositionMode(hedged=True))
        begins = PlaceOrder(PERP, habit.side, OrderType.MARKET, Decimal(habit.quantity))
        side = PositionSide.LONG if habit.side is Side.BUY else PositionSide.SHORT
        _ask(world, person, _fitting(world, person, replace(begins, position_side=side)))
    return world


def _fitting(world: SmallWorld, person: str, order: PlaceOrder) -> PlaceOrder:
    """Make a drawn order one that means something there.

    Its prices lie around the market, who has one position a contract names no side, and what is
    to reduce is on the side that does.
    """
    market = Decimal(gamma(world).pits[PERP].house.at(world.now_ms).last) / 2
    if order.price is not None:
        order = replace(order, price=market + order.price)
    if order.trigger is not None:
        trigger = replace(order.trigger, price=market + order.trigger.price)
        order = replace(order, trigger=trigger)
    contracts = gamma(world).contracts
    if person not in contracts.hedged:
        order = replace(order, position_side=PositionSide.BOTH)
    position = contracts.find(person, order.symbol, order.position_side)
    if position is not None and (order.reduce_only or order.close_position):
        order = replace(order, side=closing_side(position))
    return order


def _ask(world: SmallWorld, person: str, wish: Operation[object], exchange: str = "gamma") -> None:
    world.desk.carry_out(exchange, person, wish, world.now_ms)


def step(world: SmallWorld, act: Act) -> bool:
    """Take one step; tell whether it was allowed."""
    if act.wait:
        world.wait(act.wait)
    wish = act.wish
    if isinstance(wish, PlaceOrder):
        wish = _fitting(world, act.person, wish)
    if wish is None:
        orders = list(gamma(world).open_orders(act.person))[act.nth : act.nth + 1]
        wish = CancelOrder(order_id=orders[0].order_id) if orders else CancelAllOrders()
    try:
        _ask(world, act.person, wish, act.exchange)
    except (ExchangeRefused, NotFound):
        # A refusal is an answer; that it changed nothing is a law of its own.
        return False
    return True


def gamma(world: SmallWorld) -> Floor:
    """Give the exchange where contracts are traded."""
    return world.state.floors["gamma"]
