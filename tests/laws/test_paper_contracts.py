"""Laws of perpetual contracts, for any orders, settings, prices, fundings and liquidations."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings

from drawbridge.core.derivatives import GetPositions, MarginMode
from drawbridge.core.orders import OrderStatus, PositionSide, Side, TimeInForce
from drawbridge.paper.book import OrderState
from drawbridge.paper.events import Accepted, Traded, encode_batch
from drawbridge.paper.ledger import held
from drawbridge.paper.liquidation import CLIENT_ID
from drawbridge.paper.setting_up import relive
from drawbridge.paper.snapshot import encode_state, restore_state
from drawbridge.paper.state import FillState
from drawbridge.paper.store import Told
from tests.laws.contract_stories import MONEY, PEOPLE, Story, begin, end, gamma, play, step, stories

# A story holds up to forty acts, so that this is thousands of them for each law.
OFTEN = settings(max_examples=60)


@OFTEN
@given(stories)
def test_money_is_neither_made_nor_lost_and_nobody_owes(story: Story) -> None:
    for world in play(story):
        for proof in world.state.ledger.prove(world.places):
            assert proof.difference == 0
            assert proof.issued == 3 * MONEY
        for person in PEOPLE:
            assert all(it.free >= 0 and it.held >= 0 for it in world.state.balances(person))


@OFTEN
@given(stories)
def test_a_refusal_leaves_no_trace(story: Story) -> None:
    world = begin(story)
    for act in story.acts:
        world.wait(act.wait)
        before = encode_state(world.state)
        if not step(world, replace(act, wait=0)):
            assert encode_state(world.state) == before


@OFTEN
@given(stories)
def test_what_is_held_stands_in_for_orders_and_positions(story: Story) -> None:
    for world in play(story):
        floor = gamma(world)
        for person in PEOPLE:
            backing = sum(it.margin for it in floor.contracts.of(person))
            orders = floor.open_orders(person)
            assert all(it.held == 0 for it in orders if it.waits or it.only_reduces)
            backing += sum(it.held for it in orders)
            assert world.state.ledger.atoms(held(person), "USD") == backing


@OFTEN
@given(stories)
def test_positions_are_the_sum_of_their_fills(story: Story) -> None:
    world = end(story)
    floor = gamma(world)
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


@OFTEN
@given(stories)
def test_balances_are_what_fills_and_fundings_say(story: Story) -> None:
    world = end(story)
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


@OFTEN
@given(stories)
def test_profit_is_what_was_received_less_what_was_paid(story: Story) -> None:
    floor = gamma(end(story))
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


@OFTEN
@given(stories)
def test_what_may_only_reduce_never_makes_a_position_larger(story: Story) -> None:
    world = end(story)
    positions: Counter[tuple[str, str, PositionSide]] = Counter()
    floor = gamma(world)
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


@OFTEN
@given(stories)
def test_the_journal_alone_gives_the_same_world_and_snapshots_lose_nothing(story: Story) -> None:
    world = end(story)
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


@OFTEN
@given(stories)
def test_orders_for_contracts_keep_their_word(story: Story) -> None:
    world = end(story)
    floor = gamma(world)
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


@OFTEN
@given(stories)
def test_nobody_trades_contracts_with_themselves(story: Story) -> None:
    world = end(story)
    orders = gamma(world).orders
    for exchange, event in world.events():
        if exchange == "gamma" and isinstance(event, Traded) and event.taker and event.maker:
            assert orders[event.taker].account != orders[event.maker].account


@OFTEN
@given(stories)
def test_after_every_step_everyone_has_more_than_their_maintenance_margin(story: Story) -> None:
    world = end(story)
    world.wait()
    floor = gamma(world)
    for person in PEOPLE:
        told = world.desk.carry_out("gamma", person, GetPositions(), world.now_ms)
        for position in told:
            if position.mode is MarginMode.ISOLATED:
                assert position.margin + position.unrealised > position.maintenance_margin
        crossed = [position for position in told if position.mode is MarginMode.CROSS]
        backing = world.balance(person, "USD").free
        backing += sum(it.margin + it.unrealised for it in crossed)
        for order in floor.open_orders(person):
            if not floor.contracts.setting(person, order.rules).isolated:
                backing += order.rules.quote_amount(order.held)
        assert not crossed or backing > sum(it.maintenance_margin for it in crossed)


@OFTEN
@given(stories)
def test_a_liquidation_closes_whole(story: Story) -> None:
    world = end(story)
    for exchange, event in world.events():
        if exchange == "gamma" and isinstance(event, Accepted) and event.client_id == CLIENT_ID:
            assert gamma(world).orders[event.number].status is OrderStatus.FILLED
