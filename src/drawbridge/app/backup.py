"""Safe keeping: recovery keys, and backups of everything that this machine knows.

Making a backup needs no secret: it is sealed to the recovery key's public half. Reading one is in
`backup_reading.py`, putting one back in `backup_restoring.py`.
"""

import asyncio
import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from drawbridge.app.backup_file import DATABASE, OWNER_ONLY, Entry, Manifest, write_entries
from drawbridge.app.backup_records import (
    Backup,
    Kept,
    RecoveryRow,
    find_recovery_row,
    list_backups,
    put_backup,
    put_recovery_row,
    read_kept,
)
from drawbridge.app.data_folder import paper_state
from drawbridge.app.own_strategies import FOLDER as STRATEGIES
from drawbridge.app.settings import Settings
from drawbridge.audit.chain import AuditEvent, Fact
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, Corrupted, NotFound
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import read_public_key
from drawbridge.sealing.local import LocalKey
from drawbridge.sealing.recovery import RecoveryHalf, RecoveryKey
from drawbridge.sealing.stream import SealedWriter
from drawbridge.storage.copying import copy_database
from drawbridge.storage.database import Database
from drawbridge.storage.place import Place
from drawbridge.vault.unlock import read_vault_key
from drawbridge.wording.formats import iso

_LOCK: Final = "backup.lock"
_COPIES: Final = ".backup-"
_KEY_FILES: Final = ("vault.key", "local.key")
_MOST_SHOWN: Final = 20
_ENDING: Final = ".dbbackup"


@dataclass(frozen=True, slots=True)
class Wish:
    """What goes into a backup beside what always does."""

    paper: bool = False
    candles: bool = False


