"""What people ask a virtual key to be held to: read, checked, and refused by the field's name."""

import contextlib
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.clock import DAY_MS, HOUR_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.operations import GetBalances, Scope
from drawbridge.core.orders import OrderType, Side
from drawbridge.virtual_keys.amounts import Collar, LargestOrder, amounts_of
from drawbridge.virtual_keys.asked import asked_of
from drawbridge.virtual_keys.restrictions import (
    Addresses,
    Expiry,
    Hours,
    OrderTypes,
    Pairs,
    Rate,
    Scopes,
    Sides,
)
from drawbridge.virtual_keys.wishes import Wish, read_wish
from tests.virtual_keys.samples import HERE, NOW_MS, a_buy, asking


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish(scopes=("withdraw",)), "scopes"),
        (Wish(scopes=("transfer",)), "scopes"),
        (Wish(scopes=("manage_keys",)), "scopes"),
        (Wish(scopes=("other",)), "scopes"),
        (Wish(scopes=("",)), "scopes"),
        (Wish(pairs=("BTCUSDT",)), "pairs"),
        (Wish(pairs=("BTC/USDT/X",)), "pairs"),
        (Wish(pairs=tuple(f"A{number}/B" for number in range(201))), "pairs"),
        (Wish(sides=("both",)), "order_sides"),
        (Wish(order_types=("iceberg",)), "order_types"),
        (Wish(largest_order="500"), "largest_order"),
        (Wish(largest_order="500", pairs=("BTC/USDT", "ETH/BTC")), "largest_order"),
        (Wish(largest_order="500 USDT, 6 USDT"), "largest_order"),
        (Wish(largest_order="-5 USDT"), "largest_order"),
        (Wish(largest_order="0 USDT"), "largest_order"),
        (Wish(largest_order="1.2.3 USDT"), "largest_order"),
        (Wish(largest_order="1e9 USDT"), "largest_order"),
        (Wish(open_exposure="USDT"), "open_exposure"),
        (Wish(day_turnover=","), "day_turnover"),
        (Wish(day_turnover="1 USDT," * 200), "day_turnover"),
        (Wish(collar="0"), "collar"),
        (Wish(collar="101"), "collar"),
        (Wish(collar="five"), "collar"),
        (Wish(addresses=("example.com",)), "addresses"),
        (Wish(addresses=("10.0.0.0/40",)), "addresses"),
        (Wish(addresses=("1.2.3.4",) * 51), "addresses"),
        (Wish(days=("someday",)), "days"),
        (Wish(hours="8-17"), "hours"),
        (Wish(hours="08:00-24:01"), "hours"),
        (Wish(hours="08:60-09:00"), "hours"),
        (Wish(hours="08:00-08:00"), "hours"),
        (Wish(hours="24:00-08:00"), "hours"),
        (Wish(expires_ms=NOW_MS), "expires"),
        (Wish(rate="0"), "rate"),
        (Wish(rate="1001"), "rate"),
        (Wish(rate="2.5"), "rate"),
        (Wish(rate="²"), "rate"),
    ],
)
def test_what_cannot_be_held_is_refused_by_its_name(wish: Wish, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_wish(wish, NOW_MS)
    assert refused.value.facts["field"] == field


@given(st.text(max_size=30), st.sampled_from(("largest_order", "collar", "hours", "rate")))
def test_whatever_is_typed_is_read_or_refused(text: str, field: str) -> None:
    wishes = {
        "largest_order": Wish(largest_order=text),
        "collar": Wish(collar=text),
        "hours": Wish(hours=text),
        "rate": Wish(rate=text),
    }
    with contextlib.suppress(BadInput):
        read_wish(wishes[field], NOW_MS)


def test_nothing_that_is_left_empty_restricts_anything() -> None:
    assert read_wish(Wish(), NOW_MS) == ()
    blank = Wish(pairs=("", " "), addresses=("",), hours=" ", rate=" ", largest_order=" ")
    assert read_wish(blank, NOW_MS) == ()


def test_everything_at_once_is_read_in_the_order_of_numbers() -> None:
    wish = Wish(
        scopes=("trade_spot",),
        pairs=("btc/usdt",),
        sides=("buy",),
        order_types=("limit",),
        largest_order="500",
        collar="2.5 %",
        addresses=("127.0.0.1", "10.0.0.0/8"),
        days=("mon", "tue"),
        hours="22:00-06:00",
        expires_ms=NOW_MS + DAY_MS,
        rate="20",
    )
    read = read_wish(wish, NOW_MS)
    assert [it.number for it in read] == [1, 2, 3, 4, 5, 8, 9, 10, 11, 12]
    assert read[0] == Scopes(frozenset({Scope.READ, Scope.TRADE_SPOT}))
    assert read[1] == Pairs(frozenset({"BTC/USDT"}))
    assert read[2] == Sides(frozenset({Side.BUY}))
    assert read[3] == OrderTypes(frozenset({OrderType.LIMIT}))
    assert read[4] == LargestOrder(amounts_of({"USDT": Decimal(500)}))
    assert read[5] == Collar(Decimal("2.5"))
    assert isinstance(read[6], Addresses)
    assert read[7] == Hours(frozenset({0, 1}), 22 * 60, 6 * 60)
    assert read[8:] == (Expiry(NOW_MS + DAY_MS), Rate(20))


def test_both_sides_and_all_types_are_no_restriction() -> None:
    assert read_wish(Wish(sides=("buy", "sell"), order_types=("limit", "market")), NOW_MS) == ()


@pytest.mark.parametrize(
    ("hours", "days", "at_hours", "passes"),
    [
        ("08:00-17:00", (), 12, True),
        ("08:00-12:00", (), 12, False),
        ("12:00-13:00", (), 12, True),
        ("22:00-06:00", (), 12, False),
        ("22:00-06:00", (), 23, True),
        ("22:00-06:00", (), 29, True),
        ("00:00-24:00", ("tue",), 12, True),
        ("", ("mon",), 12, False),
        # What began on Tuesday evening goes on into Wednesday; what began on Monday has ended.
        ("22:00-06:00", ("tue",), 29, True),
        ("22:00-06:00", ("mon",), 29, False),
        ("22:00-06:00", ("mon",), 3, True),
    ],
)
def test_hours_hold_orders_and_nothing_else(
    hours: str, days: tuple[str, ...], at_hours: int, *, passes: bool
) -> None:
    [restriction] = read_wish(Wish(hours=hours, days=days), NOW_MS)
    midnight_ms = _tuesday_ms()
    order = replace(asking(a_buy()), now_ms=midnight_ms + at_hours * HOUR_MS)
    assert (restriction.verify(order) is None) is passes
    assert restriction.verify(asked_of(GetBalances(), Scope.READ, HERE, midnight_ms)) is None


def _tuesday_ms() -> int:
    # The first day of the epoch was a Thursday.
    days = NOW_MS // DAY_MS
    return (days - (days - 5) % 7) * DAY_MS
