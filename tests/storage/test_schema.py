"""Databases come to today's tables from wherever they are, on SQLite and PostgreSQL alike."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from drawbridge.core.errors import Corrupted, ExchangeDown
from drawbridge.storage.before_alembic import apply_missing, find_migrations
from drawbridge.storage.connection import connect
from drawbridge.storage.place import Place, PostgresPlace
from drawbridge.storage.plan import REVISIONS, SCHEMAS, find_plan
from drawbridge.storage.schema import bring_up_to_date
from tests.kit.postgres import PrivateServer
from tests.kit.table_shapes import Shape, shapes_in_file, shapes_on_server

_WITHIN_S = 60
_ANN = "INSERT INTO owners (id, name, name_folded, password_hash, created_ms)"
_EVENT = "INSERT INTO audit_events VALUES (1, 0, 'tag', 'ann', 'ann', '{}', CAST('#' AS BLOB))"
_KEY = (
    "INSERT INTO keys (id, owner, exchange, venue, label, label_folded, public_key, status,"
    " created_ms) VALUES ('{0}', 'ann', 'x', 'paper', '{0}', '{0}', '{0}', 'ready', 7)"
)

_NUMBERS = find_plan("app", REVISIONS).numbers["app"]
_NEXT, _LAST = (f"{int(_NUMBERS[-1]) + more:04}" for more in (1, 2))

# What the next release may bring: a table, a column and an index, written once for both.
_SECOND = """
import sqlalchemy as sa
from alembic import op

from drawbridge.storage.columns import BYTES, TEXT, WHOLE, create_table

revision = "NEXT"
down_revision = "NEWEST"


def upgrade() -> None:
    create_table(
        "drawers",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("owner", TEXT, sa.ForeignKey("owners.id"), nullable=False),
        sa.Column("width", WHOLE, nullable=False, server_default="0"),
        sa.Column("inside", BYTES),
    )
    op.create_index("drawers_of_owner", "drawers", ["owner", "width"])
    op.add_column("keys", sa.Column("colour", TEXT, nullable=False, server_default=""))
    op.execute("INSERT INTO drawers (id, owner) SELECT id || '!', id FROM owners")
"""
_BROKEN = """
from alembic import op

revision = "LAST"
down_revision = "NEXT"


def upgrade() -> None:
    op.execute("CREATE TABLE half_made (n INTEGER)")
    op.execute("INSERT INTO nowhere VALUES (1)")
"""

_TOGETHER = """
import sys
from pathlib import Path
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.schema import bring_up_to_date

kind, where, revisions = sys.argv[1:]
print("here", flush=True)
sys.stdin.readline()
bring_up_to_date(Path(where) if kind == "file" else PostgresPlace(where), "app", Path(revisions))
"""
_LOADED = """
import sys
from pathlib import Path
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.schema import bring_up_to_date

kind, where = sys.argv[1:]
bring_up_to_date(Path(where) if kind == "file" else PostgresPlace(where), "app")
print(sorted({"alembic", "sqlalchemy", "psycopg"} & set(sys.modules)))
"""


@pytest.fixture(params=["file", "server"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_server: PrivateServer
) -> Iterator[Place]:
    """Give an empty place of either kind."""
    if request.param == "file":
        yield tmp_path / "some.db"
        return
    url = postgres_server.new_database()
    yield PostgresPlace(url)
    postgres_server.drop_database(url)


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """Give the revisions of a release that is still to come."""
    folder = tmp_path / "revisions of 100% later"
    shutil.copytree(REVISIONS, folder)
    (folder / "app" / f"r{_NEXT}_drawers.py").write_text(_numbered(_SECOND))
    return folder


def _numbered(revision: str) -> str:
    """Put a revision behind those that there are."""
    numbers = {"NEWEST": _NUMBERS[-1], "NEXT": _NEXT, "LAST": _LAST}
    for name, number in numbers.items():
        revision = revision.replace(f'"{name}"', f'"{number}"')
    return revision


def _ask(place: Place, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements and give the rows of the last one."""
    if isinstance(place, PostgresPlace):
        with psycopg.connect(place.url) as server:
            found = [server.execute(one.encode()) for one in statements][-1]
            return found.fetchall() if found.description else []
    with closing(sqlite3.connect(place)) as file, file:
        return [file.execute(one) for one in statements][-1].fetchall()


def _shapes(place: Place) -> dict[str, Shape]:
    if isinstance(place, PostgresPlace):
        return shapes_on_server(place.url)
    return shapes_in_file(place)


def _words(place: Place) -> list[str]:
    if isinstance(place, PostgresPlace):
        return ["server", place.url]
    return ["file", str(place)]


