"""Guards, worked out by hand and as laws over any position."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.robots.guards import (
    BY_PROFIT,
    BY_STOP,
    BY_TRAIL,
    NO_EXIT,
    NO_GUARDS,
    OF,
    PARAMETERS,
    Bar,
    Ended,
    Guards,
    exit_of,
    in_hours,
    is_locked,
    looks_back,
    safety_of,
    tell_guards,
)
from drawbridge.robots.strategy import NOTHING_HELD, Held
from drawbridge.robots.wishes import guards_of

LONG = Held(quantity=2.0, price=100.0, entry=100.0, best=100.0, since=1, steps=0)
SHORT = LONG._replace(quantity=-2.0)
MONDAY_MS = 4 * 86_400_000
HOUR_MS = 3_600_000


def bar(opened: float, high: float, low: float, close: float) -> Bar:
    return Bar(opened, high, low, close)


@pytest.mark.parametrize(
    ("guards", "held", "judged", "expected"),
    [
        (Guards(stop_loss=5.0), LONG, bar(99, 101, 95.1, 96), (0.0, NO_EXIT)),
        (Guards(stop_loss=5.0), LONG, bar(99, 101, 95, 96), (95.0, BY_STOP)),
        (Guards(stop_loss=5.0), LONG, bar(93, 101, 92, 96), (93, BY_STOP)),
        (Guards(stop_loss=5.0), SHORT, bar(99, 105, 98, 99), (105.0, BY_STOP)),
        (Guards(stop_loss=5.0), SHORT, bar(106, 107, 98, 99), (106, BY_STOP)),
        (Guards(take_profit=5.0), LONG, bar(99, 104.9, 95, 96), (0.0, NO_EXIT)),
        (Guards(take_profit=5.0), LONG, bar(99, 106, 95, 96), (105.0, BY_PROFIT)),
        (Guards(take_profit=5.0), LONG, bar(107, 108, 95, 96), (107, BY_PROFIT)),
        (Guards(take_profit=5.0), SHORT, bar(99, 104.9, 94, 96), (95.0, BY_PROFIT)),
        (Guards(stop_loss=5.0, take_profit=5.0), LONG, bar(99, 200, 1, 96), (95.0, BY_STOP)),
        (Guards(trail=10.0), LONG._replace(best=200.0), bar(190, 200, 180, 190), (180.0, BY_TRAIL)),
        (Guards(trail=10.0), SHORT._replace(best=50.0), bar(52, 56, 51, 52), (55.0, BY_TRAIL)),
        (
            Guards(trail=10.0, trail_from=50.0),
            LONG._replace(best=149.0),
            bar(120, 120, 1, 10),
            (0.0, NO_EXIT),
        ),
        (
            Guards(trail=10.0, trail_from=50.0),
            LONG._replace(best=150.0),
            bar(140, 140, 130, 130),
            (135.0, BY_TRAIL),
        ),
        (
            Guards(stop_loss=5.0, trail=10.0),
            LONG,
            bar(99, 99, 90, 90),
            (95.0, BY_STOP),
        ),
        (Guards(stop_loss=5.0), NOTHING_HELD, bar(1, 1, 1, 1), (0.0, NO_EXIT)),
    ],
)
def test_a_position_ends_where_it_was_worked_out_by_hand(
    guards: Guards, held: Held, judged: Bar, expected: tuple[float, int]
) -> None:
    price, by = exit_of(guards, held, judged)

    assert by == expected[1]
    assert price == pytest.approx(expected[0])


@pytest.mark.parametrize(
    ("steps", "judged", "expected"),
    [
        (0, bar(99, 99, 98.1, 99), 0.0),
        (0, bar(99, 99, 98, 99), 98.0),
        (0, bar(97, 99, 96, 99), 97),
        (1, bar(99, 99, 96.1, 99), 0.0),
        (1, bar(99, 99, 95, 99), 96.0),
        (2, bar(99, 99, 1, 99), 0.0),
    ],
)
def test_safety_entries_are_made_at_even_distances_below_the_first(
    steps: int, judged: Bar, expected: float
) -> None:
    guards = Guards(dca_steps=2, dca_drop=2.0)

    assert safety_of(guards, LONG._replace(steps=steps, price=97.0), judged) == expected
    assert safety_of(guards, NOTHING_HELD, judged) == 0.0


def test_a_short_position_is_added_to_above_its_first_entry() -> None:
    guards = Guards(dca_steps=1, dca_drop=2.0)

    assert safety_of(guards, SHORT, bar(100, 102, 99, 100)) == 102.0
    assert safety_of(guards, SHORT, bar(100, 101.9, 99, 100)) == 0.0


@pytest.mark.parametrize(
    ("from_hour", "until_hour", "hour", "allowed"),
    [
        (0, 0, 12, True),
        (9, 17, 8, False),
        (9, 17, 9, True),
        (9, 17, 16, True),
        (9, 17, 17, False),
        (22, 6, 23, True),
        (22, 6, 5, True),
        (22, 6, 6, False),
        (22, 6, 12, False),
    ],
)
def test_hours_may_reach_over_midnight(
    from_hour: int, until_hour: int, hour: int, *, allowed: bool
) -> None:
    guards = Guards(from_minute=from_hour * 60, until_minute=until_hour * 60)

    assert in_hours(guards, MONDAY_MS + hour * HOUR_MS) is allowed


@pytest.mark.parametrize(
    "text", ["", "-", "mon-", "-fri", "monday", "mon-fri-sun", "mon;tue", "8x"]
)
def test_what_names_no_days_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        guards_of({"days": text})
    assert (caught.value.code, caught.value.facts["field"]) == ("not_of_these", "days")
    assert caught.value.facts["example"] == "mon-fri"


@pytest.mark.parametrize(
    ("text", "days", "told"),
    [
        ("mon-fri", 31, "mon-fri"),
        ("Sat Sun", 96, "sat,sun"),
        ("sat-mon", 97, "mon,sat,sun"),
        ("wed,mon,wed", 5, "mon,wed"),
        ("31", 31, "mon-fri"),
        ("mon-fri,sun", 95, "mon-fri,sun"),
    ],
)
def test_days_are_written_by_name(text: str, days: int, told: str) -> None:
    read = guards_of({"days": text})
    assert read.days == days
    assert tell_guards(read) == {"days": told}
    assert guards_of({"days": told}) == read


@given(st.integers(1, 126))
def test_days_told_and_read_again_are_the_same(days: int) -> None:
    assert guards_of(tell_guards(Guards(days=days))).days == days


def test_a_guard_is_told_apart_from_a_setting_of_its_name() -> None:
    with pytest.raises(BadInput) as caught:
        guards_of({"confirm": "0"})
    assert (caught.value.facts["field"], caught.value.facts["of"]) == ("confirm", OF)


def test_days_have_a_bit_each_monday_first() -> None:
    allowed = [
        [in_hours(Guards(days=1 << bit), MONDAY_MS + day * 24 * HOUR_MS) for day in range(7)]
        for bit in range(7)
    ]

    assert allowed == [[day == bit for day in range(7)] for bit in range(7)]


def ended(*rows: tuple[int, float, int]) -> Ended:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return Ended(
        [int(it) for it in columns[0]], list(columns[1]), [int(it) for it in columns[2]], len(rows)
    )


def test_nothing_is_locked_before_the_first_trade() -> None:
    assert not is_locked(Guards(cool_down=10, most_stops=1), ended(), 5)


def test_a_trade_is_followed_by_its_cool_down() -> None:
    told = ended((10, 1.0, 0))

    assert [is_locked(Guards(cool_down=3), told, at) for at in (10, 12, 13)] == [True, True, False]


@pytest.mark.parametrize(
    ("guards", "locked"),
    [
        (Guards(most_stops=2), True),
        (Guards(most_stops=3), False),
        (Guards(most_drawdown=5.0), True),
        (Guards(most_drawdown=5.1), False),
        (Guards(least_trades=3, least_profit=0.1), True),
        (Guards(least_trades=3, least_profit=-1.0), False),
        (Guards(least_trades=4, least_profit=9.0), False),
    ],
)
def test_bad_trades_lock_entries_for_a_while(guards: Guards, *, locked: bool) -> None:
    # Before the window: a stop more, which does not count any more.
    told = ended((0, -50.0, 1), (110, 4.0, 0), (120, -2.0, 1), (130, -3.0, 1))

    guards = guards._replace(window=100, lock=20)
    assert is_locked(guards, told, 131) is locked
    assert not is_locked(guards, told, 150)


few = st.integers(0, 4)
looking_back = st.builds(
    Guards,
    cool_down=st.integers(0, 12),
    window=st.integers(1, 12),
    lock=st.integers(1, 20),
    most_stops=few,
    most_drawdown=st.sampled_from([0.0, 1.0, 5.0]),
    least_trades=few,
    least_profit=st.floats(-5, 5),
)
trades = st.lists(st.tuples(st.integers(0, 30), st.floats(-9, 9), st.integers(0, 1)), max_size=8)


@given(looking_back, trades, st.integers(0, 40))
def test_trades_from_before_guards_look_back_make_no_difference(
    guards: Guards, told: list[tuple[int, float, int]], later: int
) -> None:
    told.sort()
    last = told[-1][0] if told else 0
    kept = [it for it in told if it[0] > last - looks_back(guards)]
    assert is_locked(guards, ended(*kept), last + later) is is_locked(
        guards, ended(*told), last + later
    )


prices = st.floats(1, 1000)
positions = st.builds(
    lambda quantity, price, best, steps: Held(
        quantity, price, price, max(best, price) if quantity > 0 else min(best, price), 1, steps
    ),
    st.sampled_from([-3.0, 2.0]),
    prices,
    prices,
    st.integers(0, 3),
)
candles = st.tuples(prices, prices, prices, prices).map(
    lambda it: Bar(it[0], max(it), min(it), it[3])
)
any_guards = st.builds(
    Guards,
    stop_loss=st.floats(0, 90),
    take_profit=st.floats(0, 200),
    trail=st.floats(0, 90),
    trail_from=st.floats(0, 50),
    dca_steps=st.integers(0, 5),
    dca_drop=st.floats(0.1, 20),
)


@given(any_guards, positions, candles)
def test_guards_act_at_prices_that_the_candle_had(guards: Guards, held: Held, judged: Bar) -> None:
    """Law: no guard ends or adds to a position at a price that never was."""
    price, by = exit_of(guards, held, judged)
    safety = safety_of(guards, held, judged)

    low, high = judged.low * (1 - 1e-12), judged.high * (1 + 1e-12)
    assert by == NO_EXIT or low <= price <= high
    assert safety == 0.0 or low <= safety <= high


@given(any_guards, positions, candles)
def test_long_and_short_are_mirrored(guards: Guards, held: Held, judged: Bar) -> None:
    """Law: a short position is judged as a long one is in mirrored prices."""
    centre = 2 * held.price
    limit = 2 * held.price * 0.999
    if judged.high >= limit or held.best >= limit:
        return
    mirrored = held._replace(quantity=-held.quantity, best=centre - held.best)
    turned = Bar(centre - judged.open, centre - judged.low, centre - judged.high, 0.0)
    only_fixed = guards._replace(trail=0.0)

    price, by = exit_of(only_fixed, held, judged)
    other, other_by = exit_of(only_fixed, mirrored, turned)

    if by == other_by and by != NO_EXIT:
        assert math.isclose(price, centre - other, rel_tol=1e-9)


def test_only_what_differs_from_the_defaults_is_told() -> None:
    assert tell_guards(NO_GUARDS) == {}
    assert tell_guards(Guards(stop_loss=2.0, lock=5)) == {"stop_loss": 2.0, "lock": 5}
    assert [it.name for it in PARAMETERS] == list(Guards._fields)
