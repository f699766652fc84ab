"""Equity, against sums done by hand."""

from decimal import Decimal

from drawbridge.statistics.equity import equity_of
from tests.kit.trades import SYMBOL, trade


def test_nothing_at_all_has_no_points() -> None:
    assert equity_of([], [], SYMBOL, Decimal(100)) == ()


def test_equity_is_cash_and_what_is_held_at_the_price_of_the_moment() -> None:
    points = equity_of(
        [trade("buy", "2", "100", 2, "1 USD"), trade("sell", "2", "120", 4, "1 USD")],
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
    bought = trade("buy", "2", "100", 1, "0.5 BTC")
    (point,) = equity_of([bought], [], SYMBOL, Decimal(1000))

    assert point.equity == 950


def test_a_contract_sold_short_gains_when_its_price_falls_and_pays_its_fee() -> None:
    symbol = "BTC/USDT:USDT"
    sold = trade("sell", "2", "100", 1, "1 USDT", symbol)
    points = equity_of([sold], [(2, Decimal(90))], symbol, Decimal(1000))

    assert [point.equity for point in points] == [999, 1019]
