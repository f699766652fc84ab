"""Windows, nonces and rate limits, at every moment of a clock that is passed in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.wire.limits import Count, Limit, LimitKind, LimitPer
from drawbridge.wire.stamps import (
    StampKind,
    StampRule,
    check_nonce,
    check_time,
    next_stamp,
    read_stamp,
)

TIME = StampRule(StampKind.TIME)
NONCE = StampRule(StampKind.NONCE, units_per_ms=1_000)
NOW = 1_700_000_000_000


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1e3", "٣", "9" * 21, " 1"])
def test_a_stamp_is_a_plain_number(text: str) -> None:
    with pytest.raises(BadInput, match="bad_stamp"):
        read_stamp(text)


def test_the_window_has_two_edges() -> None:
    check_time(TIME, NOW - 5_000, None, NOW)
    check_time(TIME, NOW + 999, None, NOW)
    with pytest.raises(NotProven, match="stale_stamp"):
        check_time(TIME, NOW - 5_001, None, NOW)
    with pytest.raises(NotProven, match="stamp_ahead"):
        check_time(TIME, NOW + 1_000, None, NOW)


@pytest.mark.parametrize("window_ms", [0, -1, 60_001])
def test_a_window_beyond_what_the_exchange_allows_is_refused(window_ms: int) -> None:
    with pytest.raises(BadInput, match="bad_window"):
        check_time(TIME, NOW, window_ms, NOW)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=50))
def test_nonces_of_one_key_always_rise_even_when_the_clock_goes_back(moments: list[int]) -> None:
    last = 0
    for moment in moments:
        nonce = next_stamp(NONCE, moment, last)
        check_nonce(nonce, last)
        last = nonce


def test_a_used_nonce_is_refused() -> None:
    with pytest.raises(NotProven, match="used_nonce"):
        check_nonce(5, 5)
    with pytest.raises(NotProven, match="used_nonce"):
        check_nonce(1, 20, window=10)
    check_nonce(15, 20, window=10)


@pytest.mark.parametrize("kind", list(LimitKind))
@given(
    steps=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 3)), max_size=60),
)
def test_a_limit_never_lets_more_through_than_it_says(
    kind: LimitKind, steps: list[tuple[int, int]]
) -> None:
    limit = Limit("weight", kind, LimitPer.ADDRESS, amount=5, window_ms=1_000)
    count, now, passed = Count(limit), NOW, []
    for wait, cost in steps:
        now += wait
        told_ms = count.charge(cost, now)
        if told_ms:
            # Waiting as long as told is always long enough.
            assert Count.charge(count, cost, now + told_ms) == 0
            now += told_ms
        passed.append((now, cost))
        assert count.used(now) <= limit.amount
    for start, _ in passed:
        inside = sum(cost for at, cost in passed if start <= at < start + 1_000)
        assert inside <= 2 * limit.amount
