"""When a result is doubted."""

import numpy as np
import pytest

from drawbridge.core.clock import DAY_MS
from drawbridge.robots.search.judgement import chance_of_overfitting, warnings_of
from drawbridge.robots.search.manner import Objective
from drawbridge.robots.search.scoring import score_of, stretch_of


def noise(
    days: int, tries: int, seed: int = 3
) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    return np.random.default_rng(seed).normal(0, 0.01, (days, tries))


def test_nothing_is_said_about_too_few_days_or_tries() -> None:
    assert chance_of_overfitting(noise(19, 10)) is None
    assert chance_of_overfitting(noise(100, 3)) is None


def test_settings_that_are_good_every_day_are_not_doubted() -> None:
    returns = noise(200, 30)
    returns[:, 7] += 0.01

    assert chance_of_overfitting(returns) == pytest.approx(0.0, abs=0.02)


def test_pure_luck_is_doubted() -> None:
    chances = [chance_of_overfitting(noise(200, 30, seed)) or 0.0 for seed in range(12)]

    # What luck picks does worse than half of the rest about every second time.
    assert 0.3 < sum(chances) / len(chances) < 0.7


def test_what_was_good_in_one_half_and_bad_in_the_other_is_surely_overfitted() -> None:
    returns = np.full((100, 10), 0.0)
    for number in range(10):
        returns[number * 10 : number * 10 + 10, number] = 0.01
        returns[:, number] -= 0.001

    chance = chance_of_overfitting(returns)
    assert chance is not None
    assert chance > 0.9


@pytest.mark.parametrize(
    ("chance", "scores", "trades", "codes"),
    [
        (0.1, (1.0, 0.9), (50, 40), []),
        (0.8, (1.0, 0.9), (50, 40), ["search_overfitted"]),
        (None, (1.0, 0.4), (50, 40), ["search_fell_off"]),
        (None, (-1.0, -3.0), (50, 40), ["search_lost"]),
        (0.1, (1.0, 0.9), (50, 4), ["search_few_trades"]),
    ],
)
def test_each_doubt_is_said_for_its_own_reason(
    chance: float | None, scores: tuple[float, float], trades: tuple[int, int], codes: list[str]
) -> None:
    assert [it.code for it in warnings_of(chance, *scores, trades)] == codes


def test_scores_by_hand() -> None:
    """Four days of two candles: 100, 110, 99, 121."""
    times = np.arange(8, dtype=np.int64) * (DAY_MS // 2)
    equity = np.array([100.0, 100, 105, 110, 100, 99, 110, 121])

    score = score_of(equity, stretch_of(times, 0, 8), 3)

    returns = [0.0, 0.1, -0.1, 121 / 99 - 1]
    mean = sum(returns) / 4
    deviation = (sum((it - mean) ** 2 for it in returns) / 3) ** 0.5
    assert score.profit == pytest.approx(0.21)
    assert score.drawdown == pytest.approx(0.1)
    assert score.sharpe == pytest.approx(mean / deviation * 365**0.5)
    assert score.calmar == pytest.approx(0.21 / (3.5 / 365) / 0.1)
    assert score.of(Objective.CALMAR) == score.calmar


def test_an_equity_that_never_moves_has_scores_of_nothing() -> None:
    times = np.arange(60, dtype=np.int64) * DAY_MS
    score = score_of(np.full(60, 5.0), stretch_of(times, 0, 60), 0)

    assert (score.profit, score.drawdown, score.sharpe, score.calmar) == (0, 0, 0, 0)
