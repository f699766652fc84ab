"""The deepest falls, against sums done by hand and, for all series, their plain definition."""

from decimal import Decimal
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.statistics.drawdown import Drawdown, Fall, drawdown_of
from drawbridge.statistics.equity import Curve, curve_of_floats
from tests.kit.trades import amounts


def curve(*values: object, start: object = None) -> Curve[Decimal]:
    exact = [Decimal(str(value)) for value in values]
    first = exact[0] if start is None and exact else Decimal(str(start or 0))
    return Curve(first, [10 * (place + 1) for place in range(len(exact))], exact)


def test_nothing_at_all_fell_by_nothing() -> None:
    """Scenario 58."""
    assert drawdown_of(curve()) == Drawdown(Decimal(0), None)


def test_an_account_that_was_never_above_zero_has_no_share() -> None:
    found = drawdown_of(curve(0, -5))
    assert (found.amount, found.share) == amounts(5, None)


def test_an_account_that_only_rises_never_falls() -> None:
    assert drawdown_of(curve(1, 2, 2)) == Drawdown(Decimal(0), Decimal(0))


def test_the_deepest_fall_is_measured_from_its_own_height_and_dated() -> None:
    """Scenario 57: 35 from 200 is more money, 30 from 120 is the larger share."""
    found = drawdown_of(curve(100, 120, 90, 200, 165, 300))
    assert found == Drawdown(
        amount=Decimal(35),
        share=Decimal("0.25"),
        deepest=Fall(40, 50, 60, Decimal(35), Decimal("0.175")),
        steepest=Fall(20, 30, 40, Decimal(30), Decimal("0.25")),
        longest_ms=20,
    )


def test_a_fall_that_is_not_over_has_no_recovery_and_lasts_until_the_end() -> None:
    found = drawdown_of(curve(100, 50, 60, 70))
    assert found.deepest == Fall(10, 20, None, Decimal(50), Decimal("0.5"))
    assert found.longest_ms == 30


def test_what_began_is_a_height_as_well() -> None:
    assert drawdown_of(curve(90, 95, start=100)).amount == 10


def test_the_last_moment_of_a_height_begins_the_fall() -> None:
    found = drawdown_of(curve(100, 100, 90, 100))
    assert found.deepest is not None
    assert (found.deepest.height_ms, found.longest_ms) == (20, 20)


def test_what_is_no_number_is_our_mistake_and_no_figure() -> None:
    with pytest.raises(ValueError, match="no number"):
        curve_of_floats(1.0, [1], [float("nan")])


@given(st.lists(st.integers(-50, 50), max_size=40), st.integers(-50, 50))
def test_it_is_the_largest_difference_from_a_height_to_anything_later(
    values: list[int], start: int
) -> None:
    found = drawdown_of(curve(*values, start=start))
    series = [start, *values] if values else []
    heights = list(accumulate(series, max))
    falls = [(height - value, height) for height, value in zip(heights, series, strict=True)]
    shares = [Decimal(fall) / height for fall, height in falls if height > 0]
    assert found.amount == max((fall for fall, _ in falls), default=0)
    assert found.share == max(shares, default=None)
    floats = curve_of_floats(start, range(len(values)), values)
    assert drawdown_of(floats).amount == found.amount
