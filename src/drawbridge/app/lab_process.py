"""The process that tries strategies on the past: `python -m drawbridge.app.lab_process`.

Started by the pages when somebody ordered a trial, and gone when there is none left: it may take
all cores and much memory, and holds no secret. It meets the pages in rows only.
"""

import argparse
import asyncio
import contextlib
import os
import sys
import threading
from typing import Final

import orjson

from drawbridge.app.clock import SystemClock
from drawbridge.app.data_folder import compiled
from drawbridge.app.lifetime import run_process, tell_ready, until_stopped
from drawbridge.app.settings import Settings, read_settings
from drawbridge.core.clock import SECOND_MS, Clock
from drawbridge.core.errors import BadInput, Corrupted, DrawbridgeError
from drawbridge.lab import store
from drawbridge.lab.model import TrialStatus, read_trial
from drawbridge.lab.running import candles_for, run_trial
from drawbridge.lab.shelf import Shelf
from drawbridge.lab.store import Ordered, TrialStore
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.robots.backtest.keeping import compiled_kept_in
from drawbridge.robots.search.trying import cores
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database

# What a person waits for at a page comes before what runs in the background.
_NICENESS: Final = 10
_LOOK_EVERY_S: Final = 0.25
_QUIET_MS: Final = 60 * SECOND_MS


class _Stopped(Exception):
    """The person stopped the trial."""


class LabWork:
    """Works on one trial after the other until none is left."""

    def __init__(self, database: Database, shelf: Shelf, clock: Clock, quiet_ms: int = 0) -> None:
        """Use the app's database, and the candles that stand on the shelf.

        A trial that nobody has told of for so long was left behind by a lab that died.
        """
        self._database = database
        self._trials = TrialStore(database)
        self._shelf = shelf
        self._clock = clock
        self._quiet_ms = quiet_ms

    async def run(self) -> None:
        """Work on all trials that are wished for. What a crash left under way begins anew."""
        async with self._database.transaction() as tx:
            await store.give_up_left_behind(tx, self._clock.now_ms(), self._quiet_ms)
        while (ordered := await self._trials.find_next()) is not None:
            async with self._database.transaction() as tx:
                taken = await store.take_up(tx, ordered.id, self._clock.now_ms())
            if taken:
                await self._try(ordered)

    async def _try(self, ordered: Ordered) -> None:
        counter = _Counter()
        running = asyncio.ensure_future(asyncio.to_thread(self._run, ordered, counter))
        while not running.done():
            await asyncio.wait((running,), timeout=_LOOK_EVERY_S)
            if await self._trials.get_status(ordered.id) is not TrialStatus.RUNNING:
                counter.stop()
            elif counter.runs:
                await self._tell_progress(ordered, counter)
        with contextlib.suppress(_Stopped):
            await self._keep(ordered, running)

    async def _tell_progress(self, ordered: Ordered, counter: "_Counter") -> None:
        async with self._database.transaction() as tx:
            now_ms = self._clock.now_ms()
            await store.set_progress(tx, ordered.id, counter.done, counter.runs, now_ms)

    async def _keep(self, ordered: Ordered, running: "asyncio.Future[str]") -> None:
        try:
            sheet = await running
        except DrawbridgeError as error:
            await self._fail(ordered, error)
        except MemoryError:
            await self._fail(ordered, BadInput("trial_too_large", field="candles"))
        else:
            now_ms = self._clock.now_ms()
            async with self._database.transaction() as tx:
                if await store.finish(tx, ordered.id, sheet, now_ms):
                    await tell(tx, _notice(ordered), now_ms)

    async def _fail(self, ordered: Ordered, error: DrawbridgeError) -> None:
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            if await store.fail(tx, ordered.id, error.code, error.facts, now_ms):
                await tell(tx, _notice(ordered, error), now_ms)

    def _run(self, ordered: Ordered, counter: "_Counter") -> str:
        try:
            trial = read_trial(ordered.wish, cores())
            sheet = run_trial(trial, candles_for(trial, self._shelf), counter.count)
        except (ValueError, ArithmeticError, LookupError) as error:
            # Reckoning over strangers' candles and a person's own strategy: what fails in there
            # ends this trial and not the process.
            raise Corrupted("trial_broke", told=type(error).__name__) from error
        return orjson.dumps(sheet, default=str, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _notice(ordered: Ordered, error: DrawbridgeError | None = None) -> Notice:
    """Tell who ordered a trial that it has ended, also when no page is open (scenario 20)."""
    wish = ordered.wish
    facts: dict[str, object] = {"name": f"{wish.strategy}, {wish.candles}"}
    if error is not None:
        facts |= {"reason": error.code, "about": error.facts}
    return Notice(NoticeKind.BACKTEST_FINISHED, ordered.owner, ordered.id, facts)


class _Counter:
    """Where the thread that works tells how far it is, and hears that it should stop."""

    def __init__(self) -> None:
        self.done = self.runs = 0
        self._stopped = threading.Event()

    def count(self, done: int, runs: int) -> None:
        if self._stopped.is_set():
            raise _Stopped
        self.done, self.runs = done, runs

    def stop(self) -> None:
        self._stopped.set()


async def run(settings: Settings, *, with_parent: bool) -> None:
    """Work until nothing is left to do, or until told to stop."""
    os.nice(_NICENESS)
    clock = SystemClock()
    database = await open_database(settings.database, "app")
    try:
        # Another machine of a cluster may have a lab of its own, which is at work.
        quiet_ms = _QUIET_MS if settings.is_cluster else 0
        work = LabWork(database, Shelf(settings.candles), clock, quiet_ms)
        working = asyncio.create_task(work.run())
        stopping = asyncio.create_task(until_stopped(with_parent=with_parent))
        tell_ready({"lab": "working"})
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
    finally:
        await database.close()


def main() -> int:
    """Run until done; give the exit code of the error table."""
    parser = argparse.ArgumentParser(prog="drawbridge-lab")
    parser.add_argument("--with-parent", action="store_true")
    given = parser.parse_args()

    async def work() -> None:
        settings = read_settings()
        with compiled_kept_in(compiled(settings)):
            await run(settings, with_parent=given.with_parent)

    return run_process("lab", work)


if __name__ == "__main__":
    sys.exit(main())
