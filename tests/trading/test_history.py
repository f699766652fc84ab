"""Looking through orders: one's own only, each of them once, whatever is looked for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.trading.history import (
    Cursor,
    OrderHistory,
    Query,
    Standing,
    read_cursor,
    read_standing,
)
from tests.kit.past_orders import PastRow, write_orders
from tests.kit.store import place_in

ME, OTHER = "owner_1", "owner_2"
EVERYTHING = Query()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(place_in(tmp_path), "app")
    yield opened
    await opened.close()


async def ids(database: Database, query: Query = EVERYTHING, limit: int = 100) -> list[str]:
    found = await OrderHistory(database).find(ME, query, limit)
    return [it.order.client_id for it in found]


@pytest.mark.parametrize("text", ["x", "1~key", "~~", "1~k~c~more", "9" * 16 + "~k~c", "-1~k~c"])
def test_a_cursor_that_we_did_not_give_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="bad_cursor"):
        read_cursor(text)


def test_an_unknown_standing_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(BadInput) as caught:
        read_standing("lost")
    assert caught.value.facts["known"] == "all, open, filled, ended"


async def test_nobody_sees_orders_of_others(database: Database) -> None:
    await write_orders(database, PastRow(OTHER, "theirs", 1))
    assert await ids(database) == []
    assert await ids(database, Query(text="theirs")) == []


async def test_what_is_looked_for_is_found_the_newest_first(database: Database) -> None:
    await write_orders(
        database,
        PastRow(ME, "a", 1, state="open", symbol="ETH/BTC"),
        PastRow(ME, "b", 3, key="key_b"),
        PastRow(ME, "c", 2, origin="check:1", state="cancelled"),
    )
    assert await ids(database) == ["b", "c", "a"]
    assert await ids(database, Query(key_id="key_b")) == ["b"]
    assert await ids(database, Query(origin="check:1")) == ["c"]
    assert await ids(database, Query(standing=Standing.OPEN)) == ["a"]
    assert await ids(database, Query(standing=Standing.FILLED)) == ["b"]
    assert await ids(database, Query(standing=Standing.ENDED)) == ["c"]
    assert await ids(database, Query(text="eth")) == ["a"]
    assert await ids(database, Query(text="xb")) == ["b"]
    assert await ids(database, Query(text="xc")) == ["c"]
    assert await ids(database, Query(text="x")) == [], "an id is looked for as a whole"
    assert await ids(database, Query(text="%")) == []


async def test_pages_follow_each_other_without_a_gap_or_a_repeat(database: Database) -> None:
    # Several of one moment: the cursor tells them apart by key and id.
    for number in range(9):
        row = PastRow(ME, f"o{number}", number // 4, key=f"key_{number % 2}")
        await write_orders(database, row)
    seen: list[str] = []
    query = Query()
    while found := await OrderHistory(database).find(ME, query, 2):
        seen += [it.order.client_id for it in found]
        query = Query(before=read_cursor(str(found[-1].cursor)))
    assert seen == await ids(database)
    assert len(set(seen)) == 9


@given(st.integers(0, 10**15 - 1), st.text("abk_0", min_size=1), st.text("Zx-9", min_size=1))
def test_a_cursor_is_read_as_it_was_written(at_ms: int, key: str, client_id: str) -> None:
    cursor = Cursor(at_ms, key[:100], client_id[:100])
    assert read_cursor(str(cursor)) == cursor
