"""Stamps: the exchange's time, and nonces that only ever rise."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.cluster.share import HeldShares
from drawbridge.core.clock import HOUR_MS, SteppedClock
from drawbridge.core.shards import shard_of
from drawbridge.gateway.stamps import Stamps
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.wire.stamps import StampKind, StampRule
from tests.kit.store import in_a_file, place_in
from tests.kit.turns import a_turn

PLACE = ("one", "paper")
TIME = StampRule(StampKind.TIME)
NONCE = StampRule(StampKind.NONCE, units_per_ms=1_000)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database(place_in(tmp_path), "app")
    yield database
    await database.close()


async def _stamp(stamps: Stamps, rule: StampRule, key_id: str = "key_1") -> int:
    async with stamps.stamped(key_id, PLACE, rule) as stamp:
        return int(stamp)


async def test_a_clock_that_goes_back_never_lowers_a_nonce(database: Database) -> None:
    clock = SteppedClock(1_000_000)
    stamps = Stamps(database, clock)
    first = await _stamp(stamps, NONCE)
    clock.advance(-500_000)
    assert await _stamp(stamps, NONCE) == first + 1


async def test_after_a_restart_nonces_go_on_above_those_before(database: Database) -> None:
    clock = SteppedClock(1_000_000)
    reached = 0
    for _ in range(5):
        stamps = Stamps(database, clock)
        for _ in range(20):
            nonce = await _stamp(stamps, NONCE)
            assert nonce > reached
            reached = nonce
        clock.advance(-1_000)


async def test_nonces_of_calls_at_once_are_all_different_and_one_is_out_at_a_time(
    database: Database,
) -> None:
    stamps = Stamps(database, SteppedClock(1_000_000))
    out = 0
    seen: list[int] = []

    async def call() -> None:
        nonlocal out
        async with stamps.stamped("key_1", PLACE, NONCE) as stamp:
            out += 1
            assert out == 1
            await database.data_version()
            seen.append(int(stamp))
            out -= 1

    await asyncio.gather(*(call() for _ in range(10)))
    assert seen == sorted(set(seen))


async def test_keys_do_not_wait_for_each_other(database: Database) -> None:
    stamps = Stamps(database, SteppedClock(1_000_000))
    async with stamps.stamped("key_1", PLACE, NONCE):
        assert await _stamp(stamps, NONCE, "key_2")


@in_a_file("what a commit costs is counted by the file's own number of changes")
async def test_few_nonces_reach_the_disk(database: Database) -> None:
    clock = SteppedClock(1_000_000)
    stamps = Stamps(database, clock)
    before = await database.data_version()
    for _ in range(50):
        await _stamp(stamps, NONCE)
        clock.advance(10)
    assert await database.data_version() == before + 1


async def test_keys_that_are_woken_together_reserve_their_nonces_together(
    database: Database,
) -> None:
    """Each reservation is on disk before its nonce is given out, and few syncs pay for many."""
    stamps = Stamps(database, SteppedClock(1_000_000))
    before = await database.data_version()
    names = [f"key_{number}" for number in range(200)]
    tasks = [asyncio.create_task(_stamp(stamps, NONCE, name)) for name in names]
    await a_turn()
    tasks[0].cancel()
    tasks[100].cancel()
    given = dict(zip(names, await asyncio.gather(*tasks, return_exceptions=True), strict=True))
    assert isinstance(given.pop("key_0"), asyncio.CancelledError)
    assert isinstance(given.pop("key_100"), asyncio.CancelledError)
    rows = await database.fetch_all("SELECT key_id, reserved FROM used_stamps")
    reserved = {row["key_id"]: row["reserved"] for row in rows}
    for name, nonce in given.items():
        assert isinstance(nonce, int)
        assert nonce <= reserved[name]
    assert await database.data_version() - before < 10
    assert await _stamp(stamps, NONCE, "key_0") <= await _reserved(database, "key_0")


async def _reserved(database: Database, key_id: str) -> int:
    row = await database.fetch_one("SELECT reserved FROM used_stamps WHERE key_id = ?", key_id)
    return int(row["reserved"]) if row else 0


async def test_a_nonce_can_be_raised_above_what_others_used(database: Database) -> None:
    stamps = Stamps(database, SteppedClock(1_000_000))
    await stamps.raise_above("key_1", 10**15)
    assert await _stamp(stamps, NONCE) == 10**15 + 1
    await stamps.raise_above("key_1", 5)
    assert await _stamp(stamps, NONCE) == 10**15 + 2
    restarted = Stamps(database, SteppedClock(1_000_000))
    assert await _stamp(restarted, NONCE) > 10**15 + 2


async def test_the_exchanges_clock_is_used_until_it_is_forgotten(database: Database) -> None:
    clock = SteppedClock(1_000_000)
    stamps = Stamps(database, clock)
    assert stamps.find_offset(PLACE) is None
    clock.advance(100)
    offset = stamps.learn(PLACE, 1_000_000, 1_500_050)
    assert offset.ahead_ms == 500_000, "half of the way there and back"
    assert await _stamp(stamps, TIME) == 1_500_100
    clock.advance(HOUR_MS)
    assert stamps.find_offset(PLACE) is None, "clocks drift"
    stamps.forget(PLACE)
    assert await _stamp(stamps, TIME) == clock.now_ms()


async def test_an_account_that_comes_back_goes_on_above_what_others_used(
    database: Database,
) -> None:
    """Two workers, one after the other and back; a nonce had run far ahead of the time."""
    clock, shard = SteppedClock(1_000_000), shard_of("key_1")
    one, other = HeldShares(lambda: 0), HeldShares(lambda: 0)
    here, there = Stamps(database, clock, one), Stamps(database, clock, other)
    one.hold(shard, HOUR_MS)
    await here.raise_above("key_1", 9_000_000_000_000)
    reached = await _stamp(here, NONCE)
    for stamps, gains, loses in ((there, other, one), (here, one, other)):
        loses.drop(shard)
        gains.hold(shard, HOUR_MS)
        for _ in range(3):
            nonce = await _stamp(stamps, NONCE)
            assert nonce > reached
            reached = nonce