def _furnish(place: Place) -> None:
    bytes_here = "BYTEA" if isinstance(place, PostgresPlace) else "BLOB"
    event = _EVENT.replace("BLOB", bytes_here)
    _ask(place, f"{_ANN} VALUES ('ann', 'Ann', 'ann', 'hash', 7)", _KEY.format("k"), event)


def _chain_until(path: Path, name: str) -> None:
    """Make a file as a release from before Alembic left it, with the steps before this one."""
    steps = find_migrations(SCHEMAS["app"])
    with closing(connect(path)) as file:
        file.execute("BEGIN")
        apply_missing(file, steps[: [step.name for step in steps].index(name)])
        file.execute("COMMIT")


@pytest.mark.parametrize("schema", sorted(SCHEMAS))
def test_a_newer_database_is_refused(place: Place, schema: str) -> None:
    folder = SCHEMAS[schema][-1]
    bring_up_to_date(place, schema)
    _ask(place, f"UPDATE alembic_{folder} SET version_num = '9999'")  # noqa: S608 - named by us
    with pytest.raises(Corrupted) as told:
        bring_up_to_date(place, schema)
    assert told.value.code == "database_newer"
    assert told.value.facts == {"migration": f"{folder}/9999"}


def test_the_release_before_refuses_what_the_next_one_has_changed(
    place: Place, later: Path
) -> None:
    bring_up_to_date(place, "app", later)
    with pytest.raises(Corrupted) as told:
        bring_up_to_date(place, "app")
    assert told.value.code == "database_newer"


def test_releases_before_alembic_see_its_revisions_as_steps_they_do_not_know(
    tmp_path: Path, later: Path
) -> None:
    bring_up_to_date(tmp_path / "some.db", "app", later)
    names = {name for (name,) in _ask(tmp_path / "some.db", "SELECT name FROM migrations")}
    assert names - {step.name for step in find_migrations(SCHEMAS["app"])} == {
        f"app/{number}" for number in (*_NUMBERS[1:], _NEXT)
    }


def test_a_revision_that_fails_leaves_nothing_behind(place: Place, later: Path) -> None:
    bring_up_to_date(place, "app")
    _furnish(place)
    before = _shapes(place)
    (later / "app" / f"r{_LAST}_broken.py").write_text(_numbered(_BROKEN))
    with pytest.raises((sqlite3.OperationalError, psycopg.errors.UndefinedTable)):
        bring_up_to_date(place, "app", later)
    assert _shapes(place) == before
    assert _ask(place, "SELECT version_num FROM alembic_app") == [(_NUMBERS[-1],)]
    bring_up_to_date(place, "app")


def test_a_revision_that_leaves_rows_pointing_nowhere_is_undone(
    tmp_path: Path, later: Path
) -> None:
    path = tmp_path / "some.db"
    bring_up_to_date(path, "app")
    _furnish(path)
    broken = _BROKEN.replace("INSERT INTO nowhere VALUES (1)", "DELETE FROM owners")
    (later / "app" / f"r{_LAST}_broken.py").write_text(_numbered(broken))
    with pytest.raises(Corrupted) as told:
        bring_up_to_date(path, "app", later)
    assert told.value.code == "row_refused"
    assert _ask(path, "SELECT id FROM owners") == [("ann",)]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_events SET tag = ''", "DELETE FROM audit_events"]
)
def test_audit_events_are_neither_changed_nor_deleted(place: Place, statement: str) -> None:
    bring_up_to_date(place, "app")
    _furnish(place)
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
        _ask(place, statement)
    assert _ask(place, "SELECT n, tag FROM audit_events") == [(1, "tag")]


def test_a_role_that_may_not_make_tables_is_told_so(postgres_server: PrivateServer) -> None:
    place = PostgresPlace(postgres_server.new_database())
    _ask(place, "REVOKE CREATE ON SCHEMA public FROM pg_database_owner")
    with pytest.raises(Corrupted) as told:
        bring_up_to_date(place, "app")
    assert told.value.code == "database_failed"


def test_a_server_that_does_not_answer_is_away(tmp_path: Path) -> None:
    with pytest.raises(ExchangeDown) as told:
        bring_up_to_date(PostgresPlace(f"postgresql://some@/body?host={tmp_path}"), "app")
    assert told.value.code == "database_unreachable"


@pytest.mark.parametrize("schema", sorted(SCHEMAS))
def test_both_kinds_have_the_same_tables(
    tmp_path: Path, postgres_server: PrivateServer, schema: str
) -> None:
    bring_up_to_date(tmp_path / "some.db", schema)
    in_file = shapes_in_file(tmp_path / "some.db")
    on_server = shapes_on_server(postgres_server.new_database(schema))
    more = {"audit_events_are_not_emptied"} if "people" in SCHEMAS[schema] else set()
    assert {name for shape in on_server.values() for name in shape.triggers} - {
        name for shape in in_file.values() for name in shape.triggers
    } == more
    assert on_server.keys() == in_file.keys()
    for name, shape in in_file.items():
        there = on_server[name]
        assert (name, there.columns) == (name, shape.columns)
        assert (name, there.key, there.unique) == (name, shape.key, shape.unique)
        assert (name, there.references) == (name, shape.references)
        assert (name, there.checks) == (name, shape.checks)
        assert (name, there.indexes) == (name, shape.indexes)
        assert (name, there.triggers - more) == (name, shape.triggers)


