"""The server itself keeps people's rows apart, table by table and whatever the statement."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql

from drawbridge.core.errors import Corrupted, Forbidden
from drawbridge.storage.acting import acting_for, as_house, as_nobody
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.plan import SCHEMAS
from drawbridge.storage.postgres.database import PostgresDatabase
from drawbridge.storage.postgres.tenants import (
    FENCES,
    ROLE,
    SETTING,
    VERSION,
    Fence,
    fence_statements,
)
from drawbridge.storage.schema import bring_up_to_date
from tests.kit.postgres import PrivateServer

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
_DIGESTS: Final = {1: "79567913a73bd619"}


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
        with psycopg.connect(_as_master(url)) as server:
            server.execute(_WITHOUT_RULES)
            for table, rule in server.execute(_RULES).fetchall():
                drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
                server.execute(drop.format(sql.Identifier(table), sql.Identifier(rule)))
            for name in _tables(server):
                server.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
                for person in ("ann", "bob"):
                    _insert(server, name, person)
    yield urls
    for url in urls.values():
        postgres_server.drop_database(url)


@contextmanager
def _as(person: str, url: str) -> Iterator[_Server]:
    """Connect as one person's statements do, with nothing but the fence in the way.

    Nothing of it stays.
    """
    with psycopg.connect(_as_master(url)) as server:
        server.execute(_WITHOUT_RULES)
        server.execute("SELECT set_config(%s, %s, true)", (SETTING, person))
        server.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(ROLE)))
        yield server
        server.rollback()


def _as_master(url: str) -> str:
    return url.replace("//drawbridge@", "//postgres@")


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
    return f'UPDATE {table} SET "{column}" = "{column}"'.encode()  # noqa: S608 - of ours


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


@pytest_asyncio.fixture
async def database(postgres_url: str) -> AsyncIterator[PostgresDatabase]:
    opened = await PostgresDatabase.open(PostgresPlace(postgres_url), "app")
    async with opened.transaction() as tx:
        for person in ("ann", "bob"):
            await tx.execute(
                "INSERT INTO owners (id, name, name_folded, password_hash, created_ms)"
                " VALUES (?, ?, ?, '', 7)",
                *(person,) * 3,
            )
            await tx.execute(
                "INSERT INTO keys (id, owner, exchange, venue, label, label_folded, public_key,"
                " status, created_ms) VALUES (?, ?, 'x', 'paper', ?, ?, ?, 'ready', 7)",
                *(person,) * 5,
            )
    yield opened
    await opened.close()


_IDS: Final = "SELECT id FROM keys ORDER BY id"
_JOINED: Final = "SELECT string_agg(id, ' ' ORDER BY id) FROM keys"


async def _in_transaction(database: PostgresDatabase) -> list[str]:
    async with database.transaction() as tx:
        return [row[0] for row in await tx.fetch_all(_IDS)]


async def _in_lane(database: PostgresDatabase) -> list[str]:
    async with database.lane() as tx:
        return [row[0] for row in await tx.fetch_all(_IDS)]


async def _all(database: PostgresDatabase) -> list[str]:
    return [row[0] for row in await database.fetch_all(_IDS)]


async def _one(database: PostgresDatabase) -> list[str]:
    row = await database.fetch_one(_JOINED)
    return str(row[0]).split() if row else []


async def _glance(database: PostgresDatabase) -> list[str]:
    row = database.glance(_JOINED)
    return str(row[0]).split() if row else []


async def _at_once(database: PostgresDatabase) -> list[str]:
    return [row[0] for row in await database.at_once(_IDS)]


_WAYS: Final = (_in_transaction, _in_lane, _all, _one, _glance, _at_once)


@pytest.mark.parametrize("way", _WAYS)
async def test_who_is_nobody_is_refused_and_a_person_gets_their_own(
    way: Callable[[PostgresDatabase], Awaitable[list[str]]], database: PostgresDatabase
) -> None:
    """Whichever way is taken to the rows, and in whichever order people come along."""
    assert database.is_separated
    with as_nobody(), pytest.raises(Forbidden, match="nobody_asks"):
        await way(database)
    for person in ("ann", "bob", "ann"):
        with acting_for(person):
            assert await way(database) == [person]
            with as_house():
                assert await way(database) == ["ann", "bob"]
    assert await way(database) == ["ann", "bob"]


async def test_what_is_no_persons_id_is_nobody() -> None:
    for who in ("", "*", "ann'; RESET ROLE; --", "a" * 65, "ann\n"):
        with pytest.raises(Forbidden, match="nobody_asks"), acting_for(who):
            raise AssertionError


async def test_a_row_for_somebody_else_is_refused_and_nothing_of_it_stays(
    database: PostgresDatabase,
) -> None:
    with acting_for("ann"):
        with pytest.raises(Corrupted, match="row_refused"):
            await _give_away(database)
        async with database.transaction() as tx:
            assert await tx.execute("UPDATE keys SET label = 'mine'") == 1
            assert await tx.execute("DELETE FROM owners WHERE id = 'bob'") == 0
            tx.wake([3])
    rows = await database.fetch_all("SELECT id, label FROM keys ORDER BY id")
    assert [tuple(row) for row in rows] == [("ann", "mine"), ("bob", "bob")]


async def _give_away(database: PostgresDatabase) -> None:
    async with database.transaction() as tx:
        await tx.execute("UPDATE keys SET label = 'given'")
        await tx.execute("UPDATE keys SET owner = 'bob'")


async def test_what_people_change_is_counted_for_all(database: PostgresDatabase) -> None:
    """Whoever follows changes sees no number twice, though no person sees the others' numbers."""
    for person in ("ann", "bob"):
        with acting_for(person):
            async with database.transaction() as tx:
                await tx.execute("UPDATE keys SET status = 'paused'")
    rows = await database.fetch_all("SELECT key_id, n FROM key_changes ORDER BY n")
    assert [tuple(row) for row in rows] == [("ann", 1), ("bob", 2)]


async def test_without_the_role_statements_alone_keep_people_apart_and_with_it_the_server(
    postgres_server: PrivateServer,
) -> None:
    """A house from before goes on as it was, and is fenced from its next start on."""
    url, grant = postgres_server.new_database_of_another()
    without = await PostgresDatabase.open(PostgresPlace(url), "app")
    with acting_for("ann"):
        assert await without.fetch_one("SELECT count(*) FROM owners") is not None
    assert not without.is_separated
    await without.close()
    postgres_server.tell(grant)
    with_it = await PostgresDatabase.open(PostgresPlace(url), "app")
    assert with_it.is_separated
    await with_it.close()
    postgres_server.drop_database(url)


async def test_a_superuser_is_held_to_the_same(postgres_url: str) -> None:
    """Whoever connects as one is fenced as well: people's statements run as somebody else."""
    bring_up_to_date(PostgresPlace(postgres_url), "app")
    database = await PostgresDatabase.open(PostgresPlace(_as_master(postgres_url)), "app")
    assert database.is_separated
    with acting_for("ann"), pytest.raises(Corrupted, match="row_refused"):
        await database.at_once(
            "INSERT INTO owners (id, name, name_folded, password_hash, created_ms)"
            " VALUES ('bob', 'Bob', 'bob', '', 7)"
        )
    await database.close()
