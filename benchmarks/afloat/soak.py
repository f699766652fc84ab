"""Signals without a pause, and a fault now and then, for as long as is wished.

Afterwards nothing may have grown that should not, and nothing be lost; the chain of what people
and processes did is followed from its beginning.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.afloat.faults import FAULTS
from benchmarks.afloat.fleet import Fleet, Size, afloat
from benchmarks.afloat.trials import Sent, tell_rows
from benchmarks.afloat.watching import read_books
from drawbridge.audit.store import verify

_QUIET_S: Final = 5
_S_PER_MINUTE: Final = 60
_MIB: Final = 1_024


@dataclass(frozen=True, slots=True)
class Look:
    """What the workers had at a moment, all of them together and the most of one."""

    at_s: float
    fault: str
    orders: int
    memory_mib: Sequence[float]
    sockets: Sequence[int]
    tasks: Sequence[int]

    def __str__(self) -> str:
        """Write it as a line."""
        memory = "/".join(f"{it:.0f}" for it in self.memory_mib)
        sockets, tasks = ("/".join(map(str, it)) for it in (self.sockets, self.tasks))
        return (
            f"{self.at_s / _S_PER_MINUTE:6.1f} min  {self.orders:>9,} orders  after {self.fault:8}"
            f" memory {memory} MiB  files and sockets {sockets}  tasks {tasks}"
        )


def soak(minutes: float, size: Size) -> Iterator[str]:
    """Let a fleet work for so many minutes with faults, and tell line by line."""
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder, asyncio.Runner() as runner:
        floating = afloat(Path(folder), size, is_on_line=True, is_watched=True)
        fleet = runner.run(floating.__aenter__())
        try:
            sent = Sent(fleet)
            yield from _turns(runner, fleet, sent, minutes)
            yield from runner.run(_end(fleet, sent))
        finally:
            runner.run(floating.__aexit__(None, None, None))


def _turns(runner: asyncio.Runner, fleet: Fleet, sent: Sent, minutes: float) -> Iterator[str]:
    began_s, dice = time.monotonic(), random.Random(0)
    while time.monotonic() < began_s + minutes * _S_PER_MINUTE:
        fault = dice.choice(("none", "none", "stop", "restart", "cut"))
        is_out = runner.run(_turn(fleet, sent, fault))
        yield str(runner.run(_look(fleet, began_s, fault)))
        if not is_out:
            yield "orders are missing"
            return


async def _turn(fleet: Fleet, sent: Sent, fault: str) -> bool:
    await sent.signal()
    if fault != "none":
        await FAULTS[fault](fleet)
    is_out = await sent.all_out()
    await fleet.until_shared_out()
    # What is made for a while ends meanwhile.
    await asyncio.sleep(_QUIET_S)
    return is_out


async def _look(fleet: Fleet, began_s: float, fault: str) -> Look:
    workers = fleet.workers
    return Look(
        time.monotonic() - began_s,
        fault,
        await fleet.count(),
        [it.memory_kib / _MIB for it in workers],
        [it.sockets for it in workers],
        [await it.tasks() for it in workers],
    )


async def _end(fleet: Fleet, sent: Sent) -> Sequence[str]:
    found = (await read_books(fleet)).held_against(sent.signals)
    events = (await verify(fleet.house.database)).count
    told = (
        f"{found.orders:,} orders: lost {found.lost}, doubled {found.doubled}, accounts out of"
        f" order {found.disordered}; the chain of {events:,} events is whole"
    )
    return [told, *await tell_rows(fleet)]
