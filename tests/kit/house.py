"""A real data folder with owner, vault and keys, for tests over the product's own processes.

Everything goes through the services and the processes that people use; only the waiting, and
the reading of what both sides hold in the end, is ours.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from drawbridge.app.build import House
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.app.settings import Settings
from drawbridge.catalogue.registry import get_card
from drawbridge.core.operations import Scope
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.paper_server.hosting import papered
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.keys import Surroundings, make_key
from drawbridge.paper.setting_up import build, read_pace, relive
from drawbridge.paper.state import State
from drawbridge.paper.store import PaperStore, open_database
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.vault.unlock import VaultStatus, Wish, read_vault_state
from tests.kit.gateways import Running, start_gateway, start_proxy
from tests.kit.processes import Paper, Process
from tests.kit.store import store_in

T = TypeVar("T")
R = TypeVar("R", bound=Running)

OWNER: Final = "Ada"
PASSWORD: Final = "a long password of Ada's own"
ACCOUNT: Final = "scripts"
_WITHIN_S: Final = 60
_LOOK_EVERY_S: Final = 0.002


async def until(
    condition: Callable[[], Awaitable[T | None]], what: str, within_s: float = _WITHIN_S
) -> T:
    """Wait until a condition gives something, and give it; `what` did not happen in a minute."""
    try:
        async with asyncio.timeout(within_s):
            while not (found := await condition()):  # noqa: ASYNC110  other processes set no event
                # Looked at often, because the moment that is waited for may be short.
                await asyncio.sleep(_LOOK_EVERY_S)
            return found
    except TimeoutError:
        raise AssertionError(what) from None


class LaterClock:
    """Tell the machine's time, set ahead; or a time that runs many times as fast."""

    def __init__(self, ahead_ms: int = 0, times: int = 1) -> None:
        """Begin `ahead_ms` from now and run `times` as fast."""
        self._began_ms = self._now()
        self._ahead_ms = ahead_ms
        self._times = times

    def now_ms(self) -> int:
        """Give the time."""
        return self._began_ms + self._ahead_ms + (self._now() - self._began_ms) * self._times

    @staticmethod
    def _now() -> int:
        return time.time_ns() // 1_000_000


@dataclass
class Town:
    """A paper exchange and the data folder of an app that knows it; ends what it started."""

    paper: Paper
    settings: Settings
    started: list[Running] = field(default_factory=list)

    def gateway(self) -> Running:
        """Start the process that holds the vault's private key, as the supervisor does."""
        return self._keep(start_gateway(self.settings))

    def proxy(self) -> Running:
        """Start the same, with bots served beside."""
        return self._keep(start_proxy(self.settings))

    def start(self, module: str, arguments: list[str]) -> Process:
        """Start a process of the app over this data folder."""
        return self._keep(Process(module, arguments, self.settings.environment()))

    def end(self) -> None:
        """End whatever still runs."""
        for process in (*self.started, self.paper.process):
            process.stop()

    def _keep(self, process: R) -> R:
        self.started.append(process)
        return process


@contextmanager
def found_town(folder: Path) -> Iterator[Town]:
    """Found a town in a folder."""
    paper = Paper(folder / "paper", unlimited=True)
    address = paper.account_site.removeprefix("http://")
    data = folder / "data"
    town = Town(paper, Settings(data=data, paper=address, store=store_in(data)))
    try:
        yield town
    finally:
        town.end()


async def create_owner(house: House) -> str:
    """Create the owner, and the vault with a key file; a gateway must be running."""
    owner = await house.accounts.create_owner(OWNER, Secret(PASSWORD), first=True)

    async def is_held() -> bool:
        # Of several workers the one that has the house's shard says so a moment after it is ready.
        return (await house.door.state()).has_holder

    await until(is_held, "somebody holds the vault")
    await house.door.ask(owner.id, Wish.CREATE, None)

    async def is_open() -> bool:
        return (await read_vault_state(house.database)).status is VaultStatus.OPEN

    await until(is_open, "the vault is open")
    return owner.id


async def add_key(house: House, town: Town, owner: str, exchange_id: str) -> KeyRecord:
    """Make a paper key that reads and trades, and add it; nothing is waited for."""
    return await add_key_of(house, town.paper.state, owner, exchange_id)


async def add_key_of(house: House, state: Path, owner: str, exchange_id: str) -> KeyRecord:
    """Make a key of the paper exchange with this state, and add it."""
    scopes = frozenset({Scope.READ, Scope.TRADE_SPOT})
    switches = switches_for(get_card(exchange_id), scopes)
    at = Surroundings(SystemClock(), entropy)
    wish = KeyWish(exchange_id, switches=switches)
    made = await make_key(state, papered(), ACCOUNT, wish, at)
    assert made.api_secret is not None
    fields = {"api_key": made.api_key, "api_secret": made.api_secret.reveal()}
    return (await house.vault.add(owner, exchange_id, "paper", fields)).key


async def checked(house: House, key_id: str) -> KeyRecord:
    """Wait until a key's check has ended and nobody wishes for another; give the key."""

    async def ended() -> KeyRecord | None:
        key = await house.vault.get_record(key_id)
        check = await house.checks.find_latest(key_id)
        is_done = check is not None and check.is_done
        return key if is_done and key.check_requested_ms is None else None

    return await until(ended, "the check has ended")


async def enabled(house: House, key_id: str) -> KeyRecord:
    """Wait as `checked`, and see that the key is good; else tell what was found."""
    key = await checked(house, key_id)
    check = await house.checks.find_latest(key_id)
    assert key.status is KeyStatus.ENABLED, (key.status, key.reason, key.facts, check)
    return key


async def lacks_fills(house: House) -> bool:
    """Tell whether an order has filled more than our fills add up to."""
    return any(lacks for _, lacks in await house.orders.orders_to_add_up())


async def read_paper(town: Town) -> State:
    """Read what the paper exchange has on disk: every order, fill and balance."""
    return await read_state(town.paper.state)


async def read_state(folder: Path) -> State:
    """Read what a paper exchange has on disk in its folder."""
    database = await open_database(folder)
    try:
        store = PaperStore(database)
        state = build(papered(), await read_pace(store, SystemClock().now_ms())).state
        relive(state, await store.told())
    finally:
        await database.close()
    return state
