"""All rows of a server's database into a file, and back.

Both have the same tables, which are read off the file's own schema. What only a server has stays
behind: the number of its schema, and the engine's queue, whose jobs are only wake-ups. What rows
say is not known here; that nobody is in a database yet is asked of the table of people.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Final, TypeAlias

import psycopg
from psycopg import sql

from drawbridge.core.errors import Conflict, Corrupted, ExchangeDown
from drawbridge.storage.connection import our_errors as errors_of_files
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.faults import AWAY
from drawbridge.storage.schema import bring_up_to_date

_Server: TypeAlias = psycopg.Connection[tuple[Any, ...]]

_CONNECT_S: Final = 10
_AT_ONCE: Final = 5_000
# A copy takes as long as it takes; a server that does not answer is noticed by the socket.
_OPTIONS: Final = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=60000"
_UNANSWERED_MS: Final = 20_000
# How far each of the two is with its own migrations.
_OWN: Final = ("migrations", "alembic_")
# SQLite has such a column by itself, a server's table has it where rows are read in its order.
_ORDER: Final = "rowid"

# The same lock that every transaction of a feature takes.
_WRITER: Final = "SELECT pg_advisory_xact_lock(8420, 1)"
_COLUMNS: Final = """
SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()
"""
_COUNTED: Final = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND is_identity = 'YES'
"""
# What stands for the tables' own age is the server's business, as is Alembic's.
_TABLES: Final = (
    "SELECT name FROM sqlite_schema WHERE type = 'table'"
    " AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'alembic_%'"
)
_TRIGGERS: Final = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: tuple[str, ...]

    @property
    def named(self) -> sql.Identifier:
        return sql.Identifier(self.name)

    @property
    def listed(self) -> sql.Composed:
        return sql.SQL(", ").join(map(sql.Identifier, self.columns))

    @property
    def select(self) -> str:
        # Names come from our own migrations.
        return f"SELECT {_quoted(self.columns)} FROM {_quoted((self.name,))}"  # noqa: S608

    @property
    def insert(self) -> str:
        places = ", ".join("?" * len(self.columns))
        into = f"{_quoted((self.name,))} ({_quoted(self.columns)})"
        return f"INSERT INTO {into} VALUES ({places})"  # noqa: S608 - as said above


def copy_out(source: PostgresPlace, target: Path, schema: str) -> None:
    """Write all rows as they stand at one moment into a new file with the tables of a schema.

    Raises: `ExchangeDown("database_away")`, `Corrupted("database_newer")`,
    `Corrupted("database_failed")`.
    """
    bring_up_to_date(target, schema)
    bring_up_to_date(target, schema)
    with (
        _our_errors(),
        _connected(source) as server,
        closing(sqlite3.connect(target, isolation_level=None)) as file,
    ):
        server.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # The file is thrown away unless all of it is there: nothing in it has to last.
        file.execute("PRAGMA journal_mode = DELETE")
        file.execute("PRAGMA synchronous = OFF")
        tables = _tables_of(file, server)
        with _nothing_happens(file):
            for table in tables:
                file.execute(f"DELETE FROM {_quoted((table.name,))}")  # noqa: S608 - as said above
                file.executemany(table.insert, _rows_of(server, table))
        if file.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise Corrupted("backup_database_damaged")
        # One file, and no log beside it.
        file.execute("PRAGMA journal_mode = DELETE")


def copy_in(source: Path, target: PostgresPlace, schema: str) -> None:
    """Write all rows of a file into a database, all or nothing; its tables are made if need be.

    Raises: `Conflict("database_in_use")` where somebody is in it, `ExchangeDown("database_away")`,
    `Corrupted("database_newer")`, `Corrupted("row_refused")`.
    """
    bring_up_to_date(target, schema)
    with (
        _our_errors(),
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as file,
        _connected(target) as server,
    ):
        server.execute(_WRITER)
        tables = _tables_of(file, server)
        if server.execute("SELECT 1 FROM owners LIMIT 1").fetchone() is not None:
            raise Conflict("database_in_use")
        # Triggers note what people change; nothing is changed here. References stay checked.
        _switch_triggers(server, tables, "DISABLE")
        every = sql.SQL(", ").join(table.named for table in tables)
        server.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(every))
        for table in tables:
            _write(server, table, file.execute(table.select))
        _count_on(server, {table.name for table in tables})
        _switch_triggers(server, tables, "ENABLE")
        # Until the server has counted by itself, it would look for one of many rows in all of them.
        server.execute("ANALYZE")


