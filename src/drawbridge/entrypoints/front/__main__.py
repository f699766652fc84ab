"""The front's process: `python -m drawbridge.entrypoints.front`.

It reads what bots send and knows whose account it is for, and can open nothing: neither a key of
an exchange nor what a virtual key's signatures are held against.
"""

import argparse
import asyncio
import gc
import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

from drawbridge.app.clock import monotonic_ns
from drawbridge.app.front_process import FrontParts, open_front
from drawbridge.app.lifetime import run_process, tell_ready, until_stopped
from drawbridge.app.observing.health import Check
from drawbridge.app.observing.operations import of_database, told_to_operators
from drawbridge.app.settings import Settings, read_settings
from drawbridge.entrypoints.front.hosting import Served, serve_front


def main() -> int:
    """Run until stopped; give the exit code of the error table."""
    parser = argparse.ArgumentParser(prog="drawbridge-front")
    parser.add_argument("--with-parent", action="store_true")
    given = parser.parse_args()

    async def work() -> None:
        await run(read_settings(), with_parent=given.with_parent)

    return run_process("front", work, carries_orders=True)


async def run(settings: Settings, *, with_parent: bool) -> None:
    """Hand bots on until told to stop. Prints one line of JSON when ready."""
    async with (
        open_front(settings) as parts,
        serve_front(settings, parts) as served,
        _told(settings, parts, served) as seen,
    ):
        gc.collect()
        gc.freeze()
        tell_ready({**served.told, **seen})
        stopping = asyncio.create_task(until_stopped(with_parent=with_parent))
        await stopping


def _told(
    settings: Settings, parts: FrontParts, served: Served
) -> AbstractAsyncContextManager[Mapping[str, object]]:
    """Tell operators of a front for the time of the block, where that is set."""
    asked, database = of_database(parts.database, monotonic_ns)
    checks = (asked, Check("workers", served.ways.look))
    sources = (served.watch.read, served.ways.read, database)
    return told_to_operators(settings.observing, "front", checks, sources)


if __name__ == "__main__":
    sys.exit(main())
