"""Laws of the paper exchanges, for any sequence of orders, cancels and prices (scenario 90)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from drawbridge.core.errors import ExchangeRefused, NotFound
from drawbridge.core.operations import CancelOrder, PlaceOrder
from drawbridge.core.orders import OrderStatus, OrderType, Side, TimeInForce, Trigger, TriggerKind
from drawbridge.paper.book import OrderState
from drawbridge.paper.events import Accepted, Ended, Traded, Triggered, decode_events, encode_batch
from drawbridge.paper.ledger import FEES, HOUSE, free, held
from drawbridge.paper.setting_up import relive
from drawbridge.paper.snapshot import encode_state, restore_state
from drawbridge.paper.state import FillState, State
from drawbridge.paper.store import Told
from tests.paper.small import SmallWorld

PEOPLE = ("ann", "bob", "cid")
EXCHANGES = ("alpha", "beta")


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a person does at an exchange, after some time has passed."""

    wait: int
    exchange: str
    person: str
    order: PlaceOrder | None
    nth: int


_prices = st.integers(180, 220).map(lambda halves: Decimal(halves) / 2)
_quantities = st.integers(2, 4_000).map(lambda lots: Decimal(lots) / 1_000)


@st.composite
def _orders(draw: st.DrawFn) -> PlaceOrder:
    side = draw(st.sampled_from(Side))
    trigger = draw(st.none() | st.builds(Trigger, st.sampled_from(TriggerKind), _prices))
    if draw(st.integers(0, 4)) == 0:
        if draw(st.booleans()):
            spend = draw(st.integers(5, 600).map(Decimal))
            return PlaceOrder(
                "BTC/USD", side, OrderType.MARKET, quote_quantity=spend, trigger=trigger
            )
        return PlaceOrder(
            "BTC/USD", side, OrderType.MARKET, quantity=draw(_quantities), trigger=trigger
        )
    return PlaceOrder(
        "BTC/USD",
        side,
        OrderType.LIMIT,
        quantity=draw(_quantities),
        price=draw(_prices),
        time_in_force=draw(st.sampled_from(TimeInForce)),
        post_only=draw(st.booleans()),
        trigger=trigger,
    )


_acts = st.lists(
    st.builds(
        Act,
        # Below zero: a clock that is set back, by a fault that was asked for or a real one.
        wait=st.integers(-1, 2),
        exchange=st.sampled_from(EXCHANGES),
        person=st.sampled_from(PEOPLE),
        order=st.one_of(_orders(), _orders(), _orders(), st.none()),
        nth=st.integers(0, 5),
    ),
    max_size=40,
)
_paths = st.lists(_prices, min_size=1, max_size=8)


def _play(acts: Sequence[Act], path: Sequence[Decimal]) -> Iterator[SmallWorld]:
    """Play the acts and stop after each one for a look at the world."""
    world = _end((), path)
    for act in acts:
        _step(world, act)
        yield world


def _end(acts: Sequence[Act], path: Sequence[Decimal]) -> SmallWorld:
    """Play all acts and give the world as it is then."""
    world = SmallWorld(prices=path, depth=Decimal("0.5"), money=Decimal(400))
    for act in acts:
        _step(world, act)
    return world


def _step(world: SmallWorld, act: Act) -> None:
    if act.wait:
        world.wait(act.wait)
    _do(world, act)


def _do(world: SmallWorld, act: Act) -> None:
    try:
        if act.order is not None:
            world.place(act.person, act.order, act.exchange)
            return
        record = world.state.floors[act.exchange].records.get(act.person)
        for order in list(record.open.values() if record else ())[act.nth : act.nth + 1]:
            cancel = CancelOrder(order_id=order.order_id)
            world.desk.carry_out(act.exchange, act.person, cancel, world.now_ms)
    except (ExchangeRefused, NotFound):
        # A refusal is an answer; that it changed nothing is what the laws look at.
        return


