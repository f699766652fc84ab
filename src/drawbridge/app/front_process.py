"""What the front stands on: whose virtual key is it, and which worker has the account.

Nothing here can open a secret, nor can anything that is imported from here.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from drawbridge.app.clock import monotonic_ns, system_clock
from drawbridge.app.relay_trust import dialling_context, read_relay_key, worker_address
from drawbridge.app.settings import Settings
from drawbridge.cluster.directory import Directory
from drawbridge.core.clock import Clock
from drawbridge.gateway.dialling import Dialler
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.virtual_keys.book import VirtualKeyBook

P = TypeVar("P", bound=asyncio.BaseProtocol)

_NS_PER_MS: Final = 1_000_000


class Finding(Protocol):
    """Who knows which worker serves what, as `host:port`."""

    async def find_shard(self, shard: int) -> str | None:
        """Find where the accounts of a shard are served, None where nowhere just now."""

    def forget_shard(self, shard: int) -> None:
        """Ask anew for this shard."""

    async def list_serving(self) -> tuple[str, ...]:
        """List all who serve any."""


@dataclass(frozen=True, slots=True)
class OneWorker:
    """The one worker there is where no others can share the rows with it."""

    address: str

    async def find_shard(self, shard: int) -> str | None:
        """Find it, whichever account it is."""
        del shard  # It has them all.
        return self.address

    def forget_shard(self, shard: int) -> None:
        """Go on: there is nobody else."""

    async def list_serving(self) -> tuple[str, ...]:
        """Give the one."""
        return (self.address,)


class Way:
    """Opens lines to workers, and to nothing else."""

    def __init__(self, settings: Settings) -> None:
        """Prepare TLS where workers are beyond this machine.

        Raises: `BadInput("cluster_certificate_unusable")`.
        """
        tls = dialling_context(settings)
        self._has_tls = tls is not None
        self._dialler = Dialler(tls=tls, name=settings.cluster.name)

    async def dial(self, where: str, make: Callable[[], P], deadline: float) -> P:
        """Open one to an address. Raises: as `worker_address` and `Dialler.dial`."""
        address = worker_address(where, has_tls=self._has_tls)
        return await self._dialler.dial(address, make, deadline)


@dataclass(frozen=True, slots=True)
class FrontParts:
    """The parts; `relay_key` is what workers know a front by."""

    database: Database
    book: VirtualKeyBook
    directory: Finding
    way: Way
    relay_key: bytes
    clock: Clock


@asynccontextmanager
async def open_front(settings: Settings) -> AsyncIterator[FrontParts]:
    """Open them for the time of the block.

    Raises: what opening the database raises; as `read_relay_key` and `Way`.
    """
    way, relay_key = Way(settings), read_relay_key(settings)
    database = await open_database(settings.database, "app")
    directory: Finding = OneWorker(settings.cluster.worker)
    if settings.is_cluster:
        directory = Directory(database, _monotonic_ms)
    try:
        book = VirtualKeyBook(database)
        yield FrontParts(database, book, directory, way, relay_key, system_clock())
    finally:
        await database.close()


def _monotonic_ms() -> int:
    return monotonic_ns() // _NS_PER_MS
