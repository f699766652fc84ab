"""How a backtest fills, worked out by hand: costs, fees, parts, sides, funding."""

from decimal import Decimal

import pytest

from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.robots.backtest.result import BacktestResult, Why
from drawbridge.robots.backtest.run import run_backtest
from drawbridge.robots.backtest.terms import BacktestTerms, FeeIn, read_terms
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.strategy import IN, OUT
from tests.kit.scripted import Settings, bars, scripted

ROUND = (OUT, IN, 0, OUT, 0)


def terms(**changes: str) -> BacktestTerms:
    chosen = {"symbol": "BTC/USD", "amount": "100", "cash": "1000"}
    return read_terms(chosen | {"fee": "0", "quantity_step": "0.1"} | changes)


def run(candles: CandleColumns, chosen: BacktestTerms, said: tuple[int, ...]) -> BacktestResult:
    return run_backtest(scripted(said), Settings(), candles, chosen, compiled=False)


def row(fill: Fill) -> tuple[int, Side, Decimal, Decimal]:
    return fill.time_ms // 60_000, fill.side, fill.quantity, fill.price


def test_half_the_spread_and_the_slippage_are_against_every_market_order() -> None:
    chosen = terms(spread="0.002", slippage="0.001", fee="0.01")

    buy, sell = run(bars(10, 10, 10, 10, 20), chosen, ROUND).fills()

    assert row(buy) == (2, Side.BUY, Decimal(10), Decimal("10.02"))
    assert row(sell) == (4, Side.SELL, Decimal(10), Decimal("19.96"))
    assert (buy.fee, sell.fee) == (Decimal("1.002"), Decimal("1.996"))
    assert {buy.type, sell.type} == {OrderType.MARKET}


def test_a_fee_in_what_is_received_leaves_less_to_sell_and_dust_behind() -> None:
    chosen = terms(fee="0.005", fee_in="received")

    result = run(bars(10, 10, 10, 10, 20), chosen, ROUND)

    buy, sell = result.fills()
    # Of ten bought, 0.05 is the fee: 9.95 are there, 9.9 can be sold.
    assert (buy.fee, buy.fee_currency) == (Decimal("0.05"), "BTC")
    assert (sell.quantity, sell.fee, sell.fee_currency) == (Decimal("9.9"), Decimal("0.99"), "USD")
    assert result.equity[-1] == 1000 - 100 + 9.9 * 20 * 0.995 + 0.05 * 20
    (trade,) = result.trades()
    assert trade.closed_ms == 4 * 60_000
    assert trade.quantity == Decimal("9.95")


def test_dust_adds_up_until_it_can_be_sold() -> None:
    chosen = terms(fee="0.005", fee_in="received")
    said = (OUT, IN, 0, OUT, IN, 0, OUT, 0)

    result = run(bars(*[10] * 8), chosen, said)

    sold = [fill.quantity for fill in result.fills() if fill.side is Side.SELL]
    assert sold == [Decimal("9.9"), Decimal(10)]
    assert len(result.trades()) == 2


def test_an_entry_of_which_fees_leave_too_little_to_sell_is_part_of_the_next_ones_trade() -> None:
    chosen = terms(amount="1", fee="0.005", fee_in="received")

    result = run(bars(*[10] * 8), chosen, (OUT, IN, 0, OUT, IN, 0, OUT, 0))

    assert [row(fill)[:3] for fill in result.fills()] == [
        (2, Side.BUY, Decimal("0.1")),
        (5, Side.BUY, Decimal("0.1")),
        (7, Side.SELL, Decimal("0.1")),
    ]
    (trade,) = result.trades()
    assert (trade.opened_ms, trade.closed_ms) == (2 * 60_000, 7 * 60_000)
    assert trade.quantity == Decimal("0.199")
    assert result.entries().tolist() == [2]


def test_an_entry_below_the_minimums_is_none() -> None:
    for changes in ({"min_quantity": "10.1"}, {"min_notional": "100.01"}):
        assert run(bars(10, 10, 10, 10, 10), terms(**changes), ROUND).fills() == ()
    for changes in ({"min_quantity": "10"}, {"min_notional": "100"}):
        assert len(run(bars(10, 10, 10, 10, 10), terms(**changes), ROUND).fills()) == 2


def test_what_is_too_little_to_be_sold_is_held_until_it_is_worth_more() -> None:
    chosen = terms(min_notional="50")

    result = run(bars(10, 10, 10, 10, 4, 4, 6, 6), chosen, ROUND)

    assert [row(fill)[0] for fill in result.fills()] == [2, 6]


