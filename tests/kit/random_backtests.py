"""Random candles, terms and guards for laws about backtests."""

from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from drawbridge.robots.backtest.terms import BacktestTerms, FeeIn, Judged
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.guards import NO_GUARDS, Guards
from drawbridge.robots.model import Direction

HOUR_MS = 3_600_000


def _fractions(most: str) -> st.SearchStrategy[Decimal]:
    return st.sampled_from([Decimal(0), Decimal(most) / 3, Decimal(most)]).map(
        lambda it: it.quantize(Decimal("0.00001"))
    )


@st.composite
def candles(draw: st.DrawFn, most: int = 60) -> CandleColumns:
    """Draw a walk of prices with one decimal, some hours of it missing."""
    count = draw(st.integers(2, most))
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    closes = np.maximum(20.0, np.round(100 + np.cumsum(random.normal(0, 4, count)), 1))
    opens = np.round(closes + random.normal(0, 1, count), 1)
    highs = np.round(np.maximum(opens, closes) + np.abs(random.normal(0, 3, count)), 1)
    lows = np.round(np.minimum(opens, closes) - np.abs(random.normal(0, 3, count)), 1)
    volumes = np.round(random.exponential(30, count), 2)
    times = np.cumsum(random.choice([1, 1, 1, 5], count)).astype(np.int64) * HOUR_MS
    return CandleColumns(times, opens, highs, lows, closes, volumes)


@st.composite
def terms(draw: st.DrawFn) -> BacktestTerms:
    """Draw terms of a spot market or of a contract."""
    is_contract = draw(st.booleans())
    direction = draw(st.sampled_from(list(Direction))) if is_contract else Direction.LONG
    return BacktestTerms(
        symbol="BTC/USD:USD" if is_contract else "BTC/USD",
        amount=Decimal(draw(st.sampled_from([100, 500, 900]))),
        cash=Decimal(1000),
        fee=draw(_fractions("0.01")),
        quantity_step=draw(st.sampled_from([Decimal("0.001"), Decimal("0.1")])),
        maker_fee=draw(_fractions("0.002")),
        fee_in=FeeIn.QUOTE if is_contract else draw(st.sampled_from(list(FeeIn))),
        min_quantity=draw(st.sampled_from([Decimal(0), Decimal("0.5")])),
        min_notional=draw(st.sampled_from([Decimal(0), Decimal(50)])),
        price_tick=draw(st.sampled_from([Decimal(0), Decimal("0.1"), Decimal("0.5")])),
        spread=draw(_fractions("0.02")),
        slippage=draw(_fractions("0.01")),
        volume_share=draw(_fractions("0.2")),
        funding=draw(_fractions("0.003")) if is_contract else Decimal(0),
        direction=direction,
        judged=draw(st.sampled_from(list(Judged))),
        warm_up=draw(st.sampled_from([0, 5])),
    )


guards = st.one_of(
    st.just(NO_GUARDS),
    st.builds(
        Guards,
        stop_loss=st.sampled_from([0.0, 3.0, 8.0]),
        take_profit=st.sampled_from([0.0, 4.0, 10.0]),
        trail=st.sampled_from([0.0, 5.0]),
        trail_from=st.sampled_from([0.0, 3.0]),
        confirm=st.integers(1, 3),
        dca_steps=st.integers(0, 3),
        dca_drop=st.sampled_from([1.0, 2.5]),
        dca_scale=st.sampled_from([0.5, 1.0, 1.5]),
        from_minute=st.sampled_from([0, 360]),
        until_minute=st.sampled_from([0, 1200]),
        days=st.sampled_from([127, 31]),
        cool_down=st.sampled_from([0, 3]),
        window=st.sampled_from([10, 100]),
        lock=st.sampled_from([5, 20]),
        most_stops=st.integers(0, 2),
        most_drawdown=st.sampled_from([0.0, 5.0]),
        least_trades=st.integers(0, 2),
        least_profit=st.sampled_from([0.0, 1.0]),
    ),
)


def scripts(most: int = 60) -> st.SearchStrategy[list[int]]:
    """Draw what a strategy says."""
    return st.lists(st.sampled_from([-1, -1, 0, 0, 1, 1]), min_size=1, max_size=most)
