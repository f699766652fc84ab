"""What stands in a backup: a manifest, then files, one behind the other.

Only names that this version writes are read, so that no backup can put a file anywhere else.
Sealing is below (`sealing/stream.py`); which files there are is told by `backup.py`.

Shape: per entry: length of the name (2 bytes), name, length of the content (8), content. A name
of no length ends it.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from drawbridge.core.errors import Conflict, Corrupted
from drawbridge.sealing.recovery import RecoveryKey
from drawbridge.sealing.stream import PIECE, SealedWriter, read_sealed

DATABASE: Final = "drawbridge.db"
FILES: Final = frozenset({DATABASE, "vault.key", "local.key"})
FOLDERS: Final = frozenset({"strategies", "candles", "paper"})
OWNER_ONLY: Final = 0o600

_MANIFEST: Final = "manifest.json"
_FORMAT: Final = 1
_NAME_LENGTH: Final = 2
_SIZE_LENGTH: Final = 8
_LONGEST_MANIFEST: Final = 1 << 20
_UNFIT: Final = frozenset({"", ".", ".."})


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself; `settings` are those that held when it was made."""

    made_ms: int
    program: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that goes into a backup, and its name there."""

    name: str
    path: Path


def write_entries(writer: SealedWriter, manifest: Manifest, entries: Iterable[Entry]) -> bytes:
    """Write all of it and give the digest of the file.

    Raises: `Conflict("backup_source_changed")` for a file that became shorter meanwhile.
    """
    told = {
        "format": _FORMAT,
        "made_ms": manifest.made_ms,
        "program": manifest.program,
        "settings": dict(manifest.settings),
    }
    text = json.dumps(told).encode()
    _put_head(writer, _MANIFEST, len(text))
    writer.write(text)
    for entry in entries:
        _put_entry(writer, entry)
    writer.write(bytes(_NAME_LENGTH))
    return writer.finish()


def unpack(file: BinaryIO, key: RecoveryKey, folder: Path) -> tuple[Manifest, tuple[str, ...]]:
    """Write what a backup holds into a folder that nobody else reads; give the files' names.

    Why into a folder of its own first: each piece is proven before it is written, but that none
    is missing is known only at the end.
    Raises: as `read_sealed`; `Corrupted("backup_newer")` for what this version does not know.
    """
    source = _Source(read_sealed(file, key))
    name, size = source.next_entry()
    if name != _MANIFEST or size > _LONGEST_MANIFEST:
        raise Corrupted("backup_newer")
    manifest = _read_manifest(b"".join(source.content(size)))
    names = []
    while True:
        name, size = source.next_entry()
        if not name:
            break
        _check_name(name)
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(handle, "wb") as target:
            target.writelines(source.content(size))
        names.append(name)
    source.end()
    if DATABASE not in names:
        raise Corrupted("backup_newer")
    return manifest, tuple(names)


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it, if it is there."""
    shutil.rmtree(folder, ignore_errors=True)


class _Source:
    """Cut pieces of any size into what is asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""

    def next_entry(self) -> tuple[str, int]:
        length = int.from_bytes(self._exactly(_NAME_LENGTH), "big")
        if not length:
            return "", 0
        try:
            name = self._exactly(length).decode()
        except UnicodeDecodeError:
            raise Corrupted("backup_newer") from None
        return name, int.from_bytes(self._exactly(_SIZE_LENGTH), "big")

    def content(self, size: int) -> Iterator[bytes]:
        while size:
            if not self._held:
                self._held = self._next()
            data, self._held = self._held[:size], self._held[size:]
            size -= len(data)
            yield data

    def end(self) -> None:
        """Read to the end of the file, which proves that it is the end."""
        if self._held or any(self._pieces):
            raise Corrupted("backup_newer")

    def _exactly(self, length: int) -> bytes:
        while len(self._held) < length:
            self._held += self._next()
        data, self._held = self._held[:length], self._held[length:]
        return data

    def _next(self) -> bytes:
        piece = next(self._pieces, None)
        if piece is None:
            raise Corrupted("backup_newer")
        return piece


def _put_entry(writer: SealedWriter, entry: Entry) -> None:
    with entry.path.open("rb") as file:
        left = os.fstat(file.fileno()).st_size
        _put_head(writer, entry.name, left)
        while left:
            data = file.read(min(left, PIECE))
            if not data:
                raise Conflict("backup_source_changed", path=entry.name)
            writer.write(data)
            left -= len(data)


def _put_head(writer: SealedWriter, name: str, size: int) -> None:
    data = name.encode()
    writer.write(len(data).to_bytes(_NAME_LENGTH, "big") + data)
    writer.write(size.to_bytes(_SIZE_LENGTH, "big"))


def _check_name(name: str) -> None:
    first, *inner = name.split("/")
    is_ours = first in FOLDERS and inner if inner else first in FILES
    if not is_ours or _UNFIT & set(inner) or "\0" in name:
        raise Corrupted("backup_newer")


def _read_manifest(text: bytes) -> Manifest:
    try:
        told = json.loads(text)
        if told["format"] != _FORMAT:
            raise Corrupted("backup_newer")
        settings = {str(name): str(value) for name, value in told["settings"].items()}
        return Manifest(int(told["made_ms"]), str(told["program"]), settings)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Corrupted("backup_newer") from None
