"""Lines that TA-Lib does not draw, on small examples."""

import math

import numpy as np
import pytest

from drawbridge.robots.lines import earlier, lasting, ratchet, streak, swing_highs, swing_lows

NAN = math.nan


def series(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, dtype=np.float64)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_a_moved_series_keeps_its_length(count: int) -> None:
    moved = earlier(series(1, 2, 3), count)

    assert moved.tolist()[count:] == [1, 2, 3][: max(0, 3 - count)]
    assert np.isnan(moved[:count]).all()


def test_a_streak_counts_and_begins_anew() -> None:
    holds = np.array([False, True, True, False, True, True, True])

    assert streak(holds).tolist() == [0, 1, 2, 0, 1, 2, 3]


def test_a_value_lasts_so_many_candles_or_until_the_next() -> None:
    kept = lasting(series(NAN, 5, NAN, NAN, 7, 8, NAN), 2)

    np.testing.assert_array_equal(kept, series(NAN, 5, 5, NAN, 7, 8, 8))


def test_swings_stand_where_they_are_known() -> None:
    lows, highs = series(3, 1, 2, 2, 0), series(3, 4, 2, 2, 2)

    np.testing.assert_array_equal(swing_lows(lows, 1), series(NAN, NAN, 1, NAN, NAN))
    np.testing.assert_array_equal(swing_highs(highs, 1), series(NAN, NAN, 4, NAN, 2))


def test_a_ratchet_follows_and_turns_at_a_close_beyond_it() -> None:
    close = series(10, 11, 10, 8, 7, 10)

    stop, side = ratchet(close, close - 1.5, close + 1.5)

    assert stop.tolist() == [8.5, 9.5, 9.5, 9.5, 8.5, 8.5]
    assert side.tolist() == [1, 1, 1, -1, -1, 1]


def test_a_ratchet_waits_for_both_of_its_lines() -> None:
    stop, side = ratchet(series(1, 1), series(NAN, 0.5), series(NAN, 1.5))

    assert np.isnan([stop[0], side[0]]).all()
    assert (stop[1], side[1]) == (0.5, 1)
