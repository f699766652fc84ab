"""Bring a database file to the schema that this version of the program expects.

The tables themselves stand in `migrations/<folder>/NNNN_<what>.sql`. Migrations only go
forward: an older program refuses a newer file instead of guessing.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from drawbridge.core.errors import Corrupted

SCHEMAS: Final[Mapping[str, tuple[str, ...]]] = {
    "app": ("people", "app"),
    "paper": ("people", "paper"),
    "licence_server": ("licence_server",),
}
"""Which folders a schema is made of, in the order in which they are applied.

Why: people log in to the app and to the paper exchange by the same code, so both have `people`.
"""

_APPLIED_TABLE: Final = """
CREATE TABLE IF NOT EXISTS migrations (
    name TEXT PRIMARY KEY
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step forward; `name` is `folder/file`, so that two folders may both have a 0001."""

    name: str
    sql: str


def find_migrations(schema: str) -> tuple[Migration, ...]:
    """Read the steps of a schema in the order in which they are applied."""
    return tuple(step for folder in SCHEMAS[schema] for step in _steps_in(folder))


def bring_up_to_date(connection: sqlite3.Connection, steps: tuple[Migration, ...]) -> None:
    """Apply the steps that are missing, each in a transaction of its own.

    Raises: `Corrupted("database_newer")` for a file that a newer version has already changed.
    """
    connection.execute(_APPLIED_TABLE)
    unknown = _applied(connection) - {step.name for step in steps}
    if unknown:
        raise Corrupted("database_newer", migration=min(unknown))
    for step in steps:
        _apply(connection, step)


def _apply(connection: sqlite3.Connection, step: Migration) -> None:
    # IMMEDIATE and then look again: another process may be starting at the same moment.
    connection.execute("BEGIN IMMEDIATE")
    try:
        if step.name not in _applied(connection):
            for statement in _statements(step.sql):
                connection.execute(statement)
            connection.execute("INSERT INTO migrations (name) VALUES (?)", (step.name,))
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _applied(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM migrations")}


def _steps_in(folder: str) -> Iterator[Migration]:
    place = files(__package__).joinpath("migrations", folder)
    if not place.is_dir():
        return
    for file in sorted(place.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".sql"):
            yield Migration(f"{folder}/{file.name}", file.read_text(encoding="utf-8"))


def _statements(sql: str) -> Iterator[str]:
    """Cut a script into statements; a trigger's body stays in one piece.

    Why: `executescript` would commit the transaction that we are in.
    """
    begun = ""
    for line in sql.splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            yield begun
            begun = ""
    if _says_something(begun):
        yield begun


def _says_something(sql: str) -> bool:
    lines = (line.strip() for line in sql.splitlines())
    return any(line and not line.startswith("--") for line in lines)
