"""Accounts' snapshots on disk: what comes back, and what is thinned out."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.clock import DAY_MS, HOUR_MS
from drawbridge.statistics.account import Held, Snapshot, report_account
from drawbridge.statistics.store import ALL_KEPT_MS, SnapshotStore
from drawbridge.statistics.together import report_together
from drawbridge.storage.engines import open_database
from tests.kit.store import place_in

KEY = "key_a"
BEGAN_MS = 20_000 * DAY_MS


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SnapshotStore]:
    database = await open_database(place_in(tmp_path), "app")
    yield SnapshotStore(database)
    await database.close()


def snapshot(at_ms: int, worth: int, *, paid: int = 0, settled: bool = True) -> Snapshot:
    held = {"USD": Held(Decimal(worth), Decimal(worth))}
    moved = {"USD": Decimal(paid)} if paid else {}
    return Snapshot(at_ms, "USD", held, at_ms - 5 if settled else None, moved)


async def test_an_account_without_a_past_has_none(store: SnapshotStore) -> None:
    assert await store.list_of(KEY) == ()
    assert await store.find_last_ms(KEY) is None
    assert await store.find_settled(KEY) is None


async def test_what_is_kept_comes_back_to_the_last_digit_and_to_its_key(
    store: SnapshotStore,
) -> None:
    held = {
        "BTC": Held(Decimal("0.123456789012345678"), Decimal("7.000000000000000000001")),
        "XYZ": Held(Decimal(5), None),
    }
    kept = Snapshot(
        BEGAN_MS, "USDT", held, BEGAN_MS - 9, {"XYZ": Decimal("-0.5")}, {"BTC": Decimal("0.1")}
    )
    waiting = Snapshot(BEGAN_MS + 1, "USDT", {}, None, {})
    await store.keep(KEY, kept)
    await store.keep(KEY, waiting)
    await store.keep("key_b", snapshot(BEGAN_MS + 2, 1))

    assert await store.list_of(KEY) == (kept, waiting)
    assert await store.find_last_ms(KEY) == BEGAN_MS + 1
    assert await store.find_settled(KEY) == kept


async def test_after_ninety_days_one_snapshot_a_day_stays_and_those_around_transfers(
    store: SnapshotStore,
) -> None:
    """The return without transfers is the same before and after, to the last digit."""
    hours = range(1, 3 * 24 + 1)
    paid = {30: 1000, 40: -500}
    history, worth = [], 1000
    for hour in hours:
        worth += hour % 7 + paid.get(hour, 0)
        taken = snapshot(BEGAN_MS + hour * HOUR_MS, worth, paid=paid.get(hour, 0))
        history.append(taken)
        await store.keep(KEY, taken)
    assert await store.list_of(KEY) == tuple(history)

    last = snapshot(BEGAN_MS + ALL_KEPT_MS + 10 * DAY_MS, worth)
    await store.keep(KEY, last)
    left = await store.list_of(KEY)
    # The first, the last of each day (midnight ends it), and each transfer with the one before.
    assert [(it.at_ms - BEGAN_MS) // HOUR_MS for it in left[:-1]] == [1, 24, 29, 30, 39, 40, 48, 72]
    thin, full = report_account(left, "USD"), report_account([*history, last], "USD")
    assert thin.total_return is not None
    assert full.total_return is not None
    assert abs(thin.total_return - full.total_return) < Decimal("1e-20")
    assert (thin.gain, thin.transfers) == (full.gain, full.transfers)


async def test_a_settled_snapshot_does_not_give_way_to_one_that_waits(
    store: SnapshotStore,
) -> None:
    await store.keep(KEY, snapshot(BEGAN_MS + 1, 1))
    await store.keep(KEY, snapshot(BEGAN_MS + 2, 2))
    await store.keep(KEY, snapshot(BEGAN_MS + 3, 3, settled=False))
    await store.keep(KEY, snapshot(BEGAN_MS + ALL_KEPT_MS + DAY_MS, 4))

    assert [it.at_ms - BEGAN_MS for it in (await store.list_of(KEY))[:-1]] == [1, 2, 3]


async def test_several_accounts_are_read_at_once_from_the_snapshot_before_a_moment_on(
    store: SnapshotStore,
) -> None:
    for key_id, hours in (("key_a", (1, 2, 3, 4)), ("key_b", (3, 4)), ("key_c", (1,))):
        for hour in hours:
            await store.keep(key_id, snapshot(BEGAN_MS + hour * HOUR_MS, hour))
    keys = ("key_a", "key_b", "key_d")
    found = await store.list_of_all(keys, BEGAN_MS + 2 * HOUR_MS + 1)
    assert {key: [it.total for it in past] for key, past in found.items()} == {
        "key_a": [2, 3, 4],
        "key_b": [3, 4],
        "key_d": [],
    }
    found = await store.list_of_all(("key_a", "key_c"))
    assert [len(past) for past in found.values()] == [4, 1]
    assert await store.list_of_all(()) == {}


async def test_a_coarse_past_comes_to_the_same_return_and_keeps_what_surrounds_a_transfer(
    store: SnapshotStore,
) -> None:
    for hour in range(72):
        paid = 500 if hour == 20 else 0
        worth = 1_000 + hour * 7 + (500 if hour >= 20 else 0)
        at_ms = BEGAN_MS + hour * HOUR_MS
        await store.keep(KEY, snapshot(at_ms, worth, paid=paid, settled=hour != 30))
    fine = await store.list_of_all([KEY], BEGAN_MS)
    coarse = await store.list_coarse([KEY], BEGAN_MS, BEGAN_MS + 60 * HOUR_MS)
    hours = [(it.at_ms - BEGAN_MS) // HOUR_MS for it in coarse[KEY]]
    assert hours == [0, 5, 11, 17, 19, 20, 23, 29, 35, 41, 47, 53, 59, *range(60, 72)]
    assert [len(past) for past in fine.values()] == [72]
    whole, thin = report_together(fine, "USD").report, report_together(coarse, "USD").report
    assert (whole.gain, whole.paid_in) == (thin.gain, thin.paid_in)
    assert whole.total_return is not None
    assert thin.total_return is not None
    assert abs(whole.total_return - thin.total_return) < Decimal("1e-20")
    assert await store.list_coarse([], 0, 1) == {}
