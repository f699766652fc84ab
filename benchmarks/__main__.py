"""Run the benchmarks and print one table.

Each module beside this one that has a `run` is a benchmark; no list has to be kept.
"""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Callable
from typing import cast

from rich.console import Console
from rich.table import Table

import benchmarks
from benchmarks.measure import Result


def find_benchmarks(wanted: list[str]) -> dict[str, Callable[[], list[Result]]]:
    """Find the modules with a `run`; all of them, or those whose names are wanted."""
    names = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    found: dict[str, Callable[[], list[Result]]] = {}
    for name in names:
        if name == "__main__" or (wanted and name not in wanted):
            continue
        run = getattr(importlib.import_module(f"benchmarks.{name}"), "run", None)
        if run is not None:
            found[name] = cast("Callable[[], list[Result]]", run)
    return found


def main() -> int:
    """Run them and give 1 when a target is missed, so that scripts can tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", help="only these (the names of the files)")
    wanted = parser.parse_args().names
    found = find_benchmarks(wanted)
    missing = set(wanted) - set(found)
    if missing:
        parser.error(f"no such benchmark: {', '.join(sorted(missing))}")
    results: list[Result] = []
    for name, run in found.items():
        print(f"running {name} …", flush=True)
        for result in run():
            results.append(result)
            print(result, flush=True)
    Console(width=None if sys.stdout.isatty() else 160).print(_table(results))
    return 0 if all(result.is_met for result in results) else 1


def _table(results: list[Result]) -> Table:
    table = Table("", "what", "ratio", "target", "met", "details")
    for result in results:
        sign = "≥" if result.at_least else "≤"
        target = "-" if result.target is None else f"{sign} {result.target:g}"
        met = "-" if result.target is None else ("yes" if result.is_met else "NO")
        ratio = f"{result.ratio:.3g}x"
        table.add_row(result.name, result.what, ratio, target, met, result.details)
    return table


if __name__ == "__main__":
    sys.exit(main())
