"""Moments keep their millisecond, and what is none is refused by its field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.wire.moments import parse_moment, write_moment

NOW_MS = 1_700_000_000_123


@pytest.mark.parametrize(
    "text",
    [
        "",
        "today",
        "2023-13-14T22:13:20Z",
        "2023-11-14",
        "2023-11-14T25:13:20Z",
        "٢٠٢٣-11-14T22:13:20Z",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="malformed"):
        parse_moment(text, "startTime")


@given(st.integers(0, 253_402_300_799_999), st.integers(3, 9))
def test_a_moment_written_and_read_is_the_same(time_ms: int, places: int) -> None:
    assert parse_moment(write_moment(time_ms, places)) == time_ms


def test_a_moment_is_written_as_finely_as_asked_for() -> None:
    assert write_moment(NOW_MS) == "2023-11-14T22:13:20.123Z"
    assert write_moment(NOW_MS, 0) == "2023-11-14T22:13:20Z"
    assert write_moment(NOW_MS, 0, zone="") == "2023-11-14T22:13:20"
    assert write_moment(NOW_MS, 6) == "2023-11-14T22:13:20.123000Z"
    assert parse_moment("2023-11-14T22:13:20.12Z") == 1_700_000_000_120
    assert parse_moment("2023-11-14T22:13:20.1239999+00:00") == NOW_MS
