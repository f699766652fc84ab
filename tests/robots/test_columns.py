"""Columns of candles, and longer candles made of shorter ones."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.robots.columns import CandleColumns, columns_of, resampled


def minutes(*rows: tuple[int, float, float, float, float, float]) -> CandleColumns:
    return columns_of([it for minute, *rest in rows for it in (minute * 60_000, *rest)])


def rows_of(columns: CandleColumns) -> list[tuple[float, ...]]:
    names = ("open_time_ms", "open", "high", "low", "close", "volume")
    return list(zip(*(getattr(columns, name).tolist() for name in names), strict=True))


def test_three_minutes_by_hand_without_the_edges_that_are_not_whole() -> None:
    candles = minutes(
        (2, 1, 2, 1, 2, 1),
        (3, 2, 5, 2, 4, 10),
        (4, 4, 6, 3, 5, 20),
        (5, 5, 5, 1, 2, 30),
        (6, 2, 3, 2, 3, 1),
    )

    assert rows_of(resampled(candles, 180_000)) == [(180_000, 2, 6, 1, 2, 60)]


def test_an_interval_that_does_not_hold_whole_candles_is_refused() -> None:
    with pytest.raises(ValueError, match="no multiple"):
        resampled(minutes((0, 1, 1, 1, 1, 1), (1, 1, 1, 1, 1, 1)), 90_000)


def test_nothing_whole_gives_nothing() -> None:
    assert len(resampled(minutes((1, 1, 1, 1, 1, 1), (2, 1, 1, 1, 1, 1)), 300_000)) == 0


@given(st.lists(st.integers(1, 90), min_size=2, max_size=120), st.integers(0, 9))
def test_nothing_is_lost_or_made_up(closes: list[int], first: int) -> None:
    """Law: each long candle holds exactly what its short ones hold."""
    rows = [
        (first + at, close, close + 1, close - 0.5, close, at) for at, close in enumerate(closes)
    ]
    of: dict[int, list[tuple[float, ...]]] = defaultdict(list)
    for row in rows:
        of[row[0] // 5 * 300_000].append(row)

    for time_ms, opened, high, low, close, volume in rows_of(resampled(minutes(*rows), 300_000)):
        short = of[int(time_ms)]
        assert len(short) == 5
        assert opened == short[0][1]
        assert close == short[-1][4]
        assert high == max(row[2] for row in short)
        assert low == min(row[3] for row in short)
        assert volume == sum(row[5] for row in short)
