"""The cluster as operators see it: who is silent, what nobody holds, all addresses for IP lists."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from drawbridge.app.build import House, open_house
from drawbridge.app.finding import Health
from drawbridge.app.observing.cluster import (
    ClusterSeen,
    WorkerState,
    outgoing_addresses,
    see_cluster,
)
from drawbridge.app.observing.looking import look_at_cluster
from drawbridge.app.settings import Settings
from drawbridge.cluster.model import Worker
from drawbridge.core.clock import DAY_MS, MINUTE_MS
from drawbridge.storage.wakes import Waiting
from tests.kit.store import in_a_file, store_in
from tests.kit.workers import stand, stand_three

_NOTHING = Waiting()
_ONE = Worker("worker_one", egress_addresses=("192.0.2.1",), version="0.1.0")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    data = tmp_path / "data"
    settings = Settings(data=data, egress_addresses=("192.0.2.9",), store=store_in(data))
    async with open_house(settings) as opened:
        yield opened


def _found(seen: ClusterSeen, jobs: Waiting = _NOTHING) -> dict[str, tuple[Health, str]]:
    return {it.what: (it.health, it.found) for it in look_at_cluster(seen, jobs)}


async def test_shards_that_nobody_holds_are_found(house: House) -> None:
    await stand(house.database, _ONE, range(60))
    seen = await see_cluster(house)
    assert seen.unheld == 4
    assert _found(seen)["shards"] == (Health.FAIL, "unheld")


async def test_a_cluster_without_workers_is_broken(house: House) -> None:
    await stand(house.database, _ONE, range(64), silent_ms=10 * MINUTE_MS)
    seen = await see_cluster(house)
    [worker] = seen.workers
    assert (worker.state, worker.shards, seen.versions) == (WorkerState.SILENT, 0, ())
    assert _found(seen)["workers"] == (Health.FAIL, "none")
    assert _found(seen)["worker"] == (Health.WARN, "silent")


async def test_versions_that_differ_are_told(house: House) -> None:
    await stand(house.database, _ONE, range(32))
    other = replace(_ONE, id="worker_two", version="0.2.0")
    await stand(house.database, other, range(32, 64))
    seen = await see_cluster(house)
    assert seen.versions == ("0.1.0", "0.2.0")
    assert _found(seen)["workers"] == (Health.WARN, "versions_differ")
    assert _found(seen)["shards"] == (Health.OK, "held")


async def test_a_worker_whose_address_nobody_knows_is_told(house: House) -> None:
    await stand(house.database, replace(_ONE, egress_addresses=()), range(64))
    assert _found(await see_cluster(house))["worker"] == (Health.WARN, "no_address")


async def test_workers_that_say_they_are_at_one_place_are_told(house: House) -> None:
    """Two machines with the usual address: each front would find its own machine's worker only."""
    here = replace(_ONE, address="127.0.0.1:8920")
    await stand(house.database, here, range(32))
    await stand(house.database, replace(here, id="worker_old"), silent_ms=2_000)
    assert _found(await see_cluster(house))["worker"] == (Health.OK, "working")
    await stand(house.database, replace(here, id="worker_two"), range(32, 64))
    assert _found(await see_cluster(house))["worker"] == (Health.FAIL, "same_address")


async def test_a_database_far_away_is_told(house: House) -> None:
    seen = await see_cluster(house)
    assert _found(replace(seen, took_us=900_000))["round_trip"] == (Health.WARN, "slow")
    assert _found(replace(seen, took_us=900))["round_trip"] == (Health.OK, "good")


async def test_a_clock_that_differs_is_told(house: House) -> None:
    seen = await see_cluster(house)
    assert _found(seen)["server_clock"] == (Health.OK, "good")
    assert _found(replace(seen, clock_off_ms=1_500))["server_clock"] == (Health.WARN, "off")


async def test_accounts_that_wait_to_be_woken_for_long_are_told(house: House) -> None:
    seen = await see_cluster(house)
    assert _found(seen, Waiting(3, 900))["queue"] == (Health.OK, "jobs")
    assert _found(seen, Waiting(1, 60_000))["queue"] == (Health.WARN, "jobs_late")


@in_a_file("over a server there are always workers")
async def test_one_process_that_does_everything_has_no_workers_and_nothing_unheld(
    house: House,
) -> None:
    seen = await see_cluster(house)
    assert (seen.is_shared, seen.workers, seen.unheld) == (False, (), 0)


async def test_workers_are_told_with_what_they_hold(house: House) -> None:
    await stand_three(house.database)
    seen = await see_cluster(house)
    assert [it.shards for it in seen.workers] == [21, 21, 21]
    states = sorted((it.id[-1], it.state) for it in seen.workers)
    working, draining = WorkerState.WORKING, WorkerState.DRAINING
    assert states == [("a", working), ("b", draining), ("c", working)]
    assert (seen.is_shared, seen.unheld) == (True, 1)


async def test_the_addresses_of_all_workers_are_given_for_ip_lists(house: House) -> None:
    """Also of one that is just being started anew, and of none that is long gone."""
    assert await outgoing_addresses(house) == ("192.0.2.9",)
    await stand_three(house.database)
    gone = replace(_ONE, id="worker_gone", egress_addresses=("192.0.2.66",))
    await stand(house.database, gone, silent_ms=DAY_MS)
    restarting = replace(_ONE, id="worker_new", egress_addresses=("192.0.2.4", "192.0.2.1"))
    await stand(house.database, restarting, silent_ms=MINUTE_MS)
    given = await outgoing_addresses(house)
    assert given == ("192.0.2.9", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")
