"""A worth over time as a drawing, against points set out by hand."""

from decimal import Decimal

from drawbridge.entrypoints.web.curve_views import HEIGHT, WIDTH, draw_curve


def test_what_is_no_line_is_not_drawn() -> None:
    assert draw_curve([]) is None
    assert draw_curve([(1, Decimal(5))]) is None


def test_what_never_changed_is_a_line_in_the_middle() -> None:
    drawn = draw_curve([(0, Decimal(5)), (10, Decimal(5))])
    assert drawn is not None
    assert drawn.line == f"M0 {HEIGHT // 2} L{WIDTH} {HEIGHT // 2}"


def test_points_stand_by_their_moment_and_the_highest_at_the_top() -> None:
    drawn = draw_curve([(100, Decimal(10)), (150, Decimal(20)), (200, Decimal(15))])
    assert drawn is not None
    assert drawn.line == "M0 200 L500 0 L1000 100"
    assert drawn.area == "M0 200 L500 0 L1000 100 L1000 200 L0 200 Z"
    assert (drawn.first_ms, drawn.last_ms) == (100, 200)
    assert (drawn.low, drawn.high) == (Decimal(10), Decimal(20))


def test_a_moment_that_was_told_twice_breaks_nothing() -> None:
    drawn = draw_curve([(7, Decimal(1)), (7, Decimal(2))])
    assert drawn is not None
    assert drawn.line == "M0 200 L0 0"


def test_a_long_past_is_thinned_and_keeps_its_last_point() -> None:
    drawn = draw_curve([(at, Decimal(at)) for at in range(5_000)])
    assert drawn is not None
    assert drawn.line.count("L") < 240
    assert drawn.line.endswith("L1000 0")
