"""`drawbridge up`: the processes of one machine under one supervisor.

A process of its own (`python -m drawbridge.app.up`), so that it holds nothing and stays small;
the command line replaces itself with it.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from typing import NoReturn

from drawbridge.app.lifetime import run_process
from drawbridge.app.settings import Settings, port_in, read_settings
from drawbridge.app.supervisor import WIPE_FREED_MEMORY, Child, Supervisor
from drawbridge.wording.say import say

_GATEWAY = "gateway"
_PAPER = "paper"
_TELEGRAM = "telegram"
_WEB = "web"


def children_of(settings: Settings, *, with_paper: bool) -> list[Child]:
    """Name the processes to run: the gateway, the pages and, if wished, bot and paper exchange."""
    own = settings.environment()
    children = [
        Child(_GATEWAY, "drawbridge.entrypoints.proxy", ["--with-parent"], own),
        Child(_WEB, "drawbridge.entrypoints.web", ["--with-parent"], own | WIPE_FREED_MEMORY),
    ]
    if settings.notices.telegram_token_file is not None and has_bot():
        # Secrets that are typed pass through its memory as well.
        wiped = own | WIPE_FREED_MEMORY
        children.append(
            Child(_TELEGRAM, "drawbridge.entrypoints.telegram", ["--with-parent"], wiped)
        )
    if with_paper:
        state, port = str(settings.paper_state), str(port_in(settings.paper))
        arguments = ["--state", state, "--port-base", port, "--with-parent"]
        children.append(Child(_PAPER, "drawbridge.entrypoints.paper_server", arguments, own))
    return children


def has_bot() -> bool:
    """Tell whether what the Telegram bot is made of is installed."""
    return find_spec("aiogram") is not None


def become(settings: Settings, *, with_paper: bool) -> NoReturn:
    """Turn this process into the supervisor: what the command line had loaded is let go."""
    arguments = [sys.executable, "-m", "drawbridge.app.up"]
    if with_paper:
        arguments.append("--with-paper")
    sys.stdout.flush()
    environment = {**os.environ, **settings.environment()}
    os.execve(sys.executable, arguments, environment)  # noqa: S606  our own module, no shell


def _tell(settings: Settings, name: str, ready: Mapping[str, object]) -> None:
    if name == _GATEWAY:
        if ready["vault"] == "closed" and settings.vault_key.exists():
            _print(say("up.vault_locked"))
        if "proxy" in ready:
            _print(say("up.proxy_ready", address=ready["proxy"]))
        tls = ready.get("proxy_tls")
        if isinstance(tls, Mapping):
            _tell_tls(tls)
    elif name == _WEB:
        _print(say("up.web_ready", address=ready["address"]))
    elif name == _PAPER:
        _print(say("up.paper_ready", address=ready["account_site"]))
        _print(say("up.paper_hint"))
    elif name == _TELEGRAM:
        _print(say("up.telegram_ready"))


def _tell_tls(tls: Mapping[str, object]) -> None:
    _print(say("up.proxy_tls_ready", address=tls["address"]))
    if tls["ends_soon"]:
        _print(say("up.proxy_tls_ends", ends_ms=tls["ends_ms"]))


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
        if settings.notices.telegram_token_file is not None and not has_bot():
            _print(say("up.telegram_missing"))
        children = children_of(settings, with_paper=given.with_paper)
        await Supervisor(children, partial(_tell, settings)).run()
        _print(say("up.stopped"))

    return run_process("up", work)


if __name__ == "__main__":
    sys.exit(main())
