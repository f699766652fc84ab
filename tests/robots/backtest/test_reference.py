"""Our backtest against an independent one: equal trades, as the benchmark asserts them too."""

from benchmarks import backtest


def test_trades_equal_those_of_an_independent_backtest_in_number_time_and_price() -> None:
    candles = backtest.make_candles(20_000)

    ours = backtest.closed_trades(backtest.run_ours(candles))
    table = backtest.run_reference(backtest.reference_frame(candles))

    assert len(ours) > 100
    assert ours == backtest.reference_trades(table, candles)
