"""Trades as files, from the command line."""

from pathlib import Path

import pytest

from drawbridge.app.build import House
from tests.kit.command_line import CommandLine
from tests.kit.recorded_trades import Whose, record_trades
from tests.kit.trades import trade

BEGAN_MS = 1_780_000_000_000


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path, capsys)
    made.furnish()
    made.add_key("Alice")
    return made


def record(line: CommandLine, venue: str = "live") -> None:
    """Let a key that is deleted by now have bought something."""

    async def work(house: House) -> None:
        owner = (await house.accounts.list_owners())[0].id
        whose = Whose(owner, f"key_gone_{venue}", venue=venue)
        await record_trades(house.database, whose, trade("buy", "1", "100", BEGAN_MS, "0.1 USD"))

    line.house(work)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--format", "excel"), "unknown_export_format"),
        (("--format", "koinly", "--year", "26"), "bad_year"),
        (("--format", "koinly", "--key", "Bob"), "unknown_key"),
        (("--format", "koinly", "--robot", "Bob"), "unknown_robot"),
        ((), "bad_arguments"),
    ],
)
def test_what_cannot_be_written_is_refused(
    line: CommandLine, arguments: tuple[str, ...], code: str
) -> None:
    assert line.refused("export", "trades", *arguments)[1]["code"] == code


def test_play_money_is_refused_unless_it_is_asked_for(line: CommandLine) -> None:
    """Scenario 64."""
    record(line, "paper")
    exit_code, told = line.refused("export", "trades", "--format", "koinly")
    assert (exit_code, told["code"]) == (4, "simulated_trades")
    code, out, _ = line.on_data("export", "trades", "--format", "koinly", "--simulated")
    assert code == 0
    assert "SIMULATED" in out


def test_trades_stand_on_standard_output_and_what_was_left_out_beside_it(
    line: CommandLine,
) -> None:
    record(line)
    record(line, "paper")
    code, out, err = line.on_data("export", "trades", "--format", "cointracking")
    assert code == 0
    head, row = out.splitlines()
    assert head.startswith('"Type","Buy Amount"')
    assert row.startswith('"Trade","1","BTC","100.1","USD","0.1","USD","Binance"')
    assert "1 simulated trade is left out." in err
    assert "1 line is written." in err
    told = line.told("export", "trades", "--format", "cointracking")
    assert (told["lines"], told["simulated_left_out"]) == (1, 1)
    assert told["csv"].splitlines() == [head, row]


def test_a_key_a_robot_and_a_year_narrow_it_down(line: CommandLine) -> None:
    record(line)
    for arguments in (("--year", "2025"), ("--key", "Alice")):
        told = line.told("export", "trades", "--format", "koinly", *arguments)
        assert told["lines"] == 0, arguments
    assert line.told("export", "trades", "--format", "koinly", "--year", "2026")["lines"] == 1


def test_a_file_is_new_and_only_its_owners(line: CommandLine, tmp_path: Path) -> None:
    record(line)
    file = tmp_path / "trades.csv"
    wish = ("export", "trades", "--format", "koinly", "--out")
    assert line.told(*wish, str(file))["file"] == str(file)
    assert file.read_bytes().startswith(b"Date,Sent Amount")
    assert file.stat().st_mode & 0o777 == 0o600
    assert line.refused(*wish, str(file))[1]["code"] == "export_file_exists"
    assert line.refused(*wish, str(tmp_path / "no" / "x.csv"))[1]["code"] == "export_not_written"
