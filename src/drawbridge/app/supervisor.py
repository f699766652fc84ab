"""Start the processes of one machine, keep them running, stop them together.

Each child is a process of its own because each may hold something different: the gateway the
vault's private key, the web only its public key, the paper exchange nothing of ours. This
process holds nothing at all and imports next to nothing, so that it stays small.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from drawbridge.core.errors import Corrupted

_READY_WITHIN_S = 30
# Longer than any of them takes to end its work: who trades has twelve seconds for it.
_STOP_WITHIN_S = 15
_RESTART_AFTER_S = (0.5, 1, 2, 5, 10, 30)
_LONG_RUN_S = 60

# Freed memory is overwritten, so that a secret that passed through a form is gone when the form
# is: every allocation goes through glibc's malloc, which keeps no free lists of its own and fills
# what is freed. Elsewhere than on Linux with glibc these settings do nothing.
WIPE_FREED_MEMORY = {
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0:glibc.malloc.perturb=165",
}


@dataclass(frozen=True, slots=True)
class Child:
    """A process to run: `python -m module arguments` with additions to the environment."""

    name: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]


class Supervisor:
    """Runs children until told to stop."""

    def __init__(
        self, children: Sequence[Child], on_ready: Callable[[str, Mapping[str, object]], None]
    ) -> None:
        """Take the children; `on_ready` is told each child's name and its line of readiness."""
        self._children = children
        self._on_ready = on_ready
        self._stopping = asyncio.Event()
        self._failed: Corrupted | None = None

    async def run(self) -> None:
        """Start all, restart what dies, return when all have stopped after SIGINT or SIGTERM.

        Raises: `Corrupted("child_failed")` when a child never became ready: its own message
        stands on standard error.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        async with asyncio.TaskGroup() as group:
            for child in self._children:
                group.create_task(self._keep_running(child))
        if self._failed is not None:
            raise self._failed

    async def _keep_running(self, child: Child) -> None:
        tries = 0
        while not self._stopping.is_set():
            started = asyncio.get_running_loop().time()
            process = await start_child(child)
            ready = await self._wait_ready(process, child)
            if not ready and tries == 0 and not self._stopping.is_set():
                # It cannot even start: say so and stop all, instead of trying for ever.
                self._failed = Corrupted("child_failed", child=child.name)
                self._stopping.set()
            await self._wait_end(process)
            if asyncio.get_running_loop().time() - started > _LONG_RUN_S:
                tries = 0
            tries += 1
            pause = _RESTART_AFTER_S[min(tries, len(_RESTART_AFTER_S)) - 1]
            await _event_within(self._stopping, pause)

    async def _wait_ready(self, process: asyncio.subprocess.Process, child: Child) -> bool:
        if process.stdout is None:
            return False
        reading = asyncio.ensure_future(process.stdout.readline())
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait(
            (reading, stopping),
            timeout=_READY_WITHIN_S,
            return_when=asyncio.FIRST_COMPLETED,
        )
        stopping.cancel()
        if not reading.done():
            reading.cancel()
            return False
        line = reading.result()
        if not line.startswith(b"{"):
            return False
        self._on_ready(child.name, json.loads(line))
        return True

    async def _wait_end(self, process: asyncio.subprocess.Process) -> None:
        ended = asyncio.ensure_future(process.wait())
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((ended, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not ended.done():
            process.terminate()
            await asyncio.wait((ended,), timeout=_STOP_WITHIN_S)
        if not ended.done():
            process.kill()
        await ended


async def start_child(child: Child) -> asyncio.subprocess.Process:
    """Start one child; it ends when the pipe to it is closed or this process is gone."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        child.module,
        *child.arguments,
        # Never written to: its end tells the child that this process is gone, even by kill -9.
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **child.environment},
        # A Ctrl-C in the terminal reaches this process alone, which then stops the children.
        start_new_session=True,
    )


async def _event_within(event: asyncio.Event, seconds: float) -> None:
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait((waiting,), timeout=seconds)
    waiting.cancel()
