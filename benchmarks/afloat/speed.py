"""How many orders a fleet places in a second, beside one process over a file, in the same run.

Both are the product's own, with the same robot on the same accounts; the one process shares with
nobody and has no server. Times are those at which the exchange took the orders.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.afloat.fleet import WORKERS, Fleet, Size, afloat
from benchmarks.afloat.trials import Sent
from benchmarks.afloat.watching import read_books
from benchmarks.measure import Result

_ROUNDS: Final = 3
_S: Final = 1_000


@dataclass(frozen=True, slots=True)
class Speed:
    """Of each signal: seconds until the first and until the last order; and what was used."""

    first_s: tuple[float, ...]
    last_s: tuple[float, ...]
    cpu_s: float

    def orders_per_s(self, accounts: int) -> float:
        """Give how many orders a second left, in the middle one of the rounds."""
        return accounts / median(self.last_s)


def compare_speed(accounts: int) -> Iterator[Result]:
    """Let a signal come to so many accounts of a fleet, and of one process."""
    alone = asyncio.run(_speed(Size(accounts, 1, 0)))
    fleet = asyncio.run(_speed(Size(accounts, 1, WORKERS)))
    ours, reference = (it.orders_per_s(accounts) for it in (fleet, alone))
    told = (
        f"{ours:,.0f} against {reference:,.0f} orders/s; signal to first order"
        f" {median(fleet.first_s):.2f} against {median(alone.first_s):.2f} s, to last order"
        f" {median(fleet.last_s):.2f} against {median(alone.last_s):.2f} s (slowest"
        f" {max(fleet.last_s):.2f} and {max(alone.last_s):.2f}); workers' CPU for an order"
        f" {1e6 * fleet.cpu_s / accounts:,.0f} against {1e6 * alone.cpu_s / accounts:,.0f} µs"
    )
    what = f"{accounts:,} accounts, {WORKERS} workers over a server: orders/s / one process's"
    yield Result("fleet", what, ours / reference, 0.25, told)


async def _speed(size: Size) -> Speed:
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        async with afloat(Path(folder), size) as fleet:
            spans, cpu_s = await _sent(fleet)
            books = await read_books(fleet)
    ends = [books.ends_within(*span) for span in spans]
    return Speed(
        tuple(first / _S for first, _ in ends),
        tuple(last / _S for _, last in ends),
        cpu_s / _ROUNDS,
    )


async def _sent(fleet: Fleet) -> tuple[Sequence[tuple[int, int]], float]:
    """Give between which moments each signal was sent and done, and what the workers used."""
    sent, spans = Sent(fleet), []
    # The first is to warm up: keys are opened, connections made.
    for _ in range(_ROUNDS + 1):
        began_ms, began_s = time.time_ns() // 1_000_000, fleet.cpu_s
        await sent.signal()
        if not await sent.all_out():
            message = f"orders are missing: {fleet.logs()}"
            raise RuntimeError(message)
        spans.append((began_ms, time.time_ns() // 1_000_000, fleet.cpu_s - began_s))
    return [(began, ended) for began, ended, _ in spans[1:]], sum(it for *_, it in spans[1:])
