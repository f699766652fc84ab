"""Perpetual contracts by numbers that can be worked out by hand."""

from dataclasses import replace
from decimal import Decimal

import pytest

from drawbridge.core.derivatives import GetPositions, SetLeverage, SetPositionMode
from drawbridge.core.errors import BadInput, ExchangeRefused, NotFound
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetOpenOrders,
    GetOrder,
    GetOwnTrades,
    PlaceOrder,
)
from drawbridge.core.orders import (
    Order,
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    Trigger,
    TriggerBy,
    TriggerKind,
)
from tests.paper.perpetuals import OTHER, PERP, Perpetuals, perp

BUY, SELL = Side.BUY, Side.SELL


def _refusal(world: Perpetuals, order: PlaceOrder, who: str = "ann") -> str:
    before = len(world.world.journal)
    with pytest.raises(ExchangeRefused) as caught:
        world.place(order, who)
    assert len(world.world.journal) == before, "a refused order leaves no trace"
    return caught.value.code


def _now(world: Perpetuals, placed: Order, who: str = "ann") -> Order:
    return world.ask(GetOrder(order_id=placed.order_id), who)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (perp(BUY, "0.001"), "too_small"),
        (perp(BUY, "0.0025"), "quantity_off_step"),
        (perp(BUY, "1", "100.3"), "price_off_tick"),
        (perp(BUY, "0.002", "100"), "notional_too_small"),
        (perp(BUY, "1000", "100"), "insufficient_funds"),
        (replace(perp(SELL, "1"), reduce_only=True), "reduce_only_rejected"),
        (
            PlaceOrder(PERP, SELL, OrderType.MARKET, close_position=True),
            "reduce_only_rejected",
        ),
        (replace(perp(BUY, "1"), position_side=PositionSide.LONG), "position_side_wrong"),
        (replace(perp(BUY, "1"), leverage=Decimal(20)), "leverage_not_allowed"),
        (replace(perp(BUY, "1", "101"), post_only=True), "post_only_would_take"),
        (
            replace(perp(SELL, "1"), trigger=Trigger(TriggerKind.STOP, Decimal(101))),
            "trigger_would_fire",
        ),
    ],
)
def test_an_order_for_contracts_that_breaks_a_rule_is_refused(order: PlaceOrder, code: str) -> None:
    assert _refusal(Perpetuals(), order) == code


def test_an_incomplete_order_for_contracts_names_what_is_missing() -> None:
    world = Perpetuals()
    for order, field in (
        (PlaceOrder(PERP, BUY, OrderType.LIMIT, quantity=Decimal(1)), "price"),
        (PlaceOrder(PERP, BUY, OrderType.MARKET), "quantity"),
        (PlaceOrder(PERP, BUY, OrderType.MARKET, quote_quantity=Decimal(100)), "quantity"),
    ):
        with pytest.raises(BadInput, match="missing_parameter") as caught:
            world.place(order)
        assert caught.value.facts["field"] == field
    with pytest.raises(NotFound, match="unknown_symbol"):
        world.place(replace(perp(BUY, "1"), symbol="XRP/USD:USD"))


def test_a_long_position_is_opened_and_closed_with_profit() -> None:
    world = Perpetuals(100, 110)
    placed = world.place(perp(BUY, "2"))
    assert placed.order.status is OrderStatus.FILLED
    assert [(it.price, it.fee, it.realised) for it in placed.fills] == [
        (Decimal("100.5"), Decimal("0.402"), Decimal(0))
    ]
    position = world.position()
    assert (position.quantity, position.entry_price) == (Decimal(2), Decimal("100.5"))
    assert (position.mark_price, position.unrealised) == (Decimal(100), Decimal(-1))
    assert (position.margin, position.maintenance_margin) == (Decimal("20.1"), Decimal(2))
    assert (position.leverage, position.notional) == (10, Decimal(200))
    assert position.liquidation_price is None, "all the money together outlasts any price"
    assert (world.free(), world.held()) == (Decimal("9979.498"), Decimal("20.1"))
    world.wait()
    assert world.position().unrealised == Decimal(19)
    assert world.free() == Decimal("9979.498"), "a profit that is not realised is booked nowhere"
    closed = world.place(perp(SELL, "2"))
    assert [(it.price, it.fee, it.realised) for it in closed.fills] == [
        (Decimal("109.5"), Decimal("0.438"), Decimal(18))
    ]
    assert (world.free(), world.held()) == (Decimal("10017.16"), Decimal(0))
    assert world.position().quantity == 0
    assert world.ask(GetPositions()) == ()
    world.prove()


