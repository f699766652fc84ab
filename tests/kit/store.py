"""Where tests keep the rows of an app: in a file, or on a server, by the same tests.

With DRAWBRIDGE_TEST_STORE=postgresql everything that asks here stands on a private PostgreSQL
server, each folder in a database of its own; `make cluster` runs the suite so.
"""

import asyncio
import atexit
import os
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from drawbridge.app.store_settings import StoreSettings
from drawbridge.storage.place import Place
from tests.kit.postgres import PrivateServer

ON_SERVER: Final = os.environ.get("DRAWBRIDGE_TEST_STORE") == "postgresql"
# For what tells of the file itself: left out on a server, which has tests of its own.
in_a_file: Final = pytest.mark.in_a_file

# One byte in SQL, which the two write differently.
ZERO: Final = r"'\x00'" if ON_SERVER else "x'00'"

# Longer than a glance is relied on; see storage/turns.py.
_TURN_S: Final = 0.15


def place_in(folder: Path, *, schema: str = "app") -> Place:
    """Give where the rows of an installation with this data folder are."""
    return store_in(folder, schema=schema).place(folder)


def store_in(folder: Path, *, schema: str = "app") -> StoreSettings:
    """Give the settings of where these rows are."""
    return StoreSettings(_url_for(folder, schema)) if ON_SERVER else StoreSettings()


async def passed_on() -> None:
    """Wait until what another process has committed must be known here: at once, or in a moment."""
    if ON_SERVER:
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(_TURN_S, over.set)
        await over.wait()


@cache
def _url_for(_folder: Path, schema: str) -> str:
    return _server().new_database(schema)


@cache
def _server() -> PrivateServer:
    server = PrivateServer()
    server.start()
    atexit.register(server.stop)
    return server
