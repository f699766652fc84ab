"""Whole searches over recorded candles."""

from dataclasses import replace
from decimal import Decimal

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.robots.backtest.recorded import read_recorded
from drawbridge.robots.backtest.terms import BacktestTerms
from drawbridge.robots.search.manner import Manner, Method, Objective
from drawbridge.robots.search.run import Found, run_search
from drawbridge.robots.search.space import Space, read_space
from drawbridge.robots.strategies import get_strategy

CANDLES = read_recorded("XRP-USDT")
TERMS = BacktestTerms("XRP/USDT", Decimal(100), Decimal(1_000), Decimal("0.0005"), Decimal("0.1"))
MANNER = Manner(objective=Objective.PROFIT, tries=9, folds=3)


def space(**varied: str) -> Space:
    return read_space(get_strategy("ema_cross"), {}, varied)


def search(manner: Manner, **varied: str) -> Found:
    return run_search(space(**varied), CANDLES, TERMS, manner)


def test_too_few_candles_are_refused_before_anything_runs() -> None:
    with pytest.raises(BadInput, match="too_few_candles"):
        run_search(space(fast="3,5"), CANDLES.last(60), TERMS, MANNER)


def test_a_grid_tries_everything_and_ranks_by_where_it_was_chosen() -> None:
    found = search(MANNER, fast="3,6,9", slow="12,24,48")

    assert len(found.tries) == 9
    scores = [it.chosen_on[0].profit for it in found.tries]
    assert scores == sorted(scores, reverse=True)
    assert found.best.chosen == found.tries[0].chosen
    assert found.fold.cut == len(CANDLES) - round(0.3 * len(CANDLES))


def test_what_judges_has_no_say_in_what_is_chosen() -> None:
    """Law: with another future, the same settings are chosen."""
    before = search(MANNER, fast="3,6,9", slow="12,24,48")
    cut = before.fold.cut
    candles = replace(CANDLES, close=CANDLES.close.copy(), open=CANDLES.open.copy())
    candles.close[cut:] = candles.close[cut:][::-1]
    candles.open[cut:] = candles.open[cut:][::-1]

    after = run_search(space(fast="3,6,9", slow="12,24,48"), candles, TERMS, MANNER)

    assert [it.chosen for it in after.tries] == [it.chosen for it in before.tries]
    assert [it.chosen_on[0] for it in after.tries] == [it.chosen_on[0] for it in before.tries]
    assert after.best.judged_by[0] != before.best.judged_by[0]


def test_each_step_of_the_walk_takes_what_was_best_before_it() -> None:
    found = search(MANNER, fast="3,6,9", slow="12,24,48")

    assert len(found.walk) == 3
    for number, step in enumerate(found.walk, 1):
        best = max(it.chosen_on[number].profit for it in found.tries)
        assert step.chosen_on.profit == best
    assert found.walk[-1].fold.end == len(CANDLES)


@pytest.mark.parametrize("method", list(Method))
def test_two_processes_find_what_one_finds(method: Method) -> None:
    manner = replace(MANNER, method=method)
    varied = {"fast": "3..8", "slow": "12..24:4"}

    one = search(manner, **varied)
    two = search(replace(manner, workers=2), **varied)

    # Optuna hears of results in batches, which are larger where more are tried at once.
    if method is Method.OPTUNA:
        assert len(one.tries) == len(two.tries) == 9
        assert search(manner, **varied).best.chosen == one.best.chosen
    else:
        assert [it.chosen for it in one.tries] == [it.chosen for it in two.tries]
        assert [it.judged_by for it in one.tries] == [it.judged_by for it in two.tries]


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []

    run_search(space(fast="3..5"), CANDLES, TERMS, MANNER, lambda done, of: told.append((done, of)))

    assert told == [(1, 3), (2, 3), (3, 3)]


def test_guards_are_searched_as_settings_are() -> None:
    found = run_search(
        read_space(get_strategy("ema_cross"), {"fast": "4"}, {"guard.stop_loss": "0.5,5"}),
        CANDLES,
        TERMS,
        MANNER,
    )

    first, second = (it.chosen_on[0] for it in found.tries)
    assert first != second


def test_pure_noise_is_doubted() -> None:
    found = search(replace(MANNER, objective=Objective.SHARPE), fast="2..9", slow="12..40:4")

    assert found.warnings
