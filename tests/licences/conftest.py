"""An operator and an installation, at a time that moves only when told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.core.clock import SteppedClock
from tests.licences.setting import NOW_MS, Home, Server, open_home, open_server


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(NOW_MS)


@pytest_asyncio.fixture
async def server(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Server]:
    async with open_server(tmp_path / "operator", clock) as opened:
        yield opened


@pytest_asyncio.fixture
async def home(tmp_path: Path, clock: SteppedClock, server: Server) -> AsyncIterator[Home]:
    async with open_home(tmp_path / "home", clock, server) as opened:
        yield opened
