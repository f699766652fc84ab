"""Looking whether a backup is good, without putting it back.

What it holds is written into a folder that nobody else reads, looked at, and removed.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from drawbridge.app.backup_file import DATABASE, Manifest, unpack
from drawbridge.app.backup_records import count_contents
from drawbridge.audit.store import verify as verify_chain
from drawbridge.core.errors import Corrupted, NotFound
from drawbridge.sealing.recovery import RecoveryKey
from drawbridge.sealing.stream import check_digest
from drawbridge.storage.engines import open_database


@dataclass(frozen=True, slots=True)
class Contents:
    """What a good backup holds. `has_vault` tells whether the vault's key file is in it."""

    made_ms: int
    program: str
    files: tuple[str, ...]
    people: int
    keys: int
    robots: int
    orders: int
    events: int
    head: str
    has_vault: bool


async def check_file(path: Path) -> str:
    """Look whether a backup is as it was written, without its key; give its digest.

    Raises: `BadInput("not_a_backup")`, `Corrupted("backup_damaged")`, as `opened_file`.
    """

    def check() -> str:
        with opened_file(path) as file:
            return check_digest(file).hex()

    return await asyncio.to_thread(check)


async def verify(path: Path, key: RecoveryKey) -> Contents:
    """Read all of a backup: every byte is proven, the database is whole, the audit log as well.

    Raises: as `check_file` and `unpack`; `NotProven("recovery_key_wrong")`,
    `Corrupted("backup_database_damaged")`, `Corrupted("audit_chain_broken")`,
    `Corrupted("database_newer")`.
    """
    # First, so that a changed byte in the head is told as that, and not as another key's.
    await check_file(path)
    with tempfile.TemporaryDirectory(prefix="drawbridge-verify-") as folder:
        manifest, names = await asyncio.to_thread(unpack_file, path, key, Path(folder))
        return await look_into(Path(folder), manifest, names)


def unpack_file(path: Path, key: RecoveryKey, folder: Path) -> tuple[Manifest, tuple[str, ...]]:
    """Write what a backup holds into a folder. Raises: as `unpack`, `opened_file`."""
    with opened_file(path) as file:
        return unpack(file, key, folder)


async def look_into(folder: Path, manifest: Manifest, names: tuple[str, ...]) -> Contents:
    """Look at what was unpacked; its database is brought to this version's schema meanwhile.

    Raises: as `verify`.
    """
    database = await open_database(folder / DATABASE, "app")
    try:
        row = await database.fetch_one("PRAGMA integrity_check(1)")
        if row is None or row[0] != "ok":
            raise Corrupted("backup_database_damaged")
        chain = await verify_chain(database)
        counts = await count_contents(database)
    finally:
        await database.close()
    return Contents(
        made_ms=manifest.made_ms,
        program=manifest.program,
        files=names,
        people=counts["people"],
        keys=counts["keys"],
        robots=counts["robots"],
        orders=counts["orders"],
        events=chain.count,
        head=chain.head.hex(),
        has_vault="vault.key" in names,
    )


@contextlib.contextmanager
def opened_file(path: Path) -> Iterator[BinaryIO]:
    """Open a backup's file. Raises: `NotFound("backup_missing")`, `Corrupted("backup_not_read")`.

    A disk that gives up while it is read is told in the same way.
    """
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise NotFound("backup_missing", path=str(path)) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Corrupted("backup_not_read", path=str(path), reason=reason) from error
