"""The command line from elsewhere, over TLS, through the product's own processes."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from drawbridge.app.build import open_house
from drawbridge.core.clock import DAY_MS
from drawbridge.robots.model import RobotStatus
from drawbridge.robots.wishes import Wish
from tests.kit.certificates import authority_and_server
from tests.kit.house import add_key, checked, create_owner, found_town
from tests.kit.processes import free_port

EXCHANGE = "kraken"
_WITHIN_S = 120


class _Laptop:
    """A machine with the command line alone: no data folder, its own settings."""

    def __init__(self, folder: Path, authority: str) -> None:
        (folder / "laptop").mkdir()
        (folder / "laptop" / "authority.pem").write_text(authority)
        self.data = folder / "laptop" / "data"
        self._environment: Mapping[str, str] = {
            **os.environ,
            "XDG_CONFIG_HOME": str(folder / "laptop"),
            "DRAWBRIDGE_DATA": str(self.data),
            "SSL_CERT_FILE": str(folder / "laptop" / "authority.pem"),
        }

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "drawbridge.entrypoints.cli.main", *arguments],
            env=self._environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=_WITHIN_S,
        )

    def told(self, *arguments: str, typed: str = "") -> Any:  # noqa: ANN401  whatever JSON it is
        """Run a command that must work, and give the JSON that it printed."""
        done = self.run(*arguments, "--json", typed=typed)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


async def test_a_laptop_has_a_key_checked_runs_a_robot_and_loses_its_token(tmp_path: Path) -> None:
    authority, _ = authority_and_server(tmp_path, "127.0.0.1")
    tls = tmp_path / "server.pem"
    with found_town(tmp_path) as town:
        town.settings = replace(town.settings, port=free_port(), tls_certificate=tls, tls_key=tls)
        town.gateway()
        pages = town.start("drawbridge.entrypoints.web", ["--with-parent"])
        laptop = _Laptop(tmp_path, authority)
        async with open_house(town.settings) as house:
            owner = await create_owner(house)
            key = await checked(house, (await add_key(house, town, owner, EXCHANGE)).id)
            wish = Wish(key_id=key.id, symbol="BTC/USD", amount="100", name="Ace")
            robot = await house.robots.create(owner, wish)
            token, text = await house.tokens.make(owner, "Laptop", ("robots", "keys"), DAY_MS)

            add = ("remote", "add", "office", str(pages.ready["address"]))
            assert laptop.told(*add, typed=text.reveal())["address"].startswith("https://")
            assert laptop.told("remote", "use", "office") == {"used": "office"}
            # Each waits for what the gateway there makes of it.
            assert laptop.told("key", "verify", key.label)["status"] == "enabled"
            assert laptop.told("robot", "start", "Ace")["status"] == "started"
            assert laptop.told("key", "show", key.label, "--currency", "USD")["holdings"]["total"]
            assert laptop.told("robot", "stop", "Ace", "--close", "keep")["status"] == "stopped"
            found = await house.robots.get_robot(owner, robot.id)
            assert found.status is RobotStatus.STOPPED

            await house.tokens.revoke(owner, token.id)
            refused = laptop.run("key", "list")
            assert (refused.returncode, refused.stdout) == (3, "")
            assert text.reveal() not in refused.stderr
            assert not laptop.data.exists()
