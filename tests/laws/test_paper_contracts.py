"""Laws of perpetual contracts, for any orders, settings, prices, fundings and liquidations."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate

from hypothesis import given
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
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from drawbridge.paper.book import OrderState
from drawbridge.paper.events import Accepted, Traded, encode_batch
from drawbridge.paper.ledger import held
from drawbridge.paper.liquidation import CLIENT_ID, liquidate
from drawbridge.paper.margin import closing_side
from drawbridge.paper.setting_up import relive
from drawbridge.paper.snapshot import encode_state, restore_state
from drawbridge.paper.state import FillState, Floor
from drawbridge.paper.store import Told
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
    """How a person trades contracts from the beginning."""

    leverage: int
    isolated: bool
    hedged: bool


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
    min_size=15,
    max_size=60,
)
_seldom = st.sampled_from((False, False, True))
_habits = st.builds(Habit, st.sampled_from((2, 10, 50)), st.booleans(), _seldom)
_stories = st.builds(
    Story,
    _acts,
    st.lists(_moves, min_size=8, max_size=30).map(_path),
    st.tuples(_habits, _habits, _habits),
)


def _play(story: Story) -> Iterator[SmallWorld]:
    """Play the acts and stop after each one for a look at the world."""
    world = _begin(story)
    for act in story.acts:
        _step(world, act)
        yield world


def _end(story: Story) -> SmallWorld:
    world = _begin(story)
    for act in story.acts:
        _step(world, act)
    return world


def _begin(story: Story) -> SmallWorld:
    world = SmallWorld(
        prices=story.path, depth=Decimal("0.5"), money=Decimal(MONEY), exchanges=(ALPHA, GAMMA)
    )
    for person, habit in zip(PEOPLE, story.habits, strict=True):
        _ask(world, person, SetLeverage(PERP, habit.leverage))
        if habit.isolated:
            _ask(world, person, SetMarginMode(PERP, MarginMode.ISOLATED))
        if habit.hedged:
            _ask(world, person, SetPositionMode(hedged=True))
    return world


def _fitting(world: SmallWorld, person: str, order: PlaceOrder) -> PlaceOrder:
    """Make a drawn order one that means something there.

    Its prices lie around the market, who has one position a contract names no side, and what is
    to reduce is on the side that does.
    """
    market = Decimal(_gamma(world).pits[PERP].house.at(world.now_ms).last) / 2
    if order.price is not None:
        order = replace(order, price=market + order.price)
    if order.trigger is not None:
        trigger = replace(order.trigger, price=market + order.trigger.price)
        order = replace(order, trigger=trigger)
    contracts = _gamma(world).contracts
    if person not in contracts.hedged:
        order = replace(order, position_side=PositionSide.BOTH)
    position = contracts.find(person, order.symbol, order.position_side)
    if position is not None and (order.reduce_only or order.close_position):
        order = replace(order, side=closing_side(position))
    return order


def _ask(world: SmallWorld, person: str, wish: Operation[object], exchange: str = "gamma") -> None:
    world.desk.carry_out(exchange, person, wish, world.now_ms)


def _step(world: SmallWorld, act: Act) -> None:
    if act.wait:
        world.wait(act.wait)
    before = encode_state(world.state)
    wish = act.wish
    if isinstance(wish, PlaceOrder):
        wish = _fitting(world, act.person, wish)
    if wish is None:
        orders = list(_gamma(world).open_orders(act.person))[act.nth : act.nth + 1]
        wish = CancelOrder(order_id=orders[0].order_id) if orders else CancelAllOrders()
    try:
        _ask(world, act.person, wish, act.exchange)
    except (ExchangeRefused, NotFound):
        assert encode_state(world.state) == before, "a refusal leaves no trace"


def _gamma(world: SmallWorld) -> Floor:
    return world.state.floors["gamma"]


@given(_stories)
def test_money_is_neither_made_nor_lost_and_nobody_owes(story: Story) -> None:
    for world in _play(story):
        for proof in world.state.ledger.prove(world.places):
            assert proof.difference == 0
            assert proof.issued == 3 * MONEY
        for person in PEOPLE:
            assert all(it.free >= 0 and it.held >= 0 for it in world.state.balances(person))


@given(_stories)
def test_what_is_held_stands_in_for_orders_and_positions(story: Story) -> None:
    for world in _play(story):
        floor = _gamma(world)
        for person in PEOPLE:
            backing = sum(it.margin for it in floor.contracts.of(person))
            orders = floor.open_orders(person)
            assert all(it.held == 0 for it in orders if it.waits or it.only_reduces)
            backing += sum(it.held for it in orders)
            assert world.state.ledger.atoms(held(person), "USD") == backing


@given(_stories)
def test_positions_are_the_sum_of_their_fills(story: Story) -> None:
    world = _end(story)
    floor = _gamma(world)
    found: Counter[tuple[str, str, PositionSide]] = Counter()
    for person, record in floor.records.items():
        for fill in record.fills:
            order = fill.order
            lots = fill.lots if order.side is Side.BUY else -fill.lots
            found[person, order.rules.symbol, order.position_side] += lots
    told = {(it.account, it.rules.symbol, it.side): it.lots for it in floor.contracts.all()}
    assert told == {key: lots for key, lots in found.items() if lots}
    signs = {PositionSide.LONG: 1, PositionSide.SHORT: -1}
    assert all(lots * signs.get(side, lots) > 0 for (_, _, side), lots in told.items())


@given(_stories)
def test_balances_are_what_fills_and_fundings_say(story: Story) -> None:
    world = _end(story)
    for person in PEOPLE:
        total = Decimal(MONEY)
        for floor in world.state.floors.values():
            fills = floor.records[person].fills if person in floor.records else ()
            total += sum((_money_of(fill) for fill in fills), Decimal(0))
            payments = floor.contracts.payments.get(person, ())
            total += Decimal(sum(paid.atoms for paid in payments)).scaleb(-4)
        assert world.balance(person, "USD").total == total


def _money_of(fill: FillState) -> Decimal:
    """Give what a fill did to the dollars of its person."""
    order, rules = fill.order, fill.order.rules
    cost = rules.quote_amount(rules.cost(fill.ticks, fill.lots))
    pays = rules.fee_currency(order.side) == "USD"
    fee = rules.fee_amount(order.side, fill.fee) if pays else Decimal(0)
    if rules.contract is not None:
        return rules.quote_amount(fill.realised) - fee
    return (cost if order.side is Side.SELL else -cost) - fee


@given(_stories)
def test_profit_is_what_was_received_less_what_was_paid(story: Story) -> None:
    floor = _gamma(_end(story))
    left: Counter[tuple[str, str, PositionSide]] = Counter()
    for person, record in floor.records.items():
        for fill in record.fills:
            order, cost = fill.order, fill.order.rules.cost(fill.ticks, fill.lots)
            key = person, order.rules.symbol, order.position_side
            left[key] += (cost if order.side is Side.BUY else -cost) + fill.realised
    told = {
        (it.account, it.rules.symbol, it.side): it.cost if it.lots > 0 else -it.cost
        for it in floor.contracts.all()
    }
    assert told == {key: cost for key, cost in left.items() if cost}


@given(_stories)
def test_what_may_only_reduce_never_makes_a_position_larger(story: Story) -> None:
    world = _end(story)
    positions: Counter[tuple[str, str, PositionSide]] = Counter()
    floor = _gamma(world)
    for exchange, event in world.events():
        if exchange != "gamma" or not isinstance(event, Traded):
            continue
        for number in (event.taker, event.maker):
            if number:
                _check_trade(floor.orders[number], event, positions)


def _check_trade(
    order: OrderState, event: Traded, positions: Counter[tuple[str, str, PositionSide]]
) -> None:
    key = order.account, event.symbol, order.position_side
    before = positions[key]
    positions[key] += event.lots if order.side is Side.BUY else -event.lots
    if order.only_reduces:
        assert abs(positions[key]) == abs(before) - event.lots


@given(_stories)
def test_the_journal_alone_gives_the_same_world_and_snapshots_lose_nothing(story: Story) -> None:
    world = _end(story)
    told = encode_state(world.state)
    again = world.empty().state
    relive(again, Told(1, b"", [encode_batch(world.journal)]))
    assert encode_state(again) == told
    half = len(world.journal) // 2
    early = world.empty().state
    relive(early, Told(half, b"", [encode_batch(world.journal[:half])]))
    late = world.empty().state
    restore_state(late, encode_state(early))
    relive(late, Told(1, b"", [encode_batch(world.journal[half:])]))
    assert encode_state(late) == told


@given(_stories)
def test_orders_for_contracts_keep_their_word(story: Story) -> None:
    world = _end(story)
    floor = _gamma(world)
    for order in floor.orders.values():
        fills = [it for it in floor.record(order.account).fills if it.order is order]
        assert sum(it.lots for it in fills) == order.filled <= order.lots
        assert order.may_rest or order.waits or order.status.is_final
        assert order.status.is_final or order.held >= 0
        if order.post_only:
            assert all(it.is_maker for it in fills)
        if order.time_in_force is TimeInForce.FOK:
            assert order.filled in {0, order.lots}
        if order.ticks:
            sign = 1 if order.side is Side.BUY else -1
            assert all(it.ticks * sign <= order.ticks * sign for it in fills)


@given(_stories)
def test_nobody_trades_contracts_with_themselves(story: Story) -> None:
    world = _end(story)
    orders = _gamma(world).orders
    for exchange, event in world.events():
        if exchange == "gamma" and isinstance(event, Traded) and event.taker and event.maker:
            assert orders[event.taker].account != orders[event.maker].account


@given(_stories)
def test_after_every_step_nobody_is_below_their_maintenance_margin(story: Story) -> None:
    world = _end(story)
    world.wait()
    assert liquidate(world.state, _gamma(world), world.now_ms) == []
    for exchange, event in world.events():
        if exchange == "gamma" and isinstance(event, Accepted) and event.client_id == CLIENT_ID:
            order = _gamma(world).orders[event.number]
            assert order.status is OrderStatus.FILLED
