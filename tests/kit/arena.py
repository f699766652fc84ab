"""A gateway and a paper exchange that can die and misbehave, with a time that runs fast.

Real processes, spoken to as people do: robots by the command line, faults by their row. What
they left behind is held against each other in `agreeing.py`.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from drawbridge.app.build import House, open_house
from drawbridge.app.settings import Settings
from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import Conflict
from drawbridge.entrypoints.cli.main import main
from drawbridge.paper.keys import PaperKeys, Surroundings
from drawbridge.paper.store import PaperStore, open_database
from drawbridge.paper.trouble import wish_faults
from drawbridge.vault.model import KeyRecord, KeyStatus
from tests.kit.gateways import Running, Several, start_each
from tests.kit.hasty import Haste
from tests.kit.house import ACCOUNT, add_key_of, checked, create_owner, lacks_fills
from tests.kit.processes import Process, free_port
from tests.kit.store import read_rows, store_in, surrounded

_HASTY: Final = "tests.kit.hasty"
AMOUNT: Final = Decimal(150)
_OF_THE_PAPER: Final = 0.25
# A ban's silence, and the time in which a lost order may still arrive, pass many times in it.
_SETTLED_WITHIN_S: Final = 120
_LOOK_EVERY_S: Final = 0.1
_BETWEEN_KILLS_S: Final = (0.2, 3.5)
_TRIES: Final = 5
_AT_WORK: Final = "SELECT count(*) FROM robots WHERE status <> 'stopped'"
_ORDERS: Final = "SELECT count(*) FROM orders WHERE origin LIKE 'robot:%'"
_STATUSES: Final = "SELECT status, reason FROM robots ORDER BY created_ms, id"


@dataclass
class Arena:
    """The two processes, and what is done to them. `random` draws when whom a kill meets."""

    folder: Path
    exchange: str
    haste: Haste
    random: Random
    port: int = field(default_factory=free_port)
    faults: str = ""
    running: dict[str, Running] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)

    @property
    def state(self) -> Path:
        """Give the paper exchange's folder."""
        return self.folder / "paper"

    @property
    def settings(self) -> Settings:
        """Give the app's settings."""
        data = self.folder / "data"
        return Settings(data=data, paper=f"127.0.0.1:{self.port}", store=store_in(data))

    def now_ms(self) -> int:
        """Give the time of both processes."""
        return self.haste.clock().now_ms()

    def start(self, what: str) -> None:
        """Start the gateway or the paper exchange."""
        arguments = self.haste.arguments(what)
        if what == "paper":
            arguments += ["--state", str(self.state), "--port-base", str(self.port)]
            arguments += ["--exchange", self.exchange, "--faults", self.faults]
            self.running[what] = Process(_HASTY, arguments)
        else:
            each = partial(Process, _HASTY, arguments)
            self.running[what] = Several(start_each(self.settings, each))

    def kill(self) -> None:
        """Kill one of the two, mostly the gateway, and start it again."""
        what = "paper" if self.random.random() < _OF_THE_PAPER else "gateway"
        self.running.pop(what).kill()
        self.kills[what] += 1
        self.start(what)

    def jump(self, by_ms: int) -> None:
        """End both processes, and start them again so much later: the machine was off."""
        self.end()
        self.haste = self.haste.later(by_ms)
        for what in ("paper", "gateway"):
            self.start(what)

    async def some_time(self) -> None:
        """Let some time pass, nobody knows how much: the moment of a kill is not chosen."""
        await asyncio.sleep(self.random.uniform(*_BETWEEN_KILLS_S))

    async def pass_time(self, by_ms: int) -> None:
        """Let a time of both processes pass."""
        until_ms = self.now_ms() + by_ms
        while self.now_ms() < until_ms:  # noqa: ASYNC110  time itself sets no event
            await asyncio.sleep(_LOOK_EVERY_S)

    async def misbehave(self, faults: str) -> None:
        """Let the exchange misbehave from now on, also after a kill."""
        self.faults = faults
        await wish_faults(self.state, faults)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Read from the app's database what a person could."""
        return read_rows(self.settings.database, sql)

    def end(self) -> None:
        """End both processes."""
        while self.running:
            self.running.popitem()[1].stop()


