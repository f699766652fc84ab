"""Reports: from a record of fills and prices to figures."""

from decimal import Decimal

import pytest

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.orders import Fill
from drawbridge.statistics.account import Snapshot
from drawbridge.statistics.equity import curve_of_floats
from drawbridge.statistics.service import Ground, Statistics, report_on
from drawbridge.trading.positions import Position
from tests.kit.trades import SYMBOL, amounts, trade


class FillsOnRecord:
    def __init__(self, *fills: Fill, elsewhere: tuple[Fill, ...] = ()) -> None:
        self._accounts = tuple(it for it in (fills, elsewhere) if it)

    async def fills_by_account(self, origin: str) -> tuple[tuple[Fill, ...], ...]:
        return self._accounts if origin == "robot:a" else ()

    async def list_of(self, key_id: str) -> tuple[Snapshot, ...]:
        assert key_id == "key_a"
        return ()


def statistics(record: FillsOnRecord | None = None) -> Statistics:
    held = record or FillsOnRecord()
    return Statistics(held, held)


async def test_an_account_without_a_snapshot_has_no_report() -> None:
    """Scenario 58."""
    assert await statistics().account("key_a") is None


async def test_a_report_without_trades_and_prices_is_empty_and_defined() -> None:
    """Scenario 58."""
    report = await statistics().report("robot:a", Ground(SYMBOL, Decimal(100)))

    assert report.figures.trades == 0
    assert report.figures.net_profit == 0
    assert report.figures.drawdown == 0
    assert report.equity == ()
    assert report.last_price is None
    assert report.ratios.days == 0
    assert report.periods.months == ()


async def test_a_report_equals_a_hand_worked_example() -> None:
    """Scenario 57: bought for 101, seen at 80, sold for 129, bought once more for 121."""
    record = FillsOnRecord(
        trade("buy", "1", "100", 10, "1 USD"),
        trade("sell", "1", "130", 30, "1 USD"),
        trade("buy", "1", "120", 40, "1 USD"),
    )
    prices = [(5, Decimal(500)), (20, Decimal(80)), (50, Decimal(125))]

    report = await statistics(record).report(
        "robot:a", Ground(SYMBOL, Decimal(1000), prices=prices)
    )

    assert report.figures.trades == 1
    assert report.figures.net_profit == 28
    assert report.figures.open_profit == 4
    assert report.figures.fees == 3
    assert [int(point.equity) for point in report.equity] == [999, 979, 1028, 1027, 1032]
    assert report.figures.drawdown == 21
    assert report.figures.drawdown_share == Decimal("0.021")
    assert report.last_price == 125
    # In the market from 10 to 30 and from 40 on, of 40 in all.
    assert report.activity.exposure == Decimal("0.75")


async def test_what_lies_below_the_lot_step_is_no_position() -> None:
    record = FillsOnRecord(trade("buy", "1", "100", 10), trade("sell", "0.9995", "110", 20))

    report = await statistics(record).report(
        "robot:a", Ground(SYMBOL, Decimal(1000), dust=Decimal("0.001"))
    )

    assert report.figures.trades == 1
    assert report.position.quantity == Decimal("0.0005")


async def test_accounts_of_one_robot_have_trades_of_their_own() -> None:
    """Bought for 100 here and for 110 there; sold here for 120, there nothing but half, for 90."""
    record = FillsOnRecord(
        trade("buy", "1", "100", 10),
        trade("sell", "1", "120", 30),
        elsewhere=(trade("buy", "2", "110", 20), trade("sell", "1", "90", 40)),
    )
    report = await statistics(record).report("robot:a", Ground(SYMBOL, Decimal(1000)))

    assert [trip.profit for trip in report.trips] == [20]
    assert (report.figures.net_profit, report.figures.win_rate) == amounts(0, 1)
    assert report.position == Position(Decimal(1), Decimal(110))
    assert report.figures.open_profit == -20
    assert [fill.time_ms for fill in report.fills] == [10, 20, 30, 40]
    assert report.equity[-1].equity == 980


def test_a_backtest_hands_in_its_equity_and_keeps_exact_trades() -> None:
    times = [minute * MINUTE_MS for minute in range(1, 6)]
    curve = curve_of_floats(1000, times, [1000.0, 1010.0, 989.8, 1000.0, 1019.494])
    fills = [trade("buy", "1", "100", times[1], "0.1 USD"), trade("sell", "1", "120", times[3])]
    report = report_on(fills, Ground(SYMBOL, Decimal(1000), interval_ms=MINUTE_MS), curve)

    assert report.equity == ()
    assert report.figures.net_profit == Decimal("19.9")
    assert report.figures.average_bars == 2
    assert report.drawdown.deepest is not None
    assert report.drawdown.deepest.recovered_ms == times[4]
    assert (report.drawdown.amount, report.drawdown.share) == (Decimal("20.2"), Decimal("0.02"))
    assert report.activity.exposure == Decimal("0.5")


def test_several_markets_need_their_equity_and_are_reckoned_together() -> None:
    fills = [
        trade("buy", "1", "100", 1),
        trade("sell", "2", "10", 2, symbol="ETH/USD"),
        trade("sell", "1", "130", 3),
    ]
    ground = Ground(SYMBOL, Decimal(100), more_symbols=("ETH/USD",))
    with pytest.raises(ValueError, match="several markets"):
        report_on(fills, ground)

    report = report_on(fills, ground, curve_of_floats(100, [1, 3], [100, 130]))
    assert report.figures.net_profit == 30
    assert report.figures.open_profit == 0
    priced = Ground(
        SYMBOL, Decimal(100), more_symbols=("ETH/USD",), last_prices={"ETH/USD": Decimal(9)}
    )
    assert report_on(fills, priced, curve_of_floats(100, [1], [1])).figures.open_profit == 2
