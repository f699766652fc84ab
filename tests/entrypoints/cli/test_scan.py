"""The leak finder over folders and git histories."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.importing.test_scanning import KEY, SECRET
from tests.kit.command_line import CommandLine
from tests.kit.store import in_a_file


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path / "data", capsys)


def git(folder: Path, *arguments: str) -> None:
    names = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.c"}
    names |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.c", "HOME": str(folder)}
    subprocess.run(["git", "-C", str(folder), *arguments], env={**os.environ, **names}, check=True)


def scanned(line: CommandLine, *arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, err = line.on_data("scan", *arguments, "--json")
    assert err == ""
    return code, json.loads(out)


def test_what_cannot_be_looked_through_is_refused(line: CommandLine, tmp_path: Path) -> None:
    assert line.refused("scan", str(tmp_path / "absent"))[1]["code"] == "scan_no_path"
    told = line.refused("scan", str(tmp_path), "--history")
    assert told[1]["code"] == "scan_git_failed"


def test_a_clean_folder_ends_well(line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "clean").mkdir()
    told = scanned(line, str(tmp_path / "clean"))
    assert told == (0, {"files": 0, "skipped": 0, "found": []})


@in_a_file("whoever names a server has an installation there, which is looked into")
def test_where_nothing_is_installed_no_data_folder_is_made(
    line: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "clean").mkdir()
    scanned(line, str(tmp_path / "clean"))
    assert not line.data.exists()


def test_keys_in_files_are_told_and_ours_are_named(line: CommandLine, tmp_path: Path) -> None:
    line.furnish()
    line.add_key("Main", KEY)
    folder = tmp_path / "bots"
    (folder / "deep").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "deep/bot.py").write_text(f"x = 1\nAPI_KEY = '{KEY}'\nAPI_SECRET = '{SECRET}'\n")
    (folder / ".git/config").write_text(f"API_KEY={KEY}")
    (folder / "picture.png").write_bytes(b"\x89PNG\0" + KEY.encode())
    (folder / "large.log").write_text("x" * (1 << 21))
    (folder / "link").symlink_to("/etc/hostname")
    code, told = scanned(line, str(folder))
    assert code == 1
    assert (told["files"], told["skipped"]) == (1, 1)
    key, secret = told["found"]
    assert (key["file"], key["line"], key["mine"]["label"]) == ("deep/bot.py", 2, "Main")
    assert (secret["line"], secret["part"], secret["text"]) == (3, "secret", "[secret]")
    code, out, err = line.on_data("scan", str(folder))
    assert code == 1
    assert "deep/bot.py" in out
    assert "Main" in out
    assert KEY not in out + err
    assert SECRET not in out + err


def test_a_key_that_was_taken_out_is_found_in_the_history(
    line: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "bots"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    # A repository that would have git run something: it is not run.
    ran = tmp_path / "ran"
    git(folder, "config", "log.showSignature", "true")
    git(folder, "config", "gpg.program", f"touch {ran};false")
    git(folder, "config", "diff.external", f"touch {ran};true")
    git(folder, "config", "diff.x.textconv", f"touch {ran};cat")
    (folder / ".gitattributes").write_text("*.env diff=x\n")
    (folder / "a ü.env").write_text(f"# one\nBINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    (folder / "a ü.env").write_text("# one\n")
    git(folder, "commit", "-q", "-a", "-m", "two")
    assert scanned(line, str(folder))[0] == 0
    code, told = scanned(line, str(folder), "--history")
    assert code == 1
    assert [(it["file"], it["line"], it["part"]) for it in told["found"]] == [
        ("a ü.env", 2, "key"),
        ("a ü.env", 3, "secret"),
    ]
    assert len(told["found"][0]["commit"]) == 40
    assert not ran.exists()
    assert "delete such a key" in line.on_data("scan", str(folder), "--history")[2]
