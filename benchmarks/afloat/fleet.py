"""A fleet on one machine: server, exchange, workers as real processes, accounts and robots.

Every process is the product's own. The exchange is its paper exchange, without limits; workers are
`worker.py`. With no server it is one worker over a file, which shares with nobody.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Final, cast

from benchmarks.afloat import people
from benchmarks.afloat.line import Line
from benchmarks.afloat.server import ROLE, Server
from benchmarks.afloat.worker import EXCHANGE
from drawbridge.app.build import House, open_house
from drawbridge.app.cluster_settings import ClusterSettings
from drawbridge.app.observing.settings import ObservingSettings
from drawbridge.app.settings import Settings
from drawbridge.app.store_settings import StoreSettings
from drawbridge.core.shards import SHARDS
from drawbridge.robots.model import Robot, Trigger
from drawbridge.trading.signal_service import MadeHook
from drawbridge.trading.signal_words import Action
from drawbridge.vault.unlock import read_vault_key
from tests.kit.house import create_owner
from tests.kit.processes import Process, free_port

WORKERS: Final = 3
_LOOK_EVERY_S: Final = 0.02
_READY_WITHIN_S: Final = 600
_STOP_WITHIN_S: Final = 30
_KIB: Final = 1_024
_PAPER: Final = "drawbridge.entrypoints.paper_server"
_TASKS: Final = "drawbridge_tasks"
_LAGS: Final = "drawbridge_loop_lag_seconds_bucket"
_PAGE_KIB: Final = os.sysconf("SC_PAGE_SIZE") // _KIB


@dataclass(frozen=True, slots=True)
class Size:
    """How big a fleet is, and what its robots act on.

    No workers: one over a file, without a server.
    """

    accounts: int
    robots: int = 1
    workers: int = WORKERS
    trigger: Trigger = Trigger.SIGNAL


class Worker:
    """A worker's process; what it logs is kept in a file. It ends when the simulator does."""

    def __init__(self, settings: Settings, log: Path) -> None:
        """Start it; `wait` until it is ready."""
        self.log = log
        self.address: Final = settings.cluster.worker
        self.began_s: Final = time.monotonic()
        self.ready_s = 0.0
        self._ops = ""
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.afloat.worker", "--with-parent"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **settings.environment()},
            )

        self._told = cast("IO[bytes]", self._process.stdout)

    @property
    def pid(self) -> int:
        """Give the process id."""
        return self._process.pid

    @property
    def memory_kib(self) -> int:
        """Give its resident memory."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE_KIB

    @property
    def sockets(self) -> int:
        """Give how many files and sockets it has open."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    @property
    def cpu_s(self) -> float:
        """Give the processor time that it has used."""
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    async def wait(self) -> Mapping[str, Any]:
        """Wait until it is ready, and give what it said."""
        line = await asyncio.to_thread(self._told.readline)
        if not line.startswith(b"{"):
            message = f"a worker did not become ready: {self.log.read_text()[-2_000:]}"
            raise RuntimeError(message)
        self.ready_s = time.monotonic() - self.began_s
        told: Mapping[str, Any] = json.loads(line)
        self._ops = told.get("ops", "")
        return told

    async def tasks(self) -> int:
        """Give how many tasks its event loop has, as it tells operators; 0 where it does not."""
        told = await self._told_by(_TASKS)
        return int(next(iter(told.values()), 0))

    async def loop_lags(self) -> Counter[float]:
        """Give how often its event loop was no later than so many seconds, as it tells operators.

        Each count has those of all shorter times in it.
        """
        told = await self._told_by(_LAGS)
        return Counter({float(name.split('"')[1]): int(times) for name, times in told.items()})

    async def _told_by(self, name: str) -> Mapping[str, float]:
        """Give the numbers told under names that begin so."""
        if not self._ops:
            return {}
        host, _, port = self._ops.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        told = await reader.read()
        writer.close()
        lines = [it for it in told.decode().splitlines() if it.startswith(name)]
        return {words[0]: float(words[2]) for words in (it.rpartition(" ") for it in lines)}

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def end(self) -> None:
        """Let it end, by force where it does not in time."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
        try:
            self._process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


@dataclass(slots=True)
class Fleet:
    """What runs, and the ways to look at it."""

    folder: Path
    size: Size
    settings: Settings
    server: Server | None
    house: House
    living: Sequence[people.Living] = ()
    robots: Sequence[Robot] = ()
    workers: list[Worker] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    hooks: dict[str, MadeHook] = field(default_factory=dict)
    started: int = 0

    async def start_worker(self, *, is_on_line: bool = False) -> Worker:
        """Start one more worker; on a line of its own where that is to be cut."""
        self.started += 1
        settings = replace(self.settings, proxy=f"127.0.0.1:{free_port()}")
        if self.server is not None:
            cluster = replace(settings.cluster, worker=f"127.0.0.1:{free_port()}")
            settings = replace(settings, cluster=cluster)
        if is_on_line and self.server is not None:
            self.lines.append(Line(self.server.socket))
            url = f"postgresql://{ROLE}@127.0.0.1:{self.lines[-1].port}/{ROLE}"
            settings = replace(settings, store=StoreSettings(url))
        worker = Worker(settings, self.folder / f"worker-{self.started}.log")
        self.workers.append(worker)
        await worker.wait()
        return worker

    async def holders(self) -> Mapping[int, str]:
        """Tell who holds each shard; empty where nobody does."""
        rows = await self.house.database.fetch_all("SELECT shard, holder, until_ms FROM shards")
        now_ms = await self.house.database.now_ms()
        return {row["shard"]: row["holder"] for row in rows if row["until_ms"] > now_ms}

    async def until_shared_out(self) -> None:
        """Wait until every shard is held and each worker has its fair share."""
        if self.server is None:
            return
        async with asyncio.timeout(_READY_WITHIN_S):
            while not await self._is_shared_out():  # noqa: ASYNC110  other processes set no event
                await asyncio.sleep(_LOOK_EVERY_S)

    async def until_filled(self, orders: int, within_s: float) -> bool:
        """Wait until so many orders are filled; False where that takes too long."""
        until_s = time.monotonic() + within_s
        while (filled := await self.count()) < orders and time.monotonic() < until_s:  # noqa: ASYNC110  other processes set no event
            await asyncio.sleep(_LOOK_EVERY_S)
        return filled >= orders

    async def _is_shared_out(self) -> bool:
        shares = Counter((await self.holders()).values())
        is_fair = len(shares) == len(self.workers) and max(shares.values()) <= self._fair_share
        return is_fair and shares.total() == SHARDS

    @property
    def cpu_s(self) -> float:
        """Give the processor time that all workers have used."""
        return sum(it.cpu_s for it in self.workers)

    @property
    def _fair_share(self) -> int:
        return -(-SHARDS // len(self.workers))

    async def count(self, state: str = "filled") -> int:
        """Count the orders in a state."""
        sql = "SELECT count(*) AS n FROM orders WHERE state = ?"
        row = await self.house.database.fetch_one(sql, state)
        return 0 if row is None else int(row["n"])

    async def signal(self, robot: Robot, action: Action, name: str) -> None:
        """Let a signal come for a robot, as the pages' process takes it in."""
        if robot.id not in self.hooks:
            self.hooks[robot.id] = await self.house.signals.make_hook(
                robot.owner, robot.id, "Fleet"
            )
        made = self.hooks[robot.id]
        now_ms = self.house.clock.now_ms()
        body = {
            "secret": made.secret.reveal(),
            "action": action.value,
            "time": now_ms,
            "id": name,
        }
        await self.house.signals.receive(made.hook.id, json.dumps(body).encode(), _Market())

    def logs(self) -> Sequence[str]:
        """Give what workers have logged, each line once, without its time."""
        found: dict[str, int] = {}
        for path in sorted(self.folder.glob("worker-*.log")):
            for line in path.read_text(errors="replace").splitlines():
                told = line.partition("Z ")[2] or line
                found[told] = found.get(told, 0) + 1
        return [f"{times} x {told}" for told, times in found.items()]


