"""What operators see of a front: what became of requests, how long they took, and its workers."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest_asyncio

from drawbridge.app.clock import monotonic_ns
from drawbridge.app.observing.metrics import Metrics
from drawbridge.app.observing.readings import Counts, States, Times
from drawbridge.core.errors import ExchangeDown, OutcomeUnknown
from drawbridge.core.operations import GetBalances
from drawbridge.core.shards import shard_of
from drawbridge.entrypoints.front.watching import FrontWatch, WaysWatch
from tests.kit.ford import Ford, ford
from tests.kit.front_ford import Fleet, found_fleet

EXCHANGE = "binance"


@dataclass
class Watched:
    """A front before two workers, of which the first has the account."""

    fleet: Fleet
    front: Ford
    key_id: str

    async def counts(self, name: str) -> Mapping[tuple[str, ...], float]:
        """Read what the front tells under a name."""
        ways = WaysWatch(self.fleet.routes, lambda: 0)
        for reading in (*await self.fleet.door.watch.read(), *await ways.read()):
            if reading.name == name and isinstance(reading, Counts | States):
                return reading.values
            if reading.name == name and isinstance(reading, Times):
                return {words: sum(it.counts) for words, it in reading.spreads.items()}
        raise AssertionError(name)

    async def readiness(self) -> str:
        """Ask whether it is ready."""
        return await WaysWatch(self.fleet.routes, lambda: 0).look()


@pytest_asyncio.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with (
        ford(tmp_path, EXCHANGE) as direct,
        found_fleet(tmp_path, direct.bridge, direct.sockets, EXCHANGE) as fleet,
    ):
        key_id = direct.setting.key
        fleet.give(key_id, to=0)
        yield Watched(fleet, replace(direct, port=fleet.port), key_id)


async def test_a_request_that_no_worker_takes_is_counted_by_its_refusal(watched: Watched) -> None:
    made = await watched.front.virtual_key()
    watched.fleet.directory.addresses.pop(shard_of(watched.key_id))
    request = watched.front.signed(made, GetBalances())
    assert isinstance(watched.front.read(await watched.front.ask(request)), ExchangeDown)
    assert await watched.counts("front_requests") == {(EXCHANGE, "paper", "down"): 1}
    assert await watched.counts("front_refusals") == {("no_worker",): 1}


async def test_a_front_is_not_ready_without_workers_that_it_reaches(watched: Watched) -> None:
    made = await watched.front.virtual_key()
    assert await watched.readiness() == "ok"
    for worker in watched.fleet.workers:
        await worker.taking.stop(0)
    for number in (0, 1):
        watched.fleet.give(watched.key_id, to=number)
        await watched.front.ask(watched.front.signed(made, GetBalances()))
    assert await watched.readiness() == "workers_unreachable"
    assert await watched.counts("front_workers_unreachable") == {(): 2}
    assert (await watched.counts("front_ways_lost"))[()] >= 2
    watched.fleet.directory.addresses = {}
    assert await watched.readiness() == "no_workers"


async def test_what_may_have_left_with_its_worker_is_counted_as_unknown() -> None:
    watch = FrontWatch(monotonic_ns)
    watch.refused((EXCHANGE, "paper"), OutcomeUnknown("relay_lost"), monotonic_ns())
    told, *_ = await watch.read()
    assert isinstance(told, Counts)
    assert told.values == {(EXCHANGE, "paper", "unknown"): 1}


async def test_answers_of_workers_are_counted_with_their_times_whatever_they_say(
    watched: Watched,
) -> None:
    made = await watched.front.virtual_key()
    order = watched.front.setting.order()
    for operation in (GetBalances(), order):
        assert (await watched.front.ask(watched.front.signed(made, operation))).status == 200
    await watched.front.say(b"GET /nowhere HTTP/1.1\r\nhost: here\r\n\r\n")
    assert await watched.counts("front_requests") == {(EXCHANGE, "paper", "answered"): 3}
    assert await watched.counts("front_request_seconds") == {(EXCHANGE, "paper"): 3}
    assert await watched.counts("front_workers") == {(): 2}
    ways = WaysWatch(watched.fleet.routes, lambda: 0)
    text = await Metrics((watched.fleet.door.watch.read, ways.read)).text()
    assert b"drawbridge_front_ways_lost_total 0.0" in text
