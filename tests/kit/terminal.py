"""A person at a terminal: sees what the command line shows there, and types."""

import codecs
import os
import pty
import subprocess
import sys
from types import TracebackType
from typing import Self

from tests.kit.processes import READY_WITHIN_S
from tests.kit.store import surroundings_of


class Terminal:
    """The command line in a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        """Start a command there."""
        self._ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "drawbridge.entrypoints.cli.main", *arguments]
        self._process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, **surroundings_of(arguments)},
        )
        os.close(theirs)
        # Read byte by byte, to stop right behind what was waited for.
        self._reader = codecs.getincrementaldecoder("utf-8")()
        self.shown = ""

    def __enter__(self) -> Self:
        """Sit down."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave; a command that still waits is ended."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(READY_WITHIN_S)
        os.close(self._ours)

    def see(self, text: str) -> str:
        """Read on until this text is shown, and give everything since the last one."""
        seen = ""
        while text not in seen:
            piece = self._read()
            assert piece is not None, f"{text!r} was not shown, but: {seen!r}"
            seen += piece
        return seen

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self._ours, f"{line}\n".encode())

    def interrupt(self, number: int) -> None:
        """Send the command a signal."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Read to the end and give the exit code."""
        while self._read() is not None:
            pass
        return self._process.wait(READY_WITHIN_S)

    def _read(self) -> str | None:
        try:
            piece = self._reader.decode(os.read(self._ours, 1))
        except OSError:  # Linux tells in this way that nobody is left at the other side
            return None
        self.shown += piece
        return piece
