"""Decisions have one client order id each, and positions are what was filled."""

from dataclasses import replace
from decimal import Decimal

from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.robots.model import Decision, held_of

DECISION = Decision("robot_a", 60_000, Side.BUY, Decimal(1))


def test_the_same_decision_always_has_the_same_client_id() -> None:
    """Scenario 60."""
    again = replace(DECISION, quantity=Decimal(2))

    assert again.client_id == DECISION.client_id


def test_every_other_decision_and_attempt_has_another_client_id() -> None:
    others = [
        DECISION,
        replace(DECISION, robot_id="robot_b"),
        replace(DECISION, moment_ms=120_000),
        replace(DECISION, side=Side.SELL),
        replace(DECISION, attempt=2),
    ]

    assert len({decision.client_id for decision in others}) == len(others)


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
