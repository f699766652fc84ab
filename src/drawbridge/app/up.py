"""`drawbridge up`: the processes of one machine under one supervisor.

A process of its own (`python -m drawbridge.app.up`), so that it holds nothing and stays small;
the command line replaces itself with it.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from functools import partial
from typing import NoReturn

from drawbridge.app.lifetime import run_process
from drawbridge.app.settings import Settings, read_settings
from drawbridge.app.supervisor import WIPE_FREED_MEMORY, Child, Supervisor
from drawbridge.wording.say import say

_GATEWAY = "gateway"
_PAPER = "paper"
_WEB = "web"


def children_of(settings: Settings, *, with_paper: bool) -> list[Child]:
    """Name the processes to run: the gateway, the pages and, if wished, the paper exchange."""
    own = settings.environment()
    children = [
        Child(_GATEWAY, "drawbridge.app.gateway_process", ["--with-parent"], own),
        Child(_WEB, "drawbridge.entrypoints.web", ["--with-parent"], own | WIPE_FREED_MEMORY),
    ]
    if with_paper:
        state, port = str(settings.paper_state), str(settings.paper_port)
        arguments = ["--state", state, "--port-base", port, "--with-parent"]
        children.append(Child(_PAPER, "drawbridge.entrypoints.paper_server", arguments, own))
    return children


def become(settings: Settings, *, with_paper: bool) -> NoReturn:
    """Turn this process into the supervisor: what the command line had loaded is let go."""
    arguments = [sys.executable, "-m", "drawbridge.app.up"]
    if with_paper:
        arguments.append("--with-paper")
    sys.stdout.flush()
    environment = {**os.environ, **settings.environment()}
    os.execve(sys.executable, arguments, environment)  # noqa: S606  our own module, no shell


def _tell(settings: Settings, name: str, ready: Mapping[str, object]) -> None:
    if name == _GATEWAY and ready["vault"] == "closed" and settings.vault_key.exists():
        _print(say("up.vault_locked"))
    elif name == _WEB:
        _print(say("up.web_ready", address=ready["address"]))
    elif name == _PAPER:
        _print(say("up.paper_ready", address=ready["account_site"]))
        _print(say("up.paper_hint"))


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run until stopped; give the exit code of the error table."""
    parser = argparse.ArgumentParser(prog="drawbridge-up")
    parser.add_argument("--with-paper", action="store_true")
    given = parser.parse_args()

    async def work() -> None:
        settings = read_settings()
        _print(say("up.starting"))
        _print(say("up.stop_hint"))
        children = children_of(settings, with_paper=given.with_paper)
        await Supervisor(children, partial(_tell, settings)).run()
        _print(say("up.stopped"))

    return run_process("up", work)


if __name__ == "__main__":
    sys.exit(main())
