"""Which candles choose and which judge."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.robots.search.folds import FEWEST_CANDLES, Fold, held_back, walk_forward


@pytest.mark.parametrize("share", [0, 1, -0.5, 2])
def test_a_share_that_leaves_nothing_is_refused(share: float) -> None:
    with pytest.raises(BadInput, match="bad_share"):
        held_back(1000, share)
    with pytest.raises(BadInput, match="bad_share"):
        walk_forward(1000, 3, share)


def test_too_few_candles_are_refused() -> None:
    with pytest.raises(BadInput, match="too_few_candles"):
        held_back(99, 0.5)
    with pytest.raises(BadInput, match="too_many_folds"):
        walk_forward(1000, 40, 0.3)
    with pytest.raises(BadInput, match="not_positive"):
        walk_forward(1000, 0, 0.3)


def test_the_newest_part_judges() -> None:
    assert held_back(1000, 0.3) == Fold(0, 700, 1000)


def test_a_walk_forward_by_hand() -> None:
    # Three folds, half of each judges: 1000 = L + 2 * L / 2, so L = 500 and 250 judge.
    assert walk_forward(1000, 3, 0.5) == (
        Fold(0, 250, 500),
        Fold(250, 500, 750),
        Fold(500, 750, 1000),
    )


@given(st.integers(400, 100_000), st.integers(1, 6), st.floats(0.2, 0.6))
def test_judged_parts_lie_end_to_end_behind_what_chose_them(
    candles: int, folds: int, share: float
) -> None:
    """Law: nothing is judged by candles that it was chosen on, and the end is judged whole."""
    try:
        walk = walk_forward(candles, folds, share)
    except BadInput:
        return
    assert walk[-1].end == candles
    assert all(later.cut == earlier.end for earlier, later in pairwise(walk))
    for fold in walk:
        assert 0 <= fold.first < fold.cut < fold.end <= candles
        assert min(fold.cut - fold.first, fold.end - fold.cut) >= FEWEST_CANDLES
