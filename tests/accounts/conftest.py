"""Accounts over a database of their own, with a clock that is moved by hand."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.accounts.service import Accounts
from drawbridge.audit.store import AuditLog
from drawbridge.core.clock import SteppedClock
from drawbridge.sealing.local import LocalKey
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from tests.kit.store import place_in


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(1_790_000_000_000)


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(place_in(tmp_path), "app")
    yield opened
    await opened.close()


@pytest.fixture
def accounts(database: Database, clock: SteppedClock) -> Accounts:
    return Accounts(database, AuditLog(clock), clock, os.urandom, LocalKey.fresh())
