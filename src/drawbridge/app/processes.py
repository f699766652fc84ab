"""The processes of an installation by their roles: which module each is, with what around it.

`drawbridge up` starts them as its children, `drawbridge serve` becomes one of them. Nothing of a
process itself is here or loaded here.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from importlib.util import find_spec
from typing import Final, NoReturn

from drawbridge.app.data_folder import paper_state
from drawbridge.app.settings import Settings, port_in
from drawbridge.app.supervisor import WIPE_FREED_MEMORY, Child
from drawbridge.core.errors import BadInput, Conflict

_MOST_WORKERS: Final = 64
_LAST_PORT: Final = 65_535


class Role(StrEnum):
    """What a process is there for.

    `GATEWAY` takes bots' requests and holds no key; `WORKER` holds the vault's key and does the
    work, for all accounts or for a share of them.
    """

    GATEWAY = "gateway"
    WORKER = "worker"
    WEB = "web"
    TELEGRAM = "telegram"
    PAPER = "paper"


_MODULES: Final = {
    Role.GATEWAY: "drawbridge.entrypoints.front",
    Role.WORKER: "drawbridge.entrypoints.proxy",
    Role.WEB: "drawbridge.entrypoints.web",
    Role.TELEGRAM: "drawbridge.entrypoints.telegram",
    Role.PAPER: "drawbridge.entrypoints.paper_server",
}
# Secrets that are typed pass through their memory.
_WIPED: Final = frozenset({Role.WEB, Role.TELEGRAM})


def process_of(role: Role, settings: Settings) -> Child:
    """Give the process of a role.

    Raises: `Conflict("role_needs_server")` for a gateway apart where the rows are in a file: there
    the one worker serves bots itself.
    """
    if role is Role.GATEWAY and not settings.is_cluster:
        raise Conflict("role_needs_server", role=role.value)
    arguments: Sequence[str] = ()
    if role is Role.PAPER:
        arguments = _paper_arguments(settings)
    own = settings.environment()
    wiped = WIPE_FREED_MEMORY if role in _WIPED else {}
    return Child(role.value, _MODULES[role], arguments, own | wiped)


def workers_of(settings: Settings, count: int) -> list[Child]:
    """Give that many workers, each with a port of its own from that of the settings on.

    Raises: `Conflict("workers_need_server")` for more than one over a file; `BadInput`.
    """
    if not 1 <= count <= _MOST_WORKERS:
        raise BadInput("bad_workers", field="--workers", most=_MOST_WORKERS)
    if count > 1 and not settings.is_cluster:
        raise Conflict("workers_need_server")
    if count == 1:
        return [process_of(Role.WORKER, settings)]
    host, port = settings.cluster.worker.rpartition(":")[0], port_in(settings.cluster.worker)
    if port + count - 1 > _LAST_PORT:
        raise BadInput("bad_port", field="DRAWBRIDGE_WORKER")
    return [_worker_at(settings, f"{host}:{port + step}", step + 1) for step in range(count)]


def become(child: Child) -> NoReturn:
    """Turn this process into that one: what the command line had loaded is let go."""
    sys.stdout.flush()
    arguments = [sys.executable, "-m", child.module, *child.arguments]
    environment = {**os.environ, **child.environment}
    os.execve(sys.executable, arguments, environment)  # noqa: S606  our own module, no shell


def has_bot() -> bool:
    """Tell whether what the Telegram bot is made of is installed."""
    return find_spec("aiogram") is not None


def _worker_at(settings: Settings, address: str, number: int) -> Child:
    cluster = replace(settings.cluster, worker=address)
    child = process_of(Role.WORKER, replace(settings, cluster=cluster))
    return replace(child, name=f"{Role.WORKER}-{number}")


def _paper_arguments(settings: Settings) -> list[str]:
    state, port = str(paper_state(settings)), str(port_in(settings.paper))
    return ["--state", state, "--port-base", port]
