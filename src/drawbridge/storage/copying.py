"""A copy of a database as it stands at one moment, while processes go on writing to it.

The copy is a file, whatever the source is: so it is looked through and put back in one way. What
is done with the copy is not known here.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from drawbridge.storage.connection import our_errors
from drawbridge.storage.place import Place, PostgresPlace


def copy_database(source: Place, target: Path, schema: str = "app") -> None:
    """Copy into a new file, in one step. It takes a while: call it in a thread.

    `schema` says which tables a server's database has; a file tells by itself.
    Raises: `Corrupted("database_failed")`, `Corrupted("database_newer")`,
    `ExchangeDown("database_away")`.
    """
    if isinstance(source, Path):
        _copy_file(source, target)
        return
    # Only where there is a server: its drivers are not installed on one person's machine.
    from drawbridge.storage.postgres.copying import copy_out  # noqa: PLC0415

    copy_out(source, target, schema)


def copy_into_server(source: Path, target: PostgresPlace, schema: str = "app") -> None:
    """Copy a file of this version's tables into a server's database that holds nobody yet.

    Raises: `Conflict("database_in_use")`, `ExchangeDown("database_away")`, `Corrupted`; then
    nothing was written.
    """
    from drawbridge.storage.postgres.copying import copy_in  # noqa: PLC0415 - as said above

    copy_in(source, target, schema)


def _copy_file(source: Path, target: Path) -> None:
    """Copy a file.

    Why one step: between two, each commit of another process would begin the copy anew. A reader
    of a file in WAL mode holds no writer up, however long it reads.
    """
    with (
        our_errors(),
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reading,
        closing(sqlite3.connect(target, isolation_level=None)) as writing,
    ):
        # The copy is thrown away unless all of it is there: nothing in it has to last.
        writing.execute("PRAGMA synchronous = OFF")
        reading.backup(writing)
        # One file, and no log beside it.
        writing.execute("PRAGMA journal_mode = DELETE")
