"""Executions read a page at a time: each once, newest first, nobody else's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.trading.trade_history import (
    TradeHistory,
    cursor_behind,
    read_trade_cursor,
)
from tests.kit.recorded_trades import Whose, record_trades
from tests.kit.store import place_in
from tests.kit.trades import trade


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database(place_in(tmp_path), "app")
    yield database
    await database.close()


@pytest.mark.parametrize(
    "text", ["x", "1~a", "1~a~b", "1~a~b~c~d", "-1~a~b~c", "1" * 16 + "~a~b~c", "1~~b~c"]
)
def test_a_cursor_that_nobody_gave_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="bad_cursor"):
        read_trade_cursor(text)


async def test_pages_give_every_execution_once_the_newest_first(database: Database) -> None:
    for key in ("key_a", "key_b"):
        # Both keys trade at the same moments, and under the same numbers.
        fills = [trade("buy", "1", "100", 1_000 + n // 2 * 2 + n % 2) for n in range(5)]
        await record_trades(database, Whose("ann", key, origin=f"robot:{key}"), *fills)
    await record_trades(database, Whose("bob", "key_c"), trade("buy", "1", "100", 9_000))
    history = TradeHistory(database)
    seen, cursor = [], ""
    while page := await history.find("ann", read_trade_cursor(cursor), 3):
        seen += [(it.fill.time_ms, it.key_id) for it in page]
        cursor = str(cursor_behind(page[-1]))
    assert len(set(seen)) == len(seen) == 10
    assert seen == sorted(seen, reverse=True)


async def test_of_one_key_or_origin_come_only_theirs(database: Database) -> None:
    for at, key in enumerate(("key_a", "key_b")):
        fill = trade("buy", "1", "100", 1_000 + at)
        await record_trades(database, Whose("ann", key, origin=f"robot:{key}"), fill)
    history = TradeHistory(database)
    [of_key] = await history.find("ann", None, 9, key_id="key_a")
    [of_robot] = await history.find("ann", None, 9, origin="robot:key_b")
    assert (of_key.key_id, of_robot.key_id) == ("key_a", "key_b")
    assert await history.find("bob", None, 9, key_id="key_a") == ()
