"""The command line over a Drawbridge elsewhere, served on loopback in this process.

Commands run through the same `main` that the program calls, in a thread, while the site in this
loop answers; the surroundings (address, token's file, settings folder) are the test's.
"""

import asyncio
import io
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from drawbridge.entrypoints.cli.main import main
from tests.kit.program import open_api_site
from tests.kit.program_life import Life, begin_life, live_on
from tests.kit.served import served
from tests.kit.store import surrounded


class Surroundings:
    """The environment that commands find, put back as it was at the end."""

    def __init__(self, folder: Path) -> None:
        """Let commands find nothing of the machine that the test runs on."""
        self._before = dict(os.environ)
        self.set("XDG_CONFIG_HOME", str(folder / "settings"))
        self.set("DRAWBRIDGE_DATA", str(folder / "none"))
        self.set("DRAWBRIDGE_EGRESS_ADDRESSES", "203.0.113.7")
        self.unset("DRAWBRIDGE_AT")

    def set(self, name: str, text: str) -> None:
        """Set a variable."""
        os.environ[name] = text

    def unset(self, name: str) -> None:
        """Take a variable out."""
        os.environ.pop(name, None)

    def put_back(self) -> None:
        """Leave everything as it was."""
        os.environ.clear()
        os.environ.update(self._before)


@contextmanager
def typing(text: str) -> Iterator[None]:
    """Let a command read this from its standard input."""
    before, sys.stdin = sys.stdin, io.StringIO(text)
    try:
        yield
    finally:
        sys.stdin = before


@dataclass(frozen=True)
class RemoteLine:
    """A person at a terminal elsewhere, with a token in a file."""

    folder: Path
    address: str
    surroundings: Surroundings
    captured: pytest.CaptureFixture[str]

    @property
    def token_file(self) -> Path:
        """Give the file with the token."""
        return self.folder / "token"

    @property
    def data(self) -> Path:
        """Give the data folder that this machine would have."""
        return self.folder / "none"

    def take(self, token: str) -> None:
        """Put a token into the file, and say where it is."""
        self.token_file.write_text(f"{token}\n")
        self.token_file.chmod(0o600)
        self.surroundings.set("DRAWBRIDGE_TOKEN_FILE", str(self.token_file))

    async def run(self, *arguments: str, typed: str = "") -> tuple[int, str, str]:
        """Run a command as it is; give exit code, standard output, standard error."""
        self.captured.readouterr()
        with surrounded(arguments), typing(typed):
            code = await asyncio.to_thread(main, arguments)
        told = self.captured.readouterr()
        assert "dbr_" not in told.out + told.err, "a token was shown"
        assert not self.data.exists(), "a data folder was made here"
        return code, told.out, told.err

    async def at(self, *arguments: str, typed: str = "") -> tuple[int, str, str]:
        """Run a command over the Drawbridge elsewhere."""
        return await self.run("--at", self.address, *arguments, typed=typed)

    async def told(self, *arguments: str, typed: str = "") -> Any:  # noqa: ANN401  what JSON it is
        """Run a command there that must work; give the JSON that it printed."""
        code, out, err = await self.at(*arguments, "--json", typed=typed)
        assert code == 0, err
        return json.loads(out)

    async def refused(self, *arguments: str, typed: str = "") -> tuple[int, str]:
        """Run a command there that must fail; give exit code and the error's code."""
        code, out, err = await self.at(*arguments, "--json", typed=typed)
        assert (code != 0, out) == (True, ""), out
        told = json.loads(err)
        assert "did not work" not in told["message"], f"{told['code']} has no sentence"
        return code, told["code"]


@pytest_asyncio.fixture
async def life(tmp_path: Path) -> AsyncIterator[Life]:
    """Give Ada, who has something of everything."""
    async with open_api_site(tmp_path / "there") as site:
        life = await begin_life(site)
        await live_on(life)
        yield life


@pytest_asyncio.fixture
async def line(
    life: Life, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[RemoteLine]:
    """Give Ada's command line elsewhere, with a token of every right."""
    surroundings = Surroundings(tmp_path)
    try:
        async with served(life.site.app) as address:
            line = RemoteLine(tmp_path, address, surroundings, capsys)
            line.take(life.program.token)
            yield line
    finally:
        surroundings.put_back()
