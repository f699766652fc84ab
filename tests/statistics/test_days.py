"""Ends of days and their returns."""

from decimal import Decimal

from drawbridge.core.clock import DAY_MS, HOUR_MS
from drawbridge.statistics.days import Days, begin_ms, date_of, days_of, sampled
from drawbridge.statistics.equity import Curve
from tests.kit.trades import amounts


def curve(*points: tuple[int, int]) -> Curve[Decimal]:
    return Curve(Decimal(100), [at for at, _ in points], [Decimal(value) for _, value in points])


def test_nothing_has_no_days_and_no_returns() -> None:
    """Scenario 58."""
    days = days_of(curve())
    assert (days.closes, days.returns()) == ((), [])


def test_the_last_point_of_a_day_counts_and_midnight_ends_it() -> None:
    days = days_of(curve((1, 90), (5 * HOUR_MS, 110), (DAY_MS, 120), (DAY_MS + 1, 130)))
    assert (days.first, days.closes) == (0, amounts(120, 130))


def test_a_day_without_a_point_ends_as_the_day_before() -> None:
    days = days_of(curve((HOUR_MS, 110), (3 * DAY_MS + 1, 121)))
    assert days.closes == amounts(110, 110, 110, 121)
    returns = days.returns()
    assert returns is not None
    assert [round(it, 9) for it in returns] == [0.1, 0.0, 0.0, 0.1]


def test_a_day_that_began_with_nothing_has_no_return() -> None:
    """Scenario 58."""
    assert Days(Decimal(0), 0, (Decimal(5),)).returns() is None
    assert Days(Decimal(5), 0, (Decimal(-1), Decimal(2))).returns() is None
    assert Days(Decimal(5), 0, (Decimal(0),)).returns() == [-1.0]


def test_days_are_dates_in_utc() -> None:
    assert date_of(19_723).isoformat() == "2024-01-01"
    assert begin_ms(date_of(19_723)) == 19_723 * DAY_MS


def test_a_chart_gets_a_few_points_and_always_the_last() -> None:
    many = Curve(Decimal(0), list(range(1000)), [Decimal(it) for it in range(1000)])
    points = sampled(many, 10)
    assert len(points) == 10
    assert points[-1] == (999, Decimal(999))
    assert sampled(curve(), 10) == []