class _Market:
    async def symbol_of(self, _owner: str, _robot_id: str) -> str:
        return people.SYMBOL


@asynccontextmanager
async def afloat(
    folder: Path, size: Size, *, is_on_line: bool = False, is_watched: bool = False
) -> AsyncIterator[Fleet]:
    """Let a fleet of this size float: all its workers are ready and have their shares.

    The first of them is on a line of its own where that is wanted; watched, they tell operators
    of themselves.
    """
    living = people.draw_accounts(size.accounts)
    await people.settle_at_exchange(folder / "paper", living)
    async with AsyncExitStack() as stack:
        words = ("--state", str(folder / "paper"), "--port-base", "0", "--exchange", EXCHANGE)
        paper = Process(_PAPER, (*words, "--unlimited", "--with-parent"))
        stack.callback(paper.stop)
        settings = Settings(
            folder / "data",
            paper=str(paper.ready["account_site"]).removeprefix("http://"),
            observing=ObservingSettings(ops="127.0.0.1:0" if is_watched else ""),
        )
        server: Server | None = None
        if size.workers:
            server = Server()
            stack.callback(server.stop)
            settings = replace(settings, store=StoreSettings(server.url), cluster=ClusterSettings())
        house = await stack.enter_async_context(open_house(settings))
        fleet = Fleet(folder, size, settings, server, house, living)
        stack.callback(_end, fleet)
        first = await fleet.start_worker()
        await create_owner(house)
        first.end()
        fleet.workers.remove(first)
        public = await read_vault_key(house.database)
        fleet.robots = await people.settle(
            house.database, public, living, size.robots, size.trigger
        )
        if server is not None:
            # The server does so by itself, but only a minute after so many rows have come.
            server.do("ANALYZE")
        await fleet.start_worker(is_on_line=is_on_line)
        await asyncio.gather(*(fleet.start_worker() for _ in range(size.workers - 1)))
        await fleet.until_shared_out()
        yield fleet


def _end(fleet: Fleet) -> None:
    for worker in fleet.workers:
        worker.end()
    for line in fleet.lines:
        line.close()
