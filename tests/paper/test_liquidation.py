"""Positions that run out of margin are ended before they owe anything."""

from dataclasses import replace
from decimal import Decimal

from drawbridge.core.derivatives import AdjustMargin, SetPositionMode
from drawbridge.core.operations import GetClosedOrders, GetOpenOrders, GetOwnTrades
from drawbridge.core.orders import OrderStatus, PositionSide, Side, Trigger, TriggerKind
from drawbridge.paper.ledger import FEES, HOUSE
from tests.paper.perpetuals import OTHER, PERP, Perpetuals, perp

BUY, SELL = Side.BUY, Side.SELL


def test_an_isolated_position_ends_at_its_maintenance_margin_and_costs_no_more() -> None:
    world = Perpetuals(100, 92, 91)
    world.isolate()
    world.place(perp(BUY, "2"))
    # What it cost less its margin, 180.9, by two pieces at 99 %.
    assert world.position().liquidation_price == Decimal("91.36363636")
    world.wait()
    assert world.position().quantity == 2
    world.wait()
    assert world.position().quantity == 0
    fill = world.ask(GetOwnTrades())[-1]
    assert (fill.price, fill.realised, fill.fee) == (Decimal(91), Decimal(-19), Decimal("0.91"))
    # Of the 20.1 that were set aside, 19 are lost and 0.91 are the fee.
    assert world.free() == 10_000 - Decimal("0.402") - Decimal("19.91")
    assert world.held() == 0
    world.prove()


def test_beyond_its_margin_the_loss_is_the_houses() -> None:
    world = Perpetuals(100, 80)
    world.isolate()
    world.place(perp(BUY, "2"))
    house = world.world.state.ledger.atoms(HOUSE, "USD")
    world.wait()
    fill = world.ask(GetOwnTrades())[-1]
    # At 90.5 it loses 20; the 0.1 that are left go into the fee of 0.905.
    assert (fill.price, fill.realised, fill.fee) == (Decimal("90.5"), Decimal(-20), Decimal("0.1"))
    assert world.free() == 10_000 - Decimal("0.402") - Decimal("20.1")
    assert world.world.state.ledger.atoms(HOUSE, "USD") == house + 20 * 10_000
    world.prove()


def test_a_short_position_ends_when_the_price_rises() -> None:
    world = Perpetuals(100, 108, 109)
    world.isolate()
    world.place(perp(SELL, "2"))
    # What it brought and its margin, 218.9, by two pieces at 101 %.
    assert world.position().liquidation_price == Decimal("108.36633663")
    world.wait()
    assert world.position().quantity == -2
    world.wait()
    fill = world.ask(GetOwnTrades())[-1]
    assert (fill.price, fill.realised) == (Decimal(109), Decimal(-19))
    world.prove()


def test_a_short_position_whose_price_jumps_is_closed_at_its_bankruptcy() -> None:
    world = Perpetuals(100, 150)
    world.isolate()
    world.place(perp(SELL, "2"))
    world.wait()
    fill = world.ask(GetOwnTrades())[-1]
    # 199 + 19.9 buy two at 109.45: at the tick of 109 it loses 19.
    assert (fill.price, fill.realised) == (Decimal(109), Decimal(-19))
    assert world.free() == 10_000 - Decimal("0.398") - Decimal("19.9")
    world.prove()


def test_all_free_money_stands_in_for_a_cross_position() -> None:
    world = Perpetuals(100, 91, 90, money=100)
    world.place(perp(BUY, "9"))
    # What it cost less all the money, 806.309, by nine pieces at 99 %.
    assert world.position().liquidation_price == Decimal("90.49483726")
    world.wait()
    assert world.position().quantity == 9
    assert world.money().available == 0
    world.wait()
    fill = world.ask(GetOwnTrades())[-1]
    # 98.191 less the loss of 94.5 is all that is left for the fee of 4.05.
    assert (fill.price, fill.fee) == (Decimal(90), Decimal("3.691"))
    assert world.money().wallet == 0
    world.prove()


def test_of_cross_positions_the_gaining_one_pays_for_the_losing_one() -> None:
    world = Perpetuals(100, 90, money=100)
    world.place(perp(BUY, "5"))
    world.place(replace(perp(SELL, "4"), symbol=OTHER))
    world.wait()
    assert world.position().quantity == 5, "the one gains what the other loses"
    world.prove()


def test_a_liquidation_cancels_the_orders_that_hold_its_margin_and_leaves_the_others() -> None:
    world = Perpetuals(100, 85, money=100)
    world.place(perp(BUY, "8"))
    resting = world.place(perp(BUY, "1", "50")).order
    trigger = Trigger(TriggerKind.STOP, Decimal(40))
    waits = world.place(replace(perp(SELL, "1"), reduce_only=True, trigger=trigger)).order
    world.wait()
    assert world.position().quantity == 0
    ended = {it.order_id: it.status for it in world.ask(GetClosedOrders())}
    assert ended[resting.order_id] is OrderStatus.EXPIRED
    assert [it.order_id for it in world.ask(GetOpenOrders())] == [waits.order_id]
    assert world.held() == 0
    world.prove()


def test_a_liquidation_is_told_as_an_order_that_nobody_placed() -> None:
    world = Perpetuals(100, 80)
    world.isolate()
    world.place(perp(BUY, "2"))
    world.wait()
    order = world.ask(GetClosedOrders())[-1]
    assert (order.side, order.status, order.filled) == (SELL, OrderStatus.FILLED, Decimal(2))
    assert order.client_id == "liquidation"
    assert order.reduce_only


def test_more_margin_keeps_an_isolated_position_alive() -> None:
    world = Perpetuals(100, 85)
    world.isolate()
    world.place(perp(BUY, "2"))
    position = world.ask(AdjustMargin(PERP, Decimal(30)))
    assert position.margin == Decimal("50.1")
    world.wait()
    assert world.position().quantity == 2


def test_in_hedge_mode_each_isolated_position_ends_by_itself() -> None:
    world = Perpetuals(100, 80)
    world.isolate()
    world.ask(SetPositionMode(hedged=True))
    world.place(replace(perp(BUY, "2"), position_side=PositionSide.LONG))
    world.place(replace(perp(SELL, "2"), position_side=PositionSide.SHORT))
    world.wait()
    assert world.position(side=PositionSide.LONG).quantity == 0
    assert world.position(side=PositionSide.SHORT).quantity == -2
    assert world.world.state.ledger.atoms(FEES, "USD") > 0
    world.prove()
