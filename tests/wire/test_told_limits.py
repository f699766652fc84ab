"""What exchanges tell of their limits: read, and never taken for more than it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from drawbridge.wire.limits import (
    Ceiling,
    Count,
    Limit,
    LimitHeaders,
    LimitKind,
    LimitPer,
    ResetAs,
    Told,
    read_told,
)

WINDOW = Limit("orders", LimitKind.WINDOW, LimitPer.ACCOUNT, 100, 10_000)
DECAY = Limit("orders", LimitKind.DECAY, LimitPer.ACCOUNT, 100, 10_000)
USED = LimitHeaders(used="x-used")
LEFT = LimitHeaders(left="x-left")
NOW = 1_700_000_005_000
END = 1_700_000_010_000


def _answer(**told: object) -> dict[bytes, bytes]:
    return {f"x-{name}".encode(): str(value).encode() for name, value in told.items()}


@pytest.mark.parametrize("told", ["", "-1", "1.5", "1e3", "many", "٣", " 1", "9" * 16])
def test_what_is_no_number_tells_nothing(told: str) -> None:
    assert read_told(WINDOW, USED, _answer(used=told), NOW, NOW) is None
    assert read_told(WINDOW, LEFT, _answer(left=told), NOW, NOW) is None


def test_an_answer_without_the_header_tells_nothing() -> None:
    assert read_told(WINDOW, USED, _answer(left=3), NOW, NOW) is None
    assert read_told(WINDOW, LimitHeaders(), _answer(left=3), NOW, NOW) is None


def test_more_than_ten_times_the_limit_is_nonsense() -> None:
    assert read_told(WINDOW, USED, _answer(used=1_001), NOW, NOW) is None
    assert read_told(WINDOW, USED, _answer(used=1_000), NOW, NOW) == Told(0, END)


def test_what_was_sent_before_the_window_or_at_its_border_tells_nothing_of_it() -> None:
    begun = END - 10_000
    answer = _answer(used=90)
    assert read_told(WINDOW, USED, answer, begun - 1, NOW) is None
    assert read_told(WINDOW, USED, answer, begun + 999, NOW) is None
    assert read_told(WINDOW, USED, answer, begun + 1_000, NOW) == Told(10, END)


@pytest.mark.parametrize(
    ("reset_as", "reset"),
    [(ResetAs.AT_MS, NOW + 7_000), (ResetAs.AT_S, NOW // 1_000 + 7), (ResetAs.IN_MS, 7_000)],
)
def test_a_window_ends_when_the_exchange_says(reset_as: ResetAs, reset: int) -> None:
    headers = LimitHeaders(left="x-left", reset="x-reset", reset_as=reset_as)
    told = read_told(WINDOW, headers, _answer(left=4, reset=reset), NOW, NOW)
    assert told == Told(4, NOW + 7_000)


@pytest.mark.parametrize("reset", ["soon", 0, NOW, NOW + 10_001])
def test_where_the_told_end_cannot_be_it_is_our_own(reset: object) -> None:
    headers = LimitHeaders(left="x-left", reset="x-reset")
    told = read_told(WINDOW, headers, _answer(left=4, reset=reset), NOW, NOW)
    assert told == Told(4, END)


@given(some.integers(0, 200), some.integers(0, 200), some.integers(0, 20_000))
def test_raising_a_count_never_lowers_it(ours: int, told: int, later_ms: int) -> None:
    for limit in (WINDOW, DECAY):
        count = Count(limit)
        count.charge(min(ours, limit.amount), NOW)
        before = count.used(NOW + later_ms)
        count.raise_to(told, NOW + later_ms)
        assert count.used(NOW + later_ms) == max(before, told)


@given(
    some.lists(
        some.tuples(some.integers(0, 60), some.integers(1, 12), some.integers(0, 900)),
        min_size=1,
        max_size=60,
    )
)
def test_no_more_is_taken_than_the_least_that_was_told(steps: list[tuple[int, int, int]]) -> None:
    """Each step: so much is told of the same window, so much is wanted, so long goes by."""
    ceiling, now_ms = Ceiling(WINDOW), NOW
    taken_since: list[tuple[int, int]] = []
    for left, cost, later_ms in steps:
        if now_ms >= END:
            break
        ceiling.hear(Told(left, END), now_ms)
        taken_since = [*taken_since, (left, 0)]
        wait_ms = ceiling.wait_ms(cost, now_ms)
        if wait_ms:
            assert wait_ms == END - now_ms
        else:
            ceiling.take(cost)
            taken_since = [(told, taken + cost) for told, taken in taken_since]
        assert all(taken <= told for told, taken in taken_since)
        now_ms += later_ms
    assert not ceiling.wait_ms(1_000_000, END)
    assert ceiling.find_left(END) is None