def _tables_of(file: sqlite3.Connection, server: _Server) -> tuple[_Table, ...]:
    """List the tables, those first that others refer to.

    Raises: `Corrupted("database_newer")` where the server's differ from ours.
    """
    there: dict[str, set[str]] = {}
    for table, column in server.execute(_COLUMNS):
        there.setdefault(table, set()).add(column)
    names = {name for (name,) in file.execute(_TABLES) if not name.startswith(_OWN)}
    referring = {
        # A table that refers to itself is checked when all of its rows are there.
        name: {row[2] for row in file.execute(f"PRAGMA foreign_key_list({_quoted((name,))})")}
        - {name}
        for name in names
    }
    found = []
    for name in TopologicalSorter(referring).static_order():
        ours = [row[1] for row in file.execute(f"PRAGMA table_info({_quoted((name,))})")]
        more = there.get(name, set()) - set(ours)
        if set(ours) - there.get(name, set()) or more - {_ORDER}:
            raise Corrupted("database_newer", migration=name)
        found.append(_Table(name, (*ours, *more)))
    return tuple(found)


def _rows_of(server: _Server, table: _Table) -> Iterator[Sequence[Any]]:
    with server.cursor(name="copying", binary=True) as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(sql.SQL("SELECT {} FROM {}").format(table.listed, table.named))
        yield from cursor


def _write(server: _Server, table: _Table, rows: Iterable[Sequence[Any]]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(table.named, table.listed)
    with server.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _count_on(server: _Server, ours: set[str]) -> None:
    """Let columns that count by themselves go on behind what was written."""
    for table, column in server.execute(_COUNTED).fetchall():
        if table in ours:
            names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
            last = sql.SQL("SELECT max({column}) AS last FROM {table}").format(**names)
            counter = sql.SQL("pg_get_serial_sequence({}, {})").format(
                sql.Literal(sql.Identifier(table).as_string(server)), sql.Literal(column)
            )
            server.execute(
                sql.SQL("SELECT setval({}, last) FROM ({}) AS it WHERE last > 0").format(
                    counter, last
                )
            )


def _switch_triggers(server: _Server, tables: Iterable[_Table], how: str) -> None:
    for table in tables:
        statement = sql.SQL("ALTER TABLE {} {} TRIGGER USER")
        server.execute(statement.format(table.named, sql.SQL(how)))


@contextmanager
def _nothing_happens(file: sqlite3.Connection) -> Iterator[None]:
    """Write in one transaction, without triggers and before references are there."""
    file.execute("PRAGMA foreign_keys = OFF")
    file.execute("BEGIN")
    triggers = file.execute(_TRIGGERS).fetchall()
    for name, _ in triggers:
        file.execute(f"DROP TRIGGER {_quoted((name,))}")
    yield
    for _, statement in triggers:
        file.execute(statement)
    file.execute("COMMIT")


def _connected(place: PostgresPlace) -> _Server:
    """Connect; all that is done in the block that takes it is one transaction."""
    return psycopg.connect(
        place.url,
        password=place.password.reveal() if place.password is not None else None,
        connect_timeout=_CONNECT_S,
        tcp_user_timeout=_UNANSWERED_MS,
        options=_OPTIONS,
        application_name="drawbridge-copy",
    )


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        with errors_of_files():
            yield
    except psycopg.OperationalError as error:
        raise ExchangeDown(AWAY, reason=type(error).__name__) from error
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        raise Corrupted("row_refused", reason=type(error).__name__) from error


def _quoted(names: Iterable[str]) -> str:
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)
