"""Accounts together, read from disk: worked out once, and anew when one was looked at again."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.clock import HOUR_MS
from drawbridge.statistics.account import Held, Snapshot
from drawbridge.statistics.store import SnapshotStore
from drawbridge.statistics.wealth import Wealth
from drawbridge.storage.engines import open_database
from tests.kit.store import place_in


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SnapshotStore]:
    database = await open_database(place_in(tmp_path), "app")
    yield SnapshotStore(database)
    await database.close()


async def keep(store: SnapshotStore, key_id: str, hour: int, worth: int) -> None:
    """Keep a snapshot in USD."""
    at_ms, held = hour * HOUR_MS, {"USD": Held(Decimal(worth), Decimal(worth))}
    await store.keep(key_id, Snapshot(at_ms, "USD", held, at_ms))


async def test_accounts_without_a_past_did_nothing(store: SnapshotStore) -> None:
    told = await Wealth(store).together(["key_a"], "USD")
    assert told.report.worth == ()
    assert told.left_out == ("key_a",)


async def test_what_was_worked_out_is_given_again_until_there_is_a_new_snapshot(
    store: SnapshotStore,
) -> None:
    wealth = Wealth(store)
    await keep(store, "key_a", 1, 100)
    await keep(store, "key_b", 1, 100)
    first = await wealth.together(["key_a", "key_b"], "USD")
    assert await wealth.together(["key_b", "key_a"], "USD") is first
    await keep(store, "key_b", 2, 150)
    second = await wealth.together(["key_a", "key_b"], "USD")
    assert (second.report.worth[-1][1], second.report.total_return) == (
        Decimal(250),
        Decimal("0.25"),
    )


async def test_since_a_moment_the_return_begins_with_what_there_was_then(
    store: SnapshotStore,
) -> None:
    for hour, worth in ((1, 50), (2, 100), (3, 120)):
        await keep(store, "key_a", hour, worth)
    told = await Wealth(store).together(["key_a"], "USD", since_ms=2 * HOUR_MS + 1)
    assert told.report.total_return == Decimal("0.2")
