"""What the lab's process begins anew, and what it leaves to another machine's lab."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.app.lab_process import LabWork
from drawbridge.core.clock import SECOND_MS, SteppedClock
from drawbridge.lab.shelf import Shelf
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from tests.kit.store import place_in

NOW_MS = 1_790_000_000_000
QUIET_MS = 60 * SECOND_MS
_OWNER = (
    "INSERT INTO owners (id, name, name_folded, password_hash, created_ms)"
    " VALUES ('owner_a', 'Ada', 'ada', 'none', 0)"
)
_TRIAL = (
    "INSERT INTO trials (id, owner, wish, status, created_ms, changed_ms)"
    " VALUES (?, 'owner_a', '{}', 'running', 0, ?)"
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(place_in(tmp_path), "app")
    async with opened.transaction() as tx:
        await tx.execute(_OWNER)
        await tx.execute(_TRIAL, "trial_quiet", NOW_MS - QUIET_MS)
        await tx.execute(_TRIAL, "trial_told", NOW_MS - QUIET_MS + 1)
    yield opened
    await opened.close()


async def given_up(database: Database) -> set[str]:
    rows = await database.fetch_all("SELECT id FROM trials WHERE status <> 'running'")
    return {row["id"] for row in rows}


@pytest.mark.parametrize(
    ("quiet_ms", "expected"),
    [(0, {"trial_quiet", "trial_told"}), (QUIET_MS, {"trial_quiet"})],
)
async def test_what_a_lab_that_died_has_left_is_begun_anew_and_no_more(
    database: Database, tmp_path: Path, quiet_ms: int, expected: set[str]
) -> None:
    lab = LabWork(database, Shelf(tmp_path), SteppedClock(NOW_MS), quiet_ms)
    # Their wishes are no wishes, so that they fail as soon as they are taken up.
    await lab.run()
    assert await given_up(database) == expected
