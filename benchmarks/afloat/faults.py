"""What goes wrong in a fleet, each in the middle of a batch, and how it is mended again.

A fault names the worker that it hits, so that the time can be taken until others have what was
its; None where all of them are hit, or none is.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from benchmarks.afloat.fleet import Fleet
from drawbridge.cluster.model import CLAIM_MS

_BEYOND_S: Final = 2 * CLAIM_MS / 1_000

Hit = Callable[[Fleet], Awaitable[None]]
"""Does it to the fleet's first worker (or all), and mends it; the fleet is whole afterwards."""


async def kill(fleet: Fleet) -> None:
    """Kill a worker as a power cut would; another is started in its place when it is missed."""
    worker = fleet.workers.pop(0)
    worker.send(signal.SIGKILL)
    await asyncio.sleep(_BEYOND_S)
    worker.end()
    await fleet.start_worker()


async def stop(fleet: Fleet) -> None:
    """Stop a worker for longer than its claims last, and let it go on."""
    worker = fleet.workers[0]
    worker.send(signal.SIGSTOP)
    await asyncio.sleep(_BEYOND_S)
    worker.send(signal.SIGCONT)


async def restart(fleet: Fleet) -> None:
    """Restart the server; whatever is under way there is undone."""
    if fleet.server is not None:
        await asyncio.to_thread(fleet.server.restart)


async def cut(fleet: Fleet) -> None:
    """Cut a worker off from the server for longer than its claims last; the exchange it reaches."""
    line = fleet.lines[-1]
    line.cut()
    await asyncio.sleep(_BEYOND_S)
    line.mend()


async def roll(fleet: Fleet) -> None:
    """Ask every worker to leave, one after the other, with a new one started before each."""
    for old in tuple(fleet.workers):
        await fleet.start_worker()
        fleet.workers.remove(old)
        old.send(signal.SIGTERM)
        await asyncio.to_thread(old.end)


FAULTS: Final[Mapping[str, Hit]] = {
    "kill": kill,
    "stop": stop,
    "restart": restart,
    "cut": cut,
    "roll": roll,
}
ONE_WORKER: Final = frozenset({"kill", "stop", "cut"})
"""Those that take a worker's accounts from it against its will."""
ON_A_LINE: Final = frozenset({"cut"})
"""Those that need a worker on a line of its own."""
