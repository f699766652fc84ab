"""Helps and refusals in the reader's words: a made-up language leaves nothing English of them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from drawbridge.entrypoints.cli.framing import framed, refusal_of
from drawbridge.wording.language import speaking
from tests.kit.pseudo import make_up

_ROOT = Path(__file__).parents[3]
# What is typed: commands, options, the shapes of their values.
_TYPED = re.compile(
    r"(?<!\w)(--?[a-z-]+|\{?[A-Z][A-Z_|=.]*\}?|(\w+ )?<\w+>|[a-z_0-9]+(\|[a-z_0-9]+)+)"
)
_USUAL = re.compile(r"\]:\s+[^\]]+\]")
_WORD = re.compile(r"[A-Za-z]{3,}")


def _help_in_the_made_up(folder: Path) -> str:
    """Ask for every help in a process of its own: commands say what they are for at once."""
    program = (sys.executable, "-m", "tests.kit.pseudo_help", str(folder))
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join((str(_ROOT / "src"), str(_ROOT)))}
    return subprocess.run(
        program, capture_output=True, text=True, check=True, cwd=_ROOT, env=surroundings
    ).stdout


def test_no_help_says_anything_by_itself(tmp_path: Path) -> None:
    told = _help_in_the_made_up(tmp_path)
    assert told.count("Drawbridge") + told.count("drawbridge ") > 40
    lines = [line for line in told.splitlines() if not line.startswith(("#", "```", "Every"))]
    # Who is called, the names of commands, what is typed, and what is usual.
    text = re.sub(r"drawbridge [^\n]*|(?m:^  [a-z-]+(?=  ))", "", "\n".join(lines))
    left = _TYPED.sub("", _USUAL.sub("", text))
    assert {*_WORD.findall(left)} == set()


@pytest.mark.parametrize(
    "message",
    [
        "No such option: --nonsense",
        "No such option: --nonsens (Possible options: --nonsense)",
        "No such command 'nonsense'.",
        "Missing option '--exchange'.",
        "Missing argument 'KEY'.",
        "Missing command.",
        "Invalid value for '--most': Input should be a valid integer",
    ],
)
def test_what_is_refused_is_said_in_our_words(tmp_path: Path, message: str) -> None:
    with speaking(make_up(tmp_path)):
        told = refusal_of(message)
    assert told.startswith("[")
    assert not {"such", "Missing", "Invalid", "option", "should"}.intersection(told.split())


def test_what_nobody_knows_is_told_as_it_is() -> None:
    assert refusal_of("Something new.") == "Something new."
    assert framed("Options: none, required by nobody") == "Options: none, required by nobody"
