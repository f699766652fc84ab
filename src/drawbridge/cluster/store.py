"""All SQL of workers and of their claims.

A claim is named by its shard and its attempt: who does not know the attempt changes nothing, so
that no request that comes late can renew or give back what somebody else has claimed since. Each
statement stands for itself, so that no writer who stops in the middle of a transaction holds up
the claims of all others.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Final

from drawbridge.cluster.model import Worker, WorkerStanding
from drawbridge.storage.database import Database, Row, Transaction

_LIVING: Final = """
INSERT INTO workers (id, address, egress_group, egress_addresses, version, started_ms,
                     seen_until_ms, is_draining)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET seen_until_ms = excluded.seen_until_ms,
    is_draining = excluded.is_draining
"""
# Never to an earlier end: what was asked before may arrive after what was asked since.
_RENEW: Final = """
UPDATE shards SET until_ms = max(until_ms, ?)
WHERE CAST(shard AS TEXT) || ':' || CAST(attempt AS TEXT) IN (SELECT value FROM json_each(?))
    AND holder = ?
RETURNING shard, attempt
"""
# Free still: who held it may have renewed it since it was listed.
_CLAIM: Final = """
UPDATE shards SET holder = ?, attempt = attempt + 1, until_ms = ?
WHERE CAST(shard AS TEXT) || ':' || CAST(attempt AS TEXT) IN (SELECT value FROM json_each(?))
    AND (until_ms <= ? OR holder = ?)
RETURNING shard, attempt
"""
_GIVE_BACK: Final = """
UPDATE shards SET holder = '', until_ms = 0
WHERE CAST(shard AS TEXT) || ':' || CAST(attempt AS TEXT) IN (SELECT value FROM json_each(?))
    AND holder = ?
"""
# What stands in one's own name is free as well: it has ended, or nobody heard that it was claimed.
_FREE: Final = """
SELECT shard, attempt, holder FROM shards WHERE until_ms <= ? OR holder = ? ORDER BY shard
"""
_WORKERS: Final = """
SELECT id, address, egress_group, egress_addresses, version, started_ms, seen_until_ms, is_draining
FROM workers WHERE seen_until_ms > ? ORDER BY started_ms, id
"""
_HELD: Final = "SELECT shard, holder FROM shards WHERE until_ms > ? ORDER BY shard"
_ADDRESSES: Final = """
SELECT shards.shard, workers.address FROM shards JOIN workers ON workers.id = shards.holder
WHERE shards.until_ms > ? AND workers.address <> ''
"""
_IS_HELD: Final = "SELECT 1 AS n FROM shards WHERE shard = ? AND until_ms > ?"
_ERASE: Final = "DELETE FROM workers WHERE id = ?"
_ERASE_SILENT: Final = "DELETE FROM workers WHERE seen_until_ms < ?"

Claims = Mapping[int, int]
"""The attempt of each shard."""


async def say_living(
    database: Database, worker: Worker, until_ms: int, *, is_draining: bool
) -> None:
    """Write that a worker lives until then, unless it says so again."""
    await database.at_once(
        _LIVING,
        worker.id,
        worker.address,
        worker.egress_group,
        json.dumps(worker.egress_addresses),
        worker.version,
        worker.started_ms,
        until_ms,
        int(is_draining),
    )


async def erase_worker(database: Database, worker_id: str) -> None:
    """Erase a worker that has left."""
    await database.at_once(_ERASE, worker_id)


async def erase_silent(database: Database, before_ms: int) -> None:
    """Erase the workers that were not heard of since."""
    await database.at_once(_ERASE_SILENT, before_ms)


async def renew(database: Database, holder: str, claims: Claims, until_ms: int) -> Claims:
    """Let claims last until then; give those that are still the holder's."""
    return _claims(await database.at_once(_RENEW, until_ms, _names(claims), holder))


async def list_free(database: Database, holder: str, now_ms: int) -> tuple[Claims, Claims]:
    """List what this holder may claim, with the attempts: what stands in its name, and the rest."""
    rows = await database.at_once(_FREE, now_ms, holder)
    own = _claims(row for row in rows if row["holder"] == holder)
    return own, _claims(row for row in rows if row["holder"] != holder)


async def claim(
    database: Database, holder: str, free: Claims, now_ms: int, until_ms: int
) -> Claims:
    """Claim what nobody has claimed since it was listed; give the new claims."""
    names = _names(free)
    return _claims(await database.at_once(_CLAIM, holder, until_ms, names, now_ms, holder))


async def give_back(database: Database, holder: str, claims: Claims) -> None:
    """Let others claim at once what is still the holder's."""
    await database.at_once(_GIVE_BACK, _names(claims), holder)


async def list_living(database: Database, now_ms: int) -> tuple[WorkerStanding, ...]:
    """List the workers that were heard of lately enough, without their shards."""
    return tuple(_standing(row, ()) for row in await database.at_once(_WORKERS, now_ms))


async def list_workers(source: Database | Transaction, now_ms: int) -> tuple[WorkerStanding, ...]:
    """List the workers with the shards that they hold now, also those not heard of lately."""
    held: dict[str, list[int]] = {}
    for row in await source.fetch_all(_HELD, now_ms):
        held.setdefault(row["holder"], []).append(row["shard"])
    rows = await source.fetch_all(_WORKERS, 0)
    return tuple(_standing(row, held.get(row["id"], ())) for row in rows)


async def is_held(database: Database, shard: int, now_ms: int) -> bool:
    """Tell whether any worker holds a shard now."""
    return await database.fetch_one(_IS_HELD, shard, now_ms) is not None


async def list_addresses(database: Database, now_ms: int) -> Mapping[int, str]:
    """List where each shard is served now."""
    rows = await database.fetch_all(_ADDRESSES, now_ms)
    return {row["shard"]: row["address"] for row in rows}


def _names(claims: Claims) -> str:
    return json.dumps([f"{shard}:{attempt}" for shard, attempt in claims.items()])


def _claims(rows: Iterable[Row]) -> Claims:
    return {row["shard"]: row["attempt"] for row in rows}


def _standing(row: Row, shards: Iterable[int]) -> WorkerStanding:
    worker = Worker(
        id=row["id"],
        address=row["address"],
        egress_group=row["egress_group"],
        egress_addresses=tuple(json.loads(row["egress_addresses"])),
        version=row["version"],
        started_ms=row["started_ms"],
    )
    return WorkerStanding(worker, row["seen_until_ms"], bool(row["is_draining"]), tuple(shards))
