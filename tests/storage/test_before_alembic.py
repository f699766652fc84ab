"""The old chain: each step once, in order, all or nothing; rows that move stay what they were."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from drawbridge.storage.before_alembic import Migration, apply_missing, find_migrations
from drawbridge.storage.connection import connect
from drawbridge.storage.plan import SCHEMAS

_FILL = "INSERT INTO fills VALUES ('key', ?, 'c', 'o', ?, 'buy', 'limit', '1', '1', '0', '', 0, 7)"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = connect(tmp_path / "some.db")
    yield opened
    opened.close()


def _apply(connection: sqlite3.Connection, steps: Sequence[Migration]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    apply_missing(connection, steps)
    connection.execute("COMMIT")


def _fills(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute("SELECT * FROM fills ORDER BY symbol")]


def test_a_step_that_fails_half_way_leaves_the_transaction_to_be_undone(
    connection: sqlite3.Connection,
) -> None:
    broken = Migration("app/0001_broken.sql", "CREATE TABLE a (x);\nCREATE TABLE a (x);\n")
    with pytest.raises(sqlite3.OperationalError):
        _apply(connection, (broken,))
    assert connection.in_transaction
    connection.execute("ROLLBACK")
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_steps_are_applied_once_and_in_order(connection: sqlite3.Connection) -> None:
    first = Migration("app/0001_first.sql", "CREATE TABLE a (x);\n-- and that was it\n")
    second = Migration("app/0002_second.sql", "ALTER TABLE a ADD COLUMN y")
    _apply(connection, (first,))
    _apply(connection, (first, second))
    _apply(connection, (first, second))
    columns = [row["name"] for row in connection.execute("PRAGMA table_info(a)")]
    assert columns == ["x", "y"]


@pytest.mark.parametrize("schema", ["app", "paper"])
def test_both_schemas_begin_with_the_people(schema: str) -> None:
    names = [step.name for step in find_migrations(SCHEMAS[schema])]
    assert names[:2] == ["people/0001_accounts.sql", "people/0002_audit.sql"]


def test_fills_are_kept_while_their_name_becomes_longer(connection: sqlite3.Connection) -> None:
    """Trades that an exchange numbers for each market anew do not hide each other any more."""
    steps = find_migrations(SCHEMAS["app"])
    first = [step.name for step in steps].index("app/0016_fills_by_market.sql")
    _apply(connection, steps[:first])
    connection.execute(_FILL, ("1", "BTC/USDT"))
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(_FILL, ("1", "ETH/USDT"))
    [before] = _fills(connection)
    _apply(connection, steps)
    assert _fills(connection) == [before]
    connection.execute(_FILL, ("1", "ETH/USDT"))
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(_FILL, ("1", "BTC/USDT"))
    assert [row[4] for row in _fills(connection)] == ["BTC/USDT", "ETH/USDT"]
