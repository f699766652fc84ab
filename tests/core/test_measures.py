"""Counts and spreads: exact, and bounded whatever they are given."""

from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.measures import BOUNDS_US, Spread, Spreads, Tally


def test_words_without_end_are_counted_as_other_from_the_thousandth_on() -> None:
    tally, spreads = Tally(), Spreads()
    for n in range(5_000):
        tally.add(str(n), "x")
        spreads.add(1, str(n))
    assert len(tally.counts()) == 1_001
    assert tally.counts()["other", "other"] == 4_000
    assert len(spreads.spreads()) == 1_001
    assert sum(spreads.spreads()["other",].counts) == 4_000


def test_what_is_known_goes_on_being_counted_when_there_is_no_room_for_more() -> None:
    tally = Tally()
    for n in range(1_500):
        tally.add(str(n))
    tally.add("7")
    assert tally.counts()["7",] == 2


@given(st.lists(st.integers(min_value=0, max_value=20_000_000)))
def test_each_time_stands_in_the_one_place_whose_bounds_hold_it(times: list[int]) -> None:
    spread = Spread()
    for took_us in times:
        spread.add(took_us)
    assert spread.sum_us == sum(times)
    below = 0
    for bound_us, count in zip(BOUNDS_US, spread.counts, strict=False):
        below += count
        assert below == sum(took_us <= bound_us for took_us in times)
    assert sum(spread.counts) == len(times)
