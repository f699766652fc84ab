"""Opening a database and its journal, wherever they are."""

from pathlib import Path

from drawbridge.storage.database import Database
from drawbridge.storage.journal import GroupCommit
from drawbridge.storage.rows import RowJournal
from drawbridge.storage.sqlite_database import SqliteDatabase


async def open_database(place: Path, schema: str) -> Database:
    """Open or make a database and bring it to the named schema ("app" or "paper").

    Raises: `Corrupted("database_newer")`, `Corrupted("database_failed")`,
    `ExchangeDown("database_away")` when a server does not answer.
    """
    return await SqliteDatabase.open(place, schema)


def open_journal(place: Path) -> RowJournal:
    """Open the journal of a database that is there."""
    return GroupCommit(place)
