"""A whole search: choose what to try, try it, and say what was found and how far to trust it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from drawbridge.core.errors import BadInput
from drawbridge.robots.search.folds import Fold, held_back, walk_forward
from drawbridge.robots.search.judgement import Warned, chance_of_overfitting, warnings_of
from drawbridge.robots.search.manner import Manner, Method, Objective
from drawbridge.robots.search.scoring import Score
from drawbridge.robots.search.space import Chosen, Space
from drawbridge.robots.search.trying import Crew, Try, ground_of, made_ready, work_crew

if TYPE_CHECKING:
    from drawbridge.robots.backtest.terms import BacktestTerms
    from drawbridge.robots.columns import CandleColumns

# Settings tried at once before the sampler hears how they did: more would be drawn blindly.
_ASKED_AT_ONCE: Final = 4
# The chance of overfitting is reckoned over a table of days by tries; more tries tell no more.
_MOST_JUDGED: Final = 2_000


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the walk forward: what was chosen, and how it did where it was judged."""

    fold: Fold
    chosen: Chosen
    chosen_on: Score
    judged_by: Score


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    `tries` are the best first, by the score where they were chosen; `overfitting` is the chance
    that choosing like this picks what then does worse than half of all tries.
    """

    objective: Objective
    fold: Fold
    tries: tuple[Try, ...]
    walk: tuple[Step, ...]
    overfitting: float | None
    warnings: tuple[Warned, ...]

    @property
    def best(self) -> Try:
        """Give the settings that did best where they were chosen."""
        return self.tries[0]


Progress = Callable[[int, int], None]
"""Told how many of how many tries are done."""


def run_search(
    space: Space,
    candles: CandleColumns,
    terms: BacktestTerms,
    manner: Manner,
    progress: Progress = lambda _done, _of: None,
) -> Found:
    """Search for settings.

    Raises: `BadInput` for too few candles, too many combinations, or when nothing can be tried.
    """
    main = held_back(len(candles), manner.out_of_sample)
    folds = (main, *walk_forward(len(candles), manner.folds, manner.out_of_sample))
    drawn = space.grid() if manner.method is Method.GRID else space.drawn(manner.tries, manner.seed)
    combinations = space.possible(drawn)
    of = manner.tries if manner.method is Method.OPTUNA else len(combinations)
    ground = made_ready(ground_of(space, candles, terms, folds), combinations[0], of)
    with work_crew(ground, manner.workers) as crew:
        is_sampled = manner.method is Method.OPTUNA
        trying = _sampled(space, crew, manner) if is_sampled else crew.run(combinations)
        tries = []
        for done, tried in enumerate(trying, 1):
            tries.append(tried)
            progress(done, of)
    return _found(tries, folds, manner.objective)


def _found(tries: Sequence[Try], folds: Sequence[Fold], objective: Objective) -> Found:
    def by(number: int) -> Callable[[Try], float]:
        return lambda tried: tried.chosen_on[number].of(objective)

    ranked = sorted(tries, key=by(0), reverse=True)
    walk = []
    for number, fold in enumerate(folds[1:], 1):
        best = max(tries, key=by(number))
        walk.append(Step(fold, best.chosen, best.chosen_on[number], best.judged_by[number]))
    best = ranked[0]
    returns = np.column_stack([tried.returns for tried in ranked[:_MOST_JUDGED]])
    chance = chance_of_overfitting(returns)
    scores = best.chosen_on[0], best.judged_by[0]
    warned = warnings_of(
        chance,
        scores[0].of(objective),
        scores[1].of(objective),
        [score.trades for score in scores],
    )
    return Found(objective, folds[0], tuple(ranked), tuple(walk), chance, warned)


def _sampled(space: Space, crew: Crew, manner: Manner) -> Iterator[Try]:
    """Let Optuna choose by what did well so far.

    Raises: `BadInput("backtest_extra_missing")` where it is not installed.
    """
    try:
        import optuna  # noqa: PLC0415  heavy, and an extra: loaded where it is used
    except ImportError:
        raise BadInput("search_extra_missing", field="method") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=manner.seed)
    )
    ranges: dict[str, optuna.distributions.BaseDistribution] = {
        name: optuna.distributions.IntDistribution(0, len(values) - 1)
        for name, values in space.varied.items()
    }
    done = 0
    while done < manner.tries:
        asked = min(manner.tries - done, _ASKED_AT_ONCE * manner.workers)
        trials = [study.ask(ranges) for _ in range(asked)]
        drawn = [
            {name: space.varied[name][at] for name, at in trial.params.items()} for trial in trials
        ]
        can_be = [space.find_fault(chosen) is None for chosen in drawn]
        results = crew.run([chosen for chosen, ok in zip(drawn, can_be, strict=True) if ok])
        for trial, ok in zip(trials, can_be, strict=True):
            done += 1
            if not ok:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
                continue
            tried = next(results)
            study.tell(trial, tried.chosen_on[0].of(manner.objective))
            yield tried
