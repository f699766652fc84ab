"""What PostgreSQL does by itself where SQLite does: refusing, counting, and the same functions."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

_OWNER = (
    "INSERT INTO owners (id, name, name_folded, password_hash, created_ms)"
    " VALUES ('ann', 'Ann', 'ann', 'hash', 7)"
)
_KEY = (
    "INSERT INTO keys (id, owner, exchange, venue, label, label_folded, public_key, status,"
    " created_ms, kin) VALUES (%s, 'ann', 'x', 'paper', %s, %s, %s, 'ready', 7, 'kin')"
)


@pytest.fixture
def server(postgres_url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(_OWNER)
        for name in ("a", "b"):
            connection.execute(_KEY, (name,) * 4)
        yield connection


def test_audit_events_are_not_emptied(server: psycopg.Connection[tuple[Any, ...]]) -> None:
    server.execute("INSERT INTO audit_events VALUES (1, 0, 'tag', 'ann', 'ann', '{}', '')")
    with pytest.raises(psycopg.IntegrityError):
        server.execute("TRUNCATE audit_events")
    assert server.execute("SELECT count(*) FROM audit_events").fetchone() == (1,)


def test_a_number_of_a_change_is_taken_only_when_those_before_are_committed(
    server: psycopg.Connection[tuple[Any, ...]], postgres_url: str
) -> None:
    """Whoever has read up to a number misses nothing that is committed later under a lower one."""
    with psycopg.connect(postgres_url) as first, psycopg.connect(postgres_url) as second:
        first.execute("UPDATE keys SET status = 'paused' WHERE id = 'a'")
        second.execute("SET lock_timeout = '50ms'")
        second.commit()
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute("UPDATE keys SET status = 'paused' WHERE id = 'b'")
        second.rollback()
        first.commit()
        second.execute("UPDATE keys SET status = 'paused' WHERE id = 'b'")
    found = server.execute("SELECT key_id, n FROM key_changes ORDER BY n").fetchall()
    assert found == [("a", 1), ("b", 2)]


def test_a_new_secret_makes_a_key_forget_its_kin(
    server: psycopg.Connection[tuple[Any, ...]],
) -> None:
    server.execute("UPDATE keys SET version = 2 WHERE id = 'a'")
    server.execute("UPDATE keys SET label = 'else' WHERE id = 'b'")
    found = server.execute("SELECT kin FROM keys ORDER BY id").fetchall()
    assert found == [("",), ("kin",)]


def test_limits_and_stops_count_their_changes(
    server: psycopg.Connection[tuple[Any, ...]],
) -> None:
    for statement in (
        "INSERT INTO limits (subject, owner, name, changed_ms) VALUES ('key:a', 'ann', 'a', 7)",
        "UPDATE limits SET collar = '1'",
        "UPDATE limits SET collar = '2' WHERE subject = 'nobody'",
        "INSERT INTO stops VALUES ('ann', 7, NULL)",
        "DELETE FROM stops",
        "DELETE FROM limits",
    ):
        server.execute(statement.encode())
    assert server.execute("SELECT n FROM limit_changes").fetchone() == (5,)


def test_texts_are_sorted_by_their_bytes(server: psycopg.Connection[tuple[Any, ...]]) -> None:
    for name in ("Z", "ä", "z", "_"):
        server.execute(_KEY, (name,) * 4)
    found = server.execute("SELECT id FROM keys ORDER BY id").fetchall()
    assert [name for (name,) in found] == ["Z", "_", "a", "b", "z", "ä"]


@pytest.mark.parametrize(
    "expression",
    [
        """(SELECT group_concat(value, ' ') FROM json_each('["b", "a", "ä"]'))""",
        """(SELECT group_concat(value, ' ') FROM json_each('["b"]') WHERE value = 'a')""",
        """(SELECT count(*) FROM json_each('[]'))""",
        """(SELECT count(*) FROM json_each(NULL))""",
        """(SELECT max(key) FROM json_each('["b", "a"]'))""",
        """(SELECT max(value) FROM json_each('["b", {"a": 1}, null]') WHERE value <> 'b')""",
        """'b' IN (SELECT value FROM json_each('["b", "a"]'))""",
        """json_extract('["x", "y"]', '$[1]')""",
        """CAST(json_extract('{"step": 1764000000000}', '$.step') AS BIGINT)""",
        """json_extract('{"step": 3}', '$.run')""",
        """json_extract(NULL, '$.run')""",
        "max(1, 2)",
        "max(2, 1)",
        "max(1, NULL)",
        "min(1, 2)",
        "min(NULL, 2)",
        "iif(1 = 1, 'yes', 'no')",
        "iif(NULL, 'yes', 'no')",
        "instr('BTC/USDT', 'USDT')",
        "instr('BTC/USDT', 'ETH')",
    ],
)
def test_functions_say_what_they_say_in_sqlite(
    server: psycopg.Connection[tuple[Any, ...]], expression: str
) -> None:
    statement = f"SELECT {expression}"
    with closing(sqlite3.connect(":memory:")) as file:
        [told] = file.execute(statement).fetchone()
    found = server.execute(statement.encode()).fetchone()
    assert found is not None
    assert found[0] == (told.replace(":1", ": 1") if isinstance(told, str) else told)
