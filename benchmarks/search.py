"""A search over 1,000 combinations on two cores, against the same search on one.

The compiler's work is done before the processes branch off, so that neither side pays for it
twice; what is measured is whole searches, with their scoring and their judgement.
"""

from decimal import Decimal

from benchmarks.backtest import make_candles
from benchmarks.measure import Result, compare
from drawbridge.robots.backtest.terms import BacktestTerms
from drawbridge.robots.search.manner import Manner
from drawbridge.robots.search.run import Found, run_search
from drawbridge.robots.search.space import read_space
from drawbridge.robots.strategies import get_strategy

CANDLES = 200_000
ROUNDS = 3
CORES = 2
TERMS = BacktestTerms(
    symbol="BTC/USD",
    amount=Decimal(100_000),
    cash=Decimal(10_000_000),
    fee=Decimal("0.001"),
    quantity_step=Decimal("0.00001"),
)


def run() -> list[Result]:
    """Compare, and assert that both find the same."""
    candles = make_candles(CANDLES)
    varied = {"fast": "5..29", "slow": "30..69"}
    space = read_space(get_strategy("ema_cross"), {}, varied)

    def search(workers: int) -> Found:
        return run_search(space, candles, TERMS, Manner(workers=workers))

    one, two = search(1), search(CORES)
    if [it.chosen for it in one.tries] != [it.chosen for it in two.tries]:
        message = "one core and two find different settings"
        raise AssertionError(message)
    pair = compare(lambda: search(CORES), lambda: search(1), rounds=ROUNDS)
    rate = len(space) / pair.ours.wall_s
    return [
        Result(
            "SEARCH",
            f"{len(space):,} combinations over {CANDLES:,} candles, 2 cores : 1",
            pair.times_faster,
            1.8,
            f"{rate:.0f} backtests/s on two cores",
        )
    ]
