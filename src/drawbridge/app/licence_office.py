"""An operator's folder: the two keys that make an operator, and the licence server's database.

Nothing of a person's data folder is in it, and nothing of it is in anybody's data folder.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drawbridge.app.clock import SystemClock, entropy
from drawbridge.core.clock import Clock
from drawbridge.core.errors import NotFound
from drawbridge.licences.documents import private_key_from
from drawbridge.licences.office import Office, OperatorKeys
from drawbridge.sealing.private_files import read_private, write_private
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database

_OWNER_ONLY: Final = 0o700
_KEY_BYTES: Final = 32
_SIGNING: Final = "operator.key"
_MARKING: Final = "marks.key"
_DATABASE: Final = "licences.db"
INSTALLATION: Final = "installation.key"


@dataclass(frozen=True, slots=True)
class OpenOffice:
    """An operator's folder while it is open."""

    database: Database
    keys: OperatorKeys
    clock: Clock
    office: Office


def make_office(folder: Path) -> OperatorKeys:
    """Make an operator's folder with fresh keys. Raises: `Conflict("key_file_exists")`."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(_OWNER_ONLY)
    write_private(folder / _SIGNING, entropy(_KEY_BYTES))
    write_private(folder / _MARKING, entropy(_KEY_BYTES))
    return _keys(folder)


@asynccontextmanager
async def open_office(folder: Path, clock: Clock | None = None) -> AsyncIterator[OpenOffice]:
    """Open an operator's folder.

    Raises: `NotFound("licence_no_office")` where none was made; `Forbidden("key_file_exposed")`.
    """
    keys = _keys(folder)
    database = await open_database(folder / _DATABASE, "licence_server")
    by = clock or SystemClock()
    try:
        yield OpenOffice(database, keys, by, Office(database, keys, by, entropy))
    finally:
        await database.close()


def installation_seed(folder: Path) -> bytes:
    """Give the key of this installation, by which a licence server knows it; made at first use."""
    path = folder / INSTALLATION
    if not path.exists():
        write_private(path, entropy(_KEY_BYTES))
    return read_private(path)


def _keys(folder: Path) -> OperatorKeys:
    try:
        signing = private_key_from(read_private(folder / _SIGNING))
        return OperatorKeys(signing, read_private(folder / _MARKING))
    except NotFound:
        raise NotFound("licence_no_office", path=str(folder)) from None
