"""What is due: found at its time, the longest due first, and never forgotten."""

from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.due import Due, Pace

HOUR_MS = 3_600_000
NAMES = st.sampled_from("abcdef")
TIMES = st.integers(min_value=0, max_value=100)
MOVES = st.one_of(
    st.tuples(st.just("put"), NAMES, TIMES),
    st.tuples(st.just("hasten"), NAMES, TIMES),
    st.tuples(st.just("drop"), NAMES, TIMES),
    st.tuples(st.just("take"), st.integers(min_value=0, max_value=4), TIMES),
)


@given(st.lists(MOVES, max_size=200))
def test_whatever_is_said_of_times_those_that_have_come_are_taken_and_no_others(
    moves: list[tuple[str, str | int, int]],
) -> None:
    due, known = Due[str](), dict[str, int]()
    for what, it, at_ms in moves:
        if what == "take":
            most = int(it)
            found = due.take(at_ms, most, again_ms=7)
            ready = sorted(known[name] for name in known if known[name] <= at_ms)
            assert [known[name] for name in found] == ready[:most]
            known.update(dict.fromkeys(found, at_ms + 7))
            continue
        name = str(it)
        if what == "put":
            due.put(name, at_ms)
            known[name] = at_ms
        elif what == "hasten":
            due.hasten(name, at_ms)
            known[name] = min(at_ms, known.get(name, at_ms))
        else:
            due.drop(name)
            known.pop(name, None)
        assert {name: due.find(name) for name in "abcdef" if name in due} == known
        assert len(due) == len(known)
    assert sorted(due.take(10**6, 100, again_ms=1)) == sorted(known)


def test_what_is_put_off_again_and_again_takes_no_more_room() -> None:
    due = Due[str]()
    for at_ms in range(10_000):
        due.put("a", at_ms)
    assert due.take(9_998, 10, again_ms=1) == []
    assert due.take(9_999, 10, again_ms=1) == ["a"]


@given(
    st.integers(min_value=0, max_value=200_000),
    st.lists(st.integers(min_value=200, max_value=20_000), min_size=1, max_size=20),
)
def test_all_have_their_turn_in_a_round_and_no_second_has_more_than_its_part(
    many: int, pauses_ms: list[int]
) -> None:
    """However unevenly it is looked, as long as no look keeps the next one waiting for long."""
    pace, now_ms, begun = Pace(10, HOUR_MS), 0, 0
    a_second = max(10.0, many * 1_000 / HOUR_MS)
    while now_ms < HOUR_MS + 20_000:
        for pause_ms in pauses_ms:
            most = pace.most(now_ms, many)
            assert 0 <= most <= 10 * a_second + 1
            assert begun + most <= (a_second + 0.001) * (now_ms / 1_000 + 1) + 1
            pace.took(most)
            begun += most
            now_ms += min(pause_ms, 10_000)
    assert begun >= min(many, 10 * HOUR_MS // 1_000)
