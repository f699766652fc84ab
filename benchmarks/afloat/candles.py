"""What a candle's end costs, when the robots of all accounts decide in the same moment.

Two workers; every robot looks at the same minute's candles, each in its own way, so that some have
something to do at each of them and most have not.
"""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.afloat.fleet import Fleet, Size, afloat
from drawbridge.core.clock import MINUTE_MS
from drawbridge.robots.model import Trigger

_EACH: Final = 10
_WORKERS: Final = 2
_MINUTES: Final = 3
_LOOK_EVERY_S: Final = 0.05
# A candle is acted upon two seconds after its end where no stream tells that it has closed.
_NOT_QUIET_BEFORE_S: Final = 4.0
_QUIET_FOR_S: Final = 1.5
_QUIET: Final = 0.35
_MOST_S: Final = 55.0
_WARM_WITHIN_S: Final = 1_200
_S: Final = 1_000
_ORDERS: Final = """
SELECT count(*) AS n, coalesce(max(intended_ms), 0) AS last_ms FROM orders WHERE intended_ms >= ?
"""


@dataclass(frozen=True, slots=True)
class Minute:
    """One candle's end: what all workers used, until when they were busy, and what came of it."""

    second_cpu_s: float
    cpu_s: float
    busy_s: float
    orders: int
    last_order_s: float

    def __str__(self) -> str:
        """Write it as a part of a line."""
        return (
            f"{self.second_cpu_s:.2f} s of CPU in the second after, {self.cpu_s:.2f} s until quiet"
            f" after {self.busy_s:.1f} s; {self.orders:,} orders, the last begun after"
            f" {self.last_order_s:.1f} s"
        )


def try_candles(sizes: tuple[int, ...]) -> Iterator[str]:
    """Try each size, and tell of each minute."""
    for accounts in sizes:
        size = Size(accounts, max(1, accounts // _EACH), _WORKERS, Trigger.CANDLE)
        minutes, lag_s, told = asyncio.run(_minutes(size))
        cpu_s = median(it.second_cpu_s for it in minutes)
        yield (
            f"{accounts:,} accounts, {size.robots:,} robots on candles, {_WORKERS} workers: the"
            f" second after a candle's end {cpu_s:.2f} s of CPU in all workers; no event loop was"
            f" later than {lag_s:g} s"
        )
        yield from (f"  {it}" for it in [*minutes, *told])


async def _minutes(size: Size) -> tuple[Sequence[Minute], float, Sequence[str]]:
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        async with afloat(Path(folder), size, is_watched=True) as fleet:
            await _until_warm(fleet)
            before = await _lags(fleet)
            found = [await _minute(fleet) for _ in range(_MINUTES)]
            return found, _longest_s(await _lags(fleet) - before), fleet.logs()


async def _lags(fleet: Fleet) -> Counter[float]:
    return sum([await it.loop_lags() for it in fleet.workers], Counter[float]())


def _longest_s(lags: Counter[float]) -> float:
    """Give the shortest of the times than which no event loop was later."""
    return min(within_s for within_s, times in lags.items() if times == max(lags.values()))


async def _until_warm(fleet: Fleet) -> None:
    """Wait until robots have begun, and a whole minute was theirs."""
    async with asyncio.timeout(_WARM_WITHIN_S):
        while (await _minute(fleet)).busy_s >= _MOST_S:
            pass


async def _minute(fleet: Fleet) -> Minute:
    """Wait for a candle's end, and watch until nothing more is done than at rest."""
    now_ms = fleet.house.clock.now_ms()
    ended_ms = (now_ms // MINUTE_MS + 1) * MINUTE_MS
    await asyncio.sleep((ended_ms - now_ms) / _S)
    began_s, looks = time.monotonic(), [(0.0, fleet.cpu_s)]
    while not _is_quiet(looks) and looks[-1][0] < _MOST_S:
        await asyncio.sleep(_LOOK_EVERY_S)
        looks.append((time.monotonic() - began_s, fleet.cpu_s))
    row = await fleet.house.database.fetch_one(_ORDERS, ended_ms)
    orders, last_ms = (row["n"], row["last_ms"]) if row is not None else (0, 0)
    second_s = next(cpu_s for at_s, cpu_s in looks if at_s >= 1)
    return Minute(
        second_s - looks[0][1],
        looks[-1][1] - looks[0][1],
        _window(looks)[0] if _is_quiet(looks) else looks[-1][0],
        orders,
        max(0, last_ms - ended_ms) / _S,
    )


def _is_quiet(looks: Sequence[tuple[float, float]]) -> bool:
    at_s, cpu_s = looks[-1]
    since_s, before_s = _window(looks)
    return at_s >= _NOT_QUIET_BEFORE_S and cpu_s - before_s < _QUIET * (at_s - since_s)


def _window(looks: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Give the look with which the newest stretch began that is long enough to be called quiet."""
    return next(it for it in reversed(looks) if it[0] <= max(0.0, looks[-1][0] - _QUIET_FOR_S))
