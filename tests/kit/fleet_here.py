"""A cluster on this machine: a PostgreSQL database, workers, a front, a paper exchange behind.

Its processes are the product's own, started as `drawbridge serve` starts them.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from drawbridge.app.build import open_house
from drawbridge.app.cluster_settings import ClusterSettings
from drawbridge.app.settings import Settings
from drawbridge.app.store_settings import StoreSettings
from drawbridge.cluster.model import WorkerStanding
from drawbridge.cluster.store import list_workers
from drawbridge.core.shards import SHARDS, shard_of
from tests.kit.house import Town, until
from tests.kit.processes import Paper, Process, free_port
from tests.kit.proxied import Proxied


class FleetHere:
    """Workers by their addresses, behind one front; `proxied` is the bots' side of it."""

    def __init__(self, proxied: Proxied) -> None:
        """Begin without workers."""
        self.proxied = proxied
        self.workers: dict[str, Process] = {}

    def start_worker(self) -> str:
        """Start a worker and give its address."""
        address = start_worker(self.proxied.town, self.workers)
        self.until_shared()
        return address

    def until_shared(self) -> None:
        """Wait until all shards are held, by as many workers as live."""

        async def shared() -> bool:
            standing = await self.standing()
            held = [len(it.shards) for it in standing if it.worker.address in self.workers]
            is_fair = max(held) - min(held) <= 1
            return sum(held) == SHARDS and is_fair and len(held) == len(self.workers)

        self.proxied.runner.run(until(shared, "all shards are held, and fairly"))

    async def standing(self) -> tuple[WorkerStanding, ...]:
        """Give the living workers with what they hold."""
        database = self.proxied.house.database
        now_ms = await database.now_ms()
        return tuple(it for it in await list_workers(database, now_ms) if it.is_living(now_ms))

    async def holder_of(self, key_id: str) -> str:
        """Give the address of the worker that holds a key's account, empty where none does."""
        shard = shard_of(key_id)
        found = (it.worker.address for it in await self.standing() if shard in it.shards)
        return next(found, "")


def start_worker(town: Town, workers: dict[str, Process]) -> str:
    """Start a worker of a town on a port of its own."""
    address = f"127.0.0.1:{free_port()}"
    cluster = replace(town.settings.cluster, worker=address)
    own = Town(town.paper, replace(town.settings, cluster=cluster), town.started)
    workers[address] = own.start("drawbridge.entrypoints.proxy", ["--with-parent"])
    return address


@contextmanager
def found_fleet_here(folder: Path, url: str, count: int = 2) -> Iterator[FleetHere]:
    """Start it all over an empty database with the app's tables; end it all."""
    paper = Paper(folder / "paper", unlimited=True)
    settings = Settings(
        data=folder / "data",
        paper=paper.account_site.removeprefix("http://"),
        proxy=f"127.0.0.1:{free_port()}",
        store=StoreSettings(url),
        cluster=ClusterSettings(),
    )
    town = Town(paper, settings)
    workers: dict[str, Process] = {}
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            for _ in range(count):
                start_worker(town, workers)
            front = town.start("drawbridge.entrypoints.front", ["--with-parent"])
            house = runner.run(stack.enter_async_context(open_house(settings)))
            fleet = FleetHere(Proxied(town, front, runner, house))
            fleet.workers = workers
            try:
                fleet.until_shared()
                yield fleet
            finally:
                fleet.proxied.close()
        finally:
            runner.run(stack.aclose())
            town.end()
