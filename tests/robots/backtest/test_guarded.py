"""Guards in a backtest, worked out by hand: at closes as on candles, and within candles."""

from decimal import Decimal

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.core.orders import OrderType, Side
from drawbridge.robots.backtest.result import BacktestResult, Why
from drawbridge.robots.backtest.run import run_backtest
from drawbridge.robots.backtest.terms import BacktestTerms, read_terms
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.guards import Guards
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategy import IN, OUT
from tests.kit.scripted import Settings, bars, scripted

ENTER = (OUT, IN)


def terms(**changes: str) -> BacktestTerms:
    chosen = {"symbol": "BTC/USD", "amount": "1000", "cash": "10000"}
    return read_terms(chosen | {"fee": "0", "quantity_step": "1"} | changes)


def run(
    candles: CandleColumns, guards: Guards, said: tuple[int, ...] = ENTER, /, **changes: str
) -> BacktestResult:
    return run_backtest(
        scripted(said), Settings(), candles, terms(**changes), guards=guards, compiled=False
    )


def rows(result: BacktestResult) -> list[tuple[int, int, Decimal, Why]]:
    """Give candle, signed quantity, price and reason of every fill."""
    return [
        (
            fill.time_ms // 60_000,
            int(fill.quantity) * (1 if fill.side is Side.BUY else -1),
            fill.price,
            why,
        )
        for fill, why in result.legs[0].executed
    ]


BOUGHT = (2, 10, Decimal(100), Why.SIGNAL)


def test_at_closes_a_stop_is_carried_out_at_the_next_open() -> None:
    candles = bars(100, 100, (100, 100, 80, 99), (99, 99, 94, 95), 97, 97)

    result = run(candles, Guards(stop_loss=5.0))

    # The low of candle 2 was no close: only that of candle 3 counts.
    assert rows(result) == [BOUGHT, (4, -10, Decimal(97), Why.STOP)]
    (trade,) = result.trades()
    assert (trade.why, trade.profit) == (Why.STOP, Decimal(-30))


def test_within_a_candle_a_stop_is_carried_out_at_its_price() -> None:
    candles = bars(100, 100, (100, 100, 96, 99), (99, 99, 94, 98), 97)

    result = run(candles, Guards(stop_loss=5.0), judged="within", spread="0.02", price_tick="0.01")

    assert rows(result)[1] == (3, -10, Decimal("95.95") * Decimal("0.99"), Why.STOP)
    assert result.fills()[1].type is OrderType.MARKET


def test_a_candle_that_opens_beyond_a_stop_ends_the_position_at_its_open() -> None:
    candles = bars(100, 100, 100, (90, 91, 89, 90), 97)

    result = run(candles, Guards(stop_loss=5.0), judged="within")

    assert rows(result) == [BOUGHT, (3, -10, Decimal(90), Why.STOP)]


def test_a_target_is_a_limit_order_that_pays_no_spread_and_the_maker_fee() -> None:
    candles = bars(100, 100, (100, 107, 99, 101), 97)
    guards = Guards(take_profit=5.0)

    costs = {"fee": "0.01", "maker_fee": "0.001", "spread": "0.02", "price_tick": "0.01"}
    result = run(candles, guards, ENTER, judged="within", **costs)

    sold = result.fills()[1]
    # It was bought at 101, half the spread included.
    assert (sold.price, sold.fee) == (Decimal("106.05"), Decimal("1.0605"))
    assert (sold.type, sold.is_maker) == (OrderType.LIMIT, True)
    assert rows(result)[1][3] is Why.PROFIT


def test_when_stop_and_target_lie_in_one_candle_the_stop_came_first() -> None:
    candles = bars(100, 100, (100, 120, 80, 101), 97)

    result = run(candles, Guards(stop_loss=5.0, take_profit=5.0), judged="within")

    assert rows(result) == [BOUGHT, (2, -10, Decimal(95), Why.STOP)]


def test_prices_of_guards_are_on_the_tick_of_the_market() -> None:
    candles = bars(100, 100, (100, 100, 90, 99), 97)

    result = run(candles, Guards(stop_loss=3.3), judged="within", price_tick="0.5")

    assert rows(result)[1][2] == Decimal("96.5")


def test_a_trail_follows_the_best_price_of_closed_candles() -> None:
    candles = bars(100, 100, (100, 120, 100, 119), (119, 119, 109, 118), (118, 118, 107, 110), 110)

    result = run(candles, Guards(trail=10.0), judged="within")

    # 10 % below 120, the best price of candle 2.
    assert rows(result) == [BOUGHT, (4, -10, Decimal(108), Why.TRAIL)]


