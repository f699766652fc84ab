"""What several tests of runners begin with."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest_asyncio

from drawbridge.core.shards import HOUSE
from drawbridge.vault.store import fill_shards
from tests.kit.robot_bench import Bench
from tests.kit.robot_pair import ONE, TWO, Pair, Worker
from tests.kit.robots import open_database


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    async with open_database(tmp_path) as database:
        await fill_shards(database)
        bench = Bench(database)
        bench.exchange.second_balances["USDT"] = Decimal(1000)
        made = Pair(bench, Worker(bench, ONE, HOUSE), Worker(bench, TWO))
        yield made
        await made.ann.runner.close()
        await made.bob.runner.close()
