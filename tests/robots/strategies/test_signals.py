"""Laws of every signal strategy: what holds for each of them, over recorded prices."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest

from drawbridge.robots.backtest.recorded import read_recorded
from drawbridge.robots.columns import COLUMNS, CandleColumns
from drawbridge.robots.strategies import STRATEGIES
from drawbridge.robots.strategy import IN, NOTHING_HELD, OUT, UNSAID, Decide, Held, Strategy
from drawbridge.wording.say import has_words

SIGNALS = [strategy for strategy in STRATEGIES.values() if strategy.decide]
HOLDING = Held(quantity=1.0, price=0.1, entry=0.1, best=0.101, since=3)


def chosen_of(strategy: Strategy) -> list[dict[str, object]]:
    """Give every combination of a strategy's choices; its numbers keep their defaults."""
    choices = [it for it in strategy.parameters if it.choices]
    picks = itertools.product(*(it.choices for it in choices))
    return [dict(zip((it.name for it in choices), pick, strict=True)) for pick in picks]


EACH = pytest.mark.parametrize("strategy", SIGNALS, ids=lambda it: it.id)
EACH_CHOICE = pytest.mark.parametrize(
    ("strategy", "chosen"),
    [
        pytest.param(it, chosen, id="-".join([it.id, *map(str, chosen.values())]))
        for it in SIGNALS
        for chosen in chosen_of(it)
    ],
)


@cache
def recorded() -> CandleColumns:
    return read_recorded("ETH-BTC").last(3_000)


def scaled(candles: CandleColumns, factor: float) -> CandleColumns:
    prices = {name: getattr(candles, name) * factor for name in COLUMNS[1:-1]}
    return replace(candles, **prices)


def decisions(
    strategy: Strategy,
    candles: CandleColumns,
    chosen: dict[str, object],
    held: Held = NOTHING_HELD,
) -> list[int]:
    settings = strategy.read_settings(chosen)
    seen = strategy.look(candles, settings)
    assert strategy.decide is not None
    return [strategy.decide(seen, at, settings, held) for at in range(len(candles))]


@cache
def compiled_walk() -> Callable[..., Any]:
    compiled: Callable[..., Any] = numba.njit(_walk)
    return compiled


def _walk(
    decide: Decide, seen: tuple[Any, ...], settings: tuple[Any, ...], held: Held, said: list[int]
) -> None:
    for at in range(len(said)):
        said[at] = decide(seen, at, settings, held)


@EACH
def test_nothing_is_said_about_a_single_candle(strategy: Strategy) -> None:
    assert decisions(strategy, recorded().between(0, 1), {}) == [UNSAID]


@EACH
def test_no_candle_at_all_is_no_trouble(strategy: Strategy) -> None:
    assert decisions(strategy, recorded().between(0, 0), {}) == []


def assert_looks_at_no_future(strategy: Strategy, chosen: dict[str, object], cut: int) -> None:
    """Assert that neither a hidden nor another future changes a series or a decision."""
    settings, candles = strategy.read_settings(chosen), recorded()
    tail = scaled(candles.between(cut, len(candles)), 7.0)
    other = CandleColumns(
        *(np.concatenate([getattr(candles, name)[:cut], getattr(tail, name)]) for name in COLUMNS)
    )
    whole = strategy.look(candles, settings)
    expected = decisions(strategy, candles, chosen)[:cut]
    for future in (candles.between(0, cut), other):
        for series, longer in zip(strategy.look(future, settings), whole, strict=True):
            np.testing.assert_array_equal(series[:cut], longer[:cut])
        assert decisions(strategy, future, chosen)[:cut] == expected


@EACH_CHOICE
@pytest.mark.parametrize("cut", [1, 7, 60, 601, 1_777])
def test_what_comes_later_changes_nothing_before(
    strategy: Strategy, chosen: dict[str, object], cut: int
) -> None:
    """Law: no look-ahead."""
    assert_looks_at_no_future(strategy, chosen, cut)


class Later(NamedTuple):
    """A series for which a planted strategy looked into the future."""

    later: np.ndarray[Any, np.dtype[np.float64]]


