"""Run it for every papered exchange, or for some, and tell method by method how it came out."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import get_card
from tests.kit.processes import Paper
from tests.real_clients.bench import Bench, Keys
from tests.real_clients.table import get_table, papered_ids
from tools.conformance.accepted import SUITES, read_accepted
from tools.conformance.outcomes import Outcome, State
from tools.conformance.running import Job, Report, prepare
from tools.conformance.working_copy import WorkingCopy

ROOT: Final = Path(__file__).parents[2]
_STYLES: Final = {State.PASSED: "green", State.FAILED: "red", State.SKIPPED: "dim"}


def main() -> int:
    """Give 1 for a failure that is not accepted, or an accepted one that passes."""
    given = _arguments()
    chosen = [it for it in given.exchange or papered_ids() if _has_suite(it)]
    with tempfile.TemporaryDirectory(prefix="conformance-") as made:
        folder = Path(made)
        paper = Paper(folder / "paper")
        keys = Keys(folder / "paper")
        try:
            jobs = [
                prepare(
                    Bench(paper, keys, exchange_id),
                    suite,
                    WorkingCopy.make(_package(exchange_id), folder / f"{exchange_id}-{suite}"),
                    read_accepted(_list_of(exchange_id)),
                )
                for exchange_id in chosen
                for suite in given.suite or SUITES
                if suite in _suites_of(exchange_id)
            ]
            reports = asyncio.run(_run_all(jobs, given.jobs))
        finally:
            keys.close()
            paper.process.stop()
    _tell(reports, verbose=given.verbose)
    return 1 if any(report.faults for report in reports) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    known = papered_ids()
    parser.add_argument("--exchange", action="append", choices=known, metavar="ID")
    parser.add_argument("--suite", action="append", choices=SUITES)
    parser.add_argument("--jobs", type=int, default=2, help="how many runs at once")
    parser.add_argument("--verbose", action="store_true", help="all that a failing run printed")
    return parser.parse_args()


def _suites_of(exchange_id: str) -> tuple[str, ...]:
    return SUITES if get_card(exchange_id).level >= Level.STREAMING else ("rest",)


def _has_suite(exchange_id: str) -> bool:
    """Tell whether the ccxt that speaks to an exchange brings its suite; say so if not."""
    brings = (_package(exchange_id) / "test" / "tests_async.py").is_file()
    if not brings:
        version = get_table(exchange_id).ccxt_version
        print(f"{exchange_id}: left out, for the package of ccxt {version} has no live tests")
    return brings


def _list_of(exchange_id: str) -> Path:
    return ROOT / "tests" / "exchanges" / exchange_id / "accepted_failures.toml"


def _package(exchange_id: str) -> Path:
    """Give the folder of the ccxt that speaks to an exchange."""
    version = get_table(exchange_id).ccxt_version
    if version:
        return ROOT / ".referees" / f"ccxt-{version}" / "ccxt"
    found = find_spec("ccxt")
    if found is None or found.origin is None:
        message = "ccxt is not installed: `make conformance` sees to that"
        raise RuntimeError(message)
    return Path(found.origin).parent


async def _run_all(jobs: Sequence[Job], at_once: int) -> list[Report]:
    free = asyncio.Semaphore(at_once)

    async def run(job: Job) -> Report:
        async with free:
            return await job.report()

    return list(await asyncio.gather(*map(run, jobs)))


def _tell(reports: Sequence[Report], *, verbose: bool) -> None:
    console = Console(soft_wrap=True, highlight=False)
    for report in reports:
        for title, outcomes in _parts(report):
            console.rule(f"{report.exchange_id}  {title}", align="left")
            for outcome in outcomes:
                console.print(_line(outcome, report))
        if verbose and report.faults:
            console.print(Text(report.printed))
    console.rule("in short", align="left")
    for report in reports:
        counted = ", ".join(
            f"{sum(it.state is state for it in report.outcomes)} {state.value}" for state in State
        )
        console.print(f"{report.exchange_id:<18}{report.suite:<6}{counted}")
        for fault in report.faults:
            console.print(Text(f"    {fault}", style="red"))


def _parts(report: Report) -> Iterator[tuple[str, list[Outcome]]]:
    stream = "streams, " if report.suite == "ws" else ""
    for title, is_public in (("public", True), ("private", False)):
        yield stream + title, [it for it in report.outcomes if it.is_public is is_public]


def _line(outcome: Outcome, report: Report) -> Text:
    reasons = [
        f"accepted: {entry.reason}"
        + (f" (not checked: {', '.join(entry.properties)})" if entry.properties else "")
        for entry in report.accepted
        if entry.method == outcome.method
    ]
    told = "  ".join(filter(None, (outcome.why, *reasons)))
    line = Text(f"{outcome.method:<32}")
    line.append(f"{outcome.state.value:<9}", style=_STYLES[outcome.state])
    line.append(told, style="dim")
    return line


if __name__ == "__main__":
    sys.exit(main())
