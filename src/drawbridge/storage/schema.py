"""Bring a database to the tables that this version of the program expects.

Forward only: an older program refuses a newer database instead of guessing.
"""

from pathlib import Path

from drawbridge.storage.migrating import migrate_file
from drawbridge.storage.place import Place
from drawbridge.storage.plan import REVISIONS, find_plan


def bring_up_to_date(place: Place, schema: str, revisions: Path = REVISIONS) -> None:
    """Make what is missing; whoever comes at the same moment waits, and finds it done.

    Raises: `Corrupted("database_newer")` for a database that a newer version has already changed,
    `Corrupted("database_failed")`, `ExchangeDown("database_away")`.
    """
    plan = find_plan(schema, revisions)
    if isinstance(place, Path):
        migrate_file(place, plan)
        return
    # The driver comes with the extra "cluster".
    from drawbridge.storage.postgres.migrating import migrate_server  # noqa: PLC0415

    migrate_server(place, plan)
