"""Bring a PostgreSQL database up to date: first tables, revisions, queue, fences."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import psycopg

from drawbridge.core.errors import Corrupted, ExchangeDown
from drawbridge.storage.before_alembic import read_baseline, read_functions
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.plan import Plan, read_versions, write_first_version
from drawbridge.storage.postgres import engine, tenants
from drawbridge.storage.postgres.faults import AWAY
from drawbridge.storage.postgres.refusals import check_release, find_refusal

_Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

# The first number says whose locks these are, the second which; `database.py` has the others.
_LOCK: Final = "SELECT pg_advisory_xact_lock(8420, 2)"
# Found along the search path, like the table itself when it is asked.
_HAS_TABLE: Final = "SELECT 1 WHERE to_regclass('{}') IS NOT NULL"
_CONNECT_S: Final = 5

_ENGINES: Final = "app"
"""The folder whose wishes the engine tells of."""

_SESSION_LOCK: Final = "SELECT pg_advisory_lock(8420, 2)"
_RELEASE_NOTED: Final = f"SELECT obj_description(to_regclass('{engine.TABLE}'), 'pg_class')"
_NOTE_RELEASE: Final = f"COMMENT ON TABLE {engine.TABLE} IS '{engine.RELEASE}'"


def migrate_server(place: PostgresPlace, plan: Plan) -> None:
    """Give a database that is there the tables of this version.

    Raises: `Corrupted("database_newer")`, `Corrupted("database_failed")` where our role may not
    make tables, `ExchangeDown("database_away")`; as `find_refusal`, `check_release` and
    `tenants.check_inside`.
    """
    with _our_errors():
        _migrate(place, plan)
        _make_what_servers_have(place, plan)


def _migrate(place: PostgresPlace, plan: Plan) -> None:
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


def _make_what_servers_have(place: PostgresPlace, plan: Plan) -> None:
    """Build what no file has: the engine's queue, and the fences between people."""
    with _connected(place) as connection:
        connection.autocommit = True
        if _ENGINES in plan.numbers and _lacks_engine(connection):
            _make_engine_tables(connection)
        if tenants.lacks_fences(connection, plan.numbers):
            connection.execute(_SESSION_LOCK)
            tenants.build_fences(connection, plan.numbers)
        tenants.check_inside(connection, plan.numbers)


def _make_engine_tables(connection: _Connection) -> None:
    """Give the engine's queue the tables of its release, or of a newer one that was here before."""
    # Held by the connection: some of these statements cannot share a transaction.
    connection.execute(_SESSION_LOCK)
    if _lacks_engine(connection):
        for statement in engine.table_statements():
            connection.execute(statement.encode())
        connection.execute(_NOTE_RELEASE.encode())


def _lacks_engine(connection: _Connection) -> bool:
    row = connection.execute(_RELEASE_NOTED).fetchone()
    noted = str(row[0]) if row and row[0] else ""
    return _in_order(noted) < _in_order(engine.RELEASE)


def _in_order(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".") if part.isdecimal())


def _connected(place: PostgresPlace) -> _Connection:
    try:
        connection = psycopg.connect(
            place.url,
            password=place.password.reveal() if place.password is not None else None,
            connect_timeout=_CONNECT_S,
            application_name="drawbridge-migrations",
        )
    except psycopg.OperationalError as error:
        raise find_refusal(place) from error
    check_release(connection.info.server_version)
    return connection


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