def test_safety_entries_at_closes_spend_more_each_time_and_lower_the_average() -> None:
    guards = Guards(dca_steps=2, dca_drop=10.0, dca_scale=2.0)
    candles = bars(100, 100, 100, 90, 80, 80, 70, 60)

    result = run(candles, guards)

    assert rows(result) == [
        BOUGHT,
        (4, 22, Decimal(80), Why.SAFETY),  # 2000 / 90
        (5, 50, Decimal(80), Why.SAFETY),  # 4000 / 80
    ]
    (trade,) = result.trades()
    assert trade.quantity == 82
    assert trade.open_price == (1000 + Decimal(22 * 80) + 50 * 80) / 82


def test_within_a_candle_a_safety_entry_comes_before_the_stop_that_lies_farther() -> None:
    guards = Guards(stop_loss=10.0, dca_steps=1, dca_drop=5.0)
    candles = bars(100, 100, (100, 100, 85, 86), 97)

    result = run(candles, guards, judged="within", price_tick="0.01")

    # Ten at 100 and ten at 95: the stop is 10 % below 97.5.
    assert rows(result) == [
        BOUGHT,
        (2, 10, Decimal(95), Why.SAFETY),
        (2, -20, Decimal("87.75"), Why.STOP),
    ]


def test_a_target_is_not_reached_in_the_candle_of_a_safety_entry() -> None:
    guards = Guards(take_profit=2.0, dca_steps=1, dca_drop=5.0)
    candles = bars(100, 100, (100, 110, 95, 99), (99, 100, 98, 99), 97)

    result = run(candles, guards, judged="within", price_tick="0.01")

    assert rows(result) == [
        BOUGHT,
        (2, 10, Decimal(95), Why.SAFETY),
        (3, -20, Decimal("99.45"), Why.PROFIT),
    ]


def test_what_the_volume_does_not_take_of_a_stop_is_left_at_the_next_opens() -> None:
    candles = bars(100, 100, 100, (100, 100, 90, 91), 91, 92, 93, volume=100.0)

    result = run(candles, Guards(stop_loss=5.0), judged="within", volume_share="0.04")

    # Bought four at a time; the stop at 95 takes four of the eight and ends the entry.
    assert rows(result) == [
        (2, 4, Decimal(100), Why.SIGNAL),
        (3, 4, Decimal(100), Why.SIGNAL),
        (4, -4, Decimal(91), Why.STOP),
        (5, -4, Decimal(92), Why.STOP),
    ]


def test_who_was_stopped_out_waits_for_the_next_turn() -> None:
    candles = bars(100, 100, 100, 90, 90, 100, 100, 100, 100)

    result = run(candles, Guards(stop_loss=5.0), (OUT, IN, IN, IN, IN, IN, OUT, IN, IN))

    assert [row[:2] for row in rows(result)] == [(2, 10), (4, -10), (8, 10)]


def test_a_cool_down_and_hours_keep_from_entering() -> None:
    said = (OUT, IN, OUT, IN, OUT, IN, OUT)
    candles = bars(*[100] * 8)

    assert [it[0] for it in rows(run(candles, Guards(), said))] == [2, 3, 4, 5, 6, 7]
    assert [it[0] for it in rows(run(candles, Guards(cool_down=1), said))] == [2, 3, 6, 7]
    # Candles close at the minutes 1, 2, 3 …: entries are decided at 2, 4 and 6.
    hours = Guards(from_minute=4, until_minute=5)
    assert [it[0] for it in rows(run(candles, hours, said))] == [4, 5]


def test_a_turn_must_stand_for_as_many_candles_as_are_asked_for() -> None:
    said = (OUT, IN, OUT, IN, IN, IN, IN)

    assert [it[0] for it in rows(run(bars(*[100] * 8), Guards(confirm=3), said))] == [6]


def test_confirming_strategies_must_be_on_the_side() -> None:
    said = (OUT, IN, OUT, IN, OUT, IN, OUT)
    other = scripted((OUT, 0, 0, IN, 0, OUT), "other")
    chosen = BacktestTerms(
        "BTC/USD",
        Decimal(1000),
        Decimal(10_000),
        Decimal(0),
        Decimal(1),
        confirm=((other, Settings()),),
    )

    result = run_backtest(scripted(said), Settings(), bars(*[100] * 8), chosen, compiled=False)

    assert [it[0] for it in rows(result)] == [4, 5]


def test_a_strategy_that_places_orders_cannot_confirm() -> None:
    grid = get_strategy("grid")
    chosen = terms()
    asked = BacktestTerms(
        chosen.symbol,
        chosen.amount,
        chosen.cash,
        chosen.fee,
        chosen.quantity_step,
        confirm=((grid, grid.read_settings({"lower": "1", "upper": "2"})),),
    )

    with pytest.raises(BadInput, match="confirm_needs_signals"):
        run_backtest(scripted(ENTER), Settings(), bars(100, 100), asked)
