"""A data folder as a newcomer has it after the first run, and the command line over it.

Commands run in this process through the same `main` that the program calls; only what reads
standard input is run as a process of its own.
"""

import asyncio
import json
import subprocess
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from drawbridge.app.build import House, open_house
from drawbridge.app.settings import Settings
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.cli.main import main
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.unlock import Wish
from tests.kit.holding import held_here
from tests.kit.processes import drawbridge
from tests.kit.store import store_in, surrounded

A = TypeVar("A")

KEY = "k" * 64
SECRET = "s" * 63 + "7"


@dataclass
class CommandLine:
    """The command line over one data folder."""

    data: Path
    captured: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command; give exit code, standard output, standard error."""
        self.captured.readouterr()
        with surrounded(arguments):
            code = main(arguments)
        told = self.captured.readouterr()
        return code, told.out, told.err

    def on_data(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command on this data folder."""
        return self.run(*arguments, "--data", str(self.data))

    def refused(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Run a command that must fail; give exit code and the error as scripts read it."""
        code, out, err = self.on_data(*arguments, "--json")
        assert out == ""
        told: dict[str, Any] = json.loads(err)
        assert set(told) == {"code", "message", "facts"}
        assert "did not work" not in told["message"], f"{told['code']} has no sentence"
        return code, told

    def told(self, *arguments: str) -> Any:  # noqa: ANN401  whatever JSON it printed
        """Run a command that must work; give the JSON that it printed."""
        code, out, err = self.on_data(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    def given(self, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a process, with this text on its standard input."""
        return drawbridge(*arguments, "--data", str(self.data), given=text)

    def house(self, work: Callable[[House], Coroutine[None, None, A]]) -> A:
        """Do something with the services over the same folder."""

        async def opened() -> A:
            async with open_house(Settings(self.data, store=store_in(self.data))) as house:
                return await work(house)

        return asyncio.run(opened())

    def furnish(self) -> str:
        """Make an owner and a vault; give the owner's id."""

        async def work(house: House) -> str:
            password = Secret("seven quiet herons at dusk")
            owner = await house.accounts.create_owner("Ann", password, first=True)
            holder = KeyHolder(house.database, house.clock, house.settings.vault_key)
            await holder.start()
            await held_here(house).door.ask(owner.id, Wish.CREATE, None)
            await holder.answer()
            await holder.stop()
            return owner.id

        return self.house(work)

    def add_key(self, label: str = "", api_key: str = KEY) -> str:
        """Add a key that was never checked; give its id."""

        async def work(house: House) -> str:
            owner = (await house.accounts.list_owners())[0].id
            fields = {"api_key": api_key, "api_secret": SECRET}
            added = await house.vault.add(owner, "binance", "paper", fields, label)
            return added.key.id

        return self.house(work)
