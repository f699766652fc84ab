"""All rows of a database, from a file to a server and back."""

import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from drawbridge.core.errors import Conflict, Corrupted, ExchangeDown
from drawbridge.storage.copying import copy_database, copy_into_server
from drawbridge.storage.place import PostgresPlace
from tests.kit.backups import Kept, kept_house

# How far each is with its own migrations; the engine's queue, which only a server has.
_OWN = ("migrations", "alembic_", "pgqueuer")


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept_house(tmp_path / "data", passphrase="") as opened:
        await opened.house.limits.stop(opened.owner, of=opened.owner)
        yield opened


def _rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as file:
        names = [
            name
            for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            if not name.startswith(("sqlite_", *_OWN))
        ]
        return {
            name: sorted(file.execute(f"SELECT * FROM {name}"), key=repr)  # noqa: S608 - our own names
            for name in names
        }


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    nowhere = PostgresPlace(f"postgresql://drawbridge@/nothing?host={tmp_path}")
    with pytest.raises(ExchangeDown) as told:
        copy_database(nowhere, tmp_path / "copy")
    assert told.value.code == "database_away"


async def test_nothing_is_written_over_where_somebody_is(
    kept: Kept, postgres_url: str, tmp_path: Path
) -> None:
    place = PostgresPlace(postgres_url)
    copy_into_server(tmp_path / "data/drawbridge.db", place)
    with pytest.raises(Conflict) as told:
        copy_into_server(tmp_path / "data/drawbridge.db", place)
    assert told.value.code == "database_in_use"
    copy_database(place, tmp_path / "still")
    assert _rows(tmp_path / "still")["owners"] == _rows(tmp_path / "data/drawbridge.db")["owners"]
    assert kept.owner in repr(_rows(tmp_path / "still")["owners"])


async def test_tables_that_differ_are_refused_and_all_stays_as_it_was(
    kept: Kept, postgres_url: str, tmp_path: Path
) -> None:
    with psycopg.connect(postgres_url) as server:
        server.execute("ALTER TABLE stops ADD COLUMN because TEXT")
    with pytest.raises(Corrupted) as told:
        copy_into_server(tmp_path / "data/drawbridge.db", PostgresPlace(postgres_url))
    assert told.value.code == "database_newer"
    with psycopg.connect(postgres_url) as server:
        assert server.execute("SELECT count(*) FROM owners").fetchone() == (0,)
    assert kept.owner


def test_every_table_of_a_server_is_one_of_a_file_too(postgres_url: str, tmp_path: Path) -> None:
    """A table that only a server has would be in no backup."""
    with psycopg.connect(postgres_url) as server:
        there = server.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
        ).fetchall()
    copy_database(PostgresPlace(postgres_url), tmp_path / "copy")
    names = {name for (name,) in there if not name.startswith(_OWN)}
    assert names == set(_rows(tmp_path / "copy"))


async def test_what_goes_to_a_server_comes_back_as_it_was(
    kept: Kept, postgres_url: str, tmp_path: Path
) -> None:
    before = tmp_path / "before"
    copy_database(tmp_path / "data/drawbridge.db", before)
    copy_into_server(before, PostgresPlace(postgres_url))
    copy_database(PostgresPlace(postgres_url), tmp_path / "after")
    assert _rows(tmp_path / "after") == _rows(before)
    assert kept.key_id in repr(_rows(before)["keys"])
    # Triggers are there again, and did nothing meanwhile.
    with closing(sqlite3.connect(tmp_path / "after")) as file, pytest.raises(sqlite3.DatabaseError):
        file.execute("DELETE FROM audit_events")
    with psycopg.connect(postgres_url) as server, pytest.raises(psycopg.IntegrityError):
        server.execute("DELETE FROM audit_events")


async def test_what_counts_by_itself_goes_on_behind_what_was_written(
    kept: Kept, postgres_url: str, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "data/drawbridge.db")) as file:
        file.execute("INSERT INTO attempts (id, subject, at_ms) VALUES (41, 'somebody', 1)")
        file.commit()
    copy_into_server(tmp_path / "data/drawbridge.db", PostgresPlace(postgres_url))
    with psycopg.connect(postgres_url) as server:
        statement = "INSERT INTO attempts (subject, at_ms) VALUES ('else', 2) RETURNING id"
        assert server.execute(statement).fetchone() == (42,)
    assert kept.owner


async def test_a_copy_shows_one_moment_though_somebody_writes_meanwhile(
    kept: Kept, postgres_url: str, tmp_path: Path
) -> None:
    """Two tables are written in one transaction; a copy has both or neither."""
    copy_into_server(tmp_path / "data/drawbridge.db", PostgresPlace(postgres_url))
    ended = threading.Event()

    def write() -> None:
        with psycopg.connect(postgres_url, autocommit=True) as server:
            n = 0
            while not ended.is_set():
                n += 1
                with server.transaction():
                    server.execute("INSERT INTO attempts (subject, at_ms) VALUES ('one', %s)", (n,))
                    server.execute("UPDATE audit_head SET n = n + 1")

    with psycopg.connect(postgres_url) as server:
        first = server.execute("SELECT n FROM audit_head").fetchone()
    assert first is not None
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(5):
            copy_database(PostgresPlace(postgres_url), tmp_path / f"copy{n}")
            rows = _rows(tmp_path / f"copy{n}")
            written = [row for row in rows["attempts"] if row[1] == "one"]
            assert rows["audit_head"][0][1] == first[0] + len(written)
    finally:
        ended.set()
        writer.join()
    assert kept.owner
