"""A law: processes behind one address never use up together more than it may, however they change.

Each is told how many they are, and none of what the others took.
"""

from hypothesis import given
from hypothesis import strategies as st

from drawbridge.gateway.shares import SharedCount
from drawbridge.gateway.turns import NOBODY
from drawbridge.wire.limits import Limit, LimitKind, LimitPer, Told

_WINDOW_MS = 60_000
_MOST = 4

limits = st.builds(
    lambda kind, amount: Limit("all", kind, LimitPer.ADDRESS, amount, _WINDOW_MS),
    st.sampled_from(LimitKind),
    st.integers(_MOST, 10_000),
)
asked = st.lists(st.tuples(st.integers(0, _MOST - 1), st.integers(1, 500)), max_size=200)


@given(limits, st.integers(1, _MOST), asked)
def test_together_they_stay_below_what_the_address_may(
    limit: Limit, processes: int, wanted: list[tuple[int, int]]
) -> None:
    counts = [SharedCount(limit) for _ in range(processes)]
    for count in counts:
        count.share_among(processes, 0)
    taken = sum(
        cost
        for who, cost in wanted
        if counts[who % processes].charge(NOBODY.who, cost, 0, is_urgent=True) is None
    )
    assert taken <= limit.amount


@given(limits, st.integers(1, _MOST), st.integers(0, 10_000), asked)
def test_of_what_an_exchange_says_is_left_each_takes_its_part(
    limit: Limit, processes: int, left: int, wanted: list[tuple[int, int]]
) -> None:
    told = Told(min(left, limit.amount), _WINDOW_MS)
    counts = [SharedCount(limit) for _ in range(processes)]
    for count in counts:
        count.share_among(processes, 0)
        count.hear(told, 0)
    taken = sum(
        cost
        for who, cost in wanted
        if counts[who % processes].charge(NOBODY.who, cost, 0, is_urgent=True) is None
    )
    assert taken <= told.left


@given(limits, st.lists(st.integers(1, _MOST), max_size=10), asked)
def test_one_who_is_told_another_number_again_and_again_forgets_nothing_it_used(
    limit: Limit, numbers: list[int], wanted: list[tuple[int, int]]
) -> None:
    count = SharedCount(limit)
    taken = 0
    for number in (*numbers, 1):
        count.share_among(number, 0)
        for _, cost in wanted:
            taken += cost if count.charge(NOBODY.who, cost, 0, is_urgent=True) is None else 0
    assert taken <= limit.amount
