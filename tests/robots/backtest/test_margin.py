"""Where an exchange would have closed a backtest's contracts by force, worked out by hand."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.robots.backtest.margin import cautions_of, eaten_up_ms, lowest_leverage
from drawbridge.robots.backtest.result import BacktestResult
from drawbridge.robots.backtest.run import run_backtest
from drawbridge.robots.backtest.terms import BacktestTerms, read_terms
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.strategy import IN, OUT
from tests.kit.scripted import Settings, bars, scripted

ROUND = (OUT, IN, 0, OUT, 0)
MINUTE_MS = 60_000


def terms(**changes: str) -> BacktestTerms:
    chosen = {"symbol": "BTC/USD:USD", "amount": "100", "cash": "1000", "maintenance": "0"}
    return read_terms(chosen | {"fee": "0", "quantity_step": "0.1"} | changes)


def run(candles: CandleColumns, chosen: BacktestTerms, said: tuple[int, ...]) -> BacktestResult:
    return run_backtest(scripted(said), Settings(), candles, chosen, compiled=False)


def with_low(candles: CandleColumns, at: int, low: float) -> CandleColumns:
    lows = candles.low.copy()
    lows[at] = low
    return replace(candles, low=lows)


def test_spot_has_no_margin() -> None:
    assert cautions_of(run(bars(10, 10, 10, 5, 5), terms(symbol="BTC/USD"), ROUND)) == ()


def test_without_a_trade_there_is_nothing_to_say() -> None:
    assert cautions_of(run(bars(10, 10, 10, 5, 5), terms(), (0,) * 5)) == ()


@pytest.mark.parametrize(
    ("low", "maintenance", "leverage"),
    [
        # Bought at 10: at 8 a fifth is lost, which five times leverage has set aside.
        ("8", "0", 5),
        ("9", "0", 10),
        # At 9 a tenth is lost, and a tenth of 9 must be left: 0.19 of what was paid.
        ("9", "0.1", 6),
        ("9.95", "0", None),
    ],
)
def test_a_long_position_is_closed_where_its_loss_eats_up_its_margin(
    low: str, maintenance: str, leverage: int | None
) -> None:
    candles = with_low(bars(10, 10, 10, 10, 10), 2, float(low))
    [leg] = run(candles, terms(maintenance=maintenance), ROUND).legs
    assert lowest_leverage(leg) == leverage


def test_a_short_position_is_closed_where_prices_rise() -> None:
    said = tuple(-it for it in ROUND)
    result = run(bars(10, 10, 10, 12, 12), terms(direction="both"), said)
    assert lowest_leverage(result.legs[0]) == 5


def test_what_comes_after_the_exit_is_none_of_its_business() -> None:
    candles = with_low(bars(10, 10, 10, 10, 10, 10, 10), 5, 1.0)
    [leg] = run(candles, terms(), (*ROUND, 0, 0)).legs
    assert lowest_leverage(leg) is None


def test_all_the_cash_together_is_eaten_up_by_a_short_whose_price_doubles() -> None:
    said = (IN, OUT, 0, 0, 0, 0)
    chosen = terms(direction="short", amount="400", cash="1000", maintenance="0.1")
    # 40 sold at 10. At 33, 920 are lost of 1,000, and 132 of 1,320 would have to be left.
    result = run(bars(10, 10, 10, 20, 33, 33), chosen, said)
    at_ms = eaten_up_ms(result, result.legs[0])
    assert at_ms == 4 * MINUTE_MS
    codes = [it.code for it in cautions_of(result)]
    assert codes == ["backtest_margin_eaten_up", "backtest_liquidated_at"]

    safe = run(bars(10, 10, 10, 20, 30, 30), chosen, said)
    assert eaten_up_ms(safe, safe.legs[0]) is None


@given(st.lists(st.integers(5, 20), min_size=3, max_size=12), st.integers(2, 60))
def test_a_position_is_closed_at_just_the_leverages_from_the_told_one_on(
    prices: list[int], leverage: int
) -> None:
    """Law, against the paper exchange's rule at every price: margin and profit at most needed."""
    said = (OUT, IN, *[0] * len(prices))
    result = run(bars(10, 10, *prices), terms(maintenance="0.01"), said)
    [leg] = result.legs
    quantity = float(leg.lots[0]) * float(leg.terms.quantity_step)
    entry = float(leg.price[0])
    met = np.array(prices, dtype=np.float64)
    left = entry * quantity / leverage + (met - entry) * quantity
    is_closed = bool((left <= 0.01 * met * quantity + 1e-12).any())
    told = lowest_leverage(leg)
    assert is_closed is (told is not None and leverage >= told)


def test_the_maintenance_margin_is_a_term() -> None:
    assert terms(maintenance="0.02").maintenance == Decimal("0.02")
