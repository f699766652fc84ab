"""The check of own files: what is wrong with them is found, and what is good is left alone."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from drawbridge.robots.backtest.recorded import read_recorded
from drawbridge.robots.columns import CandleColumns
from drawbridge.robots.own.check import Checked, check_own
from tests.robots.own.test_own import BUYER, CLASS, CROSS, DIP

PEEKING_CLASS = '''
from typing import NamedTuple
import numpy as np
from drawbridge.robots.own import IN, OUT

class Seen(NamedTuple):
    later: np.ndarray

class Peek:
    """Looks at {what}."""

    def look(self, candles, settings):
        return Seen({series})

    def decide(self, seen, at, settings, held):
        return IN if seen.later[at] > 0 else OUT
'''


@cache
def recorded() -> CandleColumns:
    return read_recorded("ETH-BTC").last(800)


def clock(step_ns: int = 1_000_000) -> Callable[[], int]:
    ticks: Iterator[int] = count(0, step_ns)
    return lambda: next(ticks)


def checked(folder: Path, text: str, step_ns: int = 1_000_000) -> Checked:
    path = folder / "mine.py"
    path.write_text(text, encoding="utf-8")
    return check_own(path, recorded(), clock(step_ns))


def faults(found: Checked) -> list[str]:
    return [it.code for it in found.findings if it.is_fault]


@pytest.mark.parametrize(
    "series",
    [
        "np.roll(candles.close, -1) - candles.close",
        "candles.close - candles.close.mean()",
        "candles.close / candles.close[-1] - 1",
        "np.gradient(candles.close)",
    ],
)
def test_a_series_of_the_future_is_found(tmp_path: Path, series: str) -> None:
    text = PEEKING_CLASS.format(what="the future", series=series)

    assert faults(checked(tmp_path, text)) == ["own_looks_ahead"]


def test_a_function_that_gets_at_the_future_is_found(tmp_path: Path) -> None:
    text = '''
def decide(view):
    """Peeks."""
    later = view._candles.close
    return "in" if later[min(view._at[0] + 1, len(later) - 1)] > view.close() else "out"
'''
    assert faults(checked(tmp_path, text)) == ["own_looks_ahead"]


def test_asking_ahead_is_a_fault_with_its_candle(tmp_path: Path) -> None:
    text = 'def decide(view):\n  """Peeks."""\n  return "in" if view.close(-1) > 1 else "out"\n'
    (finding,) = checked(tmp_path, text).findings

    assert (finding.code, finding.facts["candle"]) == ("own_asks_ahead", 0)


def test_what_is_remembered_in_globals_is_found(tmp_path: Path) -> None:
    text = '''
seen = []
def decide(view):
    """Remembers."""
    seen.append(view.close())
    return "in" if len(seen) % 2 else "out"
'''
    assert faults(checked(tmp_path, text)) == ["own_state_kept"]


def test_counting_on_is_found_by_its_statement_and_by_its_answers(tmp_path: Path) -> None:
    text = '''
n = 0
def decide(view):
    """Counts."""
    global n
    n += 1
    return "in" if n % 7 else "out"
'''
    assert faults(checked(tmp_path, text)) == ["own_global", "own_not_the_same_again"]


def test_chance_is_found(tmp_path: Path) -> None:
    text = (
        'import random\ndef decide(view):\n  """Dice."""\n  return random.choice(["in", "out"])\n'
    )

    assert faults(checked(tmp_path, text)) == ["own_not_the_same_again"]


def test_who_is_too_slow_is_told_and_who_is_slow_is_warned(tmp_path: Path) -> None:
    # 800 candles in a second and in a tenth of it.
    slow, slowish = checked(tmp_path, CROSS, 10**9), checked(tmp_path, CROSS, 10**8)

    assert (faults(slow), slow.speed) == (["own_slow"], 800)
    assert (faults(slowish), slowish.speed) == ([], 8_000)
    assert "own_slow" in [it.code for it in slowish.findings]


def test_who_never_says_a_word_is_warned(tmp_path: Path) -> None:
    found = checked(tmp_path, 'def decide(view):\n  """Stays."""\n  return "in"\n')

    assert [(it.code, it.facts["word"], it.is_fault) for it in found.findings] == [
        ("own_never_says", "out", False)
    ]


def test_what_cannot_be_compiled_and_says_so_is_found(tmp_path: Path) -> None:
    text = CLASS.replace("return OUT if", "return sorted([OUT], key=str)[0] if")

    assert faults(checked(tmp_path, text)) == ["own_not_compiled"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("return {1, 2}, []", "own_wrong_orders"),
        ("return {'x': {1, 2}}, []", "own_wrong_memory"),
        (
            "return memory, [Want('a', Side.BUY, scene.price)] * 1",
            "own_tag_again",
        ),
    ],
)
def test_wrong_orders_are_found(tmp_path: Path, body: str, code: str) -> None:
    head, _, _ = BUYER.partition("        if memory")

    assert faults(checked(tmp_path, f"{head}        {body}\n")) == [code]


@pytest.mark.parametrize(
    ("text", "hints"),
    [(CROSS, ["own_bounds_assumed"]), (DIP, ["own_bounds_assumed"] * 2), (CLASS, []), (BUYER, [])],
    ids=["function", "held", "class", "orders"],
)
def test_what_is_good_is_good(tmp_path: Path, text: str, hints: list[str]) -> None:
    found = checked(tmp_path, text)

    assert found.is_good
    assert [it.code for it in found.findings] == hints
    assert found.acts > 0
