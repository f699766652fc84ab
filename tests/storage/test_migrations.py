"""Steps that move rows: what stood there before is there afterwards, to the letter."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from drawbridge.storage.connection import connect
from drawbridge.storage.schema import bring_up_to_date, find_migrations

_FILL = "INSERT INTO fills VALUES ('key', ?, 'c', 'o', ?, 'buy', 'limit', '1', '1', '0', '', 0, 7)"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = connect(tmp_path / "some.db")
    yield opened
    opened.close()


def _bring_before(connection: sqlite3.Connection, name: str) -> None:
    steps = find_migrations("app")
    first = [step.name for step in steps].index(name)
    bring_up_to_date(connection, steps[:first])


def _fills(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute("SELECT * FROM fills ORDER BY symbol")]


def test_fills_are_kept_while_their_name_becomes_longer(connection: sqlite3.Connection) -> None:
    """Trades that an exchange numbers for each market anew do not hide each other any more."""
    _bring_before(connection, "app/0016_fills_by_market.sql")
    connection.execute(_FILL, ("1", "BTC/USDT"))
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(_FILL, ("1", "ETH/USDT"))
    [before] = _fills(connection)
    bring_up_to_date(connection, find_migrations("app"))
    assert _fills(connection) == [before]
    connection.execute(_FILL, ("1", "ETH/USDT"))
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(_FILL, ("1", "BTC/USDT"))
    assert [row[4] for row in _fills(connection)] == ["BTC/USDT", "ETH/USDT"]
