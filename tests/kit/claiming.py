"""A worker that does nothing but claim, and says every few milliseconds what it holds.

Started as `python -m tests.kit.claiming URL NAME`; leaves at SIGTERM.
"""

import asyncio
import signal
import sys

from drawbridge.app.clock import boottime_ms
from drawbridge.cluster.membership import Membership
from drawbridge.cluster.model import Worker
from drawbridge.storage.engines import open_database
from drawbridge.storage.place import PostgresPlace

_LOOK_EVERY_S = 0.01


async def _work(url: str, name: str) -> None:
    database = await open_database(PostgresPlace(url), "app")
    member = Membership(database, Worker(name), boottime_ms, _settle)
    running = asyncio.create_task(member.run())
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    saying = asyncio.create_task(_say(member))
    await told.wait()
    await member.leave()
    await running
    saying.cancel()
    await database.close()


async def _settle(_shard: int) -> None:
    """Wait for nothing: nothing is sent here."""


async def _say(member: Membership) -> None:
    while True:
        # In this order: whatever is held when the moment is over was held at it.
        now_ms = boottime_ms()
        held = ",".join(map(str, sorted(member.share.shards or ())))
        sys.stdout.write(f"{now_ms} {held}\n")
        sys.stdout.flush()
        await asyncio.sleep(_LOOK_EVERY_S)


if __name__ == "__main__":
    asyncio.run(_work(*sys.argv[1:]))
