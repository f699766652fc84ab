"""Candles for backtests, from the command line."""

import json
from pathlib import Path

import pytest

from tests.kit.command_line import CommandLine

ROWS = [[minute * 60_000, 10, 12, 9, 11, 5] for minute in (1, 2, 5)]
NAME = "kraken/BTC-USD/1m"


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path / "data", capsys)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "told.json"
    path.write_text(json.dumps(ROWS))
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", "nothing"), "bad_series_name"),
        (("check", NAME), "unknown_candles"),
        (("import", "/nowhere", NAME), "candles_unreadable"),
        (("import", "FILE", "kraken/BTC-USD/5m"), "candles_off_interval"),
        (("download", NAME, "--since", "yesterday"), "bad_span"),
        (("download", NAME, "--since", "2024-01-02", "--until", "2024-01-01"), "bad_stretch"),
        (("download", NAME, "--venue", "moon"), "not_a_choice"),
        (("download", "nowhere/BTC-USD/1m", "--since", "1h"), "unknown_exchange"),
    ],
)
def test_what_cannot_be_done_is_refused_by_code(
    line: CommandLine, file: str, arguments: tuple[str, ...], code: str
) -> None:
    told = [file if it == "FILE" else it for it in arguments]

    _, error = line.refused("candles", *told)

    assert error["code"] == code


def test_an_import_says_what_was_added_and_where_candles_are_missing(
    line: CommandLine, file: str
) -> None:
    code, out, _ = line.on_data("candles", "import", file, NAME)

    assert code == 0
    assert "3 candles added, 0 replaced" in out
    assert "missing from 1970-01-01 00:03:00 UTC until 1970-01-01 00:05:00 UTC: 2" in out

    told = line.told("candles", "import", file, NAME)
    assert (told["added"], told["replaced"]) == (0, 3)
    assert told["series"]["missing"] == 2


def test_what_is_stored_is_listed(line: CommandLine, file: str) -> None:
    code, out, err = line.on_data("candles", "list")
    assert (code, out) == (0, "")
    assert "No candles are stored yet" in err

    line.on_data("candles", "import", file, NAME)
    _, out, _ = line.on_data("candles", "list")
    assert NAME in out
    (told,) = line.told("candles", "list")["series"]
    assert (told["name"], told["candles"], told["first_ms"]) == (NAME, 3, 60_000)
    assert told["gaps"] == [{"since_ms": 180_000, "until_ms": 300_000, "missing": 2}]


def test_a_check_tells_the_gaps(line: CommandLine, file: str) -> None:
    line.on_data("candles", "import", file, NAME)

    told = line.told("candles", "check", NAME)

    assert told["missing"] == 2
    code, out, _ = line.on_data("candles", "check", NAME)
    assert code == 0
    assert "1970-01-01 00:05:00 UTC" in out
