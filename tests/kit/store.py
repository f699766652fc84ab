"""Where tests keep the rows of an app: in a file, or on a server, by the same tests.

With DRAWBRIDGE_TEST_STORE=postgresql everything that asks here stands on a private PostgreSQL
server, each folder in a database of its own; `make cluster` runs the suite so.
"""

import asyncio
import atexit
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import psycopg
import pytest

from drawbridge.app.store_settings import StoreSettings
from drawbridge.storage.place import Place, PostgresPlace
from tests.kit.postgres import PrivateServer

ON_SERVER: Final = os.environ.get("DRAWBRIDGE_TEST_STORE") == "postgresql"
# One byte in SQL, which the two write differently.
ZERO: Final = r"'\x00'" if ON_SERVER else "x'00'"

_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
_DATA: Final = "--data"
# Longer than a glance is relied on; see storage/turns.py.
_TURN_S: Final = 0.15


def in_a_file(why: str) -> pytest.MarkDecorator:
    """Mark what holds for a file of rows alone; over a server it is left out, and `why` is told."""
    return pytest.mark.in_a_file(why)


def place_in(folder: Path, *, schema: str = "app") -> Place:
    """Give where the rows of an installation with this data folder are."""
    return store_in(folder, schema=schema).place(folder)


def store_in(folder: Path, *, schema: str = "app") -> StoreSettings:
    """Give the settings of where these rows are."""
    return StoreSettings(_url_for(folder, schema)) if ON_SERVER else StoreSettings()


def surroundings_of(arguments: Sequence[str]) -> dict[str, str]:
    """Give what a command that names a data folder has to find in its environment."""
    if not ON_SERVER or _DATA not in arguments:
        return {}
    return store_in(Path(arguments[arguments.index(_DATA) + 1])).environment()


@contextmanager
def surrounded(arguments: Sequence[str]) -> Iterator[None]:
    """Let a command that is run in this process find the same, for the time of the block."""
    before = dict(os.environ)
    os.environ.update(surroundings_of(arguments))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def read_rows(place: Place, sql: str) -> list[tuple[object, ...]]:
    """Read from beside, as whoever has the file or may ask the server can."""
    if isinstance(place, PostgresPlace):
        with psycopg.connect(place.url) as server:
            return server.execute(sql.encode()).fetchall()
    with closing(sqlite3.connect(place)) as file:
        return file.execute(sql).fetchall()


def read_everything(place: Place) -> str:
    """Read every row of every table as text, as whoever carries the rows away could."""
    if isinstance(place, PostgresPlace):
        tables = [str(name) for (name,) in read_rows(place, _TABLES)]
        return "\n".join(str(row) for name in tables for row in read_rows(place, f"TABLE {name}"))
    with closing(sqlite3.connect(place)) as file:
        return "\n".join(file.iterdump())


def files_of(folder: Path) -> list[Path]:
    """List the files in which anything of an installation is stored, also those of its server."""
    there = [it for it in folder.rglob("*") if it.is_file()]
    return there + (_server().files_of(_url_for(folder, "app")) if ON_SERVER else [])


def write_rows(place: Place, *statements: str) -> None:
    """Write from beside, as nobody should who has the file or the server's password."""
    if isinstance(place, PostgresPlace):
        with psycopg.connect(place.url) as server:
            for statement in statements:
                server.execute(statement.encode())
        return
    with closing(sqlite3.connect(place)) as file, file:
        for statement in statements:
            file.execute(statement)


def without_trigger(name: str, table: str) -> str:
    """Give the SQL that takes a trigger of a table away."""
    return f"DROP TRIGGER IF EXISTS {name}{f' ON {table}' if ON_SERVER else ''}"


async def passed_on() -> None:
    """Wait until what another process has committed must be known here: at once, or in a moment."""
    if ON_SERVER:
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(_TURN_S, over.set)
        await over.wait()


@dataclass(frozen=True, slots=True)
class _Made:
    """A database, and the folder (by its number as well) with which it goes."""

    url: str
    folder: Path
    inode: int

    @property
    def is_left(self) -> bool:
        """Tell whether the test that wanted it has ended: pytest takes away what it gave."""
        try:
            return self.folder.stat().st_ino != self.inode
        except FileNotFoundError:
            return True


_made: dict[tuple[Path, str], _Made] = {}


def _url_for(folder: Path, schema: str) -> str:
    # Thousands of them, of ten megabytes each, are more than a machine has memory.
    for left in [it for it, made in _made.items() if made.is_left]:
        _server().drop_database(_made.pop(left).url)
    if (folder, schema) not in _made:
        there = next(it for it in (folder, *folder.parents) if it.exists())
        url = _server().new_database(schema)
        _made[folder, schema] = _Made(url, there, there.stat().st_ino)
    return _made[folder, schema].url


@cache
def _server() -> PrivateServer:
    server = PrivateServer()
    server.start()
    atexit.register(server.stop)
    return server
