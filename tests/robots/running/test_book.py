"""What a robot holds is counted from its own fills, to the last digit, long and short."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.robots.model import held_of
from drawbridge.robots.running.book import Book

BUY = Fill(
    trade_id="1",
    order_id="1",
    client_id="a",
    symbol="BTC/USDT",
    side=Side.BUY,
    type=OrderType.MARKET,
    price=Decimal(100),
    quantity=Decimal("0.5"),
    fee=Decimal("0.05"),
    fee_currency="USDT",
    is_maker=False,
    time_ms=60_000,
)
SELL = replace(BUY, side=Side.SELL, price=Decimal(110), fee=Decimal("0.055"), time_ms=120_000)
STEP = Decimal("0.001")


def book() -> Book:
    return Book("BTC", "USDT", STEP)


def test_a_round_trip_ends_with_its_gain_fees_counted_once_each() -> None:
    it = book()

    assert it.take([BUY]) == ()
    assert (it.quantity, it.cost, it.entry, it.opened_ms) == (
        Decimal("0.5"),
        Decimal("50.05"),
        Decimal(100),
        60_000,
    )
    (ending,) = it.take([SELL])

    # Bought for 50, sold for 55, 0.105 of fees: 4.895 of 50.
    assert ending.gain == 9.79
    assert it.is_flat
    assert it.quantity == it.cost == 0


def test_a_short_position_gains_when_prices_fall() -> None:
    it = book()
    sold = replace(SELL, price=Decimal(100), fee=Decimal(0))

    it.take([sold])
    assert (it.quantity, it.cost) == (Decimal("-0.5"), Decimal(-50))
    (ending,) = it.take([replace(BUY, price=Decimal(90), fee=Decimal(0))])

    assert ending.gain == 10


def test_a_safety_entry_moves_the_average_price_and_not_the_first_one() -> None:
    it = book()

    it.take([BUY, replace(BUY, price=Decimal(90), quantity=Decimal("1.5"))])

    assert (it.price, it.entry) == (Decimal("92.5"), Decimal(100))


def test_a_fee_in_what_was_bought_is_not_held_and_crumbs_count_as_nothing() -> None:
    it = book()
    it.take([replace(BUY, fee=Decimal("0.0005"), fee_currency="BTC")])
    assert it.quantity == Decimal("0.4995")

    endings = it.take([replace(SELL, quantity=Decimal("0.499"))])

    assert (it.quantity, it.is_flat, len(endings)) == (Decimal("0.0005"), True, 1)


@given(
    st.lists(
        st.tuples(st.sampled_from(Side), st.integers(1, 500), st.integers(1, 1_000)), max_size=30
    )
)
def test_a_position_is_what_all_fills_add_up_to(
    drawn: list[tuple[Side, int, int]],
) -> None:
    """Law: whatever was traded in between, nothing of it is lost."""
    fills = [
        replace(BUY, side=side, quantity=quantity * STEP, price=Decimal(price), fee=Decimal(0))
        for side, quantity, price in drawn
    ]
    it = book()

    it.take(fills)

    assert it.quantity == held_of(fills, "BTC")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Side),
            st.integers(1, 500),
            st.integers(1, 1_000),
            st.sampled_from(["USDT", "BTC"]),
        ),
        max_size=30,
    ),
    st.integers(0, 30),
)
def test_who_goes_on_from_what_was_written_down_comes_to_the_same(
    drawn: list[tuple[Side, int, int, str]], read: int
) -> None:
    """Law: what a robot did before it was read from disk need not be read again, wherever cut."""
    fills = [
        replace(
            BUY,
            side=side,
            quantity=quantity * STEP,
            price=Decimal(price) / 7,
            fee=STEP / 3,
            fee_currency=paid_in,
            time_ms=number,
        )
        for number, (side, quantity, price, paid_in) in enumerate(drawn)
    ]
    whole, before, after = book(), book(), book()
    endings = whole.take(fills)

    ended = before.take(fills[:read])
    after.restore(before.sums())

    assert (*ended, *after.take(fills[read:])) == endings
    assert after.sums() == whole.sums()
