"""A whole cluster on this machine: a paper exchange, a server of rows, workers, and a front.

All are the product's own processes, started as an operator starts them.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from drawbridge.app.build import open_house
from drawbridge.app.settings import Settings
from drawbridge.app.store_settings import StoreSettings
from tests.kit.house import Town, until
from tests.kit.processes import BOTS_TAKE, Paper, Process, free_port
from tests.kit.proxied import Proxied, leave_unchecked, until_shared

# Behind all the ports that a front takes.
_BEHIND: Final = 101
_WHERE: Final = """
SELECT workers.address AS address FROM keys
JOIN shards ON shards.shard = keys.shard JOIN workers ON workers.id = shards.holder
WHERE keys.id = ? AND shards.until_ms > ?
"""


@dataclass
class ClusterHere:
    """Bots' side of it, through the front; and the workers by their addresses."""

    proxied: Proxied
    workers: dict[str, Process]

    def worker_of(self, key_id: str) -> str:
        """Give the address of the worker that has an account, once one has it."""
        return self.proxied.runner.run(self.find_worker_of(key_id))

    def kill(self, where: str) -> None:
        """Kill a worker as a power cut would."""
        process = self.workers.pop(where)
        self.proxied.town.started.remove(process)
        process.kill()

    async def find_worker_of(self, key_id: str) -> str:
        """Give the same, inside of a loop."""
        database = self.proxied.house.database

        async def found() -> str | None:
            row = await database.fetch_one(_WHERE, key_id, await database.now_ms())
            return None if row is None else str(row["address"])

        return await until(found, "somebody has the account")


@contextmanager
def found_cluster(folder: Path, database_url: str, workers: int = 2) -> Iterator[ClusterHere]:
    """Start all of it, and end it."""
    paper = Paper(folder / "paper", unlimited=True)
    address = paper.account_site.removeprefix("http://")
    base = free_port(BOTS_TAKE)
    settings = Settings(
        data=folder / "data",
        paper=address,
        proxy=f"127.0.0.1:{base}",
        store=StoreSettings(database_url),
    )
    town = Town(paper, settings)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            started = {}
            for number in range(workers):
                where = f"127.0.0.1:{base + _BEHIND + number}"
                town.settings = _at(settings, where)
                module = "drawbridge.entrypoints.proxy"
                started[where] = town.start(module, ["--with-parent"])
            town.settings = settings
            front = town.start("drawbridge.entrypoints.front", ["--with-parent"])
            house = runner.run(stack.enter_async_context(open_house(settings)))
            runner.run(leave_unchecked(house))
            runner.run(until_shared(house, workers))
            proxied = Proxied(town, front, runner, house)
            try:
                yield ClusterHere(proxied, started)
            finally:
                proxied.close()
        finally:
            runner.run(stack.aclose())
            town.end()


def _at(settings: Settings, where: str) -> Settings:
    return replace(settings, cluster=replace(settings.cluster, worker=where))
