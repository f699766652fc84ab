"""A world with two exchanges, one of which speaks in scripts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.catalogue.registry import get_exchange
from tests.kit.streams import StreamBench, stream_bench
from tests.paper.scripts import Scripts, scripted


@pytest.fixture
def scripts() -> Scripts:
    return Scripts()


@pytest.fixture
async def bench(tmp_path: Path, scripts: Scripts) -> AsyncIterator[StreamBench]:
    others = [get_exchange("kraken")]
    async with stream_bench(tmp_path, scripted(scripts), others) as it:
        yield it
