"""A fleet under faults: workers of real processes over a PostgreSQL server, with fsync on.

Exchange is the product's paper exchange without limits, in a process of its own, and its own disk
says what was lost, doubled or out of turn. Here little is tried, for a minute or two; in full:

    python -m benchmarks.fleet --full                  (all of it, as the issue of scale asks)
    python -m benchmarks.fleet faults --times 20 --accounts 5000 [--only kill,stop]
    python -m benchmarks.fleet speed --accounts 10000
    python -m benchmarks.fleet sizes --sizes 1000,10000,100000
    python -m benchmarks.fleet candles --sizes 1000,10000,100000
    python -m benchmarks.fleet soak --minutes 60
"""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from benchmarks.afloat.candles import try_candles
from benchmarks.afloat.faults import FAULTS
from benchmarks.afloat.fleet import WORKERS, Size
from benchmarks.afloat.sizes import SIZES, try_sizes
from benchmarks.afloat.soak import soak
from benchmarks.afloat.speed import compare_speed
from benchmarks.afloat.trials import Tale, try_fault
from benchmarks.measure import Result

_LITTLE: Final = 300
_FULL: Final = 5_000
_FULL_TIMES: Final = 20
_FULL_SPEED: Final = 10_000
_FULL_MINUTES: Final = 60.0
_TAKEOVER_S: Final = 5
_ALL: Final = ("faults", "speed", "sizes", "candles", "soak")


def run() -> Iterator[Result]:
    """Try a little of it: a killed worker, and what several processes cost."""
    yield from _results(try_fault("kill", Size(_LITTLE), 1))
    yield from compare_speed(_LITTLE)


def _results(tale: Tale) -> Iterator[Result]:
    found, what = tale.found, f"{tale.fault} of {WORKERS} workers x{tale.times}"
    if found is None:
        return
    wrong = found.lost + found.doubled + found.disordered
    yield Result(
        "fleet", f"{what}: orders lost, doubled, late", wrong, 0, str(tale), at_least=False
    )
    if tale.first_s:
        most = max(tale.first_s)
        yield Result("fleet", f"{what}: longest takeover, s", most, _TAKEOVER_S, at_least=False)


def main() -> int:
    """Try what is asked for; give 1 when a target is missed."""
    given = _read_arguments()
    # Asked to end, it ends what it has started, as with Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    wanted = _ALL if given.full or not given.what else given.what
    is_met = True
    for name in wanted:
        for told, is_good in _TRIALS[name](given):
            print(told, flush=True)
            is_met &= is_good
    return 0 if is_met else 1


def _try_faults(given: argparse.Namespace) -> Iterator[tuple[object, bool]]:
    for fault in given.only:
        tale = try_fault(fault, Size(given.accounts, 1, given.workers), given.times)
        yield tale, tale.is_exact and max(tale.first_s, default=0) <= _TAKEOVER_S


def _try_speed(given: argparse.Namespace) -> Iterator[tuple[object, bool]]:
    for result in compare_speed(given.speed_accounts):
        yield result, result.is_met


def _try_sizes(given: argparse.Namespace) -> Iterator[tuple[object, bool]]:
    for line in try_sizes(given.sizes):
        yield line, True


def _try_candles(given: argparse.Namespace) -> Iterator[tuple[object, bool]]:
    for line in try_candles(given.sizes):
        yield line, True


def _soak(given: argparse.Namespace) -> Iterator[tuple[object, bool]]:
    for line in soak(given.minutes, Size(given.accounts, 1, given.workers)):
        yield line, True


_TRIALS: Final[Mapping[str, Callable[[argparse.Namespace], Iterator[tuple[object, bool]]]]] = {
    "faults": _try_faults,
    "speed": _try_speed,
    "sizes": _try_sizes,
    "candles": _try_candles,
    "soak": _soak,
}


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet")
    parser.add_argument("what", nargs="*", choices=[*_ALL, []], help="only these")
    parser.add_argument("--full", action="store_true", help="all of it, at full size")
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--speed-accounts", type=int)
    parser.add_argument("--times", type=int)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--only", type=_names, default=tuple(FAULTS), help="kill,stop,…")
    parser.add_argument("--sizes", type=_numbers)
    parser.add_argument("--minutes", type=float)
    given = parser.parse_args()
    is_full = given.full
    given.accounts = given.accounts or (_FULL if is_full else _LITTLE)
    given.speed_accounts = given.speed_accounts or (_FULL_SPEED if is_full else _LITTLE)
    given.times = given.times or (_FULL_TIMES if is_full else 1)
    given.sizes = given.sizes or (SIZES if is_full else SIZES[:1])
    given.minutes = given.minutes or (_FULL_MINUTES if is_full else 1.0)
    return given


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - set(FAULTS):
        raise argparse.ArgumentTypeError(", ".join(sorted(unknown)))
    return names


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


if __name__ == "__main__":
    sys.exit(main())
