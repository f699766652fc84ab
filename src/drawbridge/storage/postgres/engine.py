"""The engine's port: PgQueuer's queue, of whose jobs each wakes whoever holds one shard.

The only module that knows PgQueuer, by seven calls, so that something else could take its place. Of
one shard one job waits, however often it is wanted. No job says what is to be done: rows do.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from importlib.metadata import version
from typing import Final, TypeAlias

from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence import schema_ddl
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.models import Job
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel, QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter

from drawbridge.core.shards import SHARDS
from drawbridge.storage.postgres.connecting import Connection
from drawbridge.storage.postgres.faults import our_errors

TABLE: Final = "pgqueuer"
"""The queue; the names of all its tables begin like this."""

RELEASE: Final = version("pgqueuer")

# What a worker took and did not do: another may have it before a claim has ended.
_DEAD_AFTER: Final = timedelta(seconds=2)
_EVERY: Final = frozenset(range(SHARDS))
# The engine counts, and does not tell how old the oldest is.
_WAITING: Final = f"""
SELECT count(*) AS n,
    coalesce(extract(epoch FROM clock_timestamp() - min(created)) * 1000, 0)::bigint AS oldest_ms
FROM {TABLE}
"""  # noqa: S608 - a constant of this module
_NO_LIMIT: Final = EntrypointExecutionParameter(concurrency_limit=0)

# All of it is said here: what is not, PgQueuer would read from the environment.
_SETTINGS: Final = DBSettings(
    prefix="",
    db_schema=None,
    channel=Channel(f"{TABLE}_changes"),
    function=f"{TABLE}_tell_changes",
    statistics_table=f"{TABLE}_statistics",
    queue_status_type=f"{TABLE}_status",
    queue_table=TABLE,
    queue_table_log=f"{TABLE}_log",
    trigger=f"{TABLE}_tell",
    schedules_table=f"{TABLE}_schedules",
    # A job that a crash of the server takes is made up for by the next sweep.
    durability=Durability.volatile,
    widen_id=True,
)
_ENVIRONMENT: Final = QueryBuilderEnvironment(_SETTINGS)
_QUEUE: Final = QueryQueueBuilder(_SETTINGS)

Taken: TypeAlias = Job
"""A job in hand."""


def table_statements() -> Sequence[str]:
    """Give what makes the engine's tables, or brings those of an earlier release up to date.

    Why one by one: some of them cannot share a transaction.
    """
    return tuple(schema_ddl.render_converge(_SETTINGS))


async def put(connection: Connection, shards: Iterable[int]) -> None:
    """Say that there is something to do in some shards, as part of what is written there.

    Why the one that waits already is touched: until we commit nobody can take it, and so nobody
    takes it and looks at the rows before what we write can be seen in them.
    """
    names = [_name(shard) for shard in sorted(_EVERY.intersection(shards))]
    if names:
        count = len(names)
        with our_errors():
            await _queries(connection).enqueue(
                names,
                [None] * count,
                [0] * count,
                dedupe_key=list(names),
                on_conflict="update_priority",
            )


async def take(connection: Connection, shards: Iterable[int], worker: uuid.UUID) -> Sequence[Taken]:
    """Take the jobs of some shards, and what a worker that died had taken of them."""
    wanted = {QueueEntrypoint(_name(shard)): _NO_LIMIT for shard in shards}
    if not wanted:
        return ()
    with our_errors():
        return await _queries(connection).dequeue(
            SHARDS, wanted, QueueManagerId(worker), None, _DEAD_AFTER
        )


async def end(connection: Connection, job: Taken) -> None:
    """End a job in hand; whoever is just touching it commits first.

    Why one by one: two who wait for each other's jobs would wait for ever.
    """
    with our_errors():
        await _queries(connection).log_jobs([(job, "successful", None)])


async def waiting(connection: Connection) -> tuple[int, int]:
    """Tell how many jobs there are, and for how many milliseconds the oldest has waited."""
    with our_errors():
        row = await connection.fetchrow(_WAITING)
    return (0, 0) if row is None else (row["n"], row["oldest_ms"])


async def trim(connection: Connection) -> None:
    """Forget what was done: of jobs that say nothing there is nothing to be looked up."""
    with our_errors():
        await _queries(connection).clear_queue_log([_name(shard) for shard in range(SHARDS)])


def _queries(connection: Connection) -> Queries:
    return Queries(AsyncpgDriver(connection), _ENVIRONMENT, _QUEUE)


def _name(shard: int) -> str:
    return f"shard-{shard}"
