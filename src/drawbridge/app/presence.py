"""Whether anybody is there who carries out what is wished.

Loads nothing that opens secrets, so that pages and commands can ask.
"""

from drawbridge.app.build import House
from drawbridge.app.gateway_lock import is_gateway_running
from drawbridge.cluster.store import list_workers


async def is_worker_there(house: House) -> bool:
    """Tell whether a worker works on these rows: the only one, or any of several."""
    if not house.settings.is_cluster:
        return is_gateway_running(house.settings.gateway_lock)
    now_ms = await house.database.now_ms()
    return any(it.is_living(now_ms) for it in await list_workers(house.database, now_ms))
