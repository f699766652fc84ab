"""Whether anybody is there who carries out what is wished.

Loads nothing that opens secrets, so that pages and commands can ask.
"""

from typing import TYPE_CHECKING

from drawbridge.app.gateway_lock import is_gateway_running
from drawbridge.app.settings import Settings
from drawbridge.cluster.store import is_held, list_workers
from drawbridge.core.errors import Conflict
from drawbridge.core.shards import HOUSE
from drawbridge.storage.database import Database

if TYPE_CHECKING:
    from drawbridge.app.build import House


async def is_worker_there(house: "House") -> bool:
    """Tell whether a worker works on these rows: the only one, or any of several."""
    if not house.settings.is_cluster:
        return is_gateway_running(house.settings.gateway_lock)
    now_ms = await house.database.now_ms()
    return any(it.is_living(now_ms) for it in await list_workers(house.database, now_ms))


async def is_vault_held(settings: Settings, database: Database) -> bool:
    """Tell whether somebody answers for the vault: whoever works, or has the house's shard.

    Why not by what the holder wrote: one that was killed wrote nothing about its end, while a lock
    and a claim end without it.
    """
    if not settings.is_cluster:
        return is_gateway_running(settings.gateway_lock)
    return await is_held(database, HOUSE, await database.now_ms())


def check_passphrase(settings: Settings) -> None:
    """Refuse to have the vault opened by a passphrase where several workers open it.

    Why here as well as where it is opened: nobody should think of one, and type it, in vain.
    Raises: `Conflict("passphrase_in_cluster")`.
    """
    if settings.is_cluster:
        raise Conflict("passphrase_in_cluster")