def test_a_short_position_gains_when_the_price_falls() -> None:
    world = Perpetuals(100, 90)
    world.place(perp(SELL, "2"))
    position = world.position()
    assert (position.quantity, position.entry_price) == (Decimal(-2), Decimal("99.5"))
    assert (position.unrealised, position.margin) == (Decimal(-1), Decimal("19.9"))
    world.wait()
    assert world.position().unrealised == Decimal(19)
    assert world.place(perp(BUY, "2")).fills[0].realised == Decimal(18)
    assert world.free() == 10_000 - Decimal("0.398") + 18 - Decimal("0.362")
    world.prove()


def test_an_order_larger_than_the_position_turns_it_around() -> None:
    world = Perpetuals()
    world.place(perp(BUY, "2"))
    turned = world.place(perp(SELL, "3"))
    assert [(it.quantity, it.realised) for it in turned.fills] == [(Decimal(3), Decimal(-2))]
    position = world.position()
    assert (position.quantity, position.entry_price) == (Decimal(-1), Decimal("99.5"))
    assert (position.margin, position.realised) == (Decimal("9.95"), Decimal(0))
    assert world.held() == Decimal("9.95")
    assert world.free() == 10_000 - 2 - Decimal("0.402") - Decimal("0.597") - Decimal("9.95")
    world.prove()


def test_a_position_grows_at_its_average_price_and_shrinks_in_proportion() -> None:
    world = Perpetuals(100, 110)
    world.place(perp(BUY, "1"))
    world.wait()
    world.place(perp(BUY, "3"))
    position = world.position()
    assert position.entry_price == Decimal(108)  # (100.5 + 3 * 110.5) / 4
    assert position.margin == Decimal("43.2")
    half = world.place(perp(SELL, "1"))
    assert half.fills[0].realised == Decimal("1.5")  # 109.5 - 108
    position = world.position()
    assert (position.quantity, position.entry_price) == (Decimal(3), Decimal(108))
    assert (position.margin, position.realised) == (Decimal("32.4"), Decimal("1.5"))


def test_all_the_money_can_be_in_a_position_and_it_can_still_be_closed() -> None:
    """A closing order needs no margin, whether or not it says that it only closes."""
    world = Perpetuals(money=100)
    world.place(perp(BUY, "9.7"))
    assert world.free() < 1
    assert _refusal(world, perp(BUY, "1")) == "insufficient_funds"
    assert _refusal(world, perp(SELL, "20")) == "insufficient_funds"
    resting = world.place(perp(SELL, "9.7", "105")).order
    assert resting.status is OrderStatus.OPEN
    assert world.held() == world.position().margin
    assert _refusal(world, perp(SELL, "9.7", "106")) == "insufficient_funds"
    world.ask(CancelOrder(order_id=resting.order_id))
    closed = world.place(perp(SELL, "9.7")).order
    assert closed.status is OrderStatus.FILLED
    assert world.held() == 0
    world.prove()


def test_a_resting_order_holds_its_margin_and_its_fee_and_gives_them_back() -> None:
    world = Perpetuals()
    resting = world.place(perp(BUY, "2", "90")).order
    assert (world.held(), world.money().order_margin) == (Decimal("18.36"), Decimal("18.36"))
    assert world.money().wallet == 10_000
    assert world.ask(GetOpenOrders(PERP)) == (resting,)
    world.ask(CancelAllOrders(PERP))
    assert world.held() == 0


def test_a_loss_that_is_not_realised_yet_can_not_be_spent_either() -> None:
    world = Perpetuals(100, 60, money=200)
    world.place(perp(BUY, "2"))
    world.wait()
    # 200 - 20.1 - 0.402 are free, and 201 - 120 are lost.
    assert world.money().available == Decimal("98.498")
    spot = PlaceOrder("BTC/USD", BUY, OrderType.LIMIT, Decimal(2), Decimal(50))
    with pytest.raises(ExchangeRefused, match="insufficient_funds"):
        world.world.place("ann", spot)
    assert world.world.place("ann", replace(spot, price=Decimal(49))).order.order_id


