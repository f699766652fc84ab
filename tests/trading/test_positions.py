"""Round trips from fills, against sums done by hand."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.orders import Fill, Side
from drawbridge.trading.positions import Due, Position, follow
from tests.kit.trades import SYMBOL, trade


def fill(
    side: str, quantity: str, price: str, fee: str = "0", currency: str = "USD", at: int = 0
) -> Fill:
    return trade(side, quantity, price, at, f"{fee} {currency}")


def test_no_fills_are_no_trips() -> None:
    journey = follow([], SYMBOL)

    assert journey.trips == ()
    assert journey.position == Position()
    assert journey.realised == 0


def test_fills_of_another_symbol_are_left_alone() -> None:
    assert follow([fill("buy", "1", "100")], "ETH/USD").position == Position()


def test_a_long_trip_pays_each_quote_fee_once() -> None:
    # Pays 100 + 1, gets 110 - 2: seven.
    journey = follow(
        [fill("buy", "1", "100", "1", at=1), fill("sell", "1", "110", "2", at=5)], SYMBOL
    )

    (trip,) = journey.trips
    assert (trip.opened_ms, trip.closed_ms, trip.is_long) == (1, 5, True)
    assert trip.profit == 7
    assert trip.quantity == 1
    assert journey.fees == 3


def test_what_holding_cost_belongs_to_the_trip_in_which_it_was_due() -> None:
    fills = [
        fill("buy", "1", "100", at=1),
        fill("sell", "1", "110", at=5),
        fill("sell", "1", "110", at=8),
        fill("buy", "1", "105", at=9),
        fill("buy", "1", "100", at=12),
    ]
    dues = [Due(3, Decimal(2)), Due(5, Decimal(1)), Due(9, Decimal(-4)), Due(20, Decimal(3))]

    journey = follow(fills, SYMBOL, dues=dues)

    # 10 - 2 - 1; 5 + 4; and 3 for what is still held.
    assert [trip.profit for trip in journey.trips] == [7, 9]
    assert journey.realised == 13
    assert journey.position == Position(Decimal(1), Decimal(100))


def test_a_short_trip_earns_when_the_price_falls() -> None:
    # Gets 200 - 1, pays 180 + 1.
    journey = follow(
        [fill("sell", "2", "100", "1", at=1), fill("buy", "2", "90", "1", at=2)], SYMBOL
    )

    (trip,) = journey.trips
    assert not trip.is_long
    assert trip.profit == 18
    assert journey.realised == 18


def test_a_fee_in_base_currency_is_counted_once_by_the_smaller_quantity() -> None:
    # 1 BTC bought for 100 leaves 0.999; sold at 110 that brings 109.89.
    journey = follow(
        [
            fill("buy", "1", "100", "0.001", "BTC", at=1),
            fill("sell", "0.999", "110", at=2),
        ],
        SYMBOL,
    )

    (trip,) = journey.trips
    assert trip.profit == Decimal("9.89")
    assert journey.fees == Decimal("0.1")
    assert journey.position == Position()


def test_a_fee_in_a_third_currency_is_told_apart() -> None:
    journey = follow([fill("buy", "1", "100", "0.01", "BNB")], SYMBOL)

    assert journey.fees == 0
    assert journey.fees_elsewhere == (("BNB", Decimal("0.01")),)
    assert journey.position.cost == 100


def test_partial_fills_belong_to_one_trip_at_average_cost() -> None:
    """Scenario 62: the size of the position is what was executed."""
    journey = follow(
        [
            fill("buy", "0.4", "100", at=1),
            fill("buy", "0.6", "110", at=2),  # cost 106 in all
            fill("sell", "0.5", "120", at=3),  # 60 for a cost of 53
        ],
        SYMBOL,
    )

    assert journey.trips == ()
    assert journey.realised == 7
    assert journey.position == Position(Decimal("0.5"), Decimal(53))
    assert journey.position.profit_at(Decimal(120)) == 7


def test_a_fill_through_zero_ends_a_long_trip_and_begins_a_short_one() -> None:
    journey = follow(
        [
            fill("buy", "1", "100", at=1),
            fill("sell", "3", "120", "3", at=2),  # one third of 357 closes, two thirds open
            fill("buy", "2", "100", at=3),
        ],
        SYMBOL,
    )

    first, second = journey.trips
    assert (first.is_long, first.profit) == (True, Decimal(19))
    assert (second.is_long, second.profit) == (False, Decimal(38))
    assert second.opened_ms == 2


def test_dust_that_cannot_be_sold_ends_the_trip_and_keeps_its_cost() -> None:
    journey = follow(
        [fill("buy", "1", "100", at=1), fill("sell", "0.995", "100", at=2)], SYMBOL, Decimal("0.01")
    )

    assert len(journey.trips) == 1
    assert journey.position == Position(Decimal("0.005"), Decimal("0.5"))


AMOUNTS = st.decimals(min_value="0.01", max_value="9.99", places=2)
FILLS = st.lists(
    st.tuples(st.sampled_from(["buy", "sell"]), AMOUNTS, AMOUNTS, AMOUNTS), max_size=30
)


@given(FILLS)
def test_realised_and_open_profit_together_are_the_flow_of_money(
    rows: list[tuple[str, Decimal, Decimal, Decimal]],
) -> None:
    """Law: however fills follow each other, no profit appears and none is lost."""
    fills = [
        fill(side, str(quantity), str(price), str(fee), at=number)
        for number, (side, quantity, price, fee) in enumerate(rows)
    ]
    journey = follow(fills, SYMBOL)
    flow = sum(
        ((f.quote_quantity if f.side is Side.SELL else -f.quote_quantity) - f.fee for f in fills),
        Decimal(0),
    )

    assert abs(journey.realised - journey.position.cost - flow) < Decimal("1e-18")
    assert journey.position.quantity == sum(
        f.quantity if f.side is Side.BUY else -f.quantity for f in fills
    )
    assert journey.fees == sum(f.fee for f in fills)
    if not journey.position.quantity:
        assert abs(sum((trip.profit for trip in journey.trips), Decimal(0)) - flow) < Decimal(
            "1e-18"
        )
