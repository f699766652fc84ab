"""Equity and drawdown, against sums done by hand."""

from decimal import Decimal

from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.statistics.equity import Drawdown, drawdown_of, equity_of

SYMBOL = "BTC/USD"


def fill(side: Side, price: str, at: int, fee: str = "0", currency: str = "USD") -> Fill:
    return Fill(
        trade_id=f"t{at}",
        order_id=f"o{at}",
        client_id="",
        symbol=SYMBOL,
        side=side,
        type=OrderType.MARKET,
        price=Decimal(price),
        quantity=Decimal(2),
        fee=Decimal(fee),
        fee_currency=currency,
        is_maker=False,
        time_ms=at,
    )


def test_nothing_at_all_has_no_points_and_no_drawdown() -> None:
    assert equity_of([], [], SYMBOL, Decimal(100)) == ()
    assert drawdown_of([]) == Drawdown(Decimal(0), None)


def test_equity_is_cash_and_what_is_held_at_the_price_of_the_moment() -> None:
    points = equity_of(
        [fill(Side.BUY, "100", 2, "1"), fill(Side.SELL, "120", 4, "1")],
        [(1, Decimal(90)), (2, Decimal(101)), (3, Decimal(110)), (5, Decimal(1))],
        SYMBOL,
        Decimal(1000),
    )

    # 1000, then 2 bought for 201, at prices 101 and 110, then sold for 239.
    assert [(point.time_ms, int(point.equity)) for point in points] == [
        (1, 1000),
        (2, 999),
        (2, 1001),
        (3, 1019),
        (4, 1038),
        (5, 1038),
    ]


def test_a_fee_in_base_currency_lowers_what_is_held() -> None:
    (point,) = equity_of([fill(Side.BUY, "100", 1, "0.5", "BTC")], [], SYMBOL, Decimal(1000))

    assert point.equity == 950


def test_the_deepest_fall_is_measured_from_its_own_height() -> None:
    equities = [Decimal(n) for n in (100, 120, 90, 200, 165, 300)]

    # 35 from 200 is more money, 30 from 120 is the larger share.
    assert drawdown_of(equities) == Drawdown(Decimal(35), Decimal("0.25"))


def test_an_account_that_was_never_above_zero_has_no_share() -> None:
    assert drawdown_of([Decimal(0), Decimal(-5)]) == Drawdown(Decimal(5), None)


def test_an_account_that_only_rises_never_falls() -> None:
    assert drawdown_of([Decimal(1), Decimal(2)]) == Drawdown(Decimal(0), Decimal(0))
