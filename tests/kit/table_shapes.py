"""What a database's tables look like, told alike for SQLite and PostgreSQL, to be compared."""

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

_Server = psycopg.Connection[tuple[Any, ...]]

# What our bookkeeping of migrations needs is each database's own.
_OURS: Final = re.compile(r"(?!migrations$|alembic_|pgqueuer|sqlite_)")
# SQLite has this column by itself.
_BY_ITSELF: Final = "rowid"
_KINDS: Final = {
    "INTEGER": "whole",
    "bigint": "whole",
    "TEXT": "text",
    "text": "text",
    "BLOB": "bytes",
    "bytea": "bytes",
}
# PostgreSQL writes IN, BETWEEN and LIKE back in its own way, and with types.
_GRAMMAR: Final = frozenset(
    {"and", "any", "array", "between", "check", "in", "is", "like", "not", "null"}
)
_TYPES: Final = frozenset({"bigint", "integer", "text"})
_WORD: Final = re.compile(r"'([^']*)'|(-?\b\w+\b)")

_COLUMNS: Final = """
SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid),
    coalesce(collname, '')
FROM pg_attribute
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
LEFT JOIN pg_collation ON pg_collation.oid = attcollation
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_CONSTRAINTS: Final = """
SELECT contype::text, pg_get_constraintdef(oid),
    ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS named (number, place)
        JOIN pg_attribute ON attrelid = conrelid AND attnum = number ORDER BY place)
FROM pg_constraint WHERE conrelid = %s::regclass
"""
_INDEXES: Final = """
SELECT relname, indisunique, pg_get_indexdef(indexrelid),
    coalesce(pg_get_expr(indpred, indrelid), '')
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = %s::regclass
    AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f')
"""
_TRIGGERS: Final = "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"


@dataclass(frozen=True)
class Column:
    """A column; a part of the key is never empty, whether or not it is said."""

    name: str
    kind: str
    needed: bool
    default: frozenset[str]


@dataclass(frozen=True)
class Index:
    """An index that was given a name."""

    name: str
    unique: bool
    columns: tuple[str, ...]
    where: frozenset[str]


@dataclass(frozen=True)
class Shape:
    """A table: what may stand in it, what refers to what, and what follows a change."""

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    unique: frozenset[tuple[str, ...]]
    references: frozenset[tuple[tuple[str, ...], str]]
    checks: frozenset[frozenset[str]]
    indexes: frozenset[Index]
    triggers: frozenset[str]


def shapes_in_file(path: Path) -> dict[str, Shape]:
    """Tell the tables of a SQLite file."""
    with closing(sqlite3.connect(path)) as file:
        tables = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        return {name: _in_file(file, name, made) for name, made in tables if _OURS.match(name)}


def shapes_on_server(url: str) -> dict[str, Shape]:
    """Tell the tables of a PostgreSQL database, all texts of which must be sorted by bytes."""
    with psycopg.connect(url) as server:
        tables = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name: _on_server(server, name) for (name,) in tables if _OURS.match(name)}


def _in_file(file: sqlite3.Connection, table: str, made: str) -> Shape:
    rows = file.execute(f"PRAGMA table_info({table})").fetchall()
    listed = file.execute(f"PRAGMA index_list({table})").fetchall()
    triggers = file.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
    )
    return Shape(
        columns=tuple(
            Column(name, _KINDS[kind], bool(needed or key), _words(default or ""))
            for _, name, kind, needed, default, key in rows
        ),
        key=tuple(row[1] for row in sorted(rows, key=lambda row: int(row[5])) if row[5]),
        unique=frozenset(_index_columns(file, row[1]) for row in listed if row[3] == "u"),
        references=_references_in_file(file, table),
        checks=frozenset(map(_words, _checks_in(made))),
        indexes=frozenset(_index_in_file(file, row[1]) for row in listed if row[3] == "c"),
        triggers=frozenset(name for (name,) in triggers),
    )


def _references_in_file(
    file: sqlite3.Connection, table: str
) -> frozenset[tuple[tuple[str, ...], str]]:
    rows = file.execute(f"PRAGMA foreign_key_list({table})")
    return frozenset(((row[3],), f"{row[2]}({row[4]})") for row in rows)


def _index_columns(file: sqlite3.Connection, name: str) -> tuple[str, ...]:
    return tuple(row[2] or "1" for row in file.execute(f"PRAGMA index_info({name})"))


def _index_in_file(file: sqlite3.Connection, name: str) -> Index:
    (made,) = file.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    columns, where = _index_parts(made)
    return Index(name, made.startswith("CREATE UNIQUE"), columns, where)


def _checks_in(made: str) -> Iterable[str]:
    made = re.sub(r"--.*", "", made)
    for begin in (found.end() for found in re.finditer(r"CHECK \(", made)):
        depth, end = 1, begin
        while depth:
            depth += {"(": 1, ")": -1}.get(made[end], 0)
            end += 1
        yield made[begin : end - 1]


def _on_server(server: _Server, table: str) -> Shape:
    constraints = server.execute(_CONSTRAINTS, (table,)).fetchall()
    [key] = [tuple(columns) for kind, _, columns in constraints if kind == "p"]
    return Shape(
        columns=tuple(_columns_on_server(server, table)),
        key=key,
        unique=frozenset(tuple(columns) for kind, _, columns in constraints if kind == "u"),
        references=frozenset(
            (tuple(columns), text.rpartition("REFERENCES ")[2])
            for kind, text, columns in constraints
            if kind == "f"
        ),
        checks=frozenset(_words(text) for kind, text, _ in constraints if kind == "c"),
        indexes=frozenset(
            Index(name, unique, _index_parts(made)[0], _words(where))
            for name, unique, made, where in server.execute(_INDEXES, (table,))
        ),
        triggers=frozenset(name for (name,) in server.execute(_TRIGGERS, (table,))),
    )


def _columns_on_server(server: _Server, table: str) -> Iterable[Column]:
    for name, kind, needed, default, collation in server.execute(_COLUMNS, (table,)):
        assert collation in ("", "C"), (table, name)
        if name != _BY_ITSELF:
            yield Column(name, _KINDS[kind], needed, _words(default or ""))


def _index_parts(made: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Cut the statement that makes an index into its columns and its condition."""
    head, _, where = made.partition(" WHERE ")
    return tuple(_in_order(head.partition("(")[2])), _words(where)


def _words(text: str) -> frozenset[str]:
    """Give the names and values in an expression, which both write down in their own way."""
    return frozenset(_in_order(text))


def _in_order(text: str) -> Iterable[str]:
    for quoted, bare in _WORD.findall(text):
        word = quoted or bare.lower()
        if word not in _GRAMMAR | _TYPES:
            yield word
