"""One gateway to a data folder: who holds the lock, and whether anybody does.

Apart from the gateway's own process, so that whoever only asks loads nothing that opens secrets.
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from drawbridge.core.errors import Conflict

_OWNER_ONLY: Final = 0o600
_TRIES: Final = 20
_PAUSE_S: Final = 0.025


@contextlib.asynccontextmanager
async def only_gateway(lock: Path) -> AsyncIterator[None]:
    """Hold the lock of the data folder: one owner of its nonces and its private key.

    Raises: `Conflict("gateway_running")`.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
    try:
        # Whoever asks whether a gateway runs holds the lock for an instant: that is no gateway.
        for _ in range(_TRIES):
            if _took(descriptor, fcntl.LOCK_EX):
                break
            await asyncio.sleep(_PAUSE_S)
        else:
            raise Conflict("gateway_running")
        yield
    finally:
        os.close(descriptor)


def is_gateway_running(lock: Path) -> bool:
    """Tell whether some process holds the lock."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # Together with whoever else asks: two who ask must not take each other for a gateway.
        return not _took(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _took(descriptor: int, how: int) -> bool:
    """Take the lock if nobody is in the way, and tell whether nobody was."""
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
