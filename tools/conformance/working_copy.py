"""A working copy of a ccxt package in which its own test-suite can run.

The suite refuses to run from site-packages and looks for its settings beside itself; nothing
is written where ccxt is installed.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# Its own starter also imports tests of the package's insides, which want more than is installed.
_START: Final = """\
import asyncio
from tests_helpers import argvExchange, argvMethod, argvSymbol
from tests_async import testMainClass
asyncio.run(testMainClass().init(argvExchange, argvSymbol, argvMethod))
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run printed, and whether it came to its end by itself."""

    printed: str
    finished: bool


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """A ccxt package at `root/python/ccxt`, as in its repository."""

    root: Path

    @classmethod
    def make(cls, package: Path, root: Path) -> "WorkingCopy":
        """Copy a package there."""
        shutil.copytree(package, root / "python" / "ccxt")
        (root / "python" / "ccxt" / "test" / "start.py").write_text(_START, "utf-8")
        return cls(root)

    @property
    def environment(self) -> dict[str, str]:
        """Give the environment in which this ccxt is the one that is found."""
        return {**os.environ, "PYTHONPATH": str(self.root / "python")}

    def configure(self, keys: Mapping[str, Any], skipped: Mapping[str, Any]) -> None:
        """Write its settings: keys and addresses, and what is left out."""
        (self.root / "keys.local.json").write_text(json.dumps(keys), "utf-8")
        (self.root / "skip-tests.json").write_text(json.dumps(skipped), "utf-8")

    async def run(self, arguments: Sequence[str], most_s: float) -> Run:
        """Run the suite; end it when it takes longer."""
        started = await asyncio.create_subprocess_exec(
            sys.executable,
            "start.py",
            *arguments,
            cwd=self.root / "python" / "ccxt" / "test",
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=1 << 24,
        )
        lines: list[bytes] = []
        try:
            async with asyncio.timeout(most_s):
                await _gather(started, lines)
            finished = True
        except TimeoutError:
            # Its own group: whatever it started ends with it.
            os.killpg(started.pid, signal.SIGKILL)
            finished = False
        await started.wait()
        return Run(b"".join(lines).decode("utf-8", "replace"), finished)


async def _gather(started: asyncio.subprocess.Process, lines: list[bytes]) -> None:
    assert started.stdout is not None  # noqa: S101  a pipe was asked for
    async for line in started.stdout:
        # One by one: what was printed before a run is ended is told as well.
        lines.append(line)  # noqa: PERF401  a comprehension would lose them
