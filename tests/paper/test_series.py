"""The price path: where it goes, that it never jumps, and that summing it up agrees with it."""

from hypothesis import given
from hypothesis import strategies as st

from drawbridge.paper.series import Bar, Series

BAR_MS = 60


@st.composite
def _bars(draw: st.DrawFn) -> list[Bar]:
    """Draw bars that follow each other without a gap."""
    price = draw(st.integers(50, 150))
    bars = []
    for _ in range(draw(st.integers(1, 7))):
        close, up, down = (draw(st.integers(50, 150)), *draw(st.tuples(*[st.integers(0, 20)] * 2)))
        top, bottom = max(price, close) + up, min(price, close) - down
        bars.append(Bar(price, top, bottom, close, draw(st.integers(0, 1_000)) * BAR_MS))
        price = close
    return bars


def test_a_bar_goes_through_the_nearer_extreme_first() -> None:
    rising = Series([Bar(100, 130, 90, 120, 0)], BAR_MS)
    assert [rising.price(at) for at in (0, 10, 20, 30, 40)] == [100, 95, 90, 110, 130]
    falling = Series([Bar(100, 130, 60, 70, 0)], BAR_MS)
    assert [falling.price(at) for at in (0, 10, 20, 30, 40)] == [100, 115, 130, 95, 60]


def test_at_its_end_the_path_turns_round_and_at_its_beginning_as_well() -> None:
    series = Series([Bar(100, 130, 90, 120, 6), Bar(120, 120, 80, 80, 6)], BAR_MS)
    end = series.length_ms
    for step in range(0, end, 7):
        assert series.price(end + step) == series.closing(end - step)
        assert series.price(-step) == series.price(step)
        assert series.price(step + 2 * end) == series.price(step)


def test_a_whole_bar_sums_up_to_itself_and_to_its_mirror_image() -> None:
    bar = Bar(100, 130, 90, 120, 600)
    series = Series([bar, Bar(120, 125, 80, 81, 60)], BAR_MS)
    assert series.bar(0, BAR_MS) == bar
    mirrored = bar._replace(open=120, close=100)
    assert series.bar(3 * BAR_MS, 4 * BAR_MS) == mirrored
    assert series.bar(-BAR_MS, 0) == mirrored


@given(_bars(), st.integers(-2_000, 2_000))
def test_the_path_never_jumps(bars: list[Bar], at: int) -> None:
    series = Series(bars, BAR_MS)
    steepest = max(3 * (bar.high - bar.low) // BAR_MS + 2 for bar in bars)
    assert abs(series.price(at + 1) - series.price(at)) <= steepest


@given(_bars(), st.integers(-900, 900), st.integers(1, 900))
def test_summing_up_agrees_with_walking_the_path(bars: list[Bar], start: int, size: int) -> None:
    series = Series(bars, BAR_MS)
    bar = series.bar(start, start + size)
    walked = [series.price(at) for at in range(start, start + size)]
    walked.append(series.closing(start + size))
    assert (bar.open, bar.close) == (walked[0], walked[-1])
    # The turning points lie on whole milliseconds here, so walking meets every extreme.
    assert (bar.high, bar.low) == (max(walked), min(walked))


@given(_bars(), st.integers(-900, 900), st.lists(st.integers(1, 200), max_size=6))
def test_volume_is_neither_lost_nor_counted_twice(
    bars: list[Bar], start: int, sizes: list[int]
) -> None:
    series = Series(bars, BAR_MS)
    total, at = 0, start
    for size in sizes:
        total += series.bar(at, at + size).volume
        at += size
    assert total == (series.bar(start, at).volume if sizes else 0)
