"""Which tables a schema is made of, and how far a database has come with each of its folders.

Each folder has a chain of Alembic revisions of its own, `revisions/<folder>/rNNNN_<what>.py`, and a
table in the database that holds the number of the last one. The names of the files tell the
numbers: whether there is something to do must be known without loading Alembic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from drawbridge.core.errors import Corrupted

SCHEMAS: Final[Mapping[str, tuple[str, ...]]] = {
    "app": ("people", "app"),
    "paper": ("people", "paper"),
    "licence_server": ("licence_server",),
}
"""Which folders a schema is made of, in the order in which they are applied.

Why: people log in to the app and to the paper exchange by the same code, so both have `people`.
"""

REVISIONS: Final = Path(__file__).parent / "revisions"
BEFORE_ALEMBIC: Final = "0001"
"""The revision that stands for everything in `before_alembic.py`."""

_FILES: Final = "r[0-9][0-9][0-9][0-9]_*.py"


class Asked(Protocol):
    """A connection of either driver."""

    def execute(self, sql: str, /) -> Any:  # noqa: ANN401 - each driver has cursors of its own
        """Run a statement."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The folders of a schema, and the numbers of their revisions in order."""

    revisions: Path
    numbers: Mapping[str, tuple[str, ...]]

    def lacks(self, versions: Mapping[str, str]) -> bool:
        """Tell whether a revision is missing.

        Raises: `Corrupted("database_newer")` for a database that a newer version has changed.
        """
        for folder, version in versions.items():
            if version not in ("", *self.numbers[folder]):
                raise Corrupted("database_newer", migration=f"{folder}/{version}")
        return any(versions[folder] != numbers[-1] for folder, numbers in self.numbers.items())

    def names(self) -> frozenset[str]:
        """Give the names by which programs older than Alembic see its revisions."""
        later = ((folder, number) for folder, all_ in self.numbers.items() for number in all_[1:])
        return frozenset(f"{folder}/{number}" for folder, number in later)


def find_plan(schema: str, revisions: Path) -> Plan:
    """Look up what a database of this schema has to have."""
    return Plan(revisions, {folder: _numbers(revisions / folder) for folder in SCHEMAS[schema]})


def version_table(folder: str) -> str:
    """Name the table in which Alembic keeps how far this folder is."""
    return f"alembic_{folder}"


def read_versions(connection: Asked, plan: Plan, has_table: str) -> dict[str, str]:
    """Tell how far each folder is, empty where it was never begun.

    `has_table` asks the database, with a place for a name, whether there is such a table.
    """
    return {
        folder: _version(connection, version_table(folder), has_table) for folder in plan.numbers
    }


def write_first_version(connection: Asked, folder: str) -> None:
    """Note that a folder has what there was before Alembic, as Alembic itself would."""
    table = version_table(folder)
    connection.execute(
        f"CREATE TABLE {table} (version_num VARCHAR(32) NOT NULL,"
        f" CONSTRAINT {table}_pkc PRIMARY KEY (version_num))"
    )
    connection.execute(f"INSERT INTO {table} (version_num) VALUES ('{BEFORE_ALEMBIC}')")  # noqa: S608 - named by us


def _version(connection: Asked, table: str, has_table: str) -> str:
    if connection.execute(has_table.format(table)).fetchone() is None:
        return ""
    row = connection.execute(f"SELECT version_num FROM {table}").fetchone()  # noqa: S608 - named by us
    return str(row[0]) if row else ""


def _numbers(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(file.name[1:5] for file in folder.glob(_FILES)))
