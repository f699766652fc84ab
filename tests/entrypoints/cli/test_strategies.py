"""Strategies from the command line: the list, and the check of own files."""

import json
from pathlib import Path

import pytest

from drawbridge.robots.strategies import STRATEGIES
from tests.kit.command_line import CommandLine

GOOD = '''
def decide(view, *, fast=5, slow=20):
    """Buys when the fast average is above the slow one."""
    return "in" if view.ema(fast) > view.ema(slow) else "out"
'''
PEEKS = '''
def decide(view):
    """Peeks."""
    return "in" if view.close(-1) > view.close() else "out"
'''


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path, capsys)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_that_is_not_there_is_said(line: CommandLine, tmp_path: Path) -> None:
    code, out, _ = line.run("robot", "check", str(tmp_path / "none.py"))

    assert code == 2
    assert "cannot be read" in out


def test_who_looks_ahead_is_told_at_which_candle(line: CommandLine, tmp_path: Path) -> None:
    code, out, _ = line.run("robot", "check", str(written(tmp_path, "peeks", PEEKS)), "--json")

    told = json.loads(out)
    assert (code, told["good"]) == (2, False)
    assert [it["code"] for it in told["findings"] if it["is_fault"]] == ["own_asks_ahead"]


def test_a_good_file_is_good(line: CommandLine, tmp_path: Path) -> None:
    code, out, _ = line.run("robot", "check", str(written(tmp_path, "good", GOOD)))

    assert code == 0
    assert "good is good" in out


def test_all_strategies_are_listed_with_their_settings(line: CommandLine, tmp_path: Path) -> None:
    written(tmp_path, "good", GOOD)
    written(tmp_path, "broken", "def decide(view")
    code, out, _ = line.run("robot", "strategies", "--strategies", str(tmp_path), "--json")

    told = json.loads(out)
    listed = {it["id"]: it for it in told["strategies"]}
    assert code == 0
    assert set(listed) == {*STRATEGIES, "own:good"}
    assert [it["name"] for it in listed["own:good"]["parameters"]] == ["fast", "slow"]
    assert listed["grid"]["kind"] == "orders"
    assert [it["code"] for it in told["wrong"]] == ["own_syntax"]


def test_the_list_can_be_read(line: CommandLine) -> None:
    code, out, err = line.run("robot", "strategies")

    assert code == 0
    assert "Crossing averages" in out
    assert "from 1 to 200, default 12" in out
    assert "no strategies of your own" in err


def test_a_backtest_runs_an_own_strategy_and_searches_its_settings(
    line: CommandLine, tmp_path: Path
) -> None:
    written(tmp_path, "good", GOOD)
    own = ("--strategy", "own:good", "--strategies", str(tmp_path), "--recorded", "XRP-USDT")
    money = ("--market", "XRP/USDT", "--amount", "100", "--cash", "1000", "--json")

    built_in = ("--strategy", "ema_cross", "--recorded", "XRP-USDT", "--set", "slow=20")
    _, expected, _ = line.run("backtest", *built_in, "--set", "fast=5", *money)
    code, out, _ = line.run("backtest", *own, *money)

    assert code == 0
    # It says out where the built-in one has nothing to say yet, so its first in is a turn.
    assert json.loads(out)["trades"][1:] == json.loads(expected)["trades"]
    vary = ("--vary", "fast=3..6", "--workers", "2", "--folds", "2")
    code, out, err = line.run("backtest", *own, *vary, *money)
    assert (code, err) == (0, "")
    assert json.loads(out)["search"]


def test_an_own_strategy_that_is_not_there_is_said_with_those_that_are(
    line: CommandLine, tmp_path: Path
) -> None:
    written(tmp_path, "good", GOOD)

    code, _, err = line.run("backtest", "--strategy", "own:bad", "--strategies", str(tmp_path))

    assert code == 5
    assert "own:good" in err
