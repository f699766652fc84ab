"""Figures, against a hand-worked example and at every edge."""

from decimal import Decimal

import pytest

from drawbridge.statistics.equity import Drawdown
from drawbridge.statistics.performance import Figures, figures_of
from drawbridge.trading.positions import Journey, Position, Trip

NO_DRAWDOWN = Drawdown(Decimal(0), None)


def figures(*profits: str, drawdown: Drawdown = NO_DRAWDOWN) -> Figures:
    trips = tuple(Trip(0, 1, is_long=True, quantity=Decimal(1), profit=Decimal(p)) for p in profits)
    realised = sum((trip.profit for trip in trips), Decimal(0))
    return figures_of(Journey(trips, Position(), realised, Decimal(9), ()), drawdown, None)


def test_the_figures_equal_a_hand_worked_example() -> None:
    """Scenario 57: three wins of 60 in all, two losses of 20 in all."""
    told = figures("10", "20", "-5", "30", "-15", drawdown=Drawdown(Decimal(16), Decimal("0.1")))

    assert told == Figures(
        trades=5,
        wins=3,
        losses=2,
        net_profit=Decimal(40),
        open_profit=Decimal(0),
        gross_profit=Decimal(60),
        gross_loss=Decimal(20),
        win_rate=Decimal("0.6"),
        average_win=Decimal(20),
        average_loss=Decimal(10),
        profit_factor=Decimal(3),
        payoff_ratio=Decimal(2),
        recovery_factor=Decimal("2.5"),
        drawdown=Decimal(16),
        drawdown_share=Decimal("0.1"),
        fees=Decimal(9),
    )


def test_without_trades_every_ratio_is_undefined() -> None:
    """Scenario 58: no trades."""
    told = figures()

    assert (told.trades, told.net_profit) == (0, Decimal(0))
    assert told.win_rate is None
    assert told.average_win is None
    assert told.average_loss is None
    assert told.profit_factor is None
    assert told.recovery_factor is None


def test_only_wins_have_no_profit_factor_rather_than_an_infinite_one() -> None:
    """Scenario 58: only wins."""
    told = figures("1", "2")

    assert told.win_rate == 1
    assert told.profit_factor is None
    assert told.payoff_ratio is None


def test_only_losses_have_a_profit_factor_of_nothing() -> None:
    """Scenario 58: only losses."""
    told = figures("-1", "-2")

    assert told.win_rate == 0
    assert told.profit_factor == 0
    assert told.average_win is None
    assert told.payoff_ratio is None


def test_a_trade_that_brought_nothing_is_neither_win_nor_loss() -> None:
    """Scenario 58: one trade."""
    told = figures("0")

    assert (told.trades, told.wins, told.losses) == (1, 0, 0)
    assert told.win_rate == 0
    assert told.profit_factor is None


@pytest.mark.parametrize(("price", "profit"), [(None, None), (Decimal(120), Decimal(20))])
def test_what_is_still_held_is_told_apart_and_only_with_a_price(
    price: Decimal | None, profit: Decimal | None
) -> None:
    held = Journey((), Position(Decimal(1), Decimal(100)), Decimal(0), Decimal(0), ())

    assert figures_of(held, NO_DRAWDOWN, price).open_profit == profit
