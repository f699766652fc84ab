"""Compiled loops on disk: read where nothing has changed, and compiled anew where anything has."""

import os
import shutil
from pathlib import Path

import pytest

from drawbridge.robots.backtest.keeping import (
    compiled_kept_in,
    digest_of,
    find_folder,
    origin_of,
)
from drawbridge.robots.backtest.result import BacktestResult
from drawbridge.robots.backtest.run import run_backtest
from drawbridge.robots.backtest.terms import read_terms
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategies.ema_cross import decide
from tests.kit.scripted import decide as decide_elsewhere
from tests.kit.strategies import candles_at

STRATEGY = get_strategy("ema_cross")
SETTINGS = STRATEGY.read_settings({"fast": 2, "slow": 4})
CANDLES = candles_at([100, 101, 99, 103, 98, 97, 104, 110, 90, 95] * 4)
TERMS = read_terms(
    {"symbol": "BTC/USD", "amount": "100", "cash": "1000", "fee": "0", "quantity_step": "0.1"}
)
LONG_AGO = (1_000_000_000, 1_000_000_000)
MOST = 200


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in which one loop was kept."""
    folder = tmp_path_factory.mktemp("kept") / "compiled"
    run_in(folder)
    return folder


@pytest.fixture
def copied(kept: Path, tmp_path: Path) -> Path:
    """Give a copy of it, of which this process has read nothing yet, as another one would not."""
    folder = tmp_path / "copied"
    shutil.copytree(kept, folder)
    return folder


def run_in(folder: Path) -> BacktestResult:
    with compiled_kept_in(folder):
        return run_backtest(STRATEGY, SETTINGS, CANDLES, TERMS, compiled=True)


def assert_read(folder: Path) -> BacktestResult:
    """Run with what is kept: it is not written anew, and stays because it was needed."""
    file = only_file(folder)
    os.utime(file, LONG_AGO)
    number = file.stat().st_ino
    result = run_in(folder)
    assert only_file(folder).stat().st_ino == number
    assert file.stat().st_mtime > LONG_AGO[0]
    return result


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_what_was_kept_is_read_and_does_the_same(copied: Path) -> None:
    result = assert_read(copied)

    interpreted = run_backtest(STRATEGY, SETTINGS, CANDLES, TERMS, compiled=False)
    assert result.fills() == interpreted.fills()
    assert len(result.fills()) > 1


@pytest.mark.parametrize("left", [0, 40, -1])
def test_a_file_that_is_not_whole_is_compiled_anew_and_written_again(
    copied: Path, left: int
) -> None:
    file = only_file(copied)
    file.write_bytes(file.read_bytes()[:left])
    number = file.stat().st_ino

    assert run_in(copied).compiled

    assert only_file(copied).stat().st_ino != number
    assert_read(shutil.copytree(copied, copied.with_name("again")))


def test_a_folder_that_cannot_be_written_costs_the_time_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "no folder"
    file.touch()

    assert run_in(file).compiled


def test_what_was_not_needed_for_long_is_forgotten(tmp_path: Path) -> None:
    old = [tmp_path / f"{number}.loop" for number in range(MOST)]
    for file in old:
        file.touch()
        os.utime(file, LONG_AGO)

    run_in(tmp_path)

    names = {it.name for it in tmp_path.iterdir()}
    assert len(names) == MOST
    assert len(names - {it.name for it in old}) == 1


def test_nothing_is_kept_where_nobody_asks_for_it(tmp_path: Path) -> None:
    with compiled_kept_in(tmp_path):
        assert find_folder() == tmp_path
    assert find_folder() != tmp_path


def test_only_steps_of_which_all_sources_are_known_are_kept() -> None:
    def local() -> None:
        """Stand nowhere by name."""

    local.__module__ = decide.__module__
    assert origin_of(decide) is not None
    assert origin_of(decide_elsewhere) is None
    assert origin_of(local) is None


def test_any_change_of_a_source_is_another_origin(tmp_path: Path) -> None:
    rooms = [tmp_path / name for name in ("one", "two", "three", "four")]
    texts = [{"a.py": "x = 1"}, {"a.py": "x = 2"}, {"b.py": "x = 1"}, {"a.py": "x", "b.py": "= 1"}]
    for room, files in zip(rooms, texts, strict=True):
        room.mkdir()
        for name, text in files.items():
            (room / name).write_text(text)

    assert len({digest_of(room) for room in rooms}) == len(rooms)
