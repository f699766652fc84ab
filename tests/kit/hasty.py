"""Processes whose time runs many times as fast: the gateway, and a paper exchange it trades on.

`python -m tests.kit.hasty gateway|paper …`. Both are the product's own, started as always but for
their clock; processes that are given the same pace tell the same time.
"""

import argparse
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from drawbridge.app.clock import SystemClock
from drawbridge.app.gateway_process import run
from drawbridge.app.lifetime import run_process
from drawbridge.app.settings import read_settings
from drawbridge.core.clock import FastClock
from drawbridge.entrypoints.paper_server.hosting import Place, host

_MODULE = "tests.kit.hasty"


@dataclass(frozen=True)
class Haste:
    """A time that began at a moment and runs `times` as fast from then on.

    It began by telling `from_ms`, where that is not 0: so time jumps.
    """

    began_ms: int
    times: int
    from_ms: int = 0

    @classmethod
    def now(cls, times: int) -> "Haste":
        """Begin now."""
        return cls(SystemClock().now_ms(), times)

    def clock(self) -> FastClock:
        """Give the clock; any two of them tell the same."""
        return FastClock(SystemClock(), self.from_ms or self.began_ms, self.times, self.began_ms)

    def later(self, by_ms: int) -> "Haste":
        """Jump ahead by so much."""
        now_ms = SystemClock().now_ms()
        return Haste(now_ms, self.times, self.clock().now_ms() + by_ms)

    def arguments(self, what: str) -> list[str]:
        """Give the arguments that start a process of this time."""
        pace = ["--began-ms", str(self.began_ms), "--times", str(self.times)]
        return [what, *pace, "--from-ms", str(self.from_ms)]


def main() -> int:
    """Run until stopped; give the exit code of the error table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("gateway", "paper"))
    parser.add_argument("--began-ms", type=int, required=True)
    parser.add_argument("--times", type=int, required=True)
    parser.add_argument("--from-ms", type=int, default=0)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--port-base", type=int, default=0)
    parser.add_argument("--exchange", default="")
    parser.add_argument("--faults", default="")
    given = parser.parse_args()
    clock = Haste(given.began_ms, given.times, given.from_ms).clock()
    work: Callable[[], Coroutine[object, object, None]]
    if given.what == "gateway":
        work = partial(run, read_settings(), with_parent=True, clock=clock)
    else:
        only = frozenset(given.exchange.split(","))
        place = Place(given.state, given.port_base, unlimited=True, only=only, faults=given.faults)
        work = partial(host, place, with_parent=True, clock=clock)
    return run_process(given.what, work)


if __name__ == "__main__":
    sys.exit(main())
