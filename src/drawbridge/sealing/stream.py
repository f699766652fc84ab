"""A file that only a recovery key opens, written and read piece by piece.

Every piece is authenticated with its place and whether it is the last one; a digest over the
whole stands at the end, by which also somebody without the key finds accidents. What the pieces
say is not known here.

Shape: head: magic with format version, KEM number (2 bytes), fingerprint of the public key (8),
length of the sealed key (4), sealed key. Then frames: flags (1), length (4), AES-256-GCM
ciphertext under the place as nonce and the head's digest as associated data. Then SHA-256 of all
of it.
"""

import hashlib
import os
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from drawbridge.core.errors import BadInput, Corrupted, NotProven
from drawbridge.sealing.envelope import FINGERPRINT_LENGTH, SUITES, Kem
from drawbridge.sealing.recovery import RecoveryHalf, RecoveryKey

MAGIC: Final = b"DBBACKUP\x01"
PIECE: Final = 1 << 20
DIGEST_LENGTH: Final = 32

_PURPOSE: Final = b"drawbridge backup, version 1"
_KEY_LENGTH: Final = 32
_TAG_LENGTH: Final = 16
_KEM_LENGTH: Final = 2
_LENGTH_LENGTH: Final = 4
_LONGEST_SEALED_KEY: Final = 4096
_LAST: Final = 1
_PACKED: Final = 2
_FLAGS: Final = frozenset(range(4))
# Sealed secrets do not pack; rows of orders and of the audit log do, to a fifth.
_PACKING: Final = 1
# In tenths of what it was.
_WORTH_PACKING: Final = 9


class SealedWriter:
    """Write a sealed file; it is whole when `finish` was called."""

    def __init__(self, file: BinaryIO, half: RecoveryHalf, piece: int = PIECE) -> None:
        """Write the head at once; `piece` is how much one frame holds, at most the usual."""
        self._file = file
        self._piece = piece
        self._digest = hashlib.sha256()
        drawn = os.urandom(_KEY_LENGTH)
        begun = MAGIC + half.public.kem.to_bytes(_KEM_LENGTH, "big") + half.public.fingerprint
        sealed = SUITES[half.public.kem].encrypt(drawn, half.public.raw, _PURPOSE + begun)
        head = begun + len(sealed).to_bytes(_LENGTH_LENGTH, "big") + sealed
        self._about = hashlib.sha256(head).digest()
        self._cipher = AESGCM(_key_from(drawn, half.origin))
        self._waiting = bytearray()
        self._place = 0
        self._put(head)

    def write(self, data: bytes) -> None:
        """Take the next bytes of the content."""
        self._waiting += data
        while len(self._waiting) > self._piece:
            self._frame(bytes(self._waiting[: self._piece]), flags=0)
            del self._waiting[: self._piece]

    def finish(self) -> bytes:
        """Write the last piece and the digest, and give the digest."""
        self._frame(bytes(self._waiting), flags=_LAST)
        self._waiting.clear()
        digest = self._digest.digest()
        self._file.write(digest)
        return digest

    def _frame(self, plain: bytes, *, flags: int) -> None:
        packed = zlib.compress(plain, _PACKING)
        if len(packed) * 10 < len(plain) * _WORTH_PACKING:
            plain, flags = packed, flags | _PACKED
        sealed = self._cipher.encrypt(_nonce(self._place, flags), plain, self._about)
        self._put(bytes([flags]) + len(sealed).to_bytes(_LENGTH_LENGTH, "big"))
        self._put(sealed)
        self._place += 1

    def _put(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)


