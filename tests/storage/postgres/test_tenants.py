"""The server itself keeps people's rows apart, table by table and whatever the statement."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import psycopg
import pytest
from psycopg import sql

from drawbridge.storage.plan import SCHEMAS
from drawbridge.storage.postgres.tenants import (
    FENCES,
    ROLE,
    SETTING,
    VERSION,
    Fence,
    fence_statements,
)
from tests.kit.postgres import PrivateServer, as_master

_Server = psycopg.Connection[tuple[Any, ...]]

_SEPARATED: Final = ("app", "paper")
# Not ours to fence: how far migrations are, and the engine's queue, whose jobs say nothing.
_BOOKKEEPING: Final = ("alembic_", "pgqueuer")
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
_COLUMNS: Final = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attidentity <> 'a'
ORDER BY attnum
"""
_RULES: Final = """
SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conrelid > 0
"""
_WITHOUT_RULES: Final = "SET session_replication_role = replica"  # neither triggers nor keys
# What was decided about each table, so that nobody changes it without raising the version.
_DIGESTS: Final = {1: "79567913a73bd619", 2: "0e96011992a860f6"}


def _fences() -> dict[str, Fence]:
    return {name: it for folder in FENCES.values() for name, it in folder.items()}


_MINE: Final = sorted(name for name, it in _fences().items() if it.mine not in {"", "true"})
_HOUSES: Final = sorted(set(_fences()) - set(_MINE))


@pytest.fixture(scope="module")
def filled(postgres_server: PrivateServer) -> Iterator[dict[str, str]]:
    """Give a database of each schema with a row of Ann and one of Bob in every table.

    Whatever a row hangs on, texts say "ann" or "bob" and numbers 1 or 2: so rows of one person
    hang together, without anything being known of a table.
    """
    urls = {schema: postgres_server.new_database(schema) for schema in _SEPARATED}
    for url in urls.values():
        with psycopg.connect(as_master(url)) as server:
            _fill(server)
    yield urls
    for url in urls.values():
        postgres_server.drop_database(url)


def _fill(server: _Server) -> None:
    server.execute(_WITHOUT_RULES)
    for table, rule in server.execute(_RULES).fetchall():
        drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
        server.execute(drop.format(sql.Identifier(table), sql.Identifier(rule)))
    for name in _tables(server):
        server.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        for person in ("ann", "bob"):
            _insert(server, name, person)


@contextmanager
def _as(person: str, url: str) -> Iterator[_Server]:
    """Connect as one person's statements do, with nothing but the fence in the way.

    Nothing of it stays.
    """
    with psycopg.connect(as_master(url)) as server:
        server.execute(_WITHOUT_RULES)
        server.execute("SELECT set_config(%s, %s, true)", (SETTING, person))
        server.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(ROLE)))
        yield server
        server.rollback()


def _tables(server: _Server) -> list[str]:
    names = [name for (name,) in server.execute(_TABLES)]
    return [name for name in names if not name.startswith(_BOOKKEEPING)]


def _of_schema(schema: str) -> set[str]:
    return {name for folder in SCHEMAS[schema] for name in FENCES[folder]}


def _values(server: _Server, table: str, person: str) -> dict[str, str | bytes | int]:
    """Give what stands in each column of a person's row."""
    said: dict[str, str | bytes | int]
    said = {"text": person, "bytea": person.encode(), "bigint": 2 if person == "bob" else 1}
    return {name: said[kind] for name, kind in server.execute(_COLUMNS, (table,))}


def _insert(server: _Server, table: str, person: str) -> None:
    values = _values(server, table, person)
    server.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(map(sql.Literal, values.values())),
        )
    )


def _change(server: _Server, table: str, person: str) -> int:
    """Write a person's values into all rows, and tell how many were changed."""
    values = _values(server, table, person).items()
    changes = [sql.SQL("{} = {}").format(sql.Identifier(name), it) for name, it in values]
    statement = sql.SQL("UPDATE {} SET {}").format(
        sql.Identifier(table), sql.SQL(", ").join(changes)
    )
    return server.execute(statement).rowcount


def _unchanged(table: str, column: str) -> bytes:
    """Give a change of all rows that changes nothing."""
    return f'UPDATE {table} SET "{column}" = "{column}"'.encode()  # noqa: S608 - names of our own tables


def _count(server: _Server, statement: str, table: str) -> int:
    """Run a statement and tell how many rows it touched; what is refused touches none."""

    def run() -> int:
        return server.execute(sql.SQL(statement).format(sql.Identifier(table))).rowcount

    return 0 if _is_refused(server, run) else _rolled_back(server, run)


def _rolled_back(server: _Server, run: Callable[[], int]) -> int:
    server.execute("SAVEPOINT before")
    count = run()
    server.execute("ROLLBACK TO before")
    return count


def _is_refused(server: _Server, run: Callable[[], object]) -> bool:
    server.execute("SAVEPOINT before")
    try:
        run()
    except psycopg.errors.InsufficientPrivilege:
        return True
    except psycopg.errors.UniqueViolation:  # The fence let it through to a key that is taken.
        return False
    finally:
        server.execute("ROLLBACK TO before")
    return False


