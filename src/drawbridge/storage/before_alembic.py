"""What there was before Alembic came: SQLite's chain of .sql files, and PostgreSQL's first tables.

The chain stands in `migrations/<folder>/NNNN_<what>.sql` and only goes forward; PostgreSQL began at
its end, with `postgres/baseline/<folder>.sql`. Neither grows: what comes after is a revision
(`revisions/`), written once for both.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

_APPLIED_TABLE: Final = """
CREATE TABLE IF NOT EXISTS migrations (
    name TEXT PRIMARY KEY
) STRICT
"""
_FUNCTIONS: Final = "functions.sql"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the chain; `name` is `folder/file`: two folders may both have a 0001."""

    name: str
    sql: str


def find_migrations(folders: Iterable[str]) -> tuple[Migration, ...]:
    """Read the steps of these folders in the order in which they are applied."""
    return tuple(step for folder in folders for step in _steps_in(folder))


def find_names(folders: Iterable[str]) -> frozenset[str]:
    """Tell how the steps are called, without reading them."""
    return frozenset(name for folder in folders for name in _names_in(folder))


def names_applied(connection: sqlite3.Connection) -> frozenset[str]:
    """Tell which steps a file has seen; none where it is new."""
    connection.execute(_APPLIED_TABLE)
    return frozenset(name for (name,) in connection.execute("SELECT name FROM migrations"))


def apply_missing(connection: sqlite3.Connection, steps: Iterable[Migration]) -> None:
    """Apply what the file has not seen yet, within the transaction that the caller has begun."""
    seen = names_applied(connection)
    for step in steps:
        if step.name not in seen:
            for statement in _statements(step.sql):
                connection.execute(statement)
            note_applied(connection, step.name)


def note_applied(connection: sqlite3.Connection, name: str) -> None:
    """Write down that the file has seen a step."""
    connection.execute("INSERT OR IGNORE INTO migrations (name) VALUES (?)", (name,))


def read_functions() -> str:
    """Read what PostgreSQL is given so that it understands our SQL."""
    return files(__package__).joinpath("postgres", _FUNCTIONS).read_text(encoding="utf-8")


def read_baseline(folder: str) -> str:
    """Read the tables that PostgreSQL begins with."""
    place = files(__package__).joinpath("postgres", "baseline", f"{folder}.sql")
    return place.read_text(encoding="utf-8")


def _steps_in(folder: str) -> Iterator[Migration]:
    place = files(__package__).joinpath("migrations")
    for name in _names_in(folder):
        yield Migration(name, place.joinpath(name).read_text(encoding="utf-8"))


def _names_in(folder: str) -> list[str]:
    place = files(__package__).joinpath("migrations", folder)
    names = (file.name for file in place.iterdir() if file.name.endswith(".sql"))
    return sorted(f"{folder}/{name}" for name in names)


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
