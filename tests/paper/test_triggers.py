"""Conditional orders: held, waiting, triggered, cancelled, and there after a restart."""

from dataclasses import replace
from decimal import Decimal

import pytest

from drawbridge.core.errors import BadInput, ExchangeRefused, Forbidden, NotFound
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetOpenOrders,
    GetOrder,
    PlaceOrder,
)
from drawbridge.core.orders import (
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    Trigger,
    TriggerBy,
    TriggerKind,
)
from drawbridge.paper import triggers
from drawbridge.paper.events import encode_batch
from drawbridge.paper.setting_up import relive
from drawbridge.paper.snapshot import encode_state, restore_state
from drawbridge.paper.store import Told
from tests.paper.small import SmallWorld

STOP, PROFIT = TriggerKind.STOP, TriggerKind.TAKE_PROFIT
# At 100 for two seconds, then down to 95, and up to 106.
FALL = [Decimal(100), Decimal(100), *[Decimal(95)] * 3, *[Decimal(106)] * 20]


def _order(
    side: Side,
    kind: TriggerKind,
    at: str,
    price: str = "",
    *,
    quantity: str = "1",
) -> PlaceOrder:
    return PlaceOrder(
        "BTC/USD",
        side,
        OrderType.LIMIT if price else OrderType.MARKET,
        quantity=Decimal(quantity),
        price=Decimal(price) if price else None,
        trigger=Trigger(kind, Decimal(at)),
    )


def _now(world: SmallWorld, placed: Order, who: str = "ann", exchange: str = "alpha") -> Order:
    return world.desk.carry_out(exchange, who, GetOrder(order_id=placed.order_id), world.now_ms)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (_order(Side.SELL, STOP, "100"), "trigger_would_fire"),
        (_order(Side.SELL, STOP, "101"), "trigger_would_fire"),
        (_order(Side.BUY, STOP, "99"), "trigger_would_fire"),
        (_order(Side.SELL, PROFIT, "99"), "trigger_would_fire"),
        (_order(Side.BUY, PROFIT, "101"), "trigger_would_fire"),
        (_order(Side.SELL, STOP, "95.3"), "price_off_tick"),
        (_order(Side.SELL, STOP, "0"), "price_out_of_range"),
        (_order(Side.SELL, STOP, "95", "94.7"), "price_off_tick"),
        (_order(Side.SELL, STOP, "95", quantity="0.001"), "too_small"),
        (_order(Side.SELL, STOP, "95", quantity="0.01"), "notional_too_small"),
        (_order(Side.SELL, STOP, "95", quantity="10001"), "insufficient_funds"),
        (_order(Side.BUY, STOP, "105", quantity="96"), "insufficient_funds"),
        (_order(Side.BUY, STOP, "105", "1000", quantity="11"), "insufficient_funds"),
    ],
)
def test_a_conditional_order_that_breaks_a_rule_is_refused(order: PlaceOrder, code: str) -> None:
    world = SmallWorld()
    before = len(world.journal)
    with pytest.raises(ExchangeRefused) as caught:
        world.place("ann", order)
    assert caught.value.code == code
    assert len(world.journal) == before


def test_what_belongs_to_contracts_and_margin_is_refused_on_spot() -> None:
    world = SmallWorld()
    trigger = Trigger(STOP, Decimal(95))
    for wish in (None, trigger):
        margin = PlaceOrder(
            "BTC/USD", Side.SELL, OrderType.MARKET, Decimal(1), leverage=Decimal(2), trigger=wish
        )
        with pytest.raises(Forbidden, match="right_missing"):
            world.place("ann", margin)
        for reducing in (
            PlaceOrder(
                "BTC/USD", Side.SELL, OrderType.MARKET, Decimal(1), reduce_only=True, trigger=wish
            ),
            PlaceOrder("BTC/USD", Side.SELL, OrderType.MARKET, close_position=True, trigger=wish),
        ):
            with pytest.raises(ExchangeRefused, match="reduce_only_rejected"):
                world.place("ann", reducing)
    pit = world.state.floors["alpha"].pits["BTC/USD"]
    with pytest.raises(BadInput, match="missing_parameter"):
        triggers.read_terms(pit, world.order(Side.BUY, "1"), world.now_ms)


