"""Where tests keep the rows of an app: in a file, or on a server, by the same tests.

With DRAWBRIDGE_TEST_STORE=postgresql everything that asks here stands on a private PostgreSQL
server, each folder in a database of its own; `make cluster` runs the suite so.
"""

import atexit
import os
from functools import cache
from pathlib import Path
from typing import Final

from drawbridge.app.store_settings import StoreSettings
from drawbridge.storage.place import Place
from tests.kit.postgres import PrivateServer

ON_SERVER: Final = os.environ.get("DRAWBRIDGE_TEST_STORE") == "postgresql"


def place_in(folder: Path, *, schema: str = "app") -> Place:
    """Give where the rows of an installation with this data folder are."""
    return store_in(folder, schema=schema).place(folder)


def store_in(folder: Path, *, schema: str = "app") -> StoreSettings:
    """Give the settings of where these rows are."""
    return StoreSettings(_url_for(folder, schema)) if ON_SERVER else StoreSettings()


@cache
def _url_for(_folder: Path, schema: str) -> str:
    return _server().new_database(schema)


@cache
def _server() -> PrivateServer:
    server = PrivateServer()
    server.start()
    atexit.register(server.stop)
    return server
