"""Which part of the work is this process's: all of it over a file, or a claimed share of it.

Over a file, a lock on the data folder lets one process work. Over a server there is no such file:
workers claim shards among themselves (`cluster/`), and whoever goes gives back what it had.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.metadata import version
from typing import Final, Protocol

from drawbridge.app.build import House
from drawbridge.app.clock import boottime_ms
from drawbridge.app.gateway_lock import only_gateway
from drawbridge.app.observing.logs import name_worker
from drawbridge.app.presence import is_worker_there
from drawbridge.cluster.membership import Membership, told
from drawbridge.cluster.model import Worker
from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.ids import id_from
from drawbridge.vault.unlock import VaultStatus, read_vault_state

_log: Final = logging.getLogger(__name__)
_ID_BYTES: Final = 10
_LOOK_EVERY_S: Final = 1

Settled = Callable[[int], Awaitable[None]]
"""Wait until nothing of a shard is under way."""


class Part(Protocol):
    """What this process works for."""

    @property
    def share(self) -> Share:
        """Which accounts are ours, at each moment."""

    async def begin(self, settled: Settled) -> None:
        """Work for it from now on."""

    async def leave(self) -> None:
        """Take nothing on any more, finish what is under way, and let others have it."""


class _Everything:
    """What one process has that shares with nobody: all, until it ends."""

    share: Final = WHOLE

    async def begin(self, settled: Settled) -> None:
        """Begin: there is nothing to be claimed."""

    async def leave(self) -> None:
        """Leave: whatever was under way is found again by who starts next."""


class _ClaimedPart:
    """A share among other workers'."""

    def __init__(self, house: House, address: str) -> None:
        """Claim nothing yet; `address` is where this worker takes what fronts hand on."""
        settings = house.settings
        worker = Worker(
            id=id_from("worker", house.entropy(_ID_BYTES)),
            address=address,
            egress_group=settings.cluster.egress_group,
            egress_addresses=settings.egress_addresses,
            version=version("drawbridge"),
            started_ms=house.clock.now_ms(),
        )
        name_worker(worker.id)
        self._settled: Settled = _at_once
        self._membership = Membership(house.database, worker, boottime_ms, self._settle)
        self.share: Share = self._membership.share
        self._running: asyncio.Task[None] | None = None

    async def begin(self, settled: Settled) -> None:
        """Claim a share, the first of it before this returns where the database answers."""
        self._settled = settled
        await told(self._membership.step)
        self._running = asyncio.create_task(self._membership.run())

    async def leave(self) -> None:
        """Give everything back once it is settled; what cannot be given back ends by itself."""
        running, self._running = self._running, None
        if running is None:
            return
        await told(self._membership.leave)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    async def _settle(self, shard: int) -> None:
        await self._settled(shard)


@contextlib.asynccontextmanager
async def part_of(house: House, *, is_served: bool) -> AsyncIterator[Part]:
    """Give this process's part of the work, for the time of the block.

    `is_served` tells whether fronts reach this process at the address of the settings.
    Raises: `Conflict("gateway_running")` where another has everything.
    """
    if not house.settings.is_cluster:
        async with only_gateway(house.settings.gateway_lock):
            yield _Everything()
        return
    part = _ClaimedPart(house, house.settings.cluster.worker if is_served else "")
    try:
        yield part
    finally:
        await part.leave()


async def take_part(
    part: Part, house: House, settled: Settled, is_open: Callable[[], bool]
) -> None:
    """Begin with a part of the work, once this process can do it.

    Why: a worker that cannot open the vault, because its machine lacks the key file or its keeper
    is away, would hold accounts that it can sign nothing for, while another could. Where nobody
    has the vault open it begins all the same: somebody must answer who makes or unlocks one.
    """
    while house.settings.is_cluster and not is_open() and await _is_open_elsewhere(house):  # noqa: ASYNC110  other machines set no event
        await asyncio.sleep(_LOOK_EVERY_S)
    await part.begin(settled)


async def _is_open_elsewhere(house: House) -> bool:
    try:
        state = await read_vault_state(house.database)
        return state.status is VaultStatus.OPEN and await is_worker_there(house)
    except DrawbridgeError as error:
        _log.warning("cluster: %s", error)
        return True  # Nothing can be claimed either; it is asked again.


async def _at_once(_shard: int) -> None:
    """Wait for nothing: nothing was sent yet."""