def test_a_stop_holds_its_money_while_it_waits_and_gives_it_back_when_cancelled() -> None:
    world = SmallWorld()
    stop = world.place("ann", _order(Side.SELL, STOP, "95", quantity="3")).order
    limit = world.place("ann", _order(Side.BUY, STOP, "110", "112", quantity="2")).order
    assert stop.status is OrderStatus.OPEN
    assert (stop.trigger, stop.triggered_ms, stop.waits) == (Trigger(STOP, Decimal(95)), 0, True)
    assert world.balance("ann", "BTC").held == 3
    assert world.balance("ann", "USD").held == 224
    listed = world.desk.carry_out("alpha", "ann", GetOpenOrders("BTC/USD"), world.now_ms)
    assert listed == (stop, limit)
    cancel = CancelOrder(order_id=stop.order_id)
    ended = world.desk.carry_out("alpha", "ann", cancel, world.now_ms)
    assert ended.status is OrderStatus.CANCELLED
    assert not ended.waits
    world.desk.carry_out("alpha", "ann", CancelAllOrders(), world.now_ms)
    assert world.balance("ann", "BTC").held == world.balance("ann", "USD").held == 0
    with pytest.raises(NotFound, match="unknown_order_cancel"):
        world.desk.carry_out("alpha", "ann", cancel, world.now_ms)


def test_a_waiting_order_is_not_in_the_book() -> None:
    world = SmallWorld()
    world.place("ann", _order(Side.SELL, PROFIT, "104", "100"))
    taken = world.place("bob", world.order(Side.BUY, "1"))
    assert all(fill.price > 100 for fill in taken.fills)


def test_a_stop_sells_at_the_market_once_the_price_has_fallen() -> None:
    world = SmallWorld(prices=FALL)
    stop = world.place("ann", _order(Side.SELL, STOP, "97")).order
    world.wait()
    assert _now(world, stop).waits
    world.wait()
    done = _now(world, stop)
    assert done.status is OrderStatus.FILLED
    assert done.triggered_ms == done.updated_ms == world.now_ms
    assert not done.waits
    assert done.average_price is not None
    assert 94 < done.average_price <= 95
    assert done.trigger == Trigger(STOP, Decimal(97))
    assert world.balance("ann", "BTC").total == 9_999
    assert world.balance("ann", "BTC").held == 0


def test_a_take_profit_rests_at_its_limit_once_the_price_has_risen() -> None:
    world = SmallWorld(prices=FALL)
    profit = world.place("ann", _order(Side.SELL, PROFIT, "105", "120")).order
    world.wait(5)
    now = _now(world, profit)
    assert now.status is OrderStatus.OPEN
    assert now.triggered_ms == world.now_ms
    assert world.balance("ann", "BTC").held == 1
    pit = world.state.floors["alpha"].pits["BTC/USD"]
    assert [order.order_id for order in pit.book.asks] == [profit.order_id]
    world.desk.carry_out("alpha", "ann", CancelOrder(order_id=profit.order_id), world.now_ms)
    assert pit.book.is_empty


def test_a_purchase_triggered_at_the_market_needs_no_more_than_there_is() -> None:
    """The price jumped over the trigger: what is held does not pay, and free money must."""
    world = SmallWorld(prices=FALL, depth=Decimal(500))
    rich = world.place("ann", _order(Side.BUY, STOP, "101", quantity="20")).order
    poor = world.place("bob", _order(Side.BUY, STOP, "101", quantity="98")).order
    assert world.balance("bob", "USD").held == 9_898
    world.wait(5)
    assert _now(world, rich).status is OrderStatus.FILLED
    assert world.balance("ann", "USD").held == 0
    assert _now(world, poor, "bob").status is OrderStatus.EXPIRED
    assert world.balance("bob", "USD").free == 10_000


