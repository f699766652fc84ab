"""Bring a PostgreSQL database up to date: the first tables, then Alembic's revisions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import psycopg

from drawbridge.core.errors import Corrupted, ExchangeDown
from drawbridge.storage.before_alembic import read_baseline, read_functions
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.plan import Plan, read_versions, write_first_version
from drawbridge.storage.postgres.faults import AWAY

_Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

# The first number says whose locks these are, the second which; `database.py` has the others.
_LOCK: Final = "SELECT pg_advisory_xact_lock(8420, 2)"
# Found along the search path, like the table itself when it is asked.
_HAS_TABLE: Final = "SELECT 1 WHERE to_regclass('{}') IS NOT NULL"
_CONNECT_S: Final = 5


def migrate_server(place: PostgresPlace, plan: Plan) -> None:
    """Give a database that is there the tables of this version.

    Raises: `Corrupted("database_newer")`, `Corrupted("database_failed")` where our role may not
    make tables, `ExchangeDown("database_away")`.
    """
    with _our_errors():
        with _connected(place) as connection:
            versions = read_versions(connection, plan, _HAS_TABLE)
            if not plan.lacks(versions):
                return
            with connection.transaction():
                _make_first_tables(connection, plan)
            if not plan.lacks(read_versions(connection, plan, _HAS_TABLE)):
                return
        # Only now: loading Alembic takes longer than everything else that a start does.
        from drawbridge.storage.upgrading import Target, upgrade  # noqa: PLC0415

        upgrade(Target("postgresql+psycopg", lambda: _connected(place), _LOCK, _finish), plan)


def _make_first_tables(connection: _Connection, plan: Plan) -> None:
    connection.execute(_LOCK)
    # Looked up again, because another process may have started as well.
    versions = read_versions(connection, plan, _HAS_TABLE)
    if not any(versions.values()):
        connection.execute(read_functions().encode())
    for folder, version in versions.items():
        if not version:
            connection.execute(read_baseline(folder).encode())
            write_first_version(connection, folder)


def _connected(place: PostgresPlace) -> _Connection:
    return psycopg.connect(
        place.url,
        password=place.password.reveal() if place.password is not None else None,
        connect_timeout=_CONNECT_S,
        application_name="drawbridge-migrations",
    )


def _finish(_connection: _Connection, _plan: Plan) -> None:
    """Do nothing: PostgreSQL keeps its references, and no program before Alembic speaks to it."""


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise Corrupted("database_failed", reason=type(error).__name__) from error
    except psycopg.OperationalError as error:
        raise ExchangeDown(AWAY, reason=type(error).__name__) from error
