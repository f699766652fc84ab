"""Workers over one database: a file, and a server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.storage.place import Place, PostgresPlace
from tests.cluster.worlds import World, world


@pytest.fixture(params=["file", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Give where this test's database is."""
    if request.param == "file":
        return tmp_path / "drawbridge.db"
    return PostgresPlace(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def here(place: Place) -> AsyncIterator[World]:
    """Give workers' world, in which nobody is yet."""
    async with world(place) as opened:
        yield opened
