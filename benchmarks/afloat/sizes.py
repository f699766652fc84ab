"""What more accounts cost: memory, start-up, and the time until half of them are taken over.

Two workers, and one of them is killed: the other has all afterwards. It has taken an account over
when a signal to its robot has become an order, so some robots of all are sent one right away.
"""

import asyncio
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Final

from benchmarks.afloat.fleet import Fleet, Size, Worker, afloat
from benchmarks.afloat.watching import hit_at
from drawbridge.trading.signal_words import Action

SIZES: Final = (1_000, 10_000, 100_000)
_EACH: Final = 10
_ASKED: Final = 50
_WORKERS: Final = 2
_WATCHED_S: Final = 30
_MOST_S: Final = 900
_MIB: Final = 1_024


@dataclass(frozen=True, slots=True)
class Cost:
    """What a size of fleet costs."""

    size: Size
    ready_s: float
    seated_s: float
    memory_mib: float
    idle_cpu: float
    claimed_s: float
    taken_s: float
    memory_after_mib: float
    slow: tuple[str, ...]

    def __str__(self) -> str:
        """Write it as a few lines."""
        told = (
            f"{self.size.accounts:,} accounts, {self.size.robots:,} robots, {_WORKERS} workers:"
            f" ready after {self.ready_s:.1f} s, first orders of {_ASKED} robots after"
            f" {self.seated_s:.1f} s; memory {self.memory_mib:.0f} MiB a worker, at rest"
            f" {100 * self.idle_cpu:.0f} % of a core; one killed: half of them claimed after"
            f" {self.claimed_s:.1f} s, their orders out after {self.taken_s:.1f} s, memory then"
            f" {self.memory_after_mib:.0f} MiB"
        )
        return "\n".join([told, *(f"  {line}" for line in self.slow)])


def try_sizes(sizes: tuple[int, ...]) -> Iterator[str]:
    """Try each size, the smallest first; then tell how they grow."""
    found = []
    for accounts in sizes:
        found.append(asyncio.run(_cost(Size(accounts, max(1, accounts // _EACH), _WORKERS))))
        yield str(found[-1])
    for less, more in pairwise(found):
        thousands = (more.size.accounts - less.size.accounts) / 1_000
        yield (
            f"from {less.size.accounts:,} to {more.size.accounts:,} accounts: memory"
            f" {_WORKERS * (more.memory_mib - less.memory_mib) / thousands:.2f} MiB in all workers"
            f" for 1,000 more, taking over x{more.taken_s / less.taken_s:.1f}"
        )


async def _cost(size: Size) -> Cost:
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        async with afloat(Path(folder), size) as fleet:
            began_s = time.monotonic()
            first = await _orders_of_some(fleet, Action.BUY, 0)
            seated_s = time.monotonic() - began_s
            memory_mib = mean(map(_memory_mib, fleet.workers))
            idle_cpu = await _busy(fleet)
            handing = await hit_at(fleet)
            hit_s = time.monotonic()
            handing.at_ms = time.time_ns() // 1_000_000
            fleet.workers[0].send(signal.SIGKILL)
            watching = asyncio.create_task(handing.watch(fleet))
            await _orders_of_some(fleet, Action.CLOSE, first)
            taken_s = time.monotonic() - hit_s
            await watching
            claimed_s = (max(handing.claimed_ms.values()) - handing.at_ms) / 1_000
            after_mib = _memory_mib(fleet.workers[1])
            slow = tuple(fleet.server.slow()) if fleet.server is not None else ()
    ready_s = max(it.ready_s for it in fleet.workers)
    found = (ready_s, seated_s, memory_mib, idle_cpu, claimed_s, taken_s, after_mib)
    return Cost(size, *found, slow)


async def _orders_of_some(fleet: Fleet, action: Action, before: int) -> int:
    """Send signals to some robots, and wait for the order of every account of theirs."""
    some = fleet.robots[:: max(1, len(fleet.robots) // _ASKED)][:_ASKED]
    wanted = before + len(some) * (fleet.size.accounts // fleet.size.robots)
    for robot in some:
        await fleet.signal(robot, action, action.value)
    if not await fleet.until_filled(wanted, _MOST_S):
        message = f"orders are missing: {fleet.logs()}"
        raise RuntimeError(message)
    return wanted


async def _busy(fleet: Fleet) -> float:
    """Tell which part of a core a worker needs where nothing happens."""
    before_s = fleet.cpu_s
    await asyncio.sleep(_WATCHED_S)
    return (fleet.cpu_s - before_s) / _WATCHED_S / len(fleet.workers)


def _memory_mib(worker: Worker) -> float:
    return worker.memory_kib / _MIB
