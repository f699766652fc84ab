"""Putting a backup back, on this machine or another, where there is nothing yet.

All of it is proven before the folder is there, or a row in a server's database. What is put back
stands still: nobody is logged in, and nothing trades until a person has looked.
"""

import asyncio
import dataclasses
import os
import tempfile
from pathlib import Path
from typing import Final

from drawbridge.app.backup_file import OWNER_ONLY, Manifest, remove_folder
from drawbridge.app.backup_reading import Contents, check_file, look_into, unpack_file
from drawbridge.app.build import House, open_house
from drawbridge.app.data_folder import database_file
from drawbridge.app.settings import Settings
from drawbridge.app.store_settings import StoreSettings
from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, Corrupted
from drawbridge.sealing.recovery import RecoveryKey
from drawbridge.storage.copying import copy_into_server
from drawbridge.storage.place import PostgresPlace
from drawbridge.trading.limit_store import EVERYBODY

SETTINGS_FILE: Final = "settings.env"
"""The settings that held where the backup was made, for a person to look at; nothing reads it."""

_NOBODY: Final = ""


async def restore(
    path: Path, key: RecoveryKey, settings: Settings, clock: Clock | None = None
) -> Contents:
    """Put a backup into the data folder of these settings, which must not be in use.

    Where the settings name a server, the rows go into its database; all of them, or none and no
    folder. So this is also the way from a file to a server, and back.
    Why trading stays stopped: what happened at the exchanges since is not in a backup, and
    the machine that it was made on may still run. Two that trade with the same keys would each
    think that they are alone.
    Raises: `Conflict("folder_in_use")`, `Conflict("database_in_use")`; as `verify`;
    `Corrupted("backup_not_restored")`, `ExchangeDown("database_away")`.
    """
    target = settings.data
    await asyncio.to_thread(check_empty, target)
    await check_file(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
        try:
            manifest, names = await asyncio.to_thread(unpack_file, path, key, staging)
            contents = await look_into(staging, manifest, names)
            async with open_house(_all_within(staging, settings), clock) as house:
                await _calm(house, manifest)
            _write_settings(staging, manifest)
            _move(staging, target)
            if settings.is_cluster:
                await asyncio.to_thread(_move_rows, settings)
        finally:
            await asyncio.to_thread(remove_folder, staging)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Corrupted("backup_not_restored", path=str(target), reason=reason) from error
    return contents


def check_empty(folder: Path) -> None:
    """Refuse a folder in which something is. Raises: `Conflict("folder_in_use")`."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict("folder_in_use", path=str(folder))


async def _calm(house: House, manifest: Manifest) -> None:
    """Log everybody out, stop all trading, and write down that this was put back."""
    people = await house.accounts.list_owners()
    for person in people:
        await house.sessions.end_others(person.id, _NOBODY)
    first = people[0].id if people else _NOBODY
    await house.limits.stop(first, of=EVERYBODY)
    async with house.database.transaction() as tx:
        event = AuditEvent(Tag.BACKUP_BACKUP_RESTORED, first, "", {"made_ms": manifest.made_ms})
        await append(tx, event, house.clock.now_ms())


def _all_within(folder: Path, settings: Settings) -> Settings:
    """Give the settings under which a folder holds everything, as a backup does."""
    cluster = dataclasses.replace(settings.cluster, local_key=None, vault_key=None)
    return dataclasses.replace(settings, data=folder, store=StoreSettings(), cluster=cluster)


def _move_rows(settings: Settings) -> None:
    """Take the rows out of the folder and into the server's database."""
    place, file = settings.database, database_file(settings)
    try:
        if isinstance(place, PostgresPlace):
            copy_into_server(file, place)
    except BaseException:
        # Without its rows the folder is no installation: it may be put back once more.
        remove_folder(settings.data)
        raise
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        file.with_name(name).unlink(missing_ok=True)


def _write_settings(folder: Path, manifest: Manifest) -> None:
    lines = (f"{name}={value}\n" for name, value in sorted(manifest.settings.items()))
    handle = os.open(folder / SETTINGS_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(lines)


def _move(staging: Path, target: Path) -> None:
    # An empty folder is replaced in one step; one that is no longer empty is refused by the system.
    try:
        staging.rename(target)
    except OSError:
        check_empty(target)
        raise
