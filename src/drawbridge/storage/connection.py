"""One SQLite connection and the one thread that may touch it.

Also here: how connections are set up, and how SQLite's errors become ours. No SQL of any
feature is here.
"""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from drawbridge.core.errors import Conflict, Corrupted

Value: TypeAlias = str | int | bytes | None
"""What a column may hold: money travels as text, times as whole milliseconds, never a float."""

_T = TypeVar("_T")

_BUSY_TIMEOUT_S: Final = 30
_ONLY_MINE: Final = 0o600
_ALREADY_THERE: Final = frozenset({"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"})

# secure_delete: an erased secret, sealed as it was, is overwritten and not merely forgotten.
_SETTINGS: Final = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
)


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, made readable for its owner alone if it is not there yet.

    Raises: `Corrupted("database_failed")` when the file cannot be used.
    """
    with our_errors(), _alone_in(path.parent):
        _create(path)
        connection = sqlite3.connect(
            path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            _set_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes from opening a database of this folder at the same moment.

    Why: SQLite does not wait for its turn where a new file is switched to WAL; of several
    processes that start together, all but one would be told that it is locked.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Corrupted("database_failed", reason=type(error).__name__) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _create(path: Path) -> None:
    # A file that is there is not touched: closing any descriptor of it would take away the
    # locks that SQLite holds on it for the other connections of this process.
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        os.close(os.open(path, flags, _ONLY_MINE))
    except FileExistsError:
        return
    except OSError as error:
        raise Corrupted("database_failed", reason=type(error).__name__) from error


def _set_up(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode != "wal":
        connection.execute("PRAGMA journal_mode = WAL")
    for setting in _SETTINGS:
        connection.execute(setting)


@contextmanager
def our_errors() -> Iterator[None]:
    """Turn SQLite's errors into ours.

    Raises: `Conflict("row_exists")` for a key that is taken, `Corrupted("row_refused")` for any
    other broken constraint, `Corrupted("database_failed")` when disk or file gave way. Mistakes
    in our own SQL stay what they are.
    """
    try:
        yield
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorname in _ALREADY_THERE:
            raise Conflict("row_exists") from error
        raise Corrupted("row_refused", reason=error.sqlite_errorname) from error
    except (OverflowError, UnicodeEncodeError) as error:
        # A number beyond 64 bits, or half of a surrogate pair: no column can hold it.
        raise Corrupted("row_refused", reason=type(error).__name__) from error
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise
    except sqlite3.DatabaseError as error:
        # A plain SQLITE_ERROR is wrong SQL, which is a bug and must look like one.
        name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
        if name == "SQLITE_ERROR":
            raise
        raise Corrupted("database_failed", reason=name) from error


class ConnectionThread:
    """Run work on a connection, one piece after the other, off the event loop."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        """Take over the connection; nobody else may use it from now on."""
        self._connection = connection
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do the work and give its result.

        Why: shielded, because work once handed over is done even if its caller is cancelled; a
        roll-back handed over after it then finds the connection in a known state.
        """
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._thread, self._guarded, work))

    async def close(self) -> None:
        """Finish what was handed over and close the connection."""
        await self.run(sqlite3.Connection.close)
        self._thread.shutdown(wait=False)

    def _guarded(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        with our_errors():
            return work(self._connection)