@given(_acts, _paths)
def test_money_is_neither_made_nor_lost_and_nobody_owes(
    acts: Sequence[Act], path: Sequence[Decimal]
) -> None:
    for world in _play(acts, path):
        for proof in world.state.ledger.prove(world.places):
            assert proof.difference == 0
            assert proof.issued == 3 * 400
        for person in PEOPLE:
            assert all(it.free >= 0 and it.held >= 0 for it in world.state.balances(person))


@given(_acts, _paths)
def test_what_is_held_is_what_open_orders_still_need(
    acts: Sequence[Act], path: Sequence[Decimal]
) -> None:
    for world in _play(acts, path):
        need: Counter[tuple[str, str]] = Counter()
        for order in _open_orders(world.state):
            rules = order.rules
            if order.waits:
                assert order.held > 0
            else:
                assert order.held == rules.need(order.side, order.ticks, order.left)
            need[order.account, rules.paid_currency(order.side)] += order.held
        for person, currency in product(PEOPLE, world.places):
            assert world.state.ledger.atoms(held(person), currency) == need[person, currency]


def _open_orders(state: State) -> Iterator[OrderState]:
    for floor in state.floors.values():
        for record in floor.records.values():
            yield from record.open.values()


@given(_acts, _paths)
def test_balances_are_what_the_fills_say(acts: Sequence[Act], path: Sequence[Decimal]) -> None:
    world = _end(acts, path)
    for person in PEOPLE:
        expected = dict.fromkeys(world.places, Decimal(400))
        for floor in world.state.floors.values():
            for fill in floor.record(person).fills:
                order, rules = fill.order, fill.order.rules
                sign = 1 if order.side is Side.BUY else -1
                expected[rules.base] += sign * rules.quantity(fill.lots)
                expected[rules.quote] -= sign * rules.quote_amount(
                    rules.cost(fill.ticks, fill.lots)
                )
                expected[rules.fee_currency(order.side)] -= rules.fee_amount(order.side, fill.fee)
        for balance in world.state.balances(person):
            assert balance.total == expected[balance.currency]


@given(_acts, _paths)
def test_nobody_trades_before_a_better_or_older_order(
    acts: Sequence[Act], path: Sequence[Decimal]
) -> None:
    world = _end(acts, path)
    for exchange in EXCHANGES:
        _check_priority([event for name, event in world.events() if name in {exchange, ""}])


def _check_priority(events: Sequence[object]) -> None:
    """Follow the book by the plainest means there are: a list that is searched through."""
    book: dict[int, Accepted] = {}
    known: dict[int, Accepted] = {}
    left: dict[int, int] = {}
    for event in events:
        if isinstance(event, Accepted | Triggered):
            order = known.setdefault(event.number, event) if isinstance(event, Accepted) else None
            left[event.number] = event.lots
            if order is None or order.terms is None:
                book |= _resting(known[event.number])
        elif isinstance(event, Ended):
            book.pop(event.number, None)
        elif isinstance(event, Traded):
            _check_trade(event, book)
            left[event.taker] = left.get(event.taker, 0) - event.lots
            left[event.maker] = left.get(event.maker, 0) - event.lots
            for number in (event.taker, event.maker):
                book.pop(number if not left[number] else 0, None)


def _resting(event: Accepted) -> dict[int, Accepted]:
    rests = event.type is OrderType.LIMIT and event.time_in_force is TimeInForce.GTC
    return {event.number: event} if rests else {}


def _check_trade(event: Traded, book: dict[int, Accepted]) -> None:
    resting = [
        it for it in book.values() if it.side is event.side.opposite and it.number != event.taker
    ]
    # For the best order this is the smallest; of two at one price the one that came first.
    ranks = [(-it.ticks if it.side is Side.BUY else it.ticks) for it in resting]
    price = -event.ticks if event.side is Side.SELL else event.ticks
    if event.maker:
        assert min(ranks) == price
        assert resting[ranks.index(price)].number == event.maker
    else:
        assert all(rank > price for rank in ranks)