def test_a_resting_order_of_one_person_is_taken_by_another() -> None:
    world = Perpetuals()
    made = world.place(perp(SELL, "2", "100"), "ann").order
    taken = world.place(perp(BUY, "3"), "bob")
    assert [(it.price, it.quantity) for it in taken.fills] == [
        (Decimal(100), Decimal(2)),
        (Decimal("100.5"), Decimal(1)),
    ]
    assert _now(world, made).status is OrderStatus.FILLED
    (fill,) = world.ask(GetOwnTrades(), "ann")
    assert (fill.is_maker, fill.fee) == (True, Decimal("0.2"))
    assert world.position("ann").quantity == -2
    assert world.position("bob").quantity == 3
    assert world.held("ann") == world.position("ann").margin == 20
    world.prove()


def test_an_own_resting_order_expires() -> None:
    world = Perpetuals()
    own = world.place(perp(SELL, "2", "100")).order
    taken = world.place(perp(BUY, "1"))
    assert taken.fills[0].price == Decimal("100.5")
    assert _now(world, own).status is OrderStatus.EXPIRED


def test_the_price_takes_resting_orders_for_contracts() -> None:
    world = Perpetuals(100, 95)
    resting = world.place(perp(BUY, "2", "97")).order
    world.wait()
    done = _now(world, resting)
    assert (done.status, done.average_price) == (OrderStatus.FILLED, Decimal(97))
    assert done.fee == Decimal("0.194")
    assert world.position().entry_price == 97
    assert world.held() == Decimal("19.4")


def test_what_does_not_fill_at_once_ends_where_it_may_not_rest() -> None:
    world = Perpetuals(depth=1)
    whole = replace(perp(BUY, "500", "100.5"), time_in_force=TimeInForce.FOK)
    killed = world.place(whole).order
    assert (killed.status, killed.filled) == (OrderStatus.EXPIRED, Decimal(0))
    some = world.place(replace(whole, time_in_force=TimeInForce.IOC)).order
    assert some.status is OrderStatus.EXPIRED
    assert 0 < some.filled < 500
    assert world.held() == world.position().margin


def test_an_order_that_only_reduces_never_turns_a_position() -> None:
    world = Perpetuals()
    world.place(perp(BUY, "2"))
    done = world.place(replace(perp(SELL, "5"), reduce_only=True)).order
    assert (done.status, done.filled) == (OrderStatus.EXPIRED, Decimal(2))
    assert done.reduce_only
    assert world.position().quantity == 0


def test_orders_that_only_reduce_end_with_the_position() -> None:
    world = Perpetuals()
    world.place(perp(BUY, "2"))
    first = world.place(replace(perp(SELL, "2", "110"), reduce_only=True)).order
    second = world.place(replace(perp(SELL, "1", "120"), reduce_only=True)).order
    opens = world.place(perp(BUY, "1", "90")).order
    world.place(perp(SELL, "2"))
    assert _now(world, first).status is OrderStatus.EXPIRED
    assert _now(world, second).status is OrderStatus.EXPIRED
    assert _now(world, opens).status is OrderStatus.OPEN


def test_two_orders_that_reduce_the_same_position_do_not_turn_it() -> None:
    """The usual pair: a target, and a second target, each for the whole position."""
    world = Perpetuals(100, 130)
    world.place(perp(BUY, "2"))
    orders = [
        world.place(replace(perp(SELL, "2", price), reduce_only=True)).order
        for price in ("110", "112")
    ]
    world.wait()
    assert [_now(world, order).status for order in orders] == [
        OrderStatus.FILLED,
        OrderStatus.EXPIRED,
    ]
    assert world.position().quantity == 0
    world.prove()


def test_a_person_cannot_trade_more_with_an_order_than_it_may_reduce() -> None:
    world = Perpetuals(depth=1)
    world.place(perp(SELL, "0.3"))
    world.place(replace(perp(BUY, "5", "100"), reduce_only=True))
    taken = world.place(perp(SELL, "5", "100"), "bob")
    assert sum(it.quantity for it in taken.fills if it.price == 100) == Decimal("0.3")
    assert world.position().quantity == 0