def test_a_strategy_that_looks_ahead_is_found_by_this_law() -> None:
    def decide(seen: Later, at: int, _settings: object, _held: Held) -> int:
        return IN if seen.later[at] > 0 else OUT

    planted = replace(
        SIGNALS[0],
        look=lambda candles, _: Later(np.roll(candles.close, -1) - candles.close),
        decide=decide,
    )
    with pytest.raises(AssertionError):
        assert_looks_at_no_future(planted, {}, 60)


@EACH_CHOICE
def test_a_window_as_long_as_the_reach_decides_as_all_candles_do(
    strategy: Strategy, chosen: dict[str, object]
) -> None:
    """Law: what a robot says on its window is what a backtest says on everything before."""
    settings = strategy.read_settings(chosen)
    reach = strategy.reach(settings)
    expected = decisions(strategy, recorded(), chosen)

    for end in range(max(reach, 1_000), len(recorded()) + 1, 41):
        window = recorded().between(end - reach, end)
        assert decisions(strategy, window, chosen)[-1] == expected[end - 1], end


@EACH
@pytest.mark.parametrize("held", [NOTHING_HELD, HOLDING], ids=["out", "holding"])
def test_compiled_and_interpreted_it_decides_alike(strategy: Strategy, held: Held) -> None:
    assert strategy.decide is not None
    decide = numba.njit(strategy.decide)
    for chosen in chosen_of(strategy):
        settings = strategy.read_settings(chosen)
        said = np.zeros(len(recorded()), dtype=np.int64)

        compiled_walk()(decide, strategy.look(recorded(), settings), settings, held, said)

        assert said.tolist() == decisions(strategy, recorded(), chosen, held)


@EACH_CHOICE
@pytest.mark.parametrize("power", [-3, 5, 20])
def test_prices_in_another_unit_say_the_same(
    strategy: Strategy, chosen: dict[str, object], power: int
) -> None:
    """Law: no strategy cares in which currency prices are told."""
    factor = 2.0**power
    other = HOLDING._replace(
        price=HOLDING.price * factor, entry=HOLDING.entry * factor, best=HOLDING.best * factor
    )

    for before, after in ((NOTHING_HELD, NOTHING_HELD), (HOLDING, other)):
        assert decisions(strategy, scaled(recorded(), factor), chosen, after) == decisions(
            strategy, recorded(), chosen, before
        )


@EACH_CHOICE
def test_it_speaks_both_ways_on_recorded_prices(
    strategy: Strategy, chosen: dict[str, object]
) -> None:
    said = {
        *decisions(strategy, recorded(), chosen),
        *decisions(strategy, recorded(), chosen, HOLDING),
    }

    assert {IN, OUT} <= said


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=lambda it: it.id)
def test_every_setting_is_described_and_its_default_within_bounds(strategy: Strategy) -> None:
    settings = strategy.read_settings({})

    assert strategy.tell_settings(settings) == {it.name: it.default for it in strategy.parameters}
    assert strategy.read_settings(strategy.tell_settings(settings)) == settings
    keys = [f"robots.strategy.{strategy.id}.name", f"robots.strategy.{strategy.id}.about"]
    for parameter in strategy.parameters:
        key = f"robots.parameter.{parameter.name}"
        keys += [f"{key}.name", f"{key}.about", f"field.{parameter.name}"]
        keys += [f"robots.choice.{parameter.name}.{choice}" for choice in parameter.choices]
    assert [key for key in keys if not has_words(key)] == []


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=lambda it: it.id)
def test_a_strategy_either_signals_or_places_orders(strategy: Strategy) -> None:
    assert (strategy.decide is None) != (strategy.orders is None)


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=lambda it: it.id)
def test_its_reach_is_bounded_at_both_ends_of_its_settings(strategy: Strategy) -> None:
    for pick in ("lowest", "highest"):
        values = [0 if it.choices else getattr(it, pick) for it in strategy.parameters]
        assert 0 < strategy.reach(strategy.settings(*values)) <= 20_000
