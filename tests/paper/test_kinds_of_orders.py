"""Exchanges that keep conditional orders in lists of their own ask for them by kind."""

from decimal import Decimal

import pytest

from drawbridge.core.errors import NotFound
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetClosedOrders,
    GetOpenOrders,
    GetOrder,
    PlaceOrder,
)
from drawbridge.core.orders import Order, OrderType, Side, Trigger, TriggerKind
from tests.paper.small import SmallWorld

LIMIT = PlaceOrder("BTC/USD", Side.SELL, OrderType.LIMIT, quantity=Decimal(1), price=Decimal(120))
STOP = PlaceOrder(
    "BTC/USD",
    Side.SELL,
    OrderType.MARKET,
    quantity=Decimal(1),
    trigger=Trigger(TriggerKind.STOP, Decimal(95)),
)


def _both(world: SmallWorld) -> tuple[Order, Order]:
    return world.place("ann", LIMIT).order, world.place("ann", STOP).order


def _asked(world: SmallWorld, operation: GetOpenOrders | GetClosedOrders) -> tuple[Order, ...]:
    return world.desk.carry_out("alpha", "ann", operation, world.now_ms)


def test_an_order_of_the_other_kind_is_not_found() -> None:
    world = SmallWorld()
    limit, stop = _both(world)
    for order, conditional in ((limit, True), (stop, False)):
        ids = ("", order.order_id, "", conditional)
        with pytest.raises(NotFound, match="unknown_order"):
            world.desk.carry_out("alpha", "ann", GetOrder(*ids), world.now_ms)
        with pytest.raises(NotFound, match="unknown_order_cancel"):
            world.desk.carry_out("alpha", "ann", CancelOrder(*ids), world.now_ms)


def test_open_orders_are_told_by_kind_and_together() -> None:
    world = SmallWorld()
    limit, stop = _both(world)
    assert _asked(world, GetOpenOrders(conditional=False)) == (limit,)
    assert _asked(world, GetOpenOrders(conditional=True)) == (stop,)
    assert _asked(world, GetOpenOrders()) == (limit, stop)


def test_cancelling_all_of_one_kind_leaves_the_other() -> None:
    world = SmallWorld()
    limit, stop = _both(world)
    world.desk.carry_out("alpha", "ann", CancelAllOrders(conditional=False), world.now_ms)
    assert _asked(world, GetOpenOrders()) == (stop,)
    world.desk.carry_out("alpha", "ann", CancelAllOrders(conditional=True), world.now_ms)
    assert _asked(world, GetOpenOrders()) == ()
    for order, conditional in ((limit, False), (stop, True)):
        (told,) = _asked(world, GetClosedOrders(conditional=conditional))
        assert told.order_id == order.order_id


def test_an_order_that_was_triggered_is_of_both_kinds() -> None:
    world = SmallWorld(prices=[Decimal(100), Decimal(100), *[Decimal(94)] * 20])
    stop = world.place("ann", STOP).order
    world.wait(5)
    for conditional in (True, False, None):
        ids = ("", stop.order_id, "", conditional)
        told = world.desk.carry_out("alpha", "ann", GetOrder(*ids), world.now_ms)
        assert told.triggered_ms
        assert _asked(world, GetClosedOrders(conditional=conditional)) == (told,)
