"""A worker that was stopped is still connected: who waits for it is not kept waiting for long."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest_asyncio

from drawbridge.core.errors import OutcomeUnknown
from drawbridge.core.operations import GetBalances, Operation
from drawbridge.core.shards import SHARDS
from drawbridge.entrypoints.edge.line import SILENT_S
from drawbridge.wire.http import WireAnswer
from tests.kit.ford import Ford, ford
from tests.kit.front_ford import Fleet, Worker, found_fleet
from tests.kit.house import until

EXCHANGE = "binance"


@dataclass
class At:
    """A bot before a front, and two workers, of which the first has the account."""

    fleet: Fleet
    front: Ford

    async def asked_of_who_is_stopped(self, operation: Operation[object]) -> WireAnswer:
        """Ask the first worker, stop it, let the other one take over, and give the answer."""
        first, second = self.fleet.workers
        made = await self.front.virtual_key()
        first.door.is_free.clear()
        asking = asyncio.create_task(self.front.ask(self.front.signed(made, operation)))
        await until(lambda: _arrived(first), "it has reached the worker")
        first.stop()
        first.hold()
        second.hold(*range(SHARDS))
        self.fleet.tell()
        # A line is given up after so long in any case, and then nobody is left who waits.
        async with asyncio.timeout(SILENT_S):
            return await asking


@pytest_asyncio.fixture
async def at(tmp_path: Path) -> AsyncIterator[At]:
    async with (
        ford(tmp_path, EXCHANGE) as direct,
        found_fleet(tmp_path, direct.bridge, direct.sockets, EXCHANGE) as fleet,
    ):
        fleet.give(direct.setting.key, to=0)
        yield At(fleet, replace(direct, port=fleet.port))
        fleet.workers[0].door.is_free.set()


async def test_an_order_that_it_was_handed_is_unknown_and_goes_nowhere_else(at: At) -> None:
    order = at.front.setting.order()
    answer = await at.asked_of_who_is_stopped(order)
    assert isinstance(at.front.read(answer), OutcomeUnknown)
    assert at.fleet.workers[1].door.seen == []


async def test_what_only_reads_is_asked_of_who_has_the_account_now(at: At) -> None:
    answer = await at.asked_of_who_is_stopped(GetBalances())
    assert answer.status == 200
    assert len(at.fleet.workers[1].door.seen) == 1


async def _arrived(worker: Worker) -> bool:
    return bool(worker.door.seen)
