"""Files that hold key material: readable for their owner alone, written whole or not at all."""

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from drawbridge.core.errors import Conflict, Corrupted, Forbidden, NotFound

_LARGEST: Final = 64 * 1024
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_ROOT: Final = 0


def write_private(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a file with mode 0600, durable and in one step.

    Raises: `Conflict("key_file_exists")` unless it may be replaced: a key file that is lost
    takes everything sealed to it along. `Corrupted("key_file_failed")` when the disk refuses.
    """
    try:
        _write(path, data, replace=replace)
    except FileExistsError as error:
        raise Conflict("key_file_exists", path=str(path)) from error
    except OSError as error:
        reason = type(error).__name__
        raise Corrupted("key_file_failed", path=str(path), reason=reason) from error


def read_private(path: Path) -> bytes:
    """Read a file that `write_private` wrote.

    Raises: `NotFound("key_file_missing")`; `Forbidden("key_file_exposed")` when others on this
    machine may read it, because then it must count as known to them.
    """
    try:
        with path.open("rb") as file:
            told = os.fstat(file.fileno())
            data = file.read(_LARGEST + 1)
    except FileNotFoundError as error:
        raise NotFound("key_file_missing", path=str(path)) from error
    except OSError as error:
        reason = type(error).__name__
        raise Corrupted("key_file_failed", path=str(path), reason=reason) from error
    if is_exposed(told.st_mode, owner=told.st_uid, reader=os.geteuid()):
        raise Forbidden("key_file_exposed", rule="key_file_mode", path=str(path))
    if len(data) > _LARGEST:
        raise Corrupted("key_file_damaged", path=str(path))
    return data


def is_exposed(mode: int, *, owner: int, reader: int) -> bool:
    """Tell whether others on this machine may use a file, beside who reads it and root.

    Why a group may read what is root's: so systemd and Kubernetes hand a file to a process that
    runs as somebody else, by an access list (which shows as the group's right) or by the group of
    a volume. Who reads it here can only do so by that right; changing it stays root's.
    """
    handed_over = owner == _ROOT != reader
    return bool(mode & (_OTHERS & ~stat.S_IRGRP if handed_over else _OTHERS))


def _write(path: Path, data: bytes, *, replace: bool) -> None:
    # mkstemp makes the file with mode 0600 from its first moment on.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            Path(name).replace(path)
        else:
            path.hardlink_to(name)  # unlike a rename, it never writes over a file
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
