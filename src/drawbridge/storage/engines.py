"""Opening a database and its journal, wherever they are."""

from pathlib import Path

from drawbridge.storage.database import Database
from drawbridge.storage.journal import GroupCommit
from drawbridge.storage.place import Place
from drawbridge.storage.rows import RowJournal
from drawbridge.storage.sqlite_database import SqliteDatabase


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
