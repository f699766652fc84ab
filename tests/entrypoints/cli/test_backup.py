"""Backups on the command line: made, looked through, put back; the recovery key from a pipe."""

import json
from pathlib import Path

import pytest

from tests.kit.command_line import CommandLine
from tests.kit.terminal import Terminal


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path / "data", capsys)
    made.furnish()
    return made


def _made(line: CommandLine, place: Path) -> tuple[str, Path]:
    key: str = line.told("backup", "key")["recovery_key"]
    told = line.told("backup", "make", str(place))
    return key, place / told["name"]


def test_what_cannot_be_is_refused_with_its_exit_code(line: CommandLine, tmp_path: Path) -> None:
    code, told = line.refused("backup", "make", str(tmp_path))
    assert (code, told["code"]) == (5, "recovery_key_absent")
    _, file = _made(line, tmp_path)
    code, told = line.refused("backup", "make", str(file))
    assert (code, told["code"]) == (5, "backup_file_exists")
    code, told = line.refused("backup", "key")
    assert (code, told["code"]) == (2, "not_confirmed")
    code, told = line.refused("backup", "restore", str(file))
    assert (code, told["code"]) == (5, "folder_in_use")
    code, out, err = line.run("backup", "verify", str(tmp_path / "no"), "--without-key", "--json")
    assert (code, out, json.loads(err)["code"]) == (5, "", "backup_missing")


def test_a_wrong_recovery_key_opens_nothing_and_puts_nothing_back(
    line: CommandLine, tmp_path: Path
) -> None:
    key, file = _made(line, tmp_path)
    another = line.told("backup", "key", "--yes")["recovery_key"]
    restorer = CommandLine(tmp_path / "new", line.captured)
    for given, code, slug in (
        (another, 3, "recovery_key_wrong"),
        (key[:-1], 2, "recovery_key_unreadable"),
        ("", 2, "recovery_key_unreadable"),
    ):
        done = restorer.given(f"{given}\n", "backup", "restore", str(file), "--json")
        assert (done.returncode, json.loads(done.stderr)["code"]) == (code, slug)
    assert not (tmp_path / "new").exists()


def test_a_backup_is_made_verified_and_put_back_elsewhere(
    line: CommandLine, tmp_path: Path
) -> None:
    line.add_key("Main")
    key, file = _made(line, tmp_path)
    restorer = CommandLine(tmp_path / "new", line.captured)
    done = restorer.given(f"{key.lower()}\n", "backup", "restore", str(file), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["contents"]["keys"] == 1
    assert [it["label"] for it in restorer.told("key", "list")] == ["Main"]
    [made] = line.told("backup", "list")["backups"]
    assert made["size_bytes"] == file.stat().st_size
    code, out, _ = line.run("backup", "verify", str(file), "--without-key")
    assert (code, "as it was written" in out) == (0, True)


def test_at_a_terminal_the_recovery_key_comes_with_its_picture_and_is_typed_unseen(
    line: CommandLine, tmp_path: Path
) -> None:
    with Terminal("backup", "key", "--data", str(line.data)) as terminal:
        shown = terminal.see("Next:")
    [key] = [it.strip() for it in shown.splitlines() if it.strip().count("-") == 13]
    assert "█" in shown
    file = tmp_path / "out.dbbackup"
    assert line.told("backup", "make", str(file))["name"] == "out.dbbackup"
    with Terminal("backup", "verify", str(file)) as terminal:
        terminal.see("Recovery key:")
        terminal.type(key)
        seen = terminal.see("last hash")
    assert "The backup is good" in seen
    assert key not in seen


def test_the_list_says_what_is_missing(line: CommandLine) -> None:
    code, out, err = line.on_data("backup", "list")
    assert code == 0
    assert "drawbridge backup key" in err
    assert out.startswith("made")
