"""Ratios per year at their edges; their values are held to two libraries in test_referees."""

from decimal import Decimal

import pytest

from drawbridge.statistics.days import Days
from drawbridge.statistics.drawdown import NO_DRAWDOWN, Drawdown
from drawbridge.statistics.ratios import Ratios, ratios_of
from tests.kit.trades import amounts


def days(*closes: object, start: object = 100) -> Days:
    return Days(Decimal(str(start)), 0, tuple(Decimal(str(close)) for close in closes))


@pytest.mark.parametrize("of", [days(), days(5, start=0), days(5, -1, 5), days(0, 5)], ids=str)
def test_without_days_or_with_nothing_to_begin_with_nothing_is_defined(of: Days) -> None:
    """Scenario 58."""
    assert ratios_of(of, NO_DRAWDOWN) == Ratios(len(of.closes), Decimal(0))


def test_one_day_has_a_return_and_nothing_that_needs_two() -> None:
    """Scenario 58."""
    told = ratios_of(days(110), NO_DRAWDOWN)
    assert told == Ratios(1, Decimal(0), total_return=Decimal("0.1"))


def test_equal_days_have_no_deviation_to_divide_by() -> None:
    """Scenario 58: only wins of one size, by which the last bits of floats must not divide."""
    told = ratios_of(days(*(100 * 1.001**day for day in range(1, 60))), NO_DRAWDOWN)
    assert (told.sharpe, told.sortino, told.calmar) == (None, None, None)
    assert told.cagr is not None


def test_a_year_is_told_from_a_month_on() -> None:
    fell = Drawdown(Decimal(1), Decimal("0.01"))
    assert ratios_of(days(*[100] * 29), fell).cagr is None
    month = ratios_of(days(*[100] * 29, 101), fell)
    assert month.cagr == Decimal("0.128695")
    assert month.calmar == Decimal("12.869529")


def test_who_lost_everything_lost_it_per_year_as_well() -> None:
    told = ratios_of(days(*[100] * 40, 0), Drawdown(Decimal(100), Decimal(1)))
    assert (told.total_return, told.cagr, told.calmar) == amounts(-1, -1, -1)


def test_a_growth_beyond_all_measure_is_not_compounded() -> None:
    """Scenario 58: no infinity."""
    told = ratios_of(days(*[100] * 29, "1e30"), Drawdown(Decimal(1), Decimal("0.01")))
    assert (told.total_return, told.cagr, told.calmar) == (None, None, None)


def test_the_risk_free_rate_is_stated_and_taken_off() -> None:
    closes = [100 + (day % 3) for day in range(40)]
    plain = ratios_of(days(*closes), NO_DRAWDOWN)
    asked = ratios_of(days(*closes), NO_DRAWDOWN, Decimal("0.05"))
    assert asked.risk_free_rate == Decimal("0.05")
    assert plain.sharpe is not None
    assert asked.sharpe is not None
    assert asked.sharpe < plain.sharpe


def test_a_rate_at_which_nothing_is_left_defines_nothing() -> None:
    told = ratios_of(days(100, 101, 100), NO_DRAWDOWN, Decimal(-1))
    assert (told.sharpe, told.sortino) == (None, None)
