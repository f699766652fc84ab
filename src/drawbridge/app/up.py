"""`drawbridge up`: the processes of one machine under one supervisor.

A process of its own (`python -m drawbridge.app.up`), so that it holds nothing and stays small;
the command line replaces itself with it.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final, NoReturn

from drawbridge.app import processes
from drawbridge.app.lifetime import run_process
from drawbridge.app.processes import Role, has_bot, process_of, workers_of
from drawbridge.app.settings import Settings, read_settings
from drawbridge.app.supervisor import Child, Supervisor
from drawbridge.wording.say import say

# Where the rows are in a file, the one worker is what people know as the gateway.
_GATEWAY: Final = "gateway"
_HELD: Final = ("--with-parent",)


def children_of(settings: Settings, *, with_paper: bool, workers: int = 1) -> list[Child]:
    """Name the processes to run: workers, the pages and, if wished, bot and paper exchange.

    With a PostgreSQL server, a gateway that holds no key stands before the workers.
    Raises: as `workers_of`.
    """
    children = workers_of(settings, workers)
    if settings.is_cluster:
        children.append(process_of(Role.GATEWAY, settings))
    else:
        children = [replace(child, name=_GATEWAY) for child in children]
    children.append(process_of(Role.WEB, settings))
    if settings.notices.telegram_token_file is not None and has_bot():
        children.append(process_of(Role.TELEGRAM, settings))
    if with_paper:
        children.append(process_of(Role.PAPER, settings))
    return [
        replace(
            child,
            arguments=(*child.arguments, *_HELD),
            environment={**child.environment, **settings.observing.beside(step)},
        )
        for step, child in enumerate(children)
    ]


def become(settings: Settings, *, with_paper: bool, workers: int = 1) -> NoReturn:
    """Turn this process into the supervisor: what the command line had loaded is let go.

    Raises: as `children_of`, before anything starts.
    """
    children_of(settings, with_paper=with_paper, workers=workers)
    arguments = ["--workers", str(workers)]
    if with_paper:
        arguments.append("--with-paper")
    processes.become(Child("up", "drawbridge.app.up", arguments, settings.environment()))


def _tell(settings: Settings, name: str, ready: Mapping[str, object]) -> None:
    _tell_role(settings, name, ready)
    if "ops" in ready:
        _print(say("up.ops_ready", process=name, address=ready["ops"]))


def _tell_role(settings: Settings, name: str, ready: Mapping[str, object]) -> None:
    if "vault" in ready and ready["vault"] == "closed" and settings.vault_key.exists():
        _print(say("up.vault_locked"))
    if name == _GATEWAY:
        if "proxy" in ready:
            _print(say("up.proxy_ready", address=ready["proxy"]))
        tls = ready.get("proxy_tls")
        if isinstance(tls, Mapping):
            _tell_tls(tls)
    elif name == Role.WEB:
        _print(say("up.web_ready", address=ready["address"]))
    elif name == Role.PAPER:
        _print(say("up.paper_ready", address=ready["account_site"]))
        _print(say("up.paper_hint"))
    elif name == Role.TELEGRAM:
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
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()

    async def work() -> None:
        settings = read_settings()
        _print(say("up.starting"))
        _print(say("up.stop_hint"))
        if settings.notices.telegram_token_file is not None and not has_bot():
            _print(say("up.telegram_missing"))
        children = children_of(settings, with_paper=given.with_paper, workers=given.workers)
        await Supervisor(children, partial(_tell, settings)).run()
        _print(say("up.stopped"))

    return run_process("up", work)


if __name__ == "__main__":
    sys.exit(main())
