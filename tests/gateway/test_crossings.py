"""Looking through the log of what crossed: whose, which, of when, and a page at a time."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import BadInput
from drawbridge.gateway.crossing_log import Outcome
from drawbridge.gateway.crossings import (
    Query,
    find_crossings,
    list_rules,
    read_day,
    read_number,
    read_outcome,
    walk_crossings,
)
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from tests.kit.crossed import write_crossing
from tests.kit.store import place_in

ADA, BOB = "owner_ada", "owner_bob"
ONE, OTHER, HIS = (ADA, "vk_one"), (ADA, "vk_other"), (BOB, "vk_his")
PASSED = ("passed", "", "")
REFUSED = ("refused", "virtual_pair", "pairs")
SLOWED = ("refused", "virtual_rate", "rate")
DAY = 1_790_035_200_000
DAY_WRITTEN = "2026-09-22"


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(place_in(tmp_path), "app")
    await write_crossing(opened, ONE, DAY - 1, PASSED)
    await write_crossing(opened, ONE, DAY, REFUSED)
    await write_crossing(opened, HIS, DAY, SLOWED)
    await write_crossing(opened, OTHER, DAY + DAY_MS - 1, PASSED)
    await write_crossing(opened, OTHER, DAY + DAY_MS, REFUSED)
    yield opened
    await opened.close()


@pytest.mark.parametrize("text", ["gone", "PASSED", "passed ", "1"])
def test_an_outcome_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_outcome(text)
    assert (refused.value.code, refused.value.facts["field"]) == ("virtual_bad_choice", "outcome")


@pytest.mark.parametrize(
    "text", ["today", "2026-13-01", "2026-02-30", "22.09.2026", "20260922", "0"]
)
def test_a_day_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_day(text)
    assert (refused.value.code, refused.value.facts["field"]) == ("bad_day", "day")


@pytest.mark.parametrize("text", ["now", "-1", "1.5", "٣", "1" * 16, " 1"])
def test_a_place_in_the_list_that_we_never_gave_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_number(text)
    assert refused.value.code == "bad_cursor"


def test_what_is_not_asked_is_none() -> None:
    assert (read_outcome(""), read_day(""), read_number("")) == (None, None, None)
    assert (read_outcome("told"), read_number("7")) == (Outcome.TOLD, 7)
    assert read_day(DAY_WRITTEN) == DAY


async def test_nobody_finds_what_is_somebody_elses(database: Database) -> None:
    assert await find_crossings(database, ADA, Query(virtual_id="vk_his"), 9) == ()
    assert await find_crossings(database, "owner_none", Query(), 9) == ()
    [his] = await find_crossings(database, BOB, Query(), 9)
    assert his.virtual_id == "vk_his"
    assert await list_rules(database, ADA) == ("pairs",)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(), [5, 4, 2, 1]),
        (Query(virtual_id="vk_one"), [2, 1]),
        (Query(outcome=Outcome.PASSED), [4, 1]),
        (Query(outcome=Outcome.TOLD), []),
        (Query(rule="pairs"), [5, 2]),
        (Query(rule="rate"), []),
        (Query(day_ms=DAY), [4, 2]),
        (Query(virtual_id="vk_other", outcome=Outcome.REFUSED, rule="pairs"), [5]),
        (Query(before=4), [2, 1]),
        (Query(virtual_id="vk_one", before=2), [1]),
    ],
)
async def test_what_is_looked_for_is_found_the_newest_first(
    database: Database, query: Query, found: list[int]
) -> None:
    assert [it.n for it in await find_crossings(database, ADA, query, 9)] == found
    assert [it.n for it in await find_crossings(database, ADA, query, 1)] == found[:1]


@pytest.mark.parametrize("at_once", [1, 2, 4, 5])
async def test_a_walk_gives_each_once(database: Database, at_once: int) -> None:
    walked = [it async for it in walk_crossings(database, ADA, Query(), at_once)]
    assert [it.n for some in walked for it in some] == [5, 4, 2, 1]
    assert max(map(len, walked)) == min(at_once, 4)
