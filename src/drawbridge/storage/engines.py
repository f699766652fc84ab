"""Opening a database, its journal, and what one is woken by, wherever they are."""

from pathlib import Path
from typing import cast

from drawbridge.storage.database import Database
from drawbridge.storage.journal import GroupCommit
from drawbridge.storage.place import Place
from drawbridge.storage.rows import RowJournal
from drawbridge.storage.sqlite_database import SqliteDatabase
from drawbridge.storage.wakes import ChangesOfOthers, Waiting, Wakes


async def open_database(place: Place, schema: str) -> Database:
    """Open or make a database and bring it to the named schema ("app" or "paper").

    Raises: `Corrupted("database_newer")`, `Corrupted("database_failed")`,
    `ExchangeDown("database_away")` when a server does not answer.
    """
    if isinstance(place, Path):
        return await SqliteDatabase.open(place, schema)
    # The drivers of a server are not installed on one person's machine.
    from drawbridge.storage.postgres.database import PostgresDatabase  # noqa: PLC0415 - see above

    return await PostgresDatabase.open(place, schema)


def open_journal(place: Place) -> RowJournal:
    """Open the journal of a database that is there."""
    if isinstance(place, Path):
        return GroupCommit(place)
    # As above.
    from drawbridge.storage.postgres.journal import PostgresJournal  # noqa: PLC0415 - see above

    return PostgresJournal(place)


async def read_waiting(database: Database) -> Waiting:
    """Tell what waits to be taken by whoever works on a database; over a file, nothing does.

    Raises: `ExchangeDown("database_away")`.
    """
    if isinstance(database, SqliteDatabase):
        return Waiting()
    # As above.
    from drawbridge.storage.postgres.database import PostgresDatabase  # noqa: PLC0415 - as above
    from drawbridge.storage.postgres.wakes import PostgresWakes  # noqa: PLC0415 - as they are

    wakes = PostgresWakes(cast("PostgresDatabase", database).rings)
    try:
        return await wakes.waiting()
    finally:
        await wakes.close()


def open_wakes(database: Database, rows: RowJournal) -> Wakes:
    """Open what a process is woken by that works on a database, and writes to its journal."""
    if isinstance(rows, GroupCommit):
        return ChangesOfOthers(rows)
    # As above.
    from drawbridge.storage.postgres.database import PostgresDatabase  # noqa: PLC0415 - as above
    from drawbridge.storage.postgres.wakes import PostgresWakes  # noqa: PLC0415 - as they are

    return PostgresWakes(cast("PostgresDatabase", database).rings)


def is_separated(database: Database) -> bool:
    """Tell whether a server keeps each person's rows apart by itself; a file has no such fence."""
    return bool(getattr(database, "is_separated", False))