@dataclass
class Crew:
    """The robots of an arena, by the command line; `names` are those that were started."""

    arena: Arena
    names: list[str] = field(default_factory=list)

    def command(self, *arguments: str) -> None:
        """Give a command about robots, as a person does: once more, if a robot moved meanwhile."""
        words = ["robot", *arguments, "--data", str(self.arena.settings.data)]
        for _ in range(_TRIES):
            with surrounded(words):
                code = main(words)
            if code != Conflict.exit_code:
                break
        assert code == 0

    def start(self, key: str, market: str, averages: tuple[int, int], *more: str) -> None:
        """Make a robot that follows two averages of a market, and start it."""
        fast, slow = averages
        name = f"{market} {fast} {slow}"
        self.command(
            *("create", "--key", key, "--market", market, "--amount", str(AMOUNT)),
            *("--strategy", "ema_cross", "--set", f"fast={fast}", "--set", f"slow={slow}"),
            *("--join", "--name", name, *(("--on-stop", "keep") if slow % 2 else ()), *more),
        )
        self.command("start", name, "--no-wait")
        self.names.append(name)

    def stop(self) -> None:
        """Stop all robots, each in the way that was chosen when it was made."""
        for name in self.names:
            self.command("stop", name, "--no-wait")

    def count_orders(self) -> int:
        """Count the orders that robots ever meant."""
        return int(str(self.arena.rows(_ORDERS)[0][0]))

    def states(self) -> list[tuple[str, str]]:
        """Give status and reason of each robot, oldest first."""
        return [(str(status), str(reason)) for status, reason in self.arena.rows(_STATUSES)]

    async def until_settled(self, house: House) -> None:
        """Wait until every robot has stopped and every order's outcome is known."""
        by = time.monotonic() + _SETTLED_WITHIN_S
        while True:
            (waiting,) = self.arena.rows(_AT_WORK)[0]
            unsettled = await house.orders.unsettled()
            if not waiting and not unsettled and not await lacks_fills(house):
                return
            told = f"{self.states()} and {unsettled} never settled"
            assert time.monotonic() < by, told
            await asyncio.sleep(_LOOK_EVERY_S)


@asynccontextmanager
async def paper_keys(arena: Arena) -> AsyncIterator[PaperKeys]:
    """Open the keys of the paper exchange, as its account page does."""
    database = await open_database(arena.state)
    by_id = {arena.exchange: get_exchange(arena.exchange)}
    at = Surroundings(arena.haste.clock(), os.urandom)
    keys = PaperKeys(PaperStore(database), by_id, at)
    try:
        await keys.reload()
        yield keys
    finally:
        await database.close()


async def switch_key(arena: Arena, key: KeyRecord, *, disabled: bool) -> None:
    """Disable or enable a key at the exchange, as its owner might."""
    async with paper_keys(arena) as keys:
        change = keys.disable if disabled else keys.enable
        await change(ACCOUNT, arena.exchange, key.public_key)


@contextmanager
def opened_arena(folder: Path, exchange: str, times: int, seed: str = "") -> Iterator[Arena]:
    """Start both processes, with a time that runs so many times as fast."""
    arena = Arena(folder, exchange, Haste.now(times), Random(seed))
    try:
        arena.start("paper")
        arena.start("gateway")
        yield arena
    finally:
        arena.end()


@asynccontextmanager
async def settled_in(arena: Arena) -> AsyncIterator[tuple[House, KeyRecord]]:
    """Open the house of an owner with a vault and a key that is enabled."""
    async with open_house(arena.settings, arena.haste.clock()) as house:
        owner = await create_owner(house)
        added = await add_key_of(house, arena.state, owner, arena.exchange)
        key = await checked(house, added.id)
        assert key.status is KeyStatus.ENABLED
        yield house, key