class SafeKeeping:
    """What pages and commands call."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, local_key: LocalKey
    ) -> None:
        """Keep what stands in this data folder."""
        self._settings = settings
        self._database = database
        self._clock = clock
        self._local_key = local_key

    async def read_kept(self) -> Kept:
        """Tell whether there is a recovery key, and when the last backup was made."""
        return await read_kept(self._database)

    async def list_backups(self) -> tuple[Backup, ...]:
        """List the newest backups."""
        return await list_backups(self._database, _MOST_SHOWN)

    async def make_recovery_key(self, owner: str) -> Secret:
        """Draw a recovery key, and give it this one time; backups are made for it from now on.

        Backups that were made before still open with the key of that time, and with no other.
        """
        key = await asyncio.to_thread(RecoveryKey.draw)
        half, now_ms = key.half(), self._clock.now_ms()
        fingerprint = half.public.fingerprint.hex()
        sealed = self._local_key.seal_bytes(half.origin, _about(fingerprint))
        async with self._database.transaction() as tx:
            await put_recovery_row(tx, RecoveryRow(fingerprint, half.public.data, sealed, now_ms))
            event = AuditEvent(Tag.BACKUP_KEY_MADE, owner, fingerprint)
            await append(tx, event, now_ms)
        return key.text()

    async def make(self, owner: str, place: Path, wish: Wish, *, name: str | None = None) -> Backup:
        """Write a backup to a new file, or under a name of its time into a folder.

        `name` is what is told of it later, if not the file's own name.
        Raises: `Conflict("recovery_key_absent")`, `Conflict("backup_file_exists")`,
        `Conflict("backup_vault_key_elsewhere")`, `Conflict("backup_running")`,
        `NotFound("backup_folder_missing")`, `Corrupted("backup_not_written")`,
        `Corrupted("database_failed")`.
        """
        row = await find_recovery_row(self._database)
        if row is None:
            raise Conflict("recovery_key_absent")
        await self._check_vault_key()
        half = self._half_of(row)
        now_ms = self._clock.now_ms()
        manifest = Manifest(now_ms, version("drawbridge"), _told_settings(self._settings))
        target, size, digest = await asyncio.to_thread(
            _write, self._settings, half, manifest, wish, place
        )
        told = target.name if name is None else name
        made = Backup(now_ms, told, size, digest.hex(), row.fingerprint)
        async with self._database.transaction() as tx:
            await put_backup(tx, made)
            facts: dict[str, Fact] = {"name": told, "size_bytes": size}
            await append(tx, AuditEvent(Tag.BACKUP_BACKUP_MADE, owner, "", facts), now_ms)
        return made

    async def _check_vault_key(self) -> None:
        """Refuse a backup that would look whole, and open nothing once it is put back.

        With one folder, what is there is all there is; of many machines, only some have the key.
        """
        if not self._settings.is_cluster or self._settings.vault_key.is_file():
            return
        try:
            await read_vault_key(self._database)
        except Conflict:
            return  # there is no vault yet
        raise Conflict("backup_vault_key_elsewhere", path=str(self._settings.vault_key))

    def _half_of(self, row: RecoveryRow) -> RecoveryHalf:
        origin = self._local_key.open_bytes(row.sealed_origin, _about(row.fingerprint))
        return RecoveryHalf(read_public_key(row.public_key), origin)


def name_at(now_ms: int) -> str:
    """Name the file of a backup by its time, with signs that every file system takes."""
    return f"drawbridge-{iso(now_ms).replace(':', '')}{_ENDING}"


def _about(fingerprint: str) -> bytes:
    return b"drawbridge recovery key, origin " + fingerprint.encode()


def _told_settings(settings: Settings) -> dict[str, str]:
    """Give the settings as another machine could use them; the data folder is its own."""
    told = settings.environment().items()
    return {name: value for name, value in told if value and name != "DRAWBRIDGE_DATA"}


def _write(
    settings: Settings, half: RecoveryHalf, manifest: Manifest, wish: Wish, place: Path
) -> tuple[Path, int, bytes]:
    target = place / name_at(manifest.made_ms) if place.is_dir() else place
    with _alone(settings.data / _LOCK):
        for left_behind in settings.data.glob(f"{_COPIES}*.copy"):
            left_behind.unlink(missing_ok=True)
        with (
            _told_failures(target),
            _new_file(target) as part,
            contextlib.ExitStack() as copies,
            part.open("wb") as file,
        ):
            entries = _entries(settings, wish, copies)
            digest = write_entries(SealedWriter(file, half), manifest, entries)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
    return target, size, digest


@contextlib.contextmanager
def _told_failures(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Corrupted("backup_not_written", path=str(target), reason=reason) from error


def _entries(settings: Settings, wish: Wish, copies: contextlib.ExitStack) -> Iterator[Entry]:
    """Give what goes in; a database's copy is made when its turn comes."""
    yield _copied(settings.database, DATABASE, settings.data, copies)
    # The second may lie where all processes of a cluster find it.
    for name, path in zip(_KEY_FILES, (settings.vault_key, settings.local_key), strict=True):
        if path.is_file():
            yield Entry(name, path)
    yield from _files_in(settings.data / STRATEGIES, STRATEGIES)
    if wish.candles:
        yield from _files_in(settings.candles, "candles")
    if wish.paper:
        for entry in _files_in(paper_state(settings), "paper"):
            if entry.path.suffix == ".db":
                yield _copied(entry.path, entry.name, settings.data, copies)
            else:
                yield entry


def _copied(source: Place, name: str, folder: Path, copies: contextlib.ExitStack) -> Entry:
    handle, path = tempfile.mkstemp(dir=folder, prefix=_COPIES, suffix=".copy")
    os.close(handle)
    copy = Path(path)
    copies.callback(copy.unlink, missing_ok=True)
    copy_database(source, copy)
    return Entry(name, copy)


def _files_in(folder: Path, name: str) -> Iterator[Entry]:
    """Give the files of a folder; logs beside databases are in their copies, links are left out."""
    if not folder.is_dir():
        return
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        is_passing = path.name.endswith(("-wal", "-shm", ".lock", ".pyc"))
        if path.is_file() and not path.is_symlink() and not is_passing:
            yield Entry(f"{name}/{inner.as_posix()}", path)


@contextlib.contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """Give a path to write to; what was written is at the target when the block ends well.

    Why the target is made first: nobody else can take its name meanwhile, and no file is ever
    written over. Sticks and network drives have no hard links, which would do it in one step.
    """
    if not target.parent.is_dir():
        raise NotFound("backup_folder_missing", path=str(target.parent))
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
    except FileExistsError:
        raise Conflict("backup_file_exists", path=str(target)) from None
    part = target.with_name(f".{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
        yield part
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("backup_running") from None
        yield
    finally:
        os.close(handle)
