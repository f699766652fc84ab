"""T21: what a front before a worker costs a bot, against going to the same worker directly.

One worker process answers both ways: its own port, and what a front in a process of its own hands
on to it. Throughput is wrk's at 32 connections, of signed orders and of signed reads; latency is
the median of one connection, in turns. On two cores the front shares them with the worker, the
upstream and the load, so throughput is told low here: with a machine of its own the front is not in
the worker's way.

Needs `nginx` and `wrk` of the system; without them there is nothing to measure, and it says so.
"""

import random
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.bots_memory import open_upstream
from benchmarks.measure import Result
from benchmarks.proxy import in_turn, open_lines, order_of, signed_of, wrk
from benchmarks.stubs.fronted_house import settings_of
from benchmarks.stubs.proxy_house import EXCHANGE
from drawbridge.catalogue.registry import Exchange, credential_of, get_exchange
from drawbridge.core.operations import GetBalances
from drawbridge.core.secret import Secret
from drawbridge.wire.dialect import Credential
from tests.kit.processes import Process, free_port

_ROUNDS: Final = 5
_REQUESTS: Final = 20_000
# The front takes as many ports as the worker's own edge.
_ROOM: Final = 110
_MICROS: Final = 1e6


@dataclass(frozen=True, slots=True)
class _Ways:
    direct: int
    fronted: int
    credential: Credential


def run() -> list[Result]:
    """Compare throughput and latency."""
    if shutil.which("nginx") is None or shutil.which("wrk") is None:
        print("front: nginx and wrk of the system are needed")
        return []
    exchange = get_exchange(EXCHANGE)
    with tempfile.TemporaryDirectory() as folder, _open_ways(Path(folder), exchange) as ways:
        order = partial(order_of, exchange, ways.credential)
        read = partial(signed_of, exchange, ways.credential, GetBalances())
        return [
            _throughput(Path(folder), ways, "signed orders", order),
            _throughput(Path(folder), ways, "signed reads", read),
            _latency(ways, "a signed order", order),
            _latency(ways, "a signed read", read),
        ]


def _throughput(folder: Path, ways: _Ways, what: str, make: Callable[[], bytes]) -> Result:
    ratios: list[float] = []
    rates: dict[int, list[float]] = {ways.direct: [], ways.fronted: []}
    dice = random.Random(0)
    for _ in range(_ROUNDS):
        for port in dice.sample(list(rates), len(rates)):
            rates[port].append(wrk(folder, port, [make() for _ in range(_REQUESTS)]))
        ratios.append(rates[ways.fronted][-1] / rates[ways.direct][-1])
    through, straight = (statistics.median(rates[it]) for it in (ways.fronted, ways.direct))
    return Result(
        "T21",
        f"{what} through a front: throughput / directly to the worker",
        statistics.median(ratios),
        None,
        f"{through:,.0f}/s against {straight:,.0f}/s",
    )


def _latency(ways: _Ways, what: str, make: Callable[[], bytes]) -> Result:
    ports = {"direct": ways.direct, "fronted": ways.fronted}
    took: dict[str, list[float]] = {name: [] for name in ports}
    dice = random.Random(0)
    with open_lines(ports) as lines:
        for _ in range(_ROUNDS):
            for name in dice.sample(list(ports), len(ports)):
                took[name] += in_turn(lines[name], make, at_root=True)
    fronted, direct = (statistics.median(took[it]) * _MICROS for it in ("fronted", "direct"))
    return Result(
        "T21",
        f"{what} through a front, one connection: median latency / directly to the worker",
        fronted / direct,
        None,
        f"{fronted:.0f} µs against {direct:.0f} µs",
        at_least=False,
    )


@contextmanager
def _open_ways(folder: Path, exchange: Exchange) -> Iterator[_Ways]:
    upstream, direct, fronted = free_port(), free_port(_ROOM), free_port(_ROOM)
    worker, house = direct + _ROOM, folder / "house"
    with open_upstream(folder, exchange, upstream):
        told = [str(house), str(upstream), str(direct), str(worker)]
        serving = Process("benchmarks.stubs.fronted_house", told)
        settings = settings_of(house, str(upstream), str(fronted), str(worker))
        front = Process("drawbridge.entrypoints.front", ["--with-parent"], settings.environment())
        try:
            fields = {name: Secret(text) for name, text in serving.ready["key"].items()}
            credential = credential_of(exchange, fields)
            yield _Ways(_port(serving), _port(front), credential)
        finally:
            front.stop()
            serving.stop()


def _port(process: Process) -> int:
    rest: str = process.ready["exchanges"][EXCHANGE]["paper"]["rest"]
    return int(rest.rpartition(":")[2])
