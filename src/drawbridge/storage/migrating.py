"""Bring a SQLite file up to date: the old chain first, then Alembic's revisions."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from drawbridge.core.errors import Corrupted
from drawbridge.storage.before_alembic import (
    apply_missing,
    find_migrations,
    find_names,
    names_applied,
    note_applied,
)
from drawbridge.storage.connection import connect, our_errors
from drawbridge.storage.plan import Plan, read_versions, write_first_version

BEGIN: Final = "BEGIN IMMEDIATE"
_HAS_TABLE: Final = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{}'"


def migrate_file(path: Path, plan: Plan) -> None:
    """Give a file the tables of this version; it is made where there is none.

    Raises: `Corrupted("database_newer")`, `Corrupted("database_failed")`.
    """
    with our_errors(), closing(connect(path)) as connection:
        if not _lacks(connection, plan):
            return
        with _transaction(connection):
            _end_the_chain(connection, plan)
        if not _lacks(connection, plan):
            return
        # Only now: loading Alembic takes longer than everything else that a start does.
        from drawbridge.storage.upgrading import Target, upgrade  # noqa: PLC0415

        upgrade(Target("sqlite", lambda: _connected(path), BEGIN, _finish), plan)


def _lacks(connection: sqlite3.Connection, plan: Plan) -> bool:
    chain, seen = find_names(plan.numbers), names_applied(connection)
    unknown = seen - chain - plan.names()
    if unknown:
        raise Corrupted("database_newer", migration=min(unknown))
    versions = read_versions(connection, plan, _HAS_TABLE)
    return plan.lacks(versions) or not chain <= seen


def _end_the_chain(connection: sqlite3.Connection, plan: Plan) -> None:
    # What is missing is looked up again in here: another process may have started as well.
    apply_missing(connection, find_migrations(plan.numbers))
    for folder, version in read_versions(connection, plan, _HAS_TABLE).items():
        if not version:
            write_first_version(connection, folder)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute(BEGIN)
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _connected(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    connection.row_factory = None
    # SQLite cannot change a column: the table is made anew, filled and renamed, and while the old
    # one is away rows point to nothing. `_finish` looks whether they all point somewhere again.
    connection.execute("PRAGMA foreign_keys = OFF")
    return connection


def _finish(connection: sqlite3.Connection, plan: Plan) -> None:
    if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise Corrupted("row_refused", reason="foreign_key_check")
    # A program from before Alembic knows only this table, and refuses what it does not know.
    for name in plan.names():
        note_applied(connection, name)
