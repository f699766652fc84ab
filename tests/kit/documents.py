"""Documents as their readers use them: which commands stand in them, and those run for real.

A fence `sh` is run by the tests, from the first of a document to its last, in one shell; a fence
that names a file behind its language (`python mine.py`) is written into that file first. What is
only to be run elsewhere is fenced `sh elsewhere`; there the commands and options are looked at.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from drawbridge.entrypoints.cli.main import app

_PROGRAM: Final = "drawbridge"
_SHELL: Final = "sh"
_AND_SO_ON: Final = "…"
_ELSEWHERE: Final = "elsewhere"
_ENDING: Final = "trap 'code=$?; kill $(jobs -p) 2>/dev/null || true; wait; exit $code' EXIT"
_APART: Final = re.compile(r"\s*(?:\||&&|;|\$\(|\()\s*")
_GOES_ON: Final = re.compile(r"\\\n\s*")


@dataclass(frozen=True, slots=True)
class Fence:
    """A block of a document: its language, what stands behind that, its text, its first line."""

    language: str
    rest: str
    text: str
    line: int


def read_fences(markdown: str) -> list[Fence]:
    """Read the blocks of a document; one that is indented has no language."""
    return [
        Fence(*token.info.strip().partition(" ")[::2], token.content, token.map[0] + 1)
        for token in MarkdownIt("commonmark").parse(markdown)
        if token.type in {"fence", "code_block"} and token.map is not None
    ]


def script_of(fences: Sequence[Fence], before: str = "") -> str:
    """Write what a reader does as one script, which says where it is and stops at a failure.

    `before` is what was done before the document was opened. What runs beside ends with it.
    """
    steps = ["set -euo pipefail", _ENDING, before]
    for fence in fences:
        if fence.language == _SHELL and not fence.rest:
            steps += [f"echo '--- line {fence.line}' >&2", fence.text]
        elif fence.rest not in {"", _ELSEWHERE}:
            steps.append(
                f"cat > {shlex.quote(fence.rest)} <<'END-OF-FILE'\n{fence.text}END-OF-FILE"
            )
    return "\n".join(steps) + "\n"


def commands_in(markdown: str) -> Iterator[list[str]]:
    """Give every command of ours that a document names, in words, in blocks and in sentences."""
    for fence in read_fences(markdown):
        if fence.language in {_SHELL, ""}:
            for line in _GOES_ON.sub(" ", fence.text).splitlines():
                yield from _commands(line)
    for token in MarkdownIt("commonmark").parse(markdown):
        for child in token.children or ():
            if child.type == "code_inline":
                yield from _commands(child.content)


def _commands(line: str) -> Iterator[list[str]]:
    for part in _APART.split(line):
        if _PROGRAM not in part:
            continue
        try:
            words = shlex.split(part, comments=True)
        except ValueError:
            words = part.split()
        while words and "=" in words[0]:
            words = words[1:]  # a variable that is set for the command
        if words and words[0] == _PROGRAM:
            yield words


def wrong_with(words: Sequence[str]) -> str:
    """Say what the command line would not know of a command; empty when it knows all of it."""
    command: object = get_command(app)
    left = [word for word in words[1:] if word != _AND_SO_ON]
    if left[:1] == ["--at"]:
        left = left[2:]
    while isinstance(command, TyperGroup) and left and not left[0].startswith("-"):
        if left[0] not in command.commands and command.invoke_without_command:
            break
        command = command.commands.get(left.pop(0))
    if not isinstance(command, TyperGroup | TyperCommand):
        return f"{' '.join(words)}: there is no such command"
    known = {name for it in command.params for name in (*it.opts, *it.secondary_opts)}
    unknown = [it for it in left if it.startswith("--") and it.partition("=")[0] not in known]
    unknown = [it for it in unknown if it != "--help"]
    return f"{' '.join(words)}: there is no {', '.join(unknown)}" if unknown else ""


def read(path: Path) -> str:
    """Read a document."""
    return path.read_text(encoding="utf-8")