def test_an_order_takes_no_more_than_its_share_of_the_volume() -> None:
    chosen = terms(volume_share="0.04")

    result = run(bars(*[10] * 10), chosen, (OUT, IN, 0, 0, 0, 0, OUT, 0, 0, 0))

    # A twenty-fifth of a hundred: four at each candle.
    assert [row(fill)[:3] for fill in result.fills()] == [
        (2, Side.BUY, Decimal(4)),
        (3, Side.BUY, Decimal(4)),
        (4, Side.BUY, Decimal(2)),
        (7, Side.SELL, Decimal(4)),
        (8, Side.SELL, Decimal(4)),
        (9, Side.SELL, Decimal(2)),
    ]
    (trade,) = result.trades()
    assert (trade.quantity, trade.why) == (Decimal(10), Why.SIGNAL)


def test_a_turn_ends_an_entry_that_is_under_way() -> None:
    chosen = terms(volume_share="0.04")

    result = run(bars(*[10] * 6), chosen, (OUT, IN, OUT, 0, 0, 0))

    assert [row(fill)[:3] for fill in result.fills()] == [
        (2, Side.BUY, Decimal(4)),
        (3, Side.SELL, Decimal(4)),
    ]


def test_an_entry_that_the_cash_does_not_cover_at_the_open_is_dropped() -> None:
    chosen = terms(amount="1000")

    assert run(bars(10, 10, 10.01, 10, 10), chosen, ROUND).fills() == ()
    assert len(run(bars(10, 10, 10, 10, 10), chosen, ROUND).fills()) == 2


def test_a_short_position_earns_what_the_price_falls() -> None:
    chosen = terms(symbol="BTC/USD:USD", direction="short", fee="0.01")

    result = run(bars(10, 10, 10, 10, 8), chosen, (IN, OUT, 0, IN, 0))

    assert [row(fill) for fill in result.fills()] == [
        (2, Side.SELL, Decimal(10), Decimal(10)),
        (4, Side.BUY, Decimal(10), Decimal(8)),
    ]
    (trade,) = result.trades()
    assert (trade.side, trade.profit) == (Side.SELL, Decimal(20) - 1 - Decimal("0.8"))
    assert result.equity.tolist() == [1000, 1000, 999, 999, 1018.2]
    assert result.gains.tolist() == pytest.approx([18.2])


def test_a_robot_of_both_sides_leaves_one_for_the_other_at_one_open() -> None:
    chosen = terms(symbol="BTC/USD:USD", direction="both")

    result = run(bars(10, 10, 10, 10, 10, 10), chosen, (OUT, IN, 0, OUT, 0, 0))

    assert [row(fill)[:3] for fill in result.fills()] == [
        (2, Side.BUY, Decimal(10)),
        (4, Side.SELL, Decimal(10)),
        (4, Side.SELL, Decimal(10)),
    ]
    closed, opened = result.trades()
    assert (closed.side, closed.why) == (Side.BUY, Why.SIGNAL)
    assert (opened.side, opened.why, opened.closed_ms) == (Side.SELL, Why.END, None)
    assert result.entries().tolist() == [2, 4]


def test_a_short_position_has_as_much_again_standing_in_for_it() -> None:
    chosen = terms(symbol="BTC/USD:USD", direction="short", amount="1000")

    assert run(bars(10, 10, 10.01, 10, 10), chosen, (IN, OUT, 0, IN, 0)).fills() == ()
    assert len(run(bars(10, 10, 10, 10, 10), chosen, (IN, OUT, 0, IN, 0)).fills()) == 2


def test_longs_pay_funding_every_eight_hours_and_shorts_get_it() -> None:
    candles = bars(*[10] * 12, minutes=240)
    said = (OUT, IN) + (0,) * 10
    long = terms(symbol="BTC/USD:USD", direction="both", funding="0.01")

    result = run(candles, long, said)

    # Held from eight o'clock on: the funding of that open is not its own, those of 16:00, of
    # midnight, 8:00 and 16:00 are.
    paid = result.funding()
    assert [it.time_ms // 3_600_000 for it in paid] == [16, 24, 32, 40]
    assert {it.amount for it in paid} == {Decimal(1)}
    assert result.equity[-1] == 996

    short = run(candles, long, tuple(-it for it in said))
    assert {it.amount for it in short.funding()} == {Decimal(-1)}
    assert short.equity[-1] == 1004


def test_candles_of_the_warm_up_are_only_looked_at() -> None:
    said = (OUT, IN, OUT, IN, 0, OUT, 0)
    late = BacktestTerms(
        "BTC/USD", Decimal(100), Decimal(1000), Decimal(0), Decimal("0.1"), warm_up=3
    )

    result = run(bars(*[10] * 7), late, said)

    assert [row(fill)[0] for fill in result.fills()] == [4, 6]
    assert (result.first, result.last) == (3, 6)


def test_terms_are_read_from_texts() -> None:
    read = terms(fee_in="received", maker_fee="0.001", judged="within", price_tick="0.5")

    assert read.fee_in is FeeIn.RECEIVED
    assert read.resting_fee == Decimal("0.001")
    assert terms(fee="0.002").resting_fee == Decimal("0.002")
    assert read.market().price_tick == Decimal("0.5")
