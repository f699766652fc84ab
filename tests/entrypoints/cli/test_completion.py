"""Shells complete our commands and options, asked as a shell asks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from drawbridge.app.remotes import Remote, Remotes, remotes_file, write_remotes
from drawbridge.entrypoints.cli.completion import SHELLS
from tests.kit.command_line import CommandLine

PROGRAM = Path(sys.executable).with_name("drawbridge")


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path, capsys)


def test_an_unknown_shell_is_refused_with_those_that_are_known(line: CommandLine) -> None:
    code, out, told = line.run("completion", "tcsh")
    assert (code, out) == (2, "")
    assert "bash, zsh, fish" in told


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script_that_asks_us(line: CommandLine, shell: str) -> None:
    code, out, _ = line.run("completion", shell)
    assert code == 0
    assert f"_DRAWBRIDGE_COMPLETE=complete_{shell}" in out


@pytest.mark.parametrize(
    ("typed", "offered"), [("drawbridge rob", "robot"), ("drawbridge key add --exch", "--exchange")]
)
def test_bash_completes_commands_and_options(typed: str, offered: str) -> None:
    assert _completed(typed) == [offered]


@pytest.mark.parametrize("typed", ["drawbridge --at off", "drawbridge remote remove o"])
def test_bash_completes_the_names_of_remotes(tmp_path: Path, typed: str) -> None:
    file = Path("~/tokens/office").expanduser()
    remotes = Remotes((Remote("office", "https://bridge.example.com", file),))
    surroundings = {"XDG_CONFIG_HOME": str(tmp_path)}
    write_remotes(remotes, surroundings)
    assert _completed(typed, **surroundings) == ["office"]
    remotes_file(surroundings).write_text("not json")
    assert _completed(typed, **surroundings) == []


def _completed(typed: str, **surroundings: str) -> list[str]:
    script = (
        "source <(drawbridge completion bash); "
        f"COMP_WORDS=({typed}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
        '_drawbridge_completion drawbridge; echo "${COMPREPLY[@]}"'
    )
    path = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", **surroundings}
    ran = subprocess.run(
        ["bash", "-c", script], env=path, capture_output=True, text=True, check=True
    )
    return ran.stdout.split()