def test_an_empty_database_gets_what_is_in_it_from_the_start(place: Place) -> None:
    bring_up_to_date(place, "app")
    bring_up_to_date(place, "app")
    assert _ask(place, "SELECT count(*) FROM shards") == [(64,)]
    assert _ask(place, "SELECT * FROM robot_changes") == [(1, 1)]
    assert _ask(place, "SELECT * FROM limit_changes") == [(1, 0)]
    assert _ask(place, "SELECT * FROM licence_changes") == [(1, 0)]
    assert _ask(place, "SELECT * FROM licence_time") == [(1, 0, "")]
    bring_up_to_date(place, "app")


def test_a_file_of_the_last_release_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    _chain_until(path, "app/0031_cluster.sql")
    _furnish(path)
    before = _ask(path, "SELECT * FROM owners"), _ask(path, "SELECT * FROM audit_events")
    bring_up_to_date(path, "app")
    assert (_ask(path, "SELECT * FROM owners"), _ask(path, "SELECT * FROM audit_events")) == before
    assert _ask(path, "SELECT id, created_ms, shard FROM keys") == [("k", 7, -1)]


def test_a_file_that_stopped_anywhere_in_the_chain_goes_on_to_its_end(tmp_path: Path) -> None:
    made = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
    whole = tmp_path / "whole.db"
    bring_up_to_date(whole, "app")
    for number, step in enumerate(find_migrations(SCHEMAS["app"])[::4]):
        path = tmp_path / f"{number}.db"
        _chain_until(path, step.name)
        bring_up_to_date(path, "app")
        assert _ask(path, made) == _ask(whole, made)


def test_the_next_release_changes_both_kinds_alike(
    place: Place, later: Path, tmp_path: Path
) -> None:
    """A revision is written once: tables, columns and rows come out the same."""
    bring_up_to_date(place, "app")
    _furnish(place)
    bring_up_to_date(place, "app", later)
    bring_up_to_date(place, "app", later)
    assert _ask(place, "SELECT id, owner, width, inside FROM drawers") == [("ann!", "ann", 0, None)]
    assert _ask(place, "SELECT id, colour FROM keys") == [("k", "")]
    assert _ask(place, "SELECT version_num FROM alembic_app") == [(_NEXT,)]
    new = tmp_path / "new.db"
    bring_up_to_date(new, "app", later)
    assert _shapes(place)["drawers"] == shapes_in_file(new)["drawers"]
    assert _shapes(place)["keys"] == shapes_in_file(new)["keys"]


def test_processes_that_start_together_change_a_database_once(place: Place, later: Path) -> None:
    command = [sys.executable, "-c", _TOGETHER, *_words(place), str(later)]
    pipe = subprocess.PIPE
    starting = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(2)]
    for one in starting:
        assert one.stdout is not None
        assert one.stdout.readline() == "here\n"
    for one in starting:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in starting:
        one.communicate(timeout=_WITHIN_S)
    assert [one.returncode for one in starting] == [0, 0]
    assert _ask(place, "SELECT count(*) FROM shards") == [(64,)]
    assert _ask(place, "SELECT version_num FROM alembic_people") == [("0001",)]
    assert _ask(place, "SELECT version_num FROM alembic_app") == [(_NEXT,)]


def test_a_database_that_lacks_nothing_is_opened_without_loading_alembic(place: Place) -> None:
    bring_up_to_date(place, "app")
    command = [sys.executable, "-c", _LOADED, *_words(place)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_WITHIN_S, check=True)
    assert done.stdout.strip() == ("['psycopg']" if isinstance(place, PostgresPlace) else "[]")


@pytest.mark.parametrize("schema", sorted(SCHEMAS))
def test_the_names_of_the_files_tell_what_alembic_knows(schema: str) -> None:
    for folder, numbers in find_plan(schema, REVISIONS).numbers.items():
        config = Config()
        config.set_main_option("script_location", str(REVISIONS))
        config.set_main_option("version_locations", str(REVISIONS / folder))
        config.set_main_option("path_separator", "newline")
        known = ScriptDirectory.from_config(config)
        assert [it.revision for it in known.walk_revisions()] == list(reversed(numbers))
        assert numbers == tuple(f"{n + 1:04}" for n in range(len(numbers)))