def read_sealed(file: BinaryIO, key: RecoveryKey) -> Iterator[bytes]:
    """Read the content of a sealed file, piece by piece, each proven before it is given.

    What was given counts only once the end was reached without an error.
    Raises: `BadInput("not_a_backup")`; `NotProven("recovery_key_wrong")` for a file that was made
    for another key; `Corrupted("backup_damaged")` where a bit differs, something is missing or
    too much, or it was not made on a machine of this key.
    """
    source = _Source(file)
    cipher, about = _begin(source, key)
    place, flags = 0, 0
    while not flags & _LAST:
        flags = source.take(1)[0]
        length = int.from_bytes(source.take(_LENGTH_LENGTH), "big")
        if flags not in _FLAGS or not _TAG_LENGTH <= length <= PIECE + _TAG_LENGTH:
            raise Corrupted("backup_damaged", at=source.at)
        sealed = source.take(length)
        try:
            plain = cipher.decrypt(_nonce(place, flags), sealed, about)
        except InvalidTag:
            raise Corrupted("backup_damaged", at=source.at) from None
        yield _unpacked(plain) if flags & _PACKED else plain
        place += 1
    source.end()


def check_digest(file: BinaryIO) -> bytes:
    """Look whether a sealed file is as it was written, without its key; give the digest.

    Why this is not proof: whoever changes a file on purpose can write a new digest. It finds what
    happens to disks and copies.
    Raises: `BadInput("not_a_backup")`, `Corrupted("backup_damaged")`.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise BadInput("not_a_backup", field="file")
    digest, held = hashlib.sha256(MAGIC), b""
    while data := file.read(PIECE):
        held += data
        digest.update(held[:-DIGEST_LENGTH])
        held = held[-DIGEST_LENGTH:]
    if held != digest.digest():
        raise Corrupted("backup_damaged", at=file.tell())
    return held


class _Source:
    """Read exactly what is asked for, and add it to the digest."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.at = 0

    def take(self, length: int) -> bytes:
        data = self._file.read(length)
        if len(data) != length:
            raise Corrupted("backup_damaged", at=self.at + len(data))
        self._digest.update(data)
        self.at += length
        return data

    def end(self) -> None:
        # One byte more than there may be, so that something behind the end is seen.
        if self._file.read(DIGEST_LENGTH + 1) != self._digest.digest():
            raise Corrupted("backup_damaged", at=self.at)


def _begin(source: _Source, key: RecoveryKey) -> tuple[AESGCM, bytes]:
    try:
        magic = source.take(len(MAGIC))
    except Corrupted:
        raise BadInput("not_a_backup", field="file") from None
    if magic != MAGIC:
        raise BadInput("not_a_backup", field="file")
    number = source.take(_KEM_LENGTH)
    fingerprint = source.take(FINGERPRINT_LENGTH)
    begun = magic + number + fingerprint
    told = source.take(_LENGTH_LENGTH)
    if int.from_bytes(told, "big") > _LONGEST_SEALED_KEY:
        raise Corrupted("backup_damaged", at=source.at)
    sealed = source.take(int.from_bytes(told, "big"))
    kem = _kem_of(number, source.at)
    if key.public(kem).fingerprint != fingerprint:
        raise NotProven("recovery_key_wrong")
    try:
        drawn = key.open(kem, sealed, _PURPOSE + begun)
    except NotProven:
        # It names this very key, and does not open: bytes have changed.
        raise Corrupted("backup_damaged", at=source.at) from None
    cipher = AESGCM(_key_from(drawn, key.origin()))
    return cipher, hashlib.sha256(begun + told + sealed).digest()


def _kem_of(number: bytes, at: int) -> Kem:
    try:
        return Kem(int.from_bytes(number, "big"))
    except ValueError:
        raise Corrupted("backup_damaged", at=at) from None


def _key_from(drawn: bytes, origin: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_LENGTH, salt=origin, info=_PURPOSE).derive(drawn)


def _nonce(place: int, flags: int) -> bytes:
    """Give a nonce that no other piece under this key has: the key is drawn for one file."""
    return place.to_bytes(8, "big") + bytes(3) + bytes([flags])


def _unpacked(packed: bytes) -> bytes:
    # What was sealed is ours; bounded all the same, so that no piece can grow without end.
    return zlib.decompressobj().decompress(packed, PIECE)
