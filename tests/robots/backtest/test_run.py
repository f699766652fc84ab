"""Backtests: fills at the next open, exact amounts, compiled and interpreted alike."""

import gzip
import io
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.core.orders import Side
from drawbridge.robots.backtest.candles import parse_candles
from drawbridge.robots.backtest.run import run_backtest
from drawbridge.robots.backtest.terms import BacktestTerms, read_terms
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategies.ema_cross import Settings
from drawbridge.robots.strategy import IN, OUT, Held
from tests.kit.scripted import scripted

STRATEGY = get_strategy("ema_cross")
SETTINGS = Settings(2, 4)
CLOSES = [9, 8, 7, 6, 5, 9, 12, 4, 1, 1]


def terms(**changes: str) -> BacktestTerms:
    chosen = {"amount": "100", "cash": "1000", "fee": "0.01", "quantity_step": "0.1"} | changes
    return read_terms({"symbol": "BTC/USD"} | chosen)


def candles_of(closes: Sequence[float], gap: float = 0.25) -> CandleColumns:
    lines = ["open_time_ms,open,high,low,close,volume"]
    for number, close in enumerate(closes):
        opened = close + gap
        lines.append(f"{number * 60000},{opened},{opened},{close},{close},1")
    return parse_candles(io.StringIO("\n".join(lines)))


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("amount", "0", "not_positive"),
        ("amount", "-1", "not_positive"),
        ("cash", "0", "not_positive"),
        ("quantity_step", "0", "not_positive"),
        ("quantity_step", "1e-19", "step_too_small"),
        ("fee", "-0.1", "bad_fee"),
        ("fee", "1", "bad_fee"),
        ("amount", "1001", "amount_above_cash"),
    ],
)
def test_terms_under_which_nothing_could_be_traded_are_refused(
    field: str, text: str, code: str
) -> None:
    with pytest.raises(BadInput, match=code) as caught:
        terms(**{field: text})

    assert caught.value.facts["field"] == field


@pytest.mark.parametrize("symbol", ["", "BTC", "/USD", "BTC/", "A/B/C"])
def test_a_symbol_that_is_none_is_refused(symbol: str) -> None:
    one = Decimal(1)

    with pytest.raises(BadInput, match="bad_symbol"):
        BacktestTerms(symbol, one, one, Decimal(0), one)


def test_a_signal_is_filled_at_the_next_open_with_whole_lot_steps() -> None:
    result = run_backtest(STRATEGY, SETTINGS, candles_of(CLOSES), terms())

    # In is said at candle 5 (9), out at candle 7: filled at the opens of 6 (12.25) and 8 (1.25).
    # As a robot's would be, the order is sized by the close at which it is decided.
    buy, sell = result.fills()
    assert (buy.side, buy.time_ms, buy.price) == (Side.BUY, 6 * 60000, Decimal("12.25"))
    assert buy.quantity == Decimal("11.1")
    assert buy.fee == Decimal("12.25") * Decimal("11.1") * Decimal("0.01")
    assert (sell.side, sell.time_ms, sell.price) == (Side.SELL, 8 * 60000, Decimal("1.25"))
    assert sell.quantity == buy.quantity
    (trade,) = result.trades()
    assert (trade.opened_ms, trade.closed_ms) == (buy.time_ms, sell.time_ms)


def test_equity_follows_cash_and_what_is_held() -> None:
    result = run_backtest(STRATEGY, SETTINGS, candles_of(CLOSES), terms())

    assert list(result.equity[:6]) == [1000.0] * 6
    assert result.equity[6] == pytest.approx(1000 - 11.1 * 12.25 * 1.01 + 11.1 * 12)
    assert result.equity[9] == pytest.approx(1000 - 11.1 * 12.25 * 1.01 + 11.1 * 1.25 * 0.99)


def test_a_position_at_the_end_stays_open() -> None:
    result = run_backtest(STRATEGY, SETTINGS, candles_of(CLOSES[:7]), terms())

    (trade,) = result.trades()
    assert trade.closed_ms is None
    assert result.last_price() == 12


def test_a_signal_at_the_last_candle_is_not_filled_any_more() -> None:
    assert run_backtest(STRATEGY, SETTINGS, candles_of(CLOSES[:6]), terms()).fills() == ()


@pytest.mark.parametrize("changes", [{"quantity_step": "20"}, {"cash": "100"}])
def test_an_entry_that_is_too_small_or_not_covered_is_left_out(changes: dict[str, str]) -> None:
    closes = CLOSES if "quantity_step" in changes else [number * 0.99 for number in CLOSES]
    result = run_backtest(
        STRATEGY, SETTINGS, candles_of(closes, gap=0.11), terms(fee="0.1", **changes)
    )

    assert result.fills() == ()
    assert set(result.equity.tolist()) == {float(result.terms.cash)}


