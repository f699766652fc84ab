"""The files under a folder, one after the other, and what git keeps of them.

Links are not followed, and nothing in a repository's own settings is run.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drawbridge.core.errors import BadInput, Conflict
from drawbridge.importing.texts import MOST_BYTES

_GIT: Final = ".git"
_LOOKED_AT_FIRST: Final = 8_192
_COMMIT: Final = "commit "
_FILE: Final = "+++ b/"
_HUNK: Final = "@@ "
_COMMAND: Final = (
    # What a repository may set and git would run or fetch is switched off.
    *("--no-pager", "-c", "core.quotePath=false", "log", "--all", "--reflog", "--reverse"),
    *("--no-show-signature", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames"),
    *("--format=commit %H", "--patch", "--unified=0", "--src-prefix=a/", "--dst-prefix=b/"),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A text to look through. `lines` are where its lines stand, None where from the first on."""

    file: str
    text: str
    commit: str = ""
    lines: tuple[int, ...] | None = None

    def line_of(self, line: int) -> int:
        """Give where a line of the text stands in the file."""
        return line if self.lines is None else self.lines[line - 1]


def walk_files(root: Path) -> Iterator[Piece | None]:
    """Give the texts of all files, sorted; None for one that could not be read.

    Raises: `BadInput("scan_no_path")`.
    """
    if not root.exists():
        raise BadInput("scan_no_path", field="path", path=str(root))
    if root.is_file():
        yield from _read(root, root.name)
        return
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != _GIT)
        for name in sorted(names):
            path = Path(folder) / name
            if not path.is_symlink() and path.is_file():
                yield from _read(path, str(path.relative_to(root)))


def _read(path: Path, name: str) -> Iterator[Piece | None]:
    try:
        with path.open("rb") as file:
            raw = file.read(_LOOKED_AT_FIRST)
            if b"\0" in raw:
                return
            raw += file.read(MOST_BYTES + 1)
    except OSError:
        yield None
        return
    if len(raw) > MOST_BYTES:
        yield None
    else:
        yield Piece(name, raw.decode("utf-8", "replace"))


def walk_history(root: Path) -> Iterator[Piece]:
    """Give what each commit added to each file, the oldest first.

    Raises: `Conflict("scan_no_git")`, `BadInput("scan_git_failed")`.
    """
    git = shutil.which("git")
    if git is None:
        raise Conflict("scan_no_git")
    folder = root if root.is_dir() else root.parent
    process = subprocess.Popen(  # noqa: S603  git itself, with arguments that are ours
        [git, "-C", str(folder), *_COMMAND, "--", "."],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "PATH": os.defpath,
            "LC_ALL": "C",
        },
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    try:
        yield from _pieces(iter(process.stdout or ()))
        _, told = process.communicate()
        if process.returncode:
            why = told.strip().splitlines()[-1:] or [""]
            raise BadInput("scan_git_failed", field="path", path=str(root), why=why[0][:200])
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


class _Reading:
    """What a commit added to one file, put together line by line."""

    def __init__(self) -> None:
        self._commit = ""
        self._file = ""
        self._next = 0
        self._size = 0
        self._added: list[str] = []
        self._places: list[int] = []

    def take(self, line: str) -> Piece | None:
        """Take a line of git's; give what is whole where another file begins."""
        if line.startswith("+") and not line.startswith("+++ "):
            self._add(line[1:])
        elif line.startswith(_HUNK):
            self._next = int(line.partition("+")[2].partition(" ")[0].partition(",")[0])
        elif line.startswith(_FILE):
            self._file = line.removeprefix(_FILE).rstrip("\n").rstrip("\t")
        elif line.startswith((_COMMIT, "diff ")):
            whole = self.whole()
            if line.startswith(_COMMIT):
                self._commit = line.removeprefix(_COMMIT).strip()
            return whole
        return None

    def whole(self) -> Piece | None:
        """Give what was put together, and begin anew; None where nothing was added."""
        piece = None
        if self._added:
            text, places = "".join(self._added), tuple(self._places)
            piece = Piece(self._file, text, self._commit, places)
        self._file, self._size, self._added, self._places = "", 0, [], []
        return piece

    def _add(self, line: str) -> None:
        self._size += len(line)
        if self._file and self._size <= MOST_BYTES:
            self._added.append(line)
            self._places.append(self._next)
        self._next += 1


def _pieces(lines: Iterator[str]) -> Iterator[Piece]:
    reading = _Reading()
    for line in lines:
        piece = reading.take(line)
        if piece is not None:
            yield piece
    last = reading.whole()
    if last is not None:
        yield last
