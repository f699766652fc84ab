"""A copy of a database as it stands at one moment, while processes go on writing to it.

What is done with the copy is not known here.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from drawbridge.storage.connection import our_errors


def copy_database(source: Path, target: Path) -> None:
    """Copy into a new file, in one step. It takes a while: call it in a thread.

    Why one step: between two, each commit of another process would begin the copy anew. A reader
    of a file in WAL mode holds no writer up, however long it reads.
    Raises: `Corrupted("database_failed")`.
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
