"""Workers as they stand in the rows: for what is shown of a cluster, without running one."""

from collections.abc import Sequence

from drawbridge.cluster import store
from drawbridge.cluster.model import CLAIM_MS, Worker
from drawbridge.storage.database import Database


async def stand(
    database: Database,
    worker: Worker,
    shards: Sequence[int] = (),
    *,
    silent_ms: int = 0,
    is_draining: bool = False,
) -> None:
    """Let a worker have said that it lives so long ago, and hold these shards since."""
    now_ms = await database.now_ms()
    until_ms = now_ms - silent_ms + CLAIM_MS
    await store.say_living(database, worker, until_ms, is_draining=is_draining)
    _, free = await store.list_free(database, worker.id, now_ms)
    wanted = {shard: free[shard] for shard in shards}
    await store.claim(database, worker.id, wanted, now_ms, until_ms)


async def stand_three(database: Database) -> None:
    """Let three workers of two places share the accounts, one of them on its way out."""
    for number, group in enumerate(("fra", "fra", "ams"), start=1):
        worker = Worker(
            id=f"worker_{'abc'[number - 1] * 16}",
            address=f"10.0.0.{number}:8920",
            egress_group=group,
            egress_addresses=(f"192.0.2.{number}",),
            version="0.1.0",
            started_ms=await database.now_ms() - number * 3_600_000,
        )
        shards = range((number - 1) * 21, number * 21)
        await stand(database, worker, shards, is_draining=number == 2)
