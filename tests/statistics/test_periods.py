"""Months, quarters and years, against tables made by hand."""

from datetime import UTC, datetime
from decimal import Decimal

from drawbridge.core.clock import DAY_MS
from drawbridge.statistics.days import Days, days_of
from drawbridge.statistics.equity import Curve
from drawbridge.statistics.periods import Period, Periods, periods_of
from drawbridge.trading.positions import Trip
from tests.kit.trades import amounts


def at(day: str) -> int:
    """Give the noon of a day."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000 + DAY_MS // 2


def trip(closed: str, profit: str) -> Trip:
    closed_ms = at(closed)
    return Trip(closed_ms - 1, closed_ms, is_long=True, quantity=Decimal(1), profit=Decimal(profit))


def test_nothing_has_no_rows() -> None:
    """Scenario 58."""
    assert periods_of(Days(Decimal(5), 0, ()), [trip("2026-01-01", "1")]) == Periods((), (), ())


def test_the_tables_equal_a_hand_worked_example() -> None:
    """Scenario 57: from 1000 over 1100 and 990 to 1089, with nothing in April."""
    points = [("2025-12-31", 1100), ("2026-03-15", 990), ("2026-05-01", 1089)]
    days = days_of(
        Curve(Decimal(1000), [at(day) for day, _ in points], [Decimal(it) for _, it in points])
    )
    trips = [trip("2025-12-31", "100"), trip("2026-03-15", "-120"), trip("2026-03-15", "10")]
    told = periods_of(days, trips)

    def row(name: str, profit: int, share: str, *of: int) -> Period:
        trades, wins, closed = of or (0, 0, 0)
        return Period(name, Decimal(profit), Decimal(share), trades, wins, Decimal(closed))

    assert told.months == (
        row("2025-12", 100, "0.1", 1, 1, 100),
        row("2026-01", 0, "0"),
        row("2026-02", 0, "0"),
        row("2026-03", -110, "-0.1", 2, 1, -110),
        row("2026-04", 0, "0"),
        row("2026-05", 99, "0.1"),
    )
    assert told.quarters == (
        row("2025-Q4", 100, "0.1", 1, 1, 100),
        row("2026-Q1", -110, "-0.1", 2, 1, -110),
        row("2026-Q2", 99, "0.1"),
    )
    assert told.years == (
        row("2025", 100, "0.1", 1, 1, 100),
        row("2026", -11, "-0.01", 2, 1, -110),
    )


def test_a_month_that_began_with_nothing_has_no_share() -> None:
    """Scenario 58."""
    (month,) = periods_of(Days(Decimal(0), 0, (Decimal(5),)), []).months
    assert month.name == "1970-01"
    assert (month.profit, month.share) == amounts(5, None)
