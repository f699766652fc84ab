"""Figures of round trips, against a hand-worked example and at every edge."""

from decimal import Decimal

import pytest

from drawbridge.core.clock import MINUTE_MS
from drawbridge.statistics.drawdown import NO_DRAWDOWN, Drawdown
from drawbridge.statistics.performance import Figures, Trading, figures_of, trading_of
from drawbridge.trading.positions import Journey, Position, Trip
from tests.kit.trades import amounts

UNDEFINED_WITHOUT_TRADES = (
    "win_rate",
    "average_win",
    "average_loss",
    "largest_win",
    "largest_loss",
    "profit_factor",
    "payoff_ratio",
    "recovery_factor",
    "expectancy",
    "expectancy_r",
    "average_held_ms",
    "longest_held_ms",
    "average_bars",
    "longest_bars",
)


def trip(profit: str, opened: int = 0, closed: int = 1, *, is_long: bool = True) -> Trip:
    return Trip(opened, closed, is_long=is_long, quantity=Decimal(1), profit=Decimal(profit))


def figures(*profits: str, drawdown: Drawdown = NO_DRAWDOWN) -> Figures:
    trips = tuple(trip(profit) for profit in profits)
    realised = sum((trip.profit for trip in trips), Decimal(0))
    return figures_of(Trading(trips, realised, Decimal(0), Decimal(9), ()), drawdown)


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
        longs=5,
        profit_of_longs=Decimal(40),
        largest_win=Decimal(30),
        largest_loss=Decimal(15),
        expectancy=Decimal(8),
        expectancy_r=Decimal("0.8"),
        most_wins_in_a_row=2,
        most_losses_in_a_row=1,
        average_held_ms=1,
        longest_held_ms=1,
    )


def test_without_trades_every_ratio_is_undefined() -> None:
    """Scenario 58: no trades."""
    told = figures()

    assert (told.trades, told.most_wins_in_a_row) == (0, 0)
    assert told.net_profit == 0
    assert {name: getattr(told, name) for name in UNDEFINED_WITHOUT_TRADES} == dict.fromkeys(
        UNDEFINED_WITHOUT_TRADES
    )


def test_only_wins_have_no_profit_factor_rather_than_an_infinite_one() -> None:
    """Scenario 58: only wins."""
    told = figures("1", "2")

    assert (told.win_rate, told.expectancy) == amounts(1, "1.5")
    assert (told.profit_factor, told.payoff_ratio, told.expectancy_r) == (None, None, None)


def test_only_losses_have_a_profit_factor_of_nothing() -> None:
    """Scenario 58: only losses."""
    told = figures("-1", "-2")

    assert (told.win_rate, told.profit_factor) == amounts(0, 0)
    assert (told.average_win, told.largest_win, told.payoff_ratio) == (None, None, None)
    assert told.expectancy_r == -1


def test_a_trade_that_brought_nothing_is_neither_win_nor_loss_and_ends_a_run() -> None:
    """Scenario 58: one trade."""
    told = figures("0")
    assert (told.trades, told.wins, told.losses) == (1, 0, 0)
    assert (told.win_rate, told.expectancy, told.profit_factor) == amounts(0, 0, None)
    assert figures("1", "1", "0", "1").most_wins_in_a_row == 2


def test_time_is_counted_in_candles_where_their_length_is_known() -> None:
    trips = (trip("1", 0, 3 * MINUTE_MS), trip("1", 0, 4 * MINUTE_MS))
    trading = Trading(trips, Decimal(2), Decimal(0), Decimal(0), ())
    told = figures_of(trading, NO_DRAWDOWN, MINUTE_MS)

    assert (told.average_bars, told.longest_bars) == amounts("3.5", 4)
    assert told.average_held_ms == 210_000


@pytest.mark.parametrize(("price", "profit"), [(None, None), (Decimal(120), Decimal(20))])
def test_what_is_still_held_is_told_apart_and_only_with_a_price(
    price: Decimal | None, profit: Decimal | None
) -> None:
    held = Journey((), Position(Decimal(1), Decimal(100)), Decimal(0), Decimal(0), ())
    prices = {} if price is None else {"BTC/USD": price}

    assert trading_of([("BTC/USD", held)], prices).open_profit == profit


def test_several_markets_are_one_trading_in_the_order_of_closing() -> None:
    flat, fees = Position(), (("BNB", Decimal(1)),)
    one = Journey((trip("1", 0, 5), trip("3", 5, 9)), flat, Decimal(4), Decimal(1), fees)
    two = Journey((trip("-2", 0, 7, is_long=False),), flat, Decimal(-2), Decimal(2), fees)
    told = trading_of([("BTC/USD", one), ("ETH/USD", two)], {})

    assert [it.profit for it in told.trips] == [1, -2, 3]
    assert (told.realised, told.fees) == amounts(2, 3)
    assert told.fees_elsewhere == (("BNB", Decimal(2)),)
    both = figures_of(told, NO_DRAWDOWN)
    assert (both.longs, both.shorts) == (2, 1)
    assert both.profit_of_shorts == -2
