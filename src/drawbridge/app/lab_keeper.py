"""Starts the lab's process when a trial is wished for, and no second one beside it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from drawbridge.app.settings import Settings
from drawbridge.app.supervisor import Child, start_child
from drawbridge.core.errors import DrawbridgeError
from drawbridge.lab.store import TrialStore
from drawbridge.storage.database import Database

_log: Final = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 0.5
_REST_AFTER_S: Final = 2.0
_END_WITHIN_S: Final = 5.0


@asynccontextmanager
async def lab_kept(settings: Settings, database: Database) -> AsyncIterator[None]:
    """Keep the lab for the time of a block."""
    keeping = asyncio.create_task(keep_lab(settings, database))
    try:
        yield
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


async def keep_lab(settings: Settings, database: Database) -> None:
    """Look for wishes until cancelled; the process ends by itself when it is done.

    Why a rest: a lab that cannot even start must not be started again at once, for ever.
    """
    trials = TrialStore(database)
    while True:
        try:
            if await trials.find_next() is not None:
                await _work_off(settings)
                await asyncio.sleep(_REST_AFTER_S)
        except DrawbridgeError as error:
            # A database that is away for longer than anybody waits for it comes back.
            _log.warning("lab: %s", error)
        await asyncio.sleep(_LOOK_EVERY_S)


async def _work_off(settings: Settings) -> None:
    child = Child("lab", "drawbridge.app.lab_process", ["--with-parent"], settings.environment())
    process = await start_child(child)
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await _ended(process)
        if process.returncode is None:
            process.kill()


async def _ended(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_END_WITHIN_S):
            await process.wait()
