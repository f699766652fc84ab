"""What an own function may look at."""

import math

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.robots import indicators
from drawbridge.robots.backtest.recorded import read_recorded
from drawbridge.robots.own.view import View
from tests.kit.strategies import candles_of

BARS = [(1.0, 4.0, 0.5, 2.0), (2.0, 5.0, 1.5, 3.0), (3.0, 6.0, 2.5, 4.0)]


def test_the_future_cannot_be_asked_for() -> None:
    view = View(candles_of(BARS), [1])
    for read in (view.close, view.high):
        with pytest.raises(BadInput, match="own_asks_ahead"):
            read(-1)
    with pytest.raises(BadInput, match="own_asks_ahead"):
        view.sma(2, -1)
    with pytest.raises(BadInput, match="own_asks_ahead"):
        view.bands(2, 1.0, -1)


def test_before_the_first_candle_there_is_nothing() -> None:
    view = View(candles_of(BARS), [1])

    assert math.isnan(view.close(2))
    assert math.isnan(view.sma(2, 2))


def test_it_reads_the_present_candle_and_those_before() -> None:
    at = [2]
    view = View(candles_of(BARS), at)

    assert (view.open(), view.high(), view.low(), view.close(), view.volume()) == (3, 6, 2.5, 4, 1)
    assert (view.close(1), view.close(2)) == (3, 2)
    at[0] = 1
    assert (view.close(), view.sma(2), view.highest(2), view.lowest(2)) == (3, 2.5, 5, 0.5)
    assert view.time_ms == 60_000


def test_indicators_are_those_of_the_strategies() -> None:
    candles = read_recorded("ETH-BTC").last(300)
    view = View(candles, [299])

    assert view.rsi(14) == indicators.rsi(candles.close, 14)[299]
    assert view.atr(14, 3) == indicators.atr(candles, 14)[296]
    assert view.macd() == tuple(it[299] for it in indicators.macd(candles.close, 12, 26, 9))
    assert view.bands(20, 2.0, 1) == tuple(it[298] for it in indicators.bands(candles.close, 20, 2))
    assert view.sar() == indicators.sar(candles, 0.02, 0.2)[299]


@pytest.mark.parametrize("span", [0, -3, 10**9])
def test_a_span_that_cannot_be_is_refused(span: int) -> None:
    with pytest.raises(BadInput, match="own_bad_span") as caught:
        View(candles_of(BARS), [2]).rsi(span)

    assert caught.value.facts["indicator"] == "rsi"