def test_an_average_that_is_up_from_the_beginning_is_not_joined_late() -> None:
    rising = candles_of([1, 2, 3, 4, 5, 6, 7])

    assert run_backtest(STRATEGY, SETTINGS, rising, terms()).fills() == ()


def test_a_chart_gets_a_bounded_number_of_points_and_the_last_one() -> None:
    result = run_backtest(STRATEGY, SETTINGS, candles_of(CLOSES), terms())

    points = result.equity_points(3)
    assert len(points) <= 3
    assert points[-1] == (9 * 60000, result.equity[9])
    assert len(result.equity_points(1000)) == 10


@given(st.lists(st.integers(1, 500), min_size=1, max_size=80))
def test_compiled_and_interpreted_loops_agree_to_the_last_bit(closes: list[int]) -> None:
    """Law: the compiler changes how fast a backtest is and nothing else."""
    candles = candles_of([float(close) for close in closes], gap=0.5)

    compiled = run_backtest(STRATEGY, SETTINGS, candles, terms(), compiled=True)
    interpreted = run_backtest(STRATEGY, SETTINGS, candles, terms(), compiled=False)

    assert compiled.compiled
    assert not interpreted.compiled
    assert compiled.fills() == interpreted.fills()
    assert compiled.equity.tolist() == interpreted.equity.tolist()


def test_every_entry_of_real_candles_is_affordable_and_alternates() -> None:
    recorded = files("drawbridge.paper") / "data" / "ETH-BTC-5m-2018-01.csv.gz"
    candles = parse_candles(io.StringIO(gzip.decompress(recorded.read_bytes()).decode()))
    chosen = BacktestTerms(
        "ETH/BTC", Decimal("0.1"), Decimal(1), Decimal("0.001"), Decimal("0.001")
    )

    result = run_backtest(STRATEGY, STRATEGY.read_settings({}), candles, chosen)

    sides = [fill.side for fill in result.fills()]
    assert len(sides) > 50
    assert sides == [Side.SELL if n % 2 else Side.BUY for n in range(len(sides))]
    sizes = [fill.price * fill.quantity for fill in result.fills()[::2]]
    assert max(sizes) <= chosen.amount * Decimal("1.05")
    assert min(sizes) > chosen.amount * Decimal("0.95")
    assert min(result.equity) > 0


def test_more_fills_than_a_record_begins_with_are_all_written_down() -> None:
    candles = candles_of([10.0, 11.0] * 3_000, gap=0.0)
    strategy = scripted([OUT, IN] * 3_000)

    compiled, interpreted = (
        run_backtest(strategy, strategy.read_settings({}), candles, terms(), compiled=it)
        for it in (True, False)
    )

    assert len(interpreted.fills()) == 5_998
    assert compiled.fills() == interpreted.fills()
    assert compiled.gains.tolist() == interpreted.gains.tolist()


def test_a_strategy_that_the_compiler_does_not_know_is_interpreted_or_refused() -> None:
    def decide(seen: Any, at: int, _settings: object, _held: Held) -> int:  # noqa: ANN401  series are its own
        return int(seen.said[at]) if type(at).__name__ == "int" else IN

    strategy = replace(scripted([OUT, IN, OUT, IN]), decide=decide)
    settings, candles = strategy.read_settings({}), candles_of(CLOSES)

    assert len(run_backtest(strategy, settings, candles, terms()).fills()) == 3
    with pytest.raises(BadInput, match="strategy_not_compilable"):
        run_backtest(strategy, settings, candles, terms(), compiled=True)


def test_a_strategy_that_reckons_with_slices_is_given_arrays() -> None:
    def decide(seen: Any, at: int, _settings: object, _held: Held) -> int:  # noqa: ANN401  series are its own
        return IN if (seen.said[: at + 1] * 2).max() > 0 else OUT

    strategy = replace(scripted([OUT, OUT, IN]), decide=decide)
    settings, candles = strategy.read_settings({}), candles_of(CLOSES)

    (fill,) = run_backtest(strategy, settings, candles, terms(), compiled=False).fills()

    assert fill.time_ms == 3 * 60_000


def test_no_candles_are_refused() -> None:
    candles = candles_of(CLOSES).last(0)

    with pytest.raises(BadInput, match="candles_empty"):
        run_backtest(STRATEGY, SETTINGS, candles, terms())
