"""Telling: written with the change or not at all, and what is told too often is folded."""

import json
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.secret import MASK, Secret
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.storage.database import Database, Row
from drawbridge.storage.engines import open_database
from tests.kit.store import place_in

OWNER = "owner_1"
PAUSED = Notice(NoticeKind.ROBOT_PAUSED, OWNER, "robot_1", {"name": "BTC", "reason": "banned"})
FILLED = Notice(NoticeKind.ORDER_FILLED, OWNER, "robot_1", {"quantity": Decimal("0.10")})


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database(place_in(tmp_path), "app")
    yield database
    await database.close()


async def _tell(database: Database, notice: Notice, now_ms: int) -> None:
    async with database.transaction() as tx:
        await tell(tx, notice, now_ms)


async def _rows(database: Database) -> Sequence[Row]:
    return await database.fetch_all("SELECT * FROM notices ORDER BY n")


async def test_a_notice_of_a_change_that_was_rolled_back_is_not_told(database: Database) -> None:
    async def change_that_fails() -> None:
        async with database.transaction() as tx:
            await tell(tx, PAUSED, 0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change_that_fails()
    assert await _rows(database) == []


async def test_a_secret_among_the_facts_is_told_as_a_mask(database: Database) -> None:
    told = Notice(NoticeKind.KEY_INVALID, OWNER, "key_1", {"about": {"seen": Secret("s3cret")}})
    await _tell(database, told, 0)
    [row] = await _rows(database)
    assert json.loads(row["facts"]) == {"about": {"seen": MASK}}


async def test_amounts_stay_exact(database: Database) -> None:
    await _tell(database, FILLED, 0)
    [row] = await _rows(database)
    assert json.loads(row["facts"]) == {"quantity": "0.1"}


async def test_a_hundred_equal_notices_within_a_minute_become_two(database: Database) -> None:
    for second in range(50):
        await _tell(database, PAUSED, second * 1_000)
    first, rest = await _rows(database)
    assert (first["count"], first["due_ms"]) == (1, 0), "the first is told at once"
    assert (rest["count"], rest["due_ms"], rest["last_ms"]) == (49, MINUTE_MS, 49_000)


async def test_a_steady_stream_of_equal_notices_is_told_once_a_minute(database: Database) -> None:
    for second in range(601):
        await _tell(database, PAUSED, second * 1_000)
    rows = await _rows(database)
    assert [row["due_ms"] for row in rows] == [minute * MINUTE_MS for minute in range(11)] + [
        11 * MINUTE_MS
    ]
    assert sum(row["count"] for row in rows) == 601


async def test_the_same_again_after_a_minute_is_told_at_once(database: Database) -> None:
    await _tell(database, PAUSED, 0)
    await _tell(database, PAUSED, MINUTE_MS)
    assert [row["due_ms"] for row in await _rows(database)] == [0, MINUTE_MS]


@pytest.mark.parametrize(
    "other",
    [
        Notice(NoticeKind.ROBOT_PAUSED, OWNER, "robot_2", PAUSED.facts),
        Notice(NoticeKind.ROBOT_PAUSED, "owner_2", "robot_1", PAUSED.facts),
        Notice(NoticeKind.ROBOT_STARTED, OWNER, "robot_1", PAUSED.facts),
        Notice(NoticeKind.ROBOT_PAUSED, OWNER, "robot_1", {"reason": "insufficient_funds"}),
    ],
)
async def test_what_differs_in_anything_but_numbers_is_told_at_once(
    database: Database, other: Notice
) -> None:
    await _tell(database, PAUSED, 0)
    await _tell(database, other, 1_000)
    assert [row["due_ms"] for row in await _rows(database)] == [0, 1_000]


async def test_every_order_is_told_by_itself(database: Database) -> None:
    for _ in range(3):
        await _tell(database, FILLED, 0)
    assert [row["count"] for row in await _rows(database)] == [1, 1, 1]
