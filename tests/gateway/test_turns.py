"""Whose turn it is among those who wait."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as some

from drawbridge.gateway.turns import Line, Sharer, Waiting


def _who(number: int) -> Sharer:
    return ("account", f"virtual:{number}")


def _next(line: Line[str]) -> Waiting[str]:
    one = line.heads()[0]
    line.serve(one)
    return one


def test_too_many_are_not_let_in_and_one_alone_does_not_fill_the_line() -> None:
    line: Line[str] = Line()
    loud = [line.join(Waiting(_who(0), 1, "")) for _ in range(40)]
    assert loud.count(True) == 32
    assert line.join(Waiting(_who(1), 1, ""))
    for number in range(2, 2_000):
        line.join(Waiting(_who(number), 1, ""))
    assert line.length == 1_024
    assert not line.join(Waiting(_who(5_000), 1, ""))


def test_who_gives_up_makes_room_and_is_counted_for_nothing() -> None:
    line: Line[str] = Line()
    first, second = Waiting(_who(0), 1, "gone"), Waiting(_who(1), 1, "here")
    assert line.join(first)
    assert line.join(second)
    line.leave(first)
    line.leave(first)
    assert line.length == 1
    assert _next(line) is second
    assert not line.length
    assert not line.heads()


def test_ones_own_requests_keep_their_order() -> None:
    line: Line[str] = Line()
    for name in ("a", "b", "c"):
        assert line.join(Waiting(_who(0), 3, name))
    assert [_next(line).item for _ in range(3)] == ["a", "b", "c"]


def test_what_is_urgent_goes_first_but_not_for_ever() -> None:
    """Scenario 86: a bot that does nothing but cancel does not hold up the others."""
    line: Line[str] = Line(ahead=2)
    for number in range(30):
        assert line.join(Waiting(_who(0), 1, "cancel", is_urgent=True))
        assert line.join(Waiting(_who(1), 1, f"order {number}"))
    served = [_next(line).item for _ in range(30)]
    assert served[:3] == ["cancel"] * 3
    assert 13 <= sum(it != "cancel" for it in served) <= 15


@given(
    some.lists(some.integers(1, 5), min_size=2, max_size=8),
    some.data(),
)
def test_who_always_waits_is_given_as_much_as_any_other(
    costs: list[int], data: some.DataObject
) -> None:
    """Whatever each request takes, and however many of its own wait behind it."""
    line: Line[str] = Line()
    given_out: Counter[Sharer] = Counter()
    for number, cost in enumerate(costs):
        for _ in range(data.draw(some.integers(1, 4))):
            assert line.join(Waiting(_who(number), cost, ""))
    for _ in range(200):
        one = _next(line)
        given_out[one.who] += one.cost
        assert line.join(Waiting(one.who, one.cost, ""))
        told = [given_out[_who(number)] for number in range(len(costs))]
        assert max(told) - min(told) <= 2 * max(costs)


@given(some.lists(some.tuples(some.integers(0, 4), some.booleans()), max_size=60))
def test_nobody_is_lost_and_nobody_is_served_twice(asked: list[tuple[int, bool]]) -> None:
    line: Line[str] = Line(ahead=1)
    waiting = [
        Waiting(_who(number), 1, str(at), is_urgent=urgent)
        for at, (number, urgent) in enumerate(asked)
    ]
    joined = [it for it in waiting if line.join(it)]
    served = [_next(line) for _ in range(line.length)]
    assert len(joined) == len(asked)
    assert sorted(it.number for it in served) == sorted(it.number for it in joined)
    assert not line.length
