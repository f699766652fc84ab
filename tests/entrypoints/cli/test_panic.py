"""Stopping keys in a hurry from the command line."""

from pathlib import Path

import pytest

from tests.kit.command_line import CommandLine


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path, capsys)
    made.furnish()
    made.add_key("Alice")
    return made


def test_an_exchange_that_is_none_is_refused(line: CommandLine) -> None:
    exit_code, told = line.refused("panic", "--exchange", "atlantis", "--yes")
    assert (exit_code, told["code"]) == (5, "unknown_exchange")


def test_without_a_yes_nothing_is_frozen(line: CommandLine) -> None:
    done = line.given("no\n", "panic", "--exchange", "binance")
    assert done.returncode != 0
    assert line.told("key", "list")[0]["status"] != "disabled"


def test_a_report_tells_whose_keys_were_switched_off(line: CommandLine) -> None:
    told = line.told("panic", "--exchange", "binance", "--yes")
    [key] = told["keys"]
    assert (key["owner"], key["key"], key["venue"]) == ("Ann", "Alice", "paper")
    assert (key["robots"], key["orders"]) == (0, 0)
    assert line.told("key", "list")[0]["status"] == "disabled"
    assert line.told("notice", "list")[0]["kind"] == "key_frozen"
    code, out, _ = line.on_data("panic", "--exchange", "binance", "--yes")
    assert (code, "no such key in use" in out) == (0, True)


def test_it_is_an_exchange_or_all_and_never_neither(line: CommandLine) -> None:
    for arguments in ((), ("--all", "--exchange", "binance")):
        exit_code, told = line.refused("panic", *arguments, "--yes")
        assert (exit_code, told["code"]) == (2, "panic_what")
    assert line.told("key", "list")[0]["status"] != "disabled"


def test_all_keys_of_all_exchanges_are_switched_off_by_one_command(line: CommandLine) -> None:
    line.add_key("Second", "m" * 64)
    told = line.told("panic", "--all", "--yes")
    assert sorted(key["key"] for key in told["keys"]) == ["Alice", "Second"]
    assert {key["status"] for key in line.told("key", "list")} == {"disabled"}
    assert line.told("notice", "list")[0]["kind"] == "keys_frozen"
    assert "in use" in line.on_data("panic", "--all", "--yes")[1]


def test_one_key_is_stopped_by_its_name_and_the_way_on_is_told(line: CommandLine) -> None:
    """Scenario 38."""
    code, out, _ = line.on_data("panic", "--key", "alice", "--yes")
    assert (code, "is stopped" in out, "leak-report" in out) == (0, True, True)
    assert line.told("key", "list")[0]["reason"] == "key_leaked"
    assert line.told("notice", "list")[0]["kind"] == "key_leaked"


def test_what_nobody_has_is_not_stopped(line: CommandLine) -> None:
    for option, wanted in (("--key", "unknown_key"), ("--virtual-key", "unknown_virtual_key")):
        exit_code, told = line.refused("panic", option, "nobodys", "--yes")
        assert (exit_code, told["code"]) == (5, wanted)


def test_a_report_without_a_gateway_tells_what_is_known_here(
    line: CommandLine, tmp_path: Path
) -> None:
    exit_code, told = line.refused("key", "leak-report", "Alice", "--since", "soon")
    assert (exit_code, told["code"]) == (2, "bad_since")
    file = tmp_path / "report.csv"
    told = line.told("key", "leak-report", "Alice", "--since", "1h", "--out", str(file))
    assert (told["answered_ms"], told["foreign"]) == (None, 0)
    assert {deed["what"] for deed in told["deeds"]} == {"vault:key:added"}
    assert "vault:key:added" in file.read_text()
    code, out, hint = line.on_data("key", "leak-report", "Alice")
    assert (code, "Key added" in out, "not running" in hint) == (0, True, True)