@pytest.mark.parametrize("schema", SCHEMAS)
def test_no_table_is_without_a_fence(schema: str, postgres_server: PrivateServer) -> None:
    url = postgres_server.new_database(schema)
    with psycopg.connect(url) as server:
        there = set(_tables(server))
        open_ = "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relrowsecurity"
        unfenced = {str(name) for (name,) in server.execute(open_)}
    postgres_server.drop_database(url)
    if schema not in _SEPARATED:  # an operator's licence server, to which no person logs in
        assert there <= unfenced
        return
    known = _of_schema(schema)
    assert sorted(there - known) == [], "say in storage/postgres/tenants.py whose rows these are"
    assert sorted(known - there) == []
    assert sorted(there & unfenced) == []


def test_a_table_that_nobody_thought_of_is_nobodys(filled: dict[str, str]) -> None:
    with psycopg.connect(filled["app"]) as server:
        server.execute("CREATE TABLE drawers (owner TEXT)")
        server.execute("INSERT INTO drawers VALUES ('ann')")
        assert "drawers" in set(_tables(server)) - _of_schema("app")
        server.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(ROLE)))
        assert _is_refused(server, partial(server.execute, "TABLE drawers"))
        server.rollback()


@pytest.mark.parametrize("schema", _SEPARATED)
@pytest.mark.parametrize("person", ["", "eve", "*", "ann' OR true --"])
def test_who_has_no_row_is_given_none_and_touches_none(
    person: str, schema: str, filled: dict[str, str]
) -> None:
    with _as(person, filled[schema]) as server:
        for table in _of_schema(schema).intersection(_MINE):
            for statement in ("SELECT FROM {}", "DELETE FROM {}"):
                assert _count(server, statement, table) == 0, (table, statement)
            assert _is_refused(server, partial(_insert, server, table, "bob")), table
            change = partial(_change, server, table, "eve")
            assert _is_refused(server, change) or _rolled_back(server, change) == 0, table


@pytest.mark.parametrize("schema", _SEPARATED)
def test_of_nobody_else_is_a_row_given_changed_deleted_or_written(
    schema: str, filled: dict[str, str]
) -> None:
    """For every table: read, change, delete all; write, hand over and take over another's."""
    with _as("ann", filled[schema]) as server:
        for table in _of_schema(schema).intersection(_MINE):
            named = sql.Identifier(table)
            rows = server.execute(sql.SQL("SELECT * FROM {}").format(named)).fetchall()
            assert len(rows) == 1, table
            assert not {"bob", b"bob"}.intersection(rows[0]), table
            assert _count(server, "SELECT FROM {} WHERE true OR true", table) == 1, table
            assert _count(server, "DELETE FROM {}", table) <= 1, table
            change = partial(_change, server, table, "ann")
            assert _is_refused(server, change) or _rolled_back(server, change) == 1, table
            assert _is_refused(server, partial(_change, server, table, "bob")), table
            assert _is_refused(server, partial(_insert, server, table, "bob")), table
    with psycopg.connect(filled[schema]) as house:
        for table in _of_schema(schema):
            assert _count(house, "SELECT FROM {}", table) == 2, table


@pytest.mark.parametrize("schema", _SEPARATED)
def test_of_what_is_of_no_person_people_do_what_is_granted_and_no_more(
    schema: str, filled: dict[str, str]
) -> None:
    with _as("ann", filled[schema]) as server:
        for table in _of_schema(schema).intersection(_HOUSES):
            granted = _fences()[table].grants.split(", ")
            column = next(iter(_values(server, table, "ann")))
            asked: dict[str, Callable[[], object]] = {
                "SELECT": partial(server.execute, f"TABLE {table}".encode()),
                "UPDATE": partial(server.execute, _unchanged(table, column)),
                "INSERT": partial(_insert, server, table, "eve"),
                "DELETE": partial(server.execute, f"DELETE FROM {table}".encode()),  # noqa: S608 - a table of ours
            }
            for word, run in asked.items():
                assert _is_refused(server, run) == (word not in granted), (table, word)


@pytest.mark.parametrize("schema", _SEPARATED)
def test_no_table_is_emptied_and_no_fence_is_taken_away(
    schema: str, filled: dict[str, str]
) -> None:
    with _as("ann", filled[schema]) as server:
        for table in _of_schema(schema):
            for statement in (
                f"TRUNCATE {table}",
                f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
                f"CREATE POLICY theirs ON {table} USING (true)",
                f"DROP TABLE {table} CASCADE",
            ):
                run = partial(server.execute, statement.encode())
                assert _is_refused(server, run), statement


def test_what_is_decided_about_tables_has_a_version() -> None:
    """A database learns of a change only where the version has risen."""
    written = "\n".join(fence_statements(["people", "app", "paper"]))
    digest = hashlib.sha256(written.encode()).hexdigest()[:16]
    assert _DIGESTS.get(VERSION) == digest, "raise VERSION in storage/postgres/tenants.py"