def test_by_cost_a_trigger_spends_no_more_than_asked_and_holds_the_fee() -> None:
    world = SmallWorld(prices=FALL)
    order = PlaceOrder(
        "BTC/USD",
        Side.BUY,
        OrderType.MARKET,
        quote_quantity=Decimal(250),
        trigger=Trigger(PROFIT, Decimal(96)),
    )
    waits = world.place("ann", order, "beta").order
    assert waits.quantity == 0
    assert world.balance("ann", "USD").held == 251
    world.wait(2)
    done = _now(world, waits, exchange="beta")
    assert done.status is OrderStatus.FILLED
    assert Decimal("249.8") < done.filled_quote <= 250
    assert world.balance("ann", "USD").total == 10_000 - done.filled_quote - done.fee
    assert world.balance("ann", "USD").held == 0


def test_a_triggered_order_keeps_its_other_conditions() -> None:
    world = SmallWorld(prices=FALL, depth=Decimal("0.01"))
    maker = _order(Side.SELL, STOP, "97", "90")
    never_takes = world.place("ann", replace(maker, post_only=True)).order
    large = _order(Side.SELL, STOP, "97", "90", quantity="500")
    whole = world.place("ann", replace(large, time_in_force=TimeInForce.FOK)).order
    some = _order(Side.SELL, STOP, "97", "94.5", quantity="9")
    part = world.place("ann", replace(some, time_in_force=TimeInForce.IOC)).order
    world.wait(2)
    for order in (never_takes, whole):
        assert _now(world, order).status is OrderStatus.EXPIRED
        assert _now(world, order).filled == 0
        assert _now(world, order).triggered_ms == world.now_ms
    assert _now(world, part).status is OrderStatus.EXPIRED
    assert 0 < _now(world, part).filled < 9
    assert world.balance("ann", "BTC").held == 0


def test_a_trade_of_people_sets_off_no_trigger() -> None:
    world = SmallWorld(prices=[Decimal(100)] * 20, depth=Decimal("0.001"))
    stop = world.place("ann", _order(Side.SELL, STOP, "97")).order
    world.place("bob", world.order(Side.SELL, "50"))
    world.wait()
    assert _now(world, stop).waits


def test_a_dry_run_of_a_conditional_order_leaves_no_trace() -> None:
    world = SmallWorld()
    before = len(world.journal)
    order = PlaceOrder(
        "BTC/USD",
        Side.SELL,
        OrderType.MARKET,
        Decimal(1),
        dry_run=True,
        trigger=Trigger(STOP, Decimal(95), TriggerBy.MARK),
    )
    told = world.place("ann", order).order
    assert told.order_id == ""
    assert told.trigger == order.trigger
    assert len(world.journal) == before


@pytest.mark.parametrize("by_snapshot", [False, True])
def test_triggers_survive_a_restart(*, by_snapshot: bool) -> None:
    world = SmallWorld(prices=FALL)
    fired = world.place("ann", _order(Side.SELL, STOP, "97", "101")).order
    younger = world.place("bob", world.order(Side.SELL, "1", "101")).order
    waits = world.place("ann", _order(Side.SELL, STOP, "90")).order
    world.wait(2)
    assert _now(world, fired).triggered_ms
    again = world.empty()
    if by_snapshot:
        restore_state(again.state, encode_state(world.state))
    else:
        relive(again.state, Told(1, b"", [encode_batch(world.journal)]))
    assert encode_state(again.state) == encode_state(world.state)
    pit = again.state.floors["alpha"].pits["BTC/USD"]
    assert [order.order_id for order in pit.waiting.values()] == [waits.order_id]
    queue = [order.order_id for order in pit.book.asks]
    assert queue == [younger.order_id, fired.order_id], "it queues from when it was triggered"


def test_a_journal_without_terms_is_read_as_it_always_was() -> None:
    """What older versions wrote: an acceptance of thirteen fields."""
    world = SmallWorld(people=())
    old = (
        '[["",[["o","ann",1,[["USD",1000000]]]]],["alpha",'
        '[["a",1,"ann","BTC/USD","buy","limit","gtc",1000,180,0,false,"",900000,1]]]]'
    )
    relive(world.state, Told(1, b"", [old]))
    assert [order.ticks for order in world.state.floors["alpha"].pits["BTC/USD"].book.bids] == [180]
