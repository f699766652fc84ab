"""What tests call the gateway: one process over a file, and over a server as many as are wished.

With DRAWBRIDGE_TEST_WORKERS=2 two workers share the accounts, and a front hands bots on to them;
`make cluster` runs the stories so. Started, killed and ended as one, so that a story stays the
same: what dies with the gateway of one machine dies here with all of its workers.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from drawbridge.app.settings import Settings
from tests.kit.processes import Process, free_port

WORKERS: Final = int(os.environ.get("DRAWBRIDGE_TEST_WORKERS", "1"))

_ALONE: Final = "drawbridge.app.gateway_process"
_SERVED: Final = "drawbridge.entrypoints.proxy"
_FRONT: Final = "drawbridge.entrypoints.front"
_HELD: Final = ("--with-parent",)


class Running(Protocol):
    """What was started; `ready` is what it printed then."""

    ready: dict[str, Any]

    @property
    def told(self) -> Sequence[Mapping[str, Any]]:
        """Give what each process printed when it was ready."""

    def kill(self) -> None:
        """Kill it as a power cut would."""

    def stop(self) -> int:
        """Ask it to stop and give its exit code."""


class Several:
    """Processes that are one to a story; `ready` is all that they printed."""

    def __init__(self, processes: Sequence[Process]) -> None:
        """Join what runs."""
        self._processes = processes
        self.ready: dict[str, Any] = {}
        for process in processes:
            self.ready |= process.ready

    @property
    def told(self) -> Sequence[Mapping[str, Any]]:
        """Give what each of them printed."""
        return [process.ready for process in self._processes]

    def kill(self) -> None:
        """Kill them all, who stands before the others first: so nobody tells of the others' end."""
        for process in reversed(self._processes):
            process.kill()

    def stop(self) -> int:
        """Ask all to stop, and give the worst of their exit codes."""
        for process in self._processes:
            process.tell_to_stop()
        return max(process.finish() for process in self._processes)


def start_gateway(settings: Settings) -> Running:
    """Start what holds the vault's private key; no bots are served."""
    if WORKERS == 1:
        return Process(_ALONE, _HELD, settings.environment())
    return Several(start_each(settings, lambda own: Process(_SERVED, _HELD, own)))


def start_proxy(settings: Settings) -> Running:
    """Start the same, with bots served at the address of the settings."""
    if not settings.is_cluster:
        return Process(_SERVED, _HELD, settings.environment())
    workers = start_each(settings, lambda own: Process(_SERVED, _HELD, own))
    return Several([*workers, Process(_FRONT, _HELD, settings.environment())])


def start_each(settings: Settings, start: Callable[[Mapping[str, str]], Process]) -> list[Process]:
    """Start each worker with surroundings of its own: it listens where no other does."""
    return [start(_apart(settings).environment()) for _ in range(WORKERS)]


def _apart(settings: Settings) -> Settings:
    cluster = replace(settings.cluster, worker=f"127.0.0.1:{free_port(1)}")
    return replace(settings, cluster=cluster)
