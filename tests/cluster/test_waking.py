"""A wish that names a person wakes everybody who works for one of theirs, and nobody else."""

from drawbridge.cluster.waking import wake_workers_of
from drawbridge.core.shards import HOUSE
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.database import PostgresDatabase

_OWNER = (
    "INSERT INTO owners (id, name, name_folded, password_hash, created_ms)"
    " VALUES (?, ?, ?, 'hash', 7)"
)
_KEY = (
    "INSERT INTO keys (id, owner, exchange, venue, label, label_folded, public_key, status,"
    " created_ms, shard) VALUES (?, ?, 'x', 'paper', ?, ?, ?, 'ready', 7, ?)"
)
_KEYS = (("a", "ann", 7), ("b", "ann", 23), ("c", "ann", 23), ("d", "bob", 42))


async def test_a_wish_of_a_person_wakes_who_works_for_their_accounts(postgres_url: str) -> None:
    database = await PostgresDatabase.open(PostgresPlace(postgres_url), "app")
    async with database.transaction() as tx:
        await tx.execute_many(_OWNER, [(it, it, it) for it in ("ann", "bob", "eve")])
        await tx.execute_many(_KEY, [(it, owner, it, it, it, n) for it, owner, n in _KEYS])
        await wake_workers_of(tx, ("ann", "ann", "eve"))
        assert tx.woken == {HOUSE, 7, 23}
    await database.close()