@given(_acts, _paths)
def test_orders_keep_their_word(acts: Sequence[Act], path: Sequence[Decimal]) -> None:
    for world in _play(acts, path):
        for floor in world.state.floors.values():
            for order in floor.orders.values():
                fills = [it for it in floor.record(order.account).fills if it.order is order]
                _check_order(order, fills)


def _check_order(order: OrderState, fills: Sequence[FillState]) -> None:
    assert sum(it.lots for it in fills) == order.filled <= order.lots
    assert (order.status is OrderStatus.FILLED) == (order.left == 0 < order.lots)
    assert order.may_rest or order.waits or order.status.is_final
    if order.time_in_force is TimeInForce.FOK and order.type is OrderType.LIMIT:
        assert order.filled in {0, order.lots}
    if order.post_only:
        assert all(it.is_maker for it in fills)
    if order.ticks:
        sign = 1 if order.side is Side.BUY else -1
        assert all(it.ticks * sign <= order.ticks * sign for it in fills)
    if order.spend:
        assert order.filled_quote <= order.spend


@given(_acts, _paths)
def test_nobody_trades_with_themselves(acts: Sequence[Act], path: Sequence[Decimal]) -> None:
    world = _end(acts, path)
    for exchange, event in world.events():
        if isinstance(event, Traded) and event.taker and event.maker:
            orders = world.state.floors[exchange].orders
            assert orders[event.taker].account != orders[event.maker].account


@given(_acts, _paths)
def test_the_journal_alone_gives_the_same_world(
    acts: Sequence[Act], path: Sequence[Decimal]
) -> None:
    world = _end(acts, path)
    again = world.empty().state
    relive(again, Told(len(world.journal), b"", [encode_batch(world.journal)]))
    assert encode_state(again) == encode_state(world.state)
    _check_same_book(again, world.state)

    half = len(world.journal) // 2
    early = world.empty().state
    relive(early, Told(half, b"", [encode_batch(world.journal[:half])]))
    late = world.empty().state
    relive(
        late, Told(len(world.journal), encode_state(early), [encode_batch(world.journal[half:])])
    )
    assert encode_state(late) == encode_state(world.state)
    _check_same_book(late, world.state)


def _check_same_book(one: State, other: State) -> None:
    for name, floor in one.floors.items():
        for symbol, pit in floor.pits.items():
            mirror = other.floors[name].pits[symbol].book
            for side in Side:
                numbers = [order.number for order in pit.book.side(side)]
                assert numbers == [order.number for order in mirror.side(side)]


@given(_acts, _paths)
def test_snapshots_lose_nothing(acts: Sequence[Act], path: Sequence[Decimal]) -> None:
    world = _end(acts, path)
    copy = world.empty().state
    restore_state(copy, encode_state(world.state))
    assert encode_state(copy) == encode_state(world.state)


@settings(max_examples=30)
@given(_acts, _paths)
def test_the_house_and_the_fees_hold_what_people_gave(
    acts: Sequence[Act], path: Sequence[Decimal]
) -> None:
    world = _end(acts, path)
    fees = dict.fromkeys(world.places, 0)
    for name, text in world.journal:
        for event in decode_events(text):
            if not isinstance(event, Traded):
                continue
            rules = world.state.floors[name].pits[event.symbol].rules
            fees[rules.fee_currency(event.side)] += event.taker_fee
            fees[rules.fee_currency(event.side.opposite)] += event.maker_fee
    for currency in world.places:
        ledger = world.state.ledger
        people = sum(
            ledger.atoms(account(person), currency) for person in PEOPLE for account in (free, held)
        )
        house = ledger.atoms(HOUSE, currency)
        assert ledger.atoms(FEES, currency) == fees[currency]
        assert people + house + fees[currency] == 3 * 400 * 10 ** world.places[currency]
