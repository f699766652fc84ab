"""The pen: whoever waits for what is written hears how it ended, whatever went wrong."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.cluster.looking import Looking
from drawbridge.cluster.share import WHOLE
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import Corrupted
from drawbridge.robots.decision_store import Changes
from drawbridge.robots.running.writing import Pen
from tests.kit.faulty_database import FaultyDatabase
from tests.kit.robots import open_database


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[FaultyDatabase]:
    async with open_database(tmp_path) as database:
        yield FaultyDatabase(database)


@pytest.mark.parametrize("error", [Corrupted("row_refused"), RuntimeError("a mistake of ours")])
async def test_who_waits_is_told_of_what_went_wrong_and_the_next_one_is_written(
    database: FaultyDatabase, error: Exception
) -> None:
    """Who waited for ever would hold up all that its shard is to do."""
    pen = Pen(database.as_database, SteppedClock(0), Looking(WHOLE))
    database.undone.append(error)
    with pytest.raises(type(error)):
        await pen.write(Changes())
    await pen.write(Changes())
