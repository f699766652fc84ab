"""Decisions have one client order id each, and positions are what was filled."""

from dataclasses import replace
from decimal import Decimal

from drawbridge.core.ids import client_order_id
from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.robots.model import Decision, held_of

DECISION = Decision("robot_a", "key_a", "enter:60000", 60_000, Side.BUY, Decimal(1))


def test_the_same_decision_always_has_the_same_client_id() -> None:
    """Scenario 60."""
    again = replace(DECISION, quantity=Decimal(2))

    assert again.client_id == DECISION.client_id


def test_every_other_decision_and_attempt_has_another_client_id() -> None:
    others = [
        DECISION,
        replace(DECISION, robot_id="robot_b"),
        replace(DECISION, key_id="key_b"),
        replace(DECISION, tag="enter:120000"),
        replace(DECISION, attempt=2),
    ]

    assert len({decision.client_id for decision in others}) == len(others)


def test_a_decision_from_before_there_were_several_accounts_keeps_its_client_id() -> None:
    before = client_order_id("robot", "robot_a", "60000", "buy", "1")

    assert replace(DECISION, tag="buy:60000").client_id == before


def test_a_position_is_bought_less_sold_less_fees_in_its_own_currency() -> None:
    buy = Fill(
        trade_id="1",
        order_id="1",
        client_id="",
        symbol="BTC/USDT",
        side=Side.BUY,
        type=OrderType.MARKET,
        price=Decimal(100),
        quantity=Decimal("0.3"),
        fee=Decimal("0.0003"),
        fee_currency="BTC",
        is_maker=False,
        time_ms=0,
    )
    sell = replace(
        buy, side=Side.SELL, quantity=Decimal("0.1"), fee=Decimal(1), fee_currency="USDT"
    )

    assert held_of([buy, sell], "BTC") == Decimal("0.1997")