def test_a_stop_closes_whatever_is_there_when_its_price_comes() -> None:
    world = Perpetuals(100, 100, 90)
    stop = PlaceOrder(
        PERP,
        SELL,
        OrderType.MARKET,
        close_position=True,
        trigger=Trigger(TriggerKind.STOP, Decimal(95), TriggerBy.MARK),
    )
    placed = world.place(stop).order
    assert (placed.quantity, placed.close_position, placed.waits) == (Decimal(0), True, True)
    assert world.held() == 0, "a conditional order for contracts holds nothing"
    world.place(perp(BUY, "3"))
    world.wait(2)
    done = _now(world, placed)
    assert (done.status, done.filled) == (OrderStatus.FILLED, Decimal(3))
    assert done.average_price == Decimal("89.5")
    assert world.position().quantity == 0


def test_a_stop_without_a_position_ends_when_its_price_comes() -> None:
    world = Perpetuals(100, 90)
    trigger = Trigger(TriggerKind.STOP, Decimal(95))
    nothing = world.place(replace(perp(SELL, "1"), reduce_only=True, trigger=trigger)).order
    world.wait()
    assert _now(world, nothing).status is OrderStatus.EXPIRED
    assert _now(world, nothing).triggered_ms == world.world.now_ms


def test_a_triggered_order_opens_a_position_if_it_can_be_paid_for() -> None:
    world = Perpetuals(100, 110, money=100)
    trigger = Trigger(TriggerKind.STOP, Decimal(105))
    small = world.place(replace(perp(BUY, "2", "120"), trigger=trigger)).order
    large = world.place(replace(perp(BUY, "50", "120"), trigger=trigger)).order
    maker = replace(perp(BUY, "1", "120"), trigger=trigger, post_only=True)
    never_takes = world.place(maker).order
    world.wait()
    assert _now(world, small).status is OrderStatus.FILLED
    assert _now(world, large).status is OrderStatus.EXPIRED
    assert _now(world, never_takes).status is OrderStatus.EXPIRED
    assert world.position().quantity == 2
    world.prove()


def test_a_triggered_order_may_rest_and_be_cancelled() -> None:
    world = Perpetuals(100, 90)
    trigger = Trigger(TriggerKind.STOP, Decimal(95))
    order = world.place(replace(perp(SELL, "2", "100"), trigger=trigger)).order
    world.wait()
    assert _now(world, order).status is OrderStatus.OPEN
    assert world.held() == Decimal("20.4")
    world.ask(CancelOrder(order_id=order.order_id))
    assert world.held() == 0


def test_in_hedge_mode_there_are_two_positions() -> None:
    world = Perpetuals(100, 110)
    assert world.ask(SetPositionMode(hedged=True)) is True
    long, short = PositionSide.LONG, PositionSide.SHORT
    assert _refusal(world, perp(BUY, "1")) == "position_side_wrong"
    closes = replace(perp(SELL, "1"), position_side=long)
    assert _refusal(world, closes) == "reduce_only_rejected"
    world.place(replace(perp(BUY, "2"), position_side=long))
    world.place(replace(perp(SELL, "3"), position_side=short))
    assert _refusal(world, replace(closes, quantity=Decimal(3))) == "reduce_only_rejected"
    assert world.position(side=long).quantity == 2
    assert world.position(side=short).quantity == -3
    world.wait()
    closed = world.place(closes)
    assert closed.fills[0].realised == Decimal(9)  # 109.5 - 100.5
    assert closed.fills[0].position_side is long
    assert world.position(side=long).quantity == 1
    assert {it.side for it in world.ask(GetPositions())} == {long, short}
    world.prove()


def test_a_dry_run_of_an_order_for_contracts_leaves_no_trace() -> None:
    world = Perpetuals()
    before = len(world.world.journal)
    assert world.place(replace(perp(BUY, "1"), dry_run=True)).order.order_id == ""
    assert len(world.world.journal) == before


def test_a_higher_leverage_takes_less_margin_for_new_orders() -> None:
    world = Perpetuals()
    world.ask(SetLeverage(PERP, 50))
    world.place(replace(perp(BUY, "2"), leverage=Decimal(50)))
    assert world.position().margin == Decimal("4.02")


def test_a_large_order_stops_where_the_next_level_can_not_be_paid_for() -> None:
    world = Perpetuals(depth=1, money=1_000)
    placed = world.place(replace(perp(BUY, "90"), symbol=OTHER)).order
    assert placed.filled > 0
    assert world.free() >= 0
    world.prove()
