"""RSI bands: entering low or coming back from there, leaving high."""

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.robots.strategies.rsi_bands import RSI_BANDS, Settings, look
from drawbridge.robots.strategy import IN, OUT, UNSAID
from tests.kit.strategies import candles_at, said_over


def test_bands_that_overlap_are_refused() -> None:
    with pytest.raises(BadInput, match="low_not_below_high") as caught:
        RSI_BANDS.read_settings({"low": 70, "high": 70})

    assert caught.value.facts["field"] == "low"


def test_the_index_is_that_of_the_textbook() -> None:
    # Moves of +2 and -1: averages of 1 and 0.5, so two thirds; a further -1 gives 0.5 and 0.75.
    seen = look(candles_at([10, 12, 11, 10]), Settings(2, 30, 70, 0))

    assert list(seen.rsi[2:]) == pytest.approx([100 * 2 / 3, 100 * 0.5 / 1.25])


def test_touching_enters_while_low_and_leaves_while_high() -> None:
    said = said_over(RSI_BANDS, candles_at([9, 8, 7, 9, 12]), span=2)

    assert said == [UNSAID, UNSAID, IN, UNSAID, OUT]


def test_reentry_waits_until_the_index_comes_back() -> None:
    said = said_over(RSI_BANDS, candles_at([9, 8, 7, 8, 8]), span=2, entry="reentry")

    # The index goes from 0 to 50 with the first rise.
    assert said == [UNSAID, UNSAID, UNSAID, IN, UNSAID]
